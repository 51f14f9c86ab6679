"""At start: what the last run left unanswered.

A question is asked again if the rules of today still let it through, at any age if the owner wished
it again; what became of it meanwhile is looked up before. One whose answer was begun is finished
however long ago that was: half an answer is worse than a late one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from userbot.path.aftermath import Aftermath
from userbot.path.conversations import Conversations
from userbot.path.settlement import Settlement
from userbot.ports import Clock
from userbot.rules.trigger import Policy, forbidden_now
from userbot.storage.store import Store
from userbot.types import Person


def recover(
    policy: Policy,
    max_age_minutes: float,
    store: Store,
    conversations: Conversations,
    aftermath: Aftermath,
    settlement: Settlement,
    known: Callable[[Person], Person],
    clock: Clock,
) -> int:
    """Queue what is still to be answered; gives how many. Raises StorageError.

    `known`: a person with what is known of them now; who asked is looked at anew where the owner
    wished a question again.
    """
    now = clock.now()
    queued = 0
    for ask, writing in store.questions.pending():
        sender = known(ask.sender) if ask.attempt else None
        late = now - ask.at > timedelta(minutes=max_age_minutes)
        if late and not writing and not ask.attempt:
            store.questions.mark(ask, "skipped", "too_old", now)
            settlement.too_old(ask)
            continue
        if (silent := forbidden_now(ask, policy, sender)) is not None:
            store.questions.mark(ask, "skipped", silent, now)
            settlement.skipped(ask, silent, "The rules have changed since it was asked.")
            continue
        aftermath.belated(ask)
        conversations.put(ask)
        queued += 1
    return queued
