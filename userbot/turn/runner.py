"""Takes a turn to its end: what is next, until nothing is.

Each kind of trouble has its place here: the store takes nothing (the stage is run again when it
does), somebody interrupts (what he wants is done), a refusal (the outcome), anything unforeseen
(logged, the outcome too). Whatever happens, the next question goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from userbot.errors import (
    ChatRefusedError,
    PostponedError,
    StorageError,
    UserbotError,
)
from userbot.ports import Clock
from userbot.turn.answer import AnswerStage
from userbot.turn.approve import Approve
from userbot.turn.deliver.typing import Typing
from userbot.turn.endings import internal, refused, stopped, stopped_answer
from userbot.turn.migration import Migration
from userbot.turn.resume import Resume
from userbot.turn.settle import Settle
from userbot.turn.store_back import StoreBack
from userbot.turn.turn import Interruption, Reconsider, Stage, Turn, YesNeeded
from userbot.types import is_basic_group

_LOOK_SECONDS = 0.1
"""How often a question that waits for its next edit is looked at."""


@dataclass(frozen=True, slots=True)
class Stages:
    """What is run for each stage of a turn."""

    resume: Resume
    understand: Callable[[Turn], Coroutine[Any, Any, None]]
    """As `Understand` does, or simpler where nothing but words is typed."""
    recap: Callable[[Turn], Coroutine[Any, Any, None]]
    """The same of a question that asks for a recap."""
    answer: AnswerStage
    settle: Settle
    approve: Approve | None = None
    """None where nobody is asked for his yes."""


class Runner:
    """Runs turns."""

    def __init__(
        self,
        stages: Stages,
        typing: Typing,
        migration: Migration,
        store_back: StoreBack,
        clock: Clock,
    ) -> None:
        self._stages = stages
        self._typing = typing
        self._migration = migration
        self._store_back = store_back
        self._clock = clock

    async def run(self, turn: Turn) -> None:
        """Take a turn to its end, or to where it is left to the next start. Never raises."""
        try:
            try:
                if turn.question.conversation.chat in self._migration.known:
                    self._migration.move(turn)  # while it waited
                await self._to_its_end(turn)
            finally:
                turn.releases.close()
                await self._stop_typing(turn)
        except StorageError:
            pass  # the next start finds the question open
        except Exception as bug:
            internal(bug)  # logged; those behind it go on

    async def _to_its_end(self, turn: Turn) -> None:
        turn.began = self._clock.monotonic() if turn.began is None else turn.began
        while (stage := turn.next()) is not None:
            try:
                await self._step(turn, stage)
            except StorageError as trouble:
                await self._store_back.wait(trouble, turn)
            except Reconsider:
                continue
            except YesNeeded as needed:
                turn.wanted = needed.wanted
            except PostponedError:
                turn.interrupt(Interruption("leaving"))
            except UserbotError as why:
                turn.refusal = why
            except Exception as bug:
                turn.outcome = refused(internal(bug))
                if stage is Stage.SETTLE:
                    return  # the row stays open

    def save(self, turn: Turn) -> None:
        """Store of what messages a turn is made, if that is not stored yet. Raises StorageError."""
        if not turn.saved:
            self._stages.resume.save(turn)

    async def _step(self, turn: Turn, stage: Stage) -> None:
        """Do what somebody wants, what follows from a refusal, or what is next."""
        if turn.interruption is not None:
            await self._interrupted(turn, turn.interruption)
            return
        if turn.refusal is not None:
            await self._refused(turn, turn.refusal)
            turn.refusal = None
            return
        self.save(turn)
        if turn.earlier_versions and self._stages.approve is not None:
            self._stages.approve.taken_back(turn)
        if stage is Stage.SETTLE:
            await self._stages.answer.abandon(turn)
            await self._stop_typing(turn)  # seen before the end is told
            self._stages.settle(turn)
        else:
            await self._interruptibly(turn, stage)
        turn.troubles = 0

    async def _stop_typing(self, turn: Turn) -> None:
        """Nothing more of an answer will come: its chat is shown no typing."""
        if turn.typing is not None:
            await self._typing.over(turn)

    async def _interruptibly(self, turn: Turn, stage: Stage) -> None:
        """Run a stage in a task of its own, which ends when somebody interrupts."""
        turn.task = asyncio.ensure_future(self._run(turn, stage))
        try:
            await turn.task
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            if turn.interruption is None:  # set while it ran
                raise
        finally:
            turn.task = None

    async def _run(self, turn: Turn, stage: Stage) -> None:
        match stage:
            case Stage.RESUME:
                await self._stages.resume(turn)
            case Stage.UNDERSTAND:
                stages, asks = self._stages, turn.question.recap is None
                await (stages.understand if asks else stages.recap)(turn)
            case Stage.ANSWER:
                await self._stages.answer.run(turn)
            case Stage.APPROVE:
                assert self._stages.approve is not None
                await self._stages.approve(turn)

    async def _interrupted(self, turn: Turn, interruption: Interruption) -> None:
        """Do what somebody outside wants. Raises StorageError; it can be begun anew then."""
        await self._stages.answer.abandon(turn)
        if interruption.kind == "leaving":
            turn.stays_open = True
            return
        if interruption.kind == "changed":
            if self._stages.approve is not None:
                self._stages.approve.taken_back(turn)
            turn.start_over()
            turn.refusal = None  # it was of what the turn was before
            await self.until_it_begins(turn)
        elif turn.answer is None and turn.outcome is None:
            unfinished = interruption.reason in ("hung", "begun_before_move")
            turn.answer = None if unfinished else stopped_answer(turn)
            turn.outcome = stopped(interruption.reason) if turn.answer is None else None
        if turn.interruption is interruption:
            turn.interruption = None

    async def give_up(self, turn: Turn) -> None:
        """A stage does not end, whatever is done: the question is failed without it."""
        turn.outcome = stopped("hung")
        with suppress(StorageError):
            self._stages.settle(turn)

    async def until_it_begins(self, turn: Turn) -> None:
        """More of the question may be expected; who edits again and again waits longer.

        Comes back sooner when somebody wants something else. Raises PostponedError.
        """
        wanted = turn.interruption
        while turn.interruption is wanted and not turn.is_ending:
            wait = turn.begins - self._clock.monotonic()
            if wait <= 0:
                return
            with turn.waits("more of it"):
                await self._clock.sleep(min(wait, _LOOK_SECONDS))

    async def _refused(self, turn: Turn, why: UserbotError) -> None:
        """A refusal is the outcome, unless the group has moved. Raises StorageError."""
        if isinstance(why, ChatRefusedError) and is_basic_group(turn.question.conversation.chat):
            await self._migration.follow(turn)
            if turn.interruption is not None:
                return  # it goes on where its group is now
        turn.outcome = refused(why)
