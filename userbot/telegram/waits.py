"""What all waits for Telegram share: the connection, the end of the program, the console.

And the one way in which a look into Telegram is tried again: its own trouble and a connection that
is gone pass by themselves, and what became of a question, or what was missed, must not stay unknown
for that. A try that got further than the ones before counts as the first. Pauses that Telegram asks
for are the gate's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from telethon.errors import FloodPremiumWaitError, FloodWaitError, RPCError

from userbot.errors import PostponedError, TelegramError
from userbot.events import Report, Waiting
from userbot.ports import Clock, first_of
from userbot.rules import retrying
from userbot.telegram.refusals import STALE, TROUBLE, error_name, meaning, unknown_peer
from userbot.texts import _

T = TypeVar("T")

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
            if not await first_of(self.line.wait(), self._leaving.wait()):
                raise _postponed()

    def leave(self) -> None:
        """The program ends: nobody waits for long any more."""
        self._leaving.set()

    async def sleep(self, seconds: float) -> None:
        """Wait. Raises PostponedError when the program ends and it would take too long then."""
        if seconds <= 0:
            return
        until = self._clock.monotonic() + seconds
        if await first_of(self._clock.sleep(seconds), self._leaving.wait()):
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


class Tries:
    """Those of one look into a chat, 0 for none of them; each wait is shown."""

    def __init__(self, waits: Waits, chat: int = 0) -> None:
        self._waits = waits
        self._chat = chat
        self._failed = 0

    async def ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer, or no hope for one.

        Raises TelegramError, NotLoggedInError, and PostponedError if the program ends first.
        """
        while True:
            try:
                return await question()
            except Exception as error:
                await self.wait(error)

    def progressed(self) -> None:
        """Something came: what fails now fails for the first time."""
        self._failed = 0

    async def wait(self, error: Exception) -> None:
        """Come back when another try is due; raises what the error means if there is none."""
        if isinstance(error, FloodWaitError | FloodPremiumWaitError):
            return  # the gate has waited
        if isinstance(error, RPCError) and not isinstance(error, (*TROUBLE, *STALE)):
            raise meaning(error) from error
        if isinstance(error, ValueError):
            raise unknown_peer() from error
        if not isinstance(error, (RPCError, ConnectionError, TimeoutError)):
            raise error
        self._failed += 1
        seconds = retrying.pause(self._failed, 0.0)
        if seconds is None:
            raise _given_up(error) from error
        if isinstance(error, STALE):
            return
        if isinstance(error, RPCError):
            reason, detail = "telegram_trouble", error_name(error)
        else:
            reason, detail = "network", ""
        await self._waits.wait(seconds, reason, self._chat, detail=detail)


def _postponed() -> PostponedError:
    return PostponedError(
        _("The program ended before the next try."),
        _("It is retried at the next start."),
        reason="postponed",
    )


def _given_up(error: Exception) -> Exception:
    if isinstance(error, RPCError):
        return meaning(error)
    return TelegramError(
        _("Lost the connection to Telegram while reading."), _("Ask again."), reason="disconnected"
    )
