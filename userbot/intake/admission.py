"""A question at the door: too old, over a limit, one too many of a loop, or queued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from userbot.intake.queue import Queue
from userbot.ports import Clock
from userbot.rules import loops
from userbot.rules.limits import OverLimit
from userbot.turn.budget import Budget
from userbot.turn.loop_watch import LoopWatch
from userbot.turn.settle import Told
from userbot.types import Message, Question

_TOO_OLD = OverLimit("too_old", "")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A question that is stored: to be answered, or why it is not."""

    question: Question
    refusal: OverLimit | None
    rhythm: loops.Rhythm | None
    """That of its sender, this question included."""


class Admission:
    """Stores questions and queues them. `max_age`: older ones are not answered."""

    def __init__(
        self,
        budget: Budget,
        queue: Queue,
        loop_watch: LoopWatch,
        told: Told,
        clock: Clock,
        max_age: timedelta,
    ) -> None:
        self._budget = budget
        self._queue = queue
        self._loop_watch = loop_watch
        self._told = told
        self._clock = clock
        self._max_age = max_age

    def store(self, decided: Question, *, replies: bool, prefixed: bool) -> Admitted | None:
        """Store a question, and nothing else; None if Telegram brought it twice.

        `replies`: to an answer of ours. Raises StorageError; then nothing was done.
        """
        now = self._clock.now()
        rhythm = self._loop_watch.with_question(decided, now, replies=replies, prefixed=prefixed)
        looping = rhythm is not None and loops.stopped(rhythm)
        admitted = self._budget.admit(
            decided,
            now,
            joins=self._queue.joins(decided),
            too_old=_TOO_OLD if now - decided.at > self._max_age else None,
            looping=self._loop_watch.refusal(decided) if looping else None,
        )
        return None if admitted is None else Admitted(*admitted, rhythm)

    def go_on(self, admitted: Admitted, *, belated: bool) -> None:
        """Queue what is stored, or tell why it is not answered."""
        question, refusal = admitted.question, admitted.refusal
        if admitted.rhythm is not None and (refusal is None or refusal.reason == "loop"):
            self._loop_watch.keep(question, admitted.rhythm)
        if refusal is None:
            self._queue.arrived(question, belated=belated)
        elif refusal is _TOO_OLD:
            self._told.too_old(question)
        else:
            self._told.limited(question, refusal)

    def stand_down(self, own: Message) -> None:
        """The owner wrote in a conversation himself: what waits there is his to answer."""
        self._queue.stand_down(own)
