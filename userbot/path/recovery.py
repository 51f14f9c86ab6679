"""At start: what the last run left unanswered.

A question for which no write was recorded was never answered, so it is asked again. One with a
recorded write may stand in Telegram already: in doubt nothing is sent, and it is listed.
"""

from __future__ import annotations

from datetime import timedelta

from userbot.path.conversations import Conversations
from userbot.path.settlement import Settlement
from userbot.ports import Clock, Store


def recover(
    store: Store,
    conversations: Conversations,
    settlement: Settlement,
    clock: Clock,
    max_age_minutes: float,
) -> int:
    """Queue what is still to be answered; gives how many. Raises StorageError."""
    now = clock.now()
    queued = 0
    for ask, writing in store.pending():
        if writing:
            reason, detail = "in_doubt", "The last run ended while it was being answered."
        elif now - ask.at > timedelta(minutes=max_age_minutes):
            reason, detail = "too_old", "It waited since the last run."
        else:
            conversations.put(ask)
            queued += 1
            continue
        store.mark(ask, "skipped", reason, now)
        settlement.skipped(ask, reason, detail)
    return queued
