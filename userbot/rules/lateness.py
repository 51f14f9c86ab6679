"""Whether a question that waited is too old to be answered. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta


def grew_old(asked: datetime, lost: datetime, now: datetime, max_age: timedelta) -> bool:
    """Whether a question grew older than `max_age` because there was no line from `lost` to `now`.

    One that waits behind a slow model may be older than that, and a line that flaps does not
    change it; after an outage longer than that age, nobody expects an answer any more.
    """
    age, away = now - asked, now - lost
    return age > max_age and (away > max_age or age - away <= max_age)
