"""What has to be stored while the database cannot: it is waited for, and never skipped.

Rule 1: the store itself waits a moment only, since it holds up everything; the long wait is here.
Rule 2: what passes (another program writes, the disk is full) is told once, and tried until it is
over. What does not (a damaged file) ends the program: without memory nobody is answered.
Rule 3: who waits for an answer waits so long that it would be too old; all else is never given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from userbot.activity import Failed, Report, Waiting, about
from userbot.errors import PostponedError, StorageError
from userbot.messages import CHANNELS, Ask, Incoming
from userbot.path.patience import Patience
from userbot.ports import Clock
from userbot.rules.retrying import storage_pause

MOST_HELD = 10_000
"""Messages that wait for the database at once: some ten megabytes. What comes beside them stays
in its chat, and is looked for there."""

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
                self._tell(error, ask)
            else:
                if failed:
                    self._told = ""  # what only reads may well succeed in the midst of it
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
        while True:
            try:
                await self.done(step, ask)
            except StorageError as error:
                if error.passing:
                    continue  # told again; nobody else would do it
            except PostponedError:
                pass  # the next start finds the question open
            return

    def _tell(self, error: StorageError, ask: Ask | None) -> None:
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


class Doorstep:
    """Where messages wait, in order, while the database takes nothing.

    Rule 1: what waits is not decided about: nothing of its chat counts as seen meanwhile, nor is it
    noted that all chats were looked at (CatchUp). So whatever ends the program, the next start
    looks from where this one stood, and finds it.
    Rule 2: nothing that waits is given up, and what there is no room for is looked for afterwards.
    Rule 3: it waits as it reads now: edits change it here, and what is deleted was never asked.
    """

    def __init__(self, storing: Storing) -> None:
        self._storing = storing
        self._take: Callable[[Incoming], None] | None = None
        self._overrun: Callable[[], None] | None = None
        self._held: dict[tuple[int, int], Incoming] = {}
        self._empty = asyncio.Event()
        self._waiting: asyncio.Task[None] | None = None

    def open(self, take: Callable[[Incoming], None], overrun: Callable[[], None]) -> None:
        """Say who takes messages, and who looks for those that there was no room for.

        `take` may raise StorageError; then nothing was done, and the message is handed over again.
        """
        self._take, self._overrun = take, overrun

    @property
    def holds(self) -> bool:
        """Whether messages wait."""
        return bool(self._held)

    async def clear(self) -> None:
        """Come back when nothing waits."""
        while self._held:
            self._empty.clear()
            await self._empty.wait()

    def receive(self, incoming: Incoming) -> None:
        """Hand a message on, or hold it behind those that wait already."""
        assert self._take is not None
        if self._held:
            self._hold(incoming)
            return
        try:
            self._take(incoming)
        except StorageError as error:
            self._hold(incoming)
            if not error.passing:
                self._storing.failed(error)  # it ends the program; what is held is found again
                return
            if self._waiting is None or self._waiting.done():
                hand_on = self._hand_on()
                self._waiting = asyncio.create_task(hand_on, name="messages on the doorstep")

    def edited(self, incoming: Incoming) -> bool:
        """A message reads otherwise now; whether it is one that waits here."""
        held = self._held.get(_key(incoming))
        if held is not None:
            self._held[_key(incoming)] = replace(incoming, live=held.live)
        return held is not None

    def deleted(self, chat: int | None, messages: Sequence[int]) -> None:
        """Messages are gone; `chat` is None for private chats and basic groups."""
        gone = frozenset(messages)
        for where, message in list(self._held):
            if message in gone and (where == chat if chat is not None else where > CHANNELS):
                del self._held[where, message]

    def missed(self) -> None:
        """Edits and deletions may have been missed: what waits is looked at before its answer.

        Not the owner's own replies: who typed them is told by how they arrived.
        """
        for key, held in self._held.items():
            if not held.outgoing or held.reply_to is None:
                self._held[key] = replace(held, live=False)

    async def close(self) -> None:
        """Those that still wait are left to the next start, as if they had come after this one."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.wait({self._waiting})

    def _hold(self, incoming: Incoming) -> None:
        if self.edited(incoming):
            return  # brought again, as it reads now
        if len(self._held) < MOST_HELD:
            self._held[_key(incoming)] = incoming
        elif self._overrun is not None:
            self._overrun()

    async def _hand_on(self) -> None:
        while self._held:
            first = next(iter(self._held))
            try:
                await self._storing.done(partial(self._hand_over, first))
            except StorageError as error:
                if error.passing:
                    continue  # told again
                return  # it ends the program
            except PostponedError:
                return
            except Exception as error:  # one message must not make us deaf to the others
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "a message could not be taken", "exception": error}
                )
            self._held.pop(first, None)
            await asyncio.sleep(0)  # there may be thousands
        self._empty.set()

    def _hand_over(self, key: tuple[int, int]) -> None:
        assert self._take is not None
        if (incoming := self._held.get(key)) is not None:  # not deleted meanwhile
            self._take(incoming)


def _key(incoming: Incoming) -> tuple[int, int]:
    return incoming.chat, incoming.message
