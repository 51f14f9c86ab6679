"""A question at the door: too old, over a limit, one too many of a loop, or queued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from userbot.errors import UserbotError
from userbot.intake.queue import Queue
from userbot.rules import loops
from userbot.storage.questions import Questions
from userbot.turn.budget import Budget
from userbot.turn.endings import refused, unanswered
from userbot.turn.settle import OutcomeReporter
from userbot.turn.turn import Turn
from userbot.types import Question


@dataclass(frozen=True, slots=True)
class Admitted:
    """A question that is stored: to be answered, or why it is not."""

    question: Question
    refusal: UserbotError | None
    rhythm: loops.Rhythm | None
    """That of its sender, this question included, if it goes by that."""
    joins: Turn | None = None
    """What it is one with, if it joins the question before it."""


class Admission:
    """Stores questions and queues them. `max_age`: older ones are not answered."""

    def __init__(
        self,
        questions: Questions,
        budget: Budget,
        queue: Queue,
        loop_watch: loops.LoopWatch,
        outcomes: OutcomeReporter,
        max_age: timedelta,
    ) -> None:
        self.queue = queue
        self._questions = questions
        self._budget = budget
        self._loop_watch = loop_watch
        self._outcomes = outcomes
        self._max_age = max_age

    def store(self, decided: Question, now: datetime, *, replies: bool) -> Admitted | None:
        """Store a question, and nothing else; None if Telegram brought it twice.

        `replies`: to an answer of ours. Raises StorageError; then nothing was done, if the
        transaction in which it was called is rolled back.
        """
        least = self._budget.least(decided)
        question = self._questions.add(decided, now, least)
        if question is None:
            return None
        rhythm: loops.Rhythm | None = None
        joins: Turn | None = None
        refusal: UserbotError | None
        if now - question.at > self._max_age:
            refusal = unanswered("too_old")
        else:
            joins = self.queue.joinable(question)
            refusal = self._budget.admit(question, now, least, joins=joins is not None)
        if refusal is None:
            rhythm = self._loop_watch.with_question(question, now, replies=replies)
            if rhythm is not None and loops.stopped(rhythm):
                refusal = loops.refusal(question)
        if refusal is not None:
            self._questions.mark(question, "skipped", refusal.reason, now)
        return Admitted(question, refusal, rhythm, joins)

    def queue_or_tell(self, admitted: Admitted, *, belated: bool) -> None:
        """Queue what is stored, or tell why it is not answered."""
        question, refusal = admitted.question, admitted.refusal
        if admitted.rhythm is not None:
            self._loop_watch.keep(question, admitted.rhythm)
        if refusal is None:
            self.queue.arrived(question, admitted.joins, belated=belated)
        else:
            self._outcomes.ended(question, refused(refusal))
