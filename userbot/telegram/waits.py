"""What all waits at the gate share: the connection, the end of the program, the console."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
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
    """`titles`: how chats are called, as far as was heard; whoever hears it puts it there.

    `line`: set while there is a connection, and it is known of whose answers it missed something.
    """

    def __init__(self, clock: Clock, report: Report) -> None:
        self.titles: dict[int, str] = {}
        self.line = asyncio.Event()
        self.line.set()
        self._clock = clock
        self._report = report
        self._leaving = asyncio.Event()

    async def connected(self) -> None:
        """Come back when there is a connection. Raises PostponedError when the program ends."""
        while not self.line.is_set():
            if not await self._unless_leaving(self.line.wait()):
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

    async def wait(
        self, seconds: float, reason: str, chat: int, title: str = "", detail: str = ""
    ) -> None:
        """Show a wait, then wait. Raises as `sleep` does."""
        self.tell(seconds, reason, chat, title, detail)
        await self.sleep(seconds)

    def tell(
        self, seconds: float, reason: str, chat: int, title: str = "", detail: str = ""
    ) -> None:
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
