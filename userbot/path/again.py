"""A question that was given up is asked again: if today's rules and limits let it through.

What its sender may do is decided anew: somebody who lost the right to ask, who was blocked or
forgotten or whose limit is reached gets no answer by an old question either. What became of the
question meanwhile is looked up before it is answered.
"""

from __future__ import annotations

from collections.abc import Callable

from userbot.path.aftermath import Aftermath
from userbot.path.allowance import Allowance
from userbot.path.conversations import Conversations
from userbot.path.house_rules import HouseRules
from userbot.path.settlement import Settlement
from userbot.path.storing import Storing
from userbot.ports import Clock
from userbot.rules.trigger import forbidden_now
from userbot.storage.store import Store
from userbot.types import Person, Question


class Again:
    """Puts questions back into their queue. `known`: a person with what is known of them now."""

    def __init__(
        self,
        store: Store,
        rules: HouseRules,
        allowance: Allowance,
        conversations: Conversations,
        settlement: Settlement,
        aftermath: Aftermath,
        known: Callable[[Person], Person],
        storing: Storing,
        clock: Clock,
    ) -> None:
        self._store = store
        self._rules = rules
        self._allowance = allowance
        self._conversations = conversations
        self._settlement = settlement
        self._aftermath = aftermath
        self._known = known
        self._storing = storing
        self._clock = clock

    def ask(self, chat: int, message: int) -> str:
        """Ask the question of a message again; raises StorageError.

        Gives "asked", "unknown", "not_allowed", "limited", or the state that it is in already
        ("answered", "pending", "answering").
        """
        found = self._store.questions.retry(chat, message, self._clock.now())
        if not isinstance(found, Question):
            return found or "unknown"
        became = "asked"

        def queue() -> None:
            nonlocal became
            became = self.queue(found)

        self._storing.soon(queue, found)  # it is pending already, and nobody else would queue it
        return became

    def queue(self, found: Question) -> str:
        """Queue a question that is pending anew: "asked", "not_allowed" or "limited".

        Raises StorageError; then it is not queued.
        """
        now = self._clock.now()
        reason = forbidden_now(found, self._rules.policy, self._known(found.sender))
        if found.sender.id in self._rules.forgotten:
            reason = "forgotten"
        if reason is not None:
            self._store.questions.mark(found, "skipped", reason, now)
            self._settlement.skipped(found, reason, "The rules have changed since it was asked.")
            return "not_allowed"
        if (refusal := self._allowance.readmit(found)) is not None:
            self._settlement.limited(found, refusal.reason, refusal.detail)
            return "limited"
        self._aftermath.belated(found)
        self._conversations.put(found)
        return "asked"
