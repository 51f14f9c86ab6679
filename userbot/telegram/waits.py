"""What all waits at the gate share: the connection, the end of the program, the console."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from userbot.errors import PostponedError
from userbot.events import Report, Waiting
from userbot.ports import Clock
from userbot.texts import _

TOLD_SECONDS = 1.0
"""Waits shorter than this are not told: they are the limiter's ordinary rhythm."""
_LEAVING_SECONDS = 10.0
"""How long a wait may still take when the program ends: as long as answers have then."""


class Waits:
    """`titles`: how chats are called, as far as was heard; whoever hears it puts it there."""

    def __init__(self, clock: Clock, report: Report) -> None:
        self.titles: dict[int, str] = {}
        self._clock = clock
        self._report = report
        self._waiting: Counter[int] = Counter()
        self._leaving = asyncio.Event()
        self._line = asyncio.Event()
        self._line.set()

    @property
    def line_stands(self) -> bool:
        """Whether there is a connection, and it is known of whose answers it missed something."""
        return self._line.is_set()

    def line_lost(self) -> None:
        """The connection is lost: no write leaves before it is `line_back`."""
        self._line.clear()

    def line_back(self) -> None:
        """It stands again."""
        self._line.set()

    async def connected(self) -> None:
        """Come back when there is a connection. Raises PostponedError when the program ends."""
        while not self._line.is_set():
            if not await self._unless_leaving(self._line.wait()):
                raise _postponed()

    def leave(self) -> None:
        """The program ends: nobody waits for long any more."""
        self._leaving.set()

    async def sleep(self, seconds: float) -> None:
        """Wait. Raises PostponedError when the program ends and it would take too long then."""
        if seconds <= 0:
            return
        until = self._clock.monotonic() + seconds
        if await self._unless_leaving(self._clock.sleep(seconds)):
            return
        left = until - self._clock.monotonic()
        if left > _LEAVING_SECONDS:
            raise _postponed()
        await self._clock.sleep(left)

    def tell(self, chat: int, title: str, seconds: float, reason: str, detail: str = "") -> None:
        """Show a wait that is about to begin, if it will be felt; `chat` 0: in none of them."""
        if seconds >= TOLD_SECONDS:
            self._report(
                Waiting(
                    chat=chat or None,
                    title=title or self.titles.get(chat, ""),
                    reason=reason,
                    seconds=seconds,
                    detail=detail,
                )
            )

    @contextmanager
    def counted(self, chat: int) -> Iterator[None]:
        """While the block runs, something in that chat is awaited."""
        self._waiting[chat] += 1
        try:
            yield
        finally:
            self._waiting[chat] -= 1
            if not self._waiting[chat]:
                del self._waiting[chat]

    def awaited(self, chat: int) -> bool:
        """Whether something in that chat, or in none, is waited for: it will come."""
        return chat in self._waiting or 0 in self._waiting

    async def _unless_leaving(self, comes: Coroutine[Any, Any, Any]) -> bool:
        """Whether it came before the program began to end."""
        leaving = asyncio.ensure_future(self._leaving.wait())
        coming = asyncio.ensure_future(comes)
        try:
            await asyncio.wait({leaving, coming}, return_when=asyncio.FIRST_COMPLETED)
            return coming.done()
        finally:
            leaving.cancel()
            coming.cancel()


def _postponed() -> PostponedError:
    return PostponedError(
        _("The program ended before the next try."),
        _("It is retried at the next start."),
        reason="postponed",
    )
