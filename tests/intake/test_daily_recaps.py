"""When the daily recaps are due."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from userbot.intake.daily_recaps import due

TODAY, YESTERDAY = date(2026, 11, 30), date(2026, 11, 29)


@pytest.mark.parametrize(
    ("at", "hour", "minute", "day"),
    [
        pytest.param("08:00", 8, 0, TODAY, id="on time"),
        pytest.param("08:00", 8, 59, TODAY, id="within the hour"),
        pytest.param("08:00", 9, 0, None, id="the program was away for too long"),
        pytest.param("08:00", 7, 59, None, id="too early"),
        pytest.param("23:30", 0, 10, YESTERDAY, id="over midnight"),
    ],
)
def test_a_daily_recap_is_due_for_an_hour(
    at: str, hour: int, minute: int, day: date | None
) -> None:
    assert due(at, datetime(2026, 11, 30, hour, minute, 30, tzinfo=UTC)) == day
