"""When what failed is tried again, and when it waited for too long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from userbot.rules.retrying import (
    ATTEMPTS,
    PATIENCE_SECONDS,
    STORAGE_PATIENCE_SECONDS,
    grew_old,
    pause,
    storage_pause,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_pauses_double_and_end() -> None:
    assert [pause(n, 0) for n in range(1, ATTEMPTS + 1)] == [1, 2, 4, 8, None]


@pytest.mark.parametrize(
    ("attempt", "retry_after", "spent", "seconds"),
    [
        pytest.param(1, None, 0, None, id="what cannot pass is not tried again"),
        pytest.param(1, 17, 0, 17, id="the endpoint's own pause is kept"),
        pytest.param(3, 2.5, 0, 4, id="but not a shorter one than ours"),
        pytest.param(1, 3600, 0, None, id="an hour is more than anybody waits for"),
        pytest.param(2, 0, PATIENCE_SECONDS - 2, 2, id="the last moment to begin anew"),
        pytest.param(2, 0, PATIENCE_SECONDS - 1.9, None, id="too late: silences took the time"),
    ],
)
def test_a_pause(
    attempt: int, retry_after: float | None, spent: float, seconds: float | None
) -> None:
    assert pause(attempt, retry_after, spent=spent) == seconds


def test_those_that_failed_together_come_back_apart_and_never_too_early() -> None:
    apart = {pause(1, 5, spread=n / 10) for n in range(10)}
    assert len(apart) == 10
    assert min(seconds for seconds in apart if seconds) == 5


def test_the_database_is_tried_again_soon_then_seldom_then_no_more() -> None:
    pauses = [storage_pause(n, 0) for n in range(1, 9)]
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]
    assert storage_pause(500, STORAGE_PATIENCE_SECONDS - 5) == 5
    assert storage_pause(500, STORAGE_PATIENCE_SECONDS) is None


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
    """Ages and outages in minutes; ten are allowed."""
    asked, lost = NOW - timedelta(minutes=age), NOW - timedelta(minutes=away)
    assert grew_old(asked, lost, NOW, timedelta(minutes=10)) is old
