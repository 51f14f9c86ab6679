"""The store takes nothing: whoever needs it waits here, together, until it does.

What nobody waits for is done late, by one ordered queue.

Rule 1: the store itself waits a moment only, since it holds up everything; the long wait is here.
Rule 2: what passes (another program writes, the disk is full) is told once, and looked at again
and again by one prober, until it is over. What does not (a damaged file) ends the program: without
memory nobody is answered.
Rule 3: what Telegram tells only once is done as soon as the store lets it be, in the order in which
it was told: a later step never overtakes an earlier one, and nothing is skipped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NoReturn, TypeVar

from userbot.errors import StorageError
from userbot.events import Failed, Report, Waiting, about
from userbot.ports import Clock, first_of
from userbot.rules.retrying import STORAGE_PATIENCE_SECONDS, storage_pause
from userbot.storage.store import Store
from userbot.texts import joined
from userbot.turn.turn import Turn
from userbot.types import Question

T = TypeVar("T")

_OVER_SECONDS = 30.0
"""Trouble that did not come for so long was over: the next is told anew."""


class StoreBack:
    """Comes back when the store does. `broken`: told of what does not pass."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        report: Report,
        broken: Callable[[StorageError], None],
    ) -> None:
        self.store = store
        self._clock = clock
        self._report = report
        self._broken = broken
        self._back = asyncio.Event()
        self._leaving = asyncio.Event()
        self._told, self._troubled = "", 0.0
        self._prober: asyncio.Task[None] | None = None
        self._late: deque[Callable[[], object]] = deque()
        self._working: asyncio.Task[None] | None = None

    def leave(self) -> None:
        """The program ends: who waits tries once more, and that was it."""
        self._leaving.set()

    @property
    def is_leaving(self) -> bool:
        """Whether the program ends."""
        return self._leaving.is_set()

    def gave_up(self, trouble: StorageError) -> None:
        """The store will take nothing any more: end the program."""
        self._broken(trouble)

    async def wait(self, trouble: StorageError, turn: Turn | None = None) -> None:
        """Come back when a step of the store is worth another try.

        Raises the trouble when nobody waits any longer: for what does not pass, and after a time in
        which a question has grown too old.
        """
        question = None if turn is None else turn.question
        if not trouble.passing:
            self.gave_up(trouble)
            raise trouble
        if self._leaving.is_set():
            raise trouble
        now = self._clock.monotonic()
        if turn is not None:
            turn.troubles += 1
            if turn.troubles == 1:
                turn.trouble_began = now
            elif storage_pause(turn.troubles, now - turn.trouble_began) is None:
                self._nobody_waits_longer(trouble, question)
        self._tell(trouble, question, now)
        if self._prober is None or self._prober.done():
            self._back.clear()
            failed = 0 if turn is None else turn.troubles - 1
            self._prober = asyncio.create_task(self._probe(failed), name="the store's prober")
        if turn is not None:
            turn.waiting = "store"
        try:
            await first_of(
                self._back.wait(),
                self._leaving.wait(),
                self._clock.sleep(STORAGE_PATIENCE_SECONDS),
            )
        finally:
            if turn is not None:
                turn.waiting = ""
        if not self._back.is_set() and not self._leaving.is_set():
            self._nobody_waits_longer(trouble, question)

    async def done(self, step: Callable[[], T]) -> T:
        """Do a step of the store, as soon as that is possible; gives what it gives.

        Raises StorageError when it does not come about.
        """
        while True:
            try:
                return step()
            except StorageError as trouble:
                await self.wait(trouble)

    async def insist(self, step: Callable[[], object]) -> bool:
        """Do a step that nobody else would do, however long that takes.

        False if it is left to the next start: the program ends, or the store takes nothing more.
        """
        while True:
            try:
                await self.done(step)
            except StorageError as trouble:
                if trouble.passing and not self.is_leaving:
                    continue  # told again
                return False
            return True

    def soon(self, step: Callable[[], object]) -> None:
        """Do a step now or, if it cannot be, as soon as it can; for those who cannot wait."""
        if not self._late:
            try:
                step()
            except StorageError as trouble:
                if not trouble.passing:
                    self.gave_up(trouble)
                    return
            else:
                return
        self._late.append(step)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="late writes")

    async def drain(self) -> None:
        """Try what is left once more; what cannot be stored even then, the next start finds."""
        if self._working is not None:
            await asyncio.gather(self._working, return_exceptions=True)

    def _nobody_waits_longer(self, trouble: StorageError, question: Question | None) -> NoReturn:
        self._report(Failed.of(trouble, about(question)))
        raise trouble

    async def _work(self) -> None:
        while self._late and await self.insist(self._late[0]):
            self._late.popleft()

    async def _probe(self, failed: int) -> None:
        """Look again and again, after pauses that grow, until the store takes something."""
        while True:
            failed += 1
            await self._clock.sleep(storage_pause(failed, 0.0) or 1.0)
            try:
                self.store.probe()
            except StorageError as error:
                if error.passing:
                    continue
            self._back.set()
            return

    def _tell(self, trouble: StorageError, question: Question | None, now: float) -> None:
        """One trouble is one line, however many wait for its end, and how often it comes back."""
        again = trouble.reason == self._told and now - self._troubled < _OVER_SECONDS
        self._told, self._troubled = trouble.reason, now
        if again:
            return
        self._report(
            Waiting(
                **about(question),
                reason=trouble.reason,
                seconds=0,  # nobody knows how long
                detail=joined(str(trouble), trouble.hint),
            )
        )
