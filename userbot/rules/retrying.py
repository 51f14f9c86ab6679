"""How long to wait before what failed is tried again, and when it has waited for too long."""

from __future__ import annotations

from datetime import datetime, timedelta

ATTEMPTS = 5
"""So often a request is made in all; what passes by itself has mostly passed by then."""
PATIENCE_SECONDS = 180.0
"""Nothing is begun anew so long after the first try: whoever asked has gone on by then."""
_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 60.0
"""The longest wait that an endpoint may ask for."""
_SPREAD = 0.25

STORAGE_PATIENCE_SECONDS = 600.0
"""So long the database is waited for; what arrived before is too old to answer by then."""
_FIRST_STORAGE_SECONDS = 0.1
_LONGEST_STORAGE_SECONDS = 5.0


def pause(
    attempt: int, retry_after: float | None, *, spent: float = 0.0, spread: float = 0.0
) -> float | None:
    """Seconds before the next attempt; None if there is to be none.

    `attempt`: how many have failed, from 1. `retry_after`: what the failure said (ModelError):
    None rules a retry out, 0 leaves it to us. `spent`: seconds since the first attempt began.
    `spread`, from 0 to 1, keeps those that failed together from coming back together.
    """
    if retry_after is None or attempt >= ATTEMPTS or retry_after > _LONGEST_SECONDS:
        return None
    own = _FIRST_SECONDS * 2.0 ** (attempt - 1)
    seconds = max(retry_after, own) + own * _SPREAD * spread
    return seconds if spent + seconds <= PATIENCE_SECONDS else None


def storage_pause(attempt: int, spent: float) -> float | None:
    """Seconds before the database is tried again, short at first; None if nobody waits longer.

    `attempt`: how many have failed, from 1; `spent`: seconds since the first.
    """
    seconds = min(_FIRST_STORAGE_SECONDS * 2.0 ** min(attempt - 1, 10), _LONGEST_STORAGE_SECONDS)
    return seconds if spent + seconds <= STORAGE_PATIENCE_SECONDS else None


def grew_old(asked: datetime, lost: datetime, now: datetime, max_age: timedelta) -> bool:
    """Whether a question grew older than `max_age` because there was no line from `lost` to `now`.

    One that waits behind a slow model may be older than that, and a line that flaps does not
    change it; after an outage longer than that age, nobody expects an answer any more.
    """
    age, away = now - asked, now - lost
    return age > max_age and (away > max_age or age - away <= max_age)
