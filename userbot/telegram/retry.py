"""The one way in which a look into Telegram is tried again.

Telegram's own trouble and a connection that is gone pass by themselves: what became of a question,
or what was missed, must not stay unknown for that. Each wait is shown. A try that got further than
the ones before counts as the first. Pauses that Telegram asks for are the gate's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from telethon.errors import (
    FileReferenceExpiredError,
    FilerefUpgradeNeededError,
    FloodPremiumWaitError,
    FloodWaitError,
    RPCError,
)

from userbot.errors import TelegramError
from userbot.events import Report, Waiting
from userbot.ports import Clock
from userbot.rules import retrying
from userbot.telegram.refusals import error_name, meaning, unknown_peer
from userbot.telegram.transport import TROUBLE

T = TypeVar("T")

_STALE = (FileReferenceExpiredError, FilerefUpgradeNeededError)
"""A message that is read again has a fresh reference to its file."""


class Retry:
    """Asks until there is an answer, or no hope for one. `titles`: how chats are called."""

    def __init__(self, clock: Clock, report: Report, titles: Mapping[int, str]) -> None:
        self._clock = clock
        self._report = report
        self._titles = titles

    async def ask(self, chat: int | None, question: Callable[[], Awaitable[T]]) -> T:
        """What Telegram answers. Raises TelegramError, NotLoggedInError."""
        tries = self.tries(chat)
        while True:
            try:
                return await question()
            except Exception as error:
                await tries.wait(error)

    def tries(self, chat: int | None) -> Tries:
        """For what is asked in several requests, such as a file."""
        return Tries(self, chat)

    async def pause(self, chat: int | None, reason: str, seconds: float, detail: str = "") -> None:
        """Wait, and show it."""
        title = "" if chat is None else self._titles.get(chat, "")
        self._report(Waiting(chat=chat, title=title, reason=reason, seconds=seconds, detail=detail))
        await self._clock.sleep(seconds)


class Tries:
    """Those of one look."""

    def __init__(self, retry: Retry, chat: int | None) -> None:
        self._retry = retry
        self._chat = chat
        self._failed = 0

    def progressed(self) -> None:
        """Something came: what fails now fails for the first time."""
        self._failed = 0

    async def wait(self, error: Exception) -> None:
        """Come back when another try is due; raises what the error means if there is none."""
        if isinstance(error, FloodWaitError | FloodPremiumWaitError):
            return  # the gate has waited
        if isinstance(error, RPCError) and not isinstance(error, (*TROUBLE, *_STALE)):
            raise meaning(error) from error
        if isinstance(error, ValueError):
            raise unknown_peer() from error
        if not isinstance(error, (RPCError, ConnectionError, TimeoutError)):
            raise error
        self._failed += 1
        seconds = retrying.pause(self._failed, 0.0)
        if seconds is None:
            raise _given_up(error) from error
        if isinstance(error, _STALE):
            return
        if isinstance(error, RPCError):
            await self._retry.pause(self._chat, "telegram_trouble", seconds, error_name(error))
        else:
            await self._retry.pause(self._chat, "network", seconds)


def _given_up(error: Exception) -> Exception:
    if isinstance(error, RPCError):
        return meaning(error)
    return TelegramError(
        "The connection to Telegram was lost while reading.", "Ask again.", reason="disconnected"
    )
