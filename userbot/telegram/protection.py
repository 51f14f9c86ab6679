"""What its writer, or its chat, does not want to be copied or kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any


def protected(message: Any) -> bool:
    """Whether a message may go nowhere: copying is forbidden, or it shows itself only once."""
    return bool(
        message.noforwards
        or getattr(message.chat, "noforwards", False)
        or getattr(message.media, "ttl_seconds", None)
    )


def expires_at(message: Any) -> datetime | None:
    """When the chat deletes the message by itself (auto-delete), if it does."""
    period = message.ttl_period
    if not period or period < 0 or message.date is None:
        return None
    try:
        found: datetime = message.date + timedelta(seconds=period)
    except OverflowError:
        return None
    return found
