"""The last stage: how a question ends: its state and its exchange, then the line on the console.

Rule 1: state and answer change in one transaction, once; what was paid is captured before.
Rule 2: nothing is told before it is stored.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

from userbot.errors import LimitReachedError, UserbotError
from userbot.events import (
    Answered,
    Failed,
    Ignored,
    Limited,
    Notice,
    Report,
    Skipped,
    about,
)
from userbot.ports import Clock
from userbot.rules.limits import MICRO
from userbot.rules.loops import LoopWatch
from userbot.rules.plain import preview
from userbot.rules.prompt import asked
from userbot.storage.store import Store
from userbot.texts import _, n_
from userbot.turn.approve import Approve
from userbot.turn.endings import unanswered
from userbot.turn.history import History
from userbot.turn.limit_notice import LimitNotice
from userbot.turn.turn import Outcome, Turn
from userbot.types import Answer, Exchange, Question

_TOGETHER_SECONDS = 1.0
"""What is found to be too old within so long is one line."""
_CHATS_TOLD = 5


class OutcomeReporter:
    """Reports how questions ended; counts them for the summary at the end of a run."""

    def __init__(self, report: Report, limit_notice: LimitNotice | None = None) -> None:
        """`limit_notice`: tells people that a limit is reached, where the config wants that."""
        self._report = report
        self._limit_notice = limit_notice
        self._too_old: list[Question] = []
        self.answered_count = 0
        self.failed_count = 0

    def answered(self, question: Question, answer: Answer, seconds: float, cost: int = 0) -> None:
        """Its answer stands, and cost so many millionths; 0 where no price is set."""
        usage = answer.finish.usage
        self.answered_count += 1
        self._report(
            Answered(
                **about(question),
                answers=answer.messages,
                model=answer.finish.model,
                seconds=seconds,
                prompt_tokens=usage.prompt_tokens if usage else None,
                completion_tokens=usage.completion_tokens if usage else None,
                text=preview(answer.shown),
                estimated=usage is not None and usage.estimated,
                reason="" if answer.finish.reason == "stop" else answer.finish.reason,
                cost=cost / MICRO if cost else None,
            )
        )

    def ended(self, question: Question, outcome: Outcome) -> None:
        """It was not answered: which event tells that depends on why."""
        why = outcome.why
        if isinstance(why, LimitReachedError):
            self._limited(question, why)
        elif why.reason == "too_old":
            self._too_old_too(question)
        elif why.reason == "no_wake_word":  # something spoken was listened to: nobody's question
            self._report(Ignored(**about(question), reason=why.reason, notable=False))
        elif outcome.state == "skipped":
            self._skipped(question, why)
        else:
            self.failed_count += 1
            self._report(Failed.of(why, about(question)))

    def _limited(self, question: Question, why: LimitReachedError) -> None:
        """A limit refused it, or the watch for loops, of which nothing is said in the chat."""
        self._report(Limited(**about(question), reason=why.reason, detail=str(why)))
        if self._limit_notice is not None and why.window:
            self._limit_notice.refused(question, why.reason, why.window)

    def _skipped(self, question: Question, why: UserbotError) -> None:
        self._report(
            Skipped(
                **about(question),
                reason=why.reason,
                detail=str(why),
                text=preview(question.text),
                hint=why.hint,
            )
        )

    def _too_old_too(self, question: Question) -> None:
        """With others that are found within a moment it is one line."""
        if not self._too_old:
            asyncio.get_running_loop().call_later(_TOGETHER_SECONDS, self._tell_too_old)
        self._too_old.append(question)

    def _tell_too_old(self) -> None:
        old, self._too_old = self._too_old, []
        if len(old) == 1:
            self._skipped(old[0], unanswered("too_old"))
            return
        chats = Counter(question.title or str(question.conversation.chat) for question in old)
        where = ", ".join(f"{title} {number}" for title, number in chats.most_common(_CHATS_TOLD))
        self._report(
            Notice(
                reason="old_questions",
                detail=n_(
                    "{count} question is too old to answer: {where}.",
                    "{count} questions are too old to answer: {where}.",
                    len(old),
                    where=where,
                ),
                hint=_("To get an answer anyway, reply to the question with /gpt_retry."),
            )
        )


class Settle:
    """Stores how a turn ended."""

    def __init__(
        self,
        store: Store,
        history: History,
        loops: LoopWatch,
        outcomes: OutcomeReporter,
        clock: Clock,
        approve: Approve | None = None,
    ) -> None:
        """`approve`: what was asked of the owner, where he is asked."""
        self._approve = approve
        self._store = store
        self._history = history
        self._loops = loops
        self._outcomes = outcomes
        self._clock = clock

    def __call__(self, turn: Turn) -> None:
        """Store the outcome and tell it. Raises StorageError; then nothing of it happened."""
        outcome = turn.outcome
        if outcome is None:
            self._answered(turn)
            return
        state, reason = outcome.state, outcome.why.reason
        self._store.questions.mark(turn.question, state, reason, self._clock.now())
        self._over(turn)
        if turn.question.switches.model:
            self._history.forget(turn.question.conversation)
        self._outcomes.ended(turn.question, outcome)

    def _answered(self, turn: Turn) -> None:
        question, answer, material = turn.question, turn.answer, turn.material
        assert answer is not None
        assert material is not None
        own, quoted = material.question, material.quoted
        if quoted is not None:
            self._store.quotes.reword(own, quoted)
        if material.documents:  # what an answer tells of a document goes with the document
            own = replace(own, documents=material.readable_in(own.source))
            answer = replace(answer, cites=(*answer.cites, *material.read))
        only_own = turn.request is not None and turn.request.own
        answer = replace(answer, own=only_own)
        cost = self._store.questions.settle(own, answer, self._clock.now())
        # What it quotes may have been deleted meanwhile.
        text = asked(own, None if quoted is None else self._store.quotes.of(own.id))
        self._over(turn)
        self._loops.answered(question, self._clock.now())
        seconds = self._clock.monotonic() - (turn.began or 0.0)
        usage = answer.finish.usage
        whole = None if usage is None else sum(turn.paid_before, usage)
        told = replace(answer, finish=replace(answer.finish, usage=whole))
        self._outcomes.answered(question, told, 0.0 if turn.request is None else seconds, cost)
        if answer.finish.reason == "stopped" or question.switches.model:
            # Only the store knows what it keeps of it; and how much another model takes at once,
            # and how it counts, says nothing of the usual one.
            self._history.forget(question.conversation)
            return
        exchange = Exchange(question.sender.name, text, answer.text, question.id, only_own)
        own_usage = usage if turn.request is not None else None
        self._history.remember(question.conversation, exchange, own_usage, turn.estimated)

    def _over(self, turn: Turn) -> None:
        """It is stored: so is the end of what the owner was asked for. Raises StorageError."""
        if self._approve is not None and turn.asked_for:
            self._approve.over(turn)
        turn.settled = True
