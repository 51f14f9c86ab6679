"""Questions that are asked again: by `/gpt_retry`, by `userbot retry`, by an edit, at a start.

What their sender may do is decided anew: somebody who lost the right to ask, who was blocked or
forgotten or whose limit is reached gets no answer by an old question either. What became of a
question meanwhile is looked up before it is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from userbot.errors import UserbotError
from userbot.intake.queue import Queue
from userbot.rules.policy import forbidden_now
from userbot.storage.store import Store
from userbot.turn.budget import Budget
from userbot.turn.chat_rules import ChatRules
from userbot.turn.endings import refused, unanswered
from userbot.turn.settle import OutcomeReporter
from userbot.turn.turn import Turn
from userbot.types import Person, Question


class Retries:
    """Puts questions back into their queue. Its calls raise StorageError."""

    def __init__(
        self,
        store: Store,
        chats: ChatRules,
        budget: Budget,
        queue: Queue,
        outcomes: OutcomeReporter,
        known: Callable[[Person], Person],
    ) -> None:
        """`known`: a person with what is known of them now."""
        self._store = store
        self._chats = chats
        self._budget = budget
        self._queue = queue
        self._outcomes = outcomes
        self._known = known
        self._requested: set[int] = set()
        """Those that another process wants asked again, and that are still to be queued."""

    def ask(self, chat: int, message: int, now: datetime) -> str:
        """Ask the question of a message again.

        Gives "asked", "unknown", "not_allowed", "limited", or the state that it is in already
        ("answered", "pending", "answering", "awaiting").
        """
        found = self._store.questions.retry(chat, message, now)
        return self._queued(found, now) if isinstance(found, Question) else found or "unknown"

    def reopen(self, decision: Question, now: datetime) -> None:
        """An answered question has other words now: its answer is written anew, in its messages."""
        if decision.source != decision.conversation.chat:
            return  # nothing is written anew where it stands
        reopened = self._budget.reopen(decision, now)
        if reopened is None:
            return
        question, refusal = reopened
        if refusal is not None:
            self._outcomes.ended(question, refused(refusal))
            return
        self._queue.reopen(question)

    def mended(self, decision: Question, now: datetime) -> bool:
        """Whether nothing but a switch that its owner had mistaken kept a question from being asked
        until now; then it is asked.
        """
        stored = self._store.questions.asked_by(decision.source, decision.message)
        if stored is None or decision.switches.wrong or not decision.by_owner:
            return False
        if not self._store.questions.find(stored).switches.wrong:
            return False
        self.ask(decision.source, decision.message, now)
        return True

    def at_start(self, now: datetime, max_age: timedelta) -> int:
        """Queue what the last run left unanswered; gives how many.

        Half an answer is worse than a late one: one that was begun is finished at any age, and so
        is what the owner asked again. What he has said yes to is expected from then on.
        """
        self._store.questions.requested_retries()  # all that is pending is queued anyway
        queued = 0
        for question, writing in self._store.questions.pending():
            sender = self._known(question.sender) if question.attempt else None
            expected = self._store.approvals.said_at(question) or question.at
            if now - expected > max_age and not writing and not question.attempt:
                self._skip(question, unanswered("too_old"), now)
                continue
            silent = forbidden_now(question, self._chats.policy, sender)
            if silent is not None:
                self._skip(question, unanswered(silent), now)
                continue
            self._queue.put(Turn(question, belated=True))
            queued += 1
        return queued

    def look(self, now: datetime) -> None:
        """Queue what another process wants asked again (`userbot retry`)."""
        # The mark is taken off before they are queued, so that none is queued twice.
        self._requested |= self._store.questions.requested_retries()
        if self._requested:
            for question, _begun in self._store.questions.pending():
                if question.id in self._requested:
                    self._queued(question, now)
                    self._requested.remove(question.id)
            self._requested.clear()

    def _queued(self, question: Question, now: datetime) -> str:
        reason = forbidden_now(question, self._chats.policy, self._known(question.sender))
        if self._chats.forgets(question.sender.id):
            reason = "forgotten"
        if reason is not None:
            self._skip(question, unanswered(reason), now)
            return "not_allowed"
        refusal = self._budget.readmit(question, now)
        if refusal is not None:
            self._skip(question, refusal, now)
            return "limited"
        self._queue.put(Turn(question, belated=True))
        return "asked"

    def _skip(self, question: Question, why: UserbotError, now: datetime) -> None:
        self._store.questions.mark(question, "skipped", why.reason, now)
        self._outcomes.ended(question, refused(why))
