"""A question at the door: too old, over a limit, one too many of a loop, or queued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from userbot.events import Heard, Report, about
from userbot.intake.queue import Queue
from userbot.ports import Clock
from userbot.rules.plain import preview
from userbot.turn.budget import Budget
from userbot.turn.loop_watch import LoopWatch
from userbot.turn.settle import Told
from userbot.types import Message, Question


@dataclass(frozen=True, slots=True)
class Arrived:
    """How a question came: as a reply to an answer of ours, with the prefix, as it was written."""

    replies: bool
    prefixed: bool
    live: bool


class Admission:
    """Stores questions and queues them. `max_age`: older ones are not answered."""

    def __init__(
        self,
        budget: Budget,
        queue: Queue,
        loops: LoopWatch,
        told: Told,
        clock: Clock,
        max_age: timedelta,
    ) -> None:
        self._budget = budget
        self._queue = queue
        self._loops = loops
        self._told = told
        self._clock = clock
        self._max_age = max_age

    def ask(self, decided: Question, arrived: Arrived, report: Report) -> None:
        """Store a question and queue it. Raises StorageError; then nothing was done."""
        now = self._clock.now()
        if now - decided.at > self._max_age:
            if (question := self._budget.turn_away(decided, now, "too_old")) is not None:
                self._told.too_old(question)
            return
        joins = self._queue.joins(decided)
        admitted = self._budget.admit(decided, now, joins=joins)
        if admitted is None:
            return  # Telegram brought it twice; the first one is on its way.
        question, refusal = admitted
        if refusal is not None:
            self._told.limited(question, refusal.reason, refusal.detail, refusal.window)
            return
        if self._loops.stops(question, now, replies=arrived.replies, prefixed=arrived.prefixed):
            self._budget.skip(question, now, "loop")
            self._told.limited(question, "loop", self._loops.told(question))
            return
        voice = question.voice
        report(
            Heard(
                **about(question),
                text=preview(question.text),
                voice=voice.kind if voice else None,
                duration=voice.seconds if voice else None,
            )
        )
        self._queue.arrived(question, belated=not arrived.live)

    def stand_down(self, own: Message) -> None:
        """The owner wrote in a conversation himself: what waits there is his to answer."""

        def is_his(question: Question) -> bool:
            earlier = question.moved_from is not None or question.message < own.message
            here = question.conversation == own.conversation
            return here and earlier and not question.by_owner

        self._queue.stop_all(is_his, "stood_down", shown=False)
