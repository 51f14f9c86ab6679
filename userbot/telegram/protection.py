"""How long a chat keeps what is said in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any


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
