"""What has to be stored while the database cannot: it is waited for, and never skipped.

Rule 1: the store itself waits a moment only, since it holds up everything; the long wait is here.
Rule 2: what passes (another program writes, the disk is full) is told once, and tried until it is
over. What does not (a damaged file) ends the program: without memory nobody is answered.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from userbot.activity import Failed, Report, Waiting, about
from userbot.errors import PostponedError, StorageError
from userbot.messages import Ask, Incoming
from userbot.path.patience import Patience
from userbot.ports import Clock
from userbot.rules.retrying import storage_pause

MOST_HELD = 1000
"""Messages that wait for the database at once; of more the oldest are left to the next start."""

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

    async def done(self, step: Callable[[], T], ask: Ask | None = None) -> T:
        """Do a step of the store, as soon as that is possible; gives what it gives.

        Raises StorageError when it does not come about, PostponedError when the program ends.
        """

        async def once() -> T:
            return step()

        return await self.through(once, ask)

    async def through(self, action: Callable[[], Awaitable[T]], ask: Ask | None = None) -> T:
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
                self._tell(error, seconds, ask)
            else:
                self._told = ""
                return given
            try:
                await self._patience.pause(seconds)
            except PostponedError as leaving:
                last = leaving  # once more, and that was it

    def soon(self, step: Callable[[], object], ask: Ask | None = None) -> None:
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

    def failed(self, error: StorageError, ask: Ask | None = None) -> None:
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

    async def _later(self, step: Callable[[], object], ask: Ask | None) -> None:
        try:
            await self.done(step, ask)
        except (StorageError, PostponedError):
            return  # told, or left to the next start, which finds the question open

    def _tell(self, error: StorageError, seconds: float, ask: Ask | None) -> None:
        """One trouble is one line, however many wait for its end."""
        if self._told == error.reason:
            return
        self._told = error.reason
        self._report(
            Waiting(
                **about(ask),
                reason=error.reason,
                seconds=seconds,
                detail=f"{error} {error.hint}",
            )
        )


class Doorstep:
    """Where messages wait, in order, while the database takes nothing. `take`: the intake."""

    def __init__(self, take: Callable[[Incoming], None], storing: Storing) -> None:
        self._take = take
        self._storing = storing
        self._held: deque[Incoming] = deque(maxlen=MOST_HELD)
        self._waiting: asyncio.Task[None] | None = None

    def receive(self, incoming: Incoming) -> None:
        """Hand a message on, or hold it behind those that wait already."""
        if self._held:
            self._held.append(incoming)
            return
        try:
            self._take(incoming)
        except StorageError as error:
            if not error.passing:
                self._storing.failed(error)
                return
            self._held.append(incoming)
            self._waiting = asyncio.create_task(self._hand_on(), name="messages on the doorstep")

    async def close(self) -> None:
        """Those that still wait are left to the next start, as if they had come after this one."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.wait({self._waiting})

    async def _hand_on(self) -> None:
        while self._held:
            first = self._held[0]
            try:
                await self._storing.done(partial(self._take, first))
            except StorageError:
                pass  # told; without a record it is not answered
            except PostponedError:
                return
            except Exception as error:  # one message must not make us deaf to the others
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "a message could not be taken", "exception": error}
                )
            if self._held and self._held[0] is first:
                self._held.popleft()
