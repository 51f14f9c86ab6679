"""What grows too old while there is no line. Ages and outages in minutes; ten are allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from userbot.rules.lateness import grew_old

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "away", "old"),
    [
        pytest.param(5, 3, False, id="young"),
        pytest.param(10, 9, False, id="just young enough"),
        pytest.param(12, 9, True, id="it grew old meanwhile"),
        pytest.param(12, 1, False, id="it was old before, and a line flapped"),
        pytest.param(30, 9, False, id="the same for longer"),
        pytest.param(90, 60, True, id="it was old before, and the line was away for an hour"),
        pytest.param(5, 60, False, id="asked while the line was away"),
        pytest.param(30, 60, True, id="asked early in that hour"),
    ],
)
def test_what_a_lost_line_makes_too_old(age: float, away: float, old: bool) -> None:
    asked, lost = NOW - timedelta(minutes=age), NOW - timedelta(minutes=away)
    assert grew_old(asked, lost, NOW, timedelta(minutes=10)) is old
