"""What has to be stored while the database cannot: it is waited for, and never skipped.

Rule 1: the store itself waits a moment only, since it holds up everything; the long wait is here.
Rule 2: what passes (another program writes, the disk is full) is told once, and tried until it is
over. What does not (a damaged file) ends the program: without memory nobody is answered.
Rule 3: who waits for an answer waits so long that it would be too old; all else is never given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from userbot.errors import PostponedError, StorageError
from userbot.events import Failed, Report, Waiting, about
from userbot.path.patience import Patience
from userbot.ports import Clock
from userbot.rules.retrying import storage_pause
from userbot.types import Question

T = TypeVar("T")


class Storing:
    """Repeats steps of the store. `broken`: told of what does not pass, to end the program."""

    def __init__(
        self,
        patience: Patience,
        clock: Clock,
        report: Report,
        broken: Callable[[StorageError], None],
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._report = report
        self._broken = broken
        self._told = ""
        self._failed_with: StorageError | None = None
        self._late: set[asyncio.Task[None]] = set()

    async def done(self, step: Callable[[], T], ask: Question | None = None) -> T:
        """Do a step of the store, as soon as that is possible; gives what it gives.

        Raises StorageError when it does not come about, PostponedError when the program ends.
        """

        async def once() -> T:
            return step()

        return await self.through(once, ask)

    async def through(self, action: Callable[[], Awaitable[T]], ask: Question | None = None) -> T:
        """The same for what stores along the way; it can be begun anew wherever a store failed."""
        began, failed = self._clock.monotonic(), 0
        last: PostponedError | None = None
        while True:
            try:
                given = await action()
            except StorageError as error:
                if last is not None:
                    raise last from None
                failed += 1
                seconds = storage_pause(failed, self._clock.monotonic() - began)
                if not error.passing or seconds is None:
                    self.failed(error, ask)
                    raise
                self._tell(error, ask)
            else:
                if failed:
                    self._told = ""  # what only reads may well succeed in the midst of it
                return given
            try:
                await self._patience.pause(seconds)
            except PostponedError as leaving:
                last = leaving  # once more, and that was it

    def soon(self, step: Callable[[], object], ask: Question | None = None) -> None:
        """Do a step now or, if it cannot be, as soon as it can; for those who cannot wait."""
        try:
            step()
        except StorageError as error:
            if not error.passing:
                self.failed(error, ask)
                return
            task = asyncio.create_task(self._later(step, ask), name="store it later")
            self._late.add(task)
            task.add_done_callback(self._late.discard)

    def failed(self, error: StorageError, ask: Question | None = None) -> None:
        """It could not be stored: tell, or end the program where it will not be possible again.

        The same error once, by how many hands it may go.
        """
        if error is self._failed_with:
            return
        self._failed_with = error
        if not error.passing:
            self._broken(error)
            return
        self._report(
            Failed(
                **about(ask),
                reason=error.reason,
                error=str(error),
                hint=error.hint,
            )
        )

    async def drain(self) -> None:
        """Try what is left once more; after `Patience.leave` nothing is waited for."""
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _later(self, step: Callable[[], object], ask: Question | None) -> None:
        while True:
            try:
                await self.done(step, ask)
            except StorageError as error:
                if error.passing:
                    continue  # told again; nobody else would do it
            except PostponedError:
                pass  # the next start finds the question open
            return

    def _tell(self, error: StorageError, ask: Question | None) -> None:
        """One trouble is one line, however many wait for its end."""
        if self._told == error.reason:
            return
        self._told = error.reason
        self._report(
            Waiting(
                **about(ask),
                reason=error.reason,
                seconds=0,  # nobody knows how long; the next look is no end of it
                detail=f"{error} {error.hint}",
            )
        )
