"""At start: what the last run left unanswered.

A question for which no write was recorded was never answered, so it is asked again, if the rules
of today still let it through; at any age if the owner wished it again. One with a recorded write
may stand in Telegram already: in doubt nothing is sent, and it is listed.
"""

from __future__ import annotations

from datetime import timedelta

from userbot.path.conversations import Conversations
from userbot.path.settlement import Settlement
from userbot.ports import Clock, Store
from userbot.rules.trigger import Policy, forbidden_now


def recover(
    policy: Policy,
    max_age_minutes: float,
    store: Store,
    conversations: Conversations,
    settlement: Settlement,
    clock: Clock,
) -> int:
    """Queue what is still to be answered; gives how many. Raises StorageError."""
    now = clock.now()
    queued = 0
    for ask, writing in store.pending():
        if writing:
            reason, detail = "in_doubt", "The last run ended while it was being answered."
        elif not ask.attempt and now - ask.at > timedelta(minutes=max_age_minutes):
            reason, detail = "too_old", "It waited since the last run."
        elif (silent := forbidden_now(ask, policy)) is not None:
            reason, detail = silent, "The rules have changed since it was asked."
        else:
            conversations.put(ask)
            queued += 1
            continue
        store.mark(ask, "skipped", reason, now)
        settlement.skipped(ask, reason, detail)
    return queued
