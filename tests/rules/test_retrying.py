"""When a request that failed is made again, and when not."""

from __future__ import annotations

import pytest

from userbot.rules.retrying import (
    ATTEMPTS,
    PATIENCE_SECONDS,
    STORAGE_PATIENCE_SECONDS,
    pause,
    storage_pause,
)


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
