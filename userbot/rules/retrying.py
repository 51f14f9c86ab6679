"""How long to wait before a request that failed is made again."""

from __future__ import annotations

ATTEMPTS = 4
_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 60.0


def pause(attempt: int, retry_after: float | None) -> float | None:
    """Seconds before the next attempt; None if there is to be none.

    `attempt`: how many have failed, from 1. `retry_after`: what the failure said (ModelError):
    None rules a retry out, 0 leaves it to us.
    """
    if retry_after is None or attempt >= ATTEMPTS or retry_after > _LONGEST_SECONDS:
        return None
    return max(retry_after, _FIRST_SECONDS * 2.0 ** (attempt - 1))
