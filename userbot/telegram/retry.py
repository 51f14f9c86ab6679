"""The one way in which a look into Telegram is tried again.

Telegram's own trouble and a connection that is gone pass by themselves: what became of a question,
or what was missed, must not stay unknown for that. A try that got further than the ones before
counts as the first. Pauses that Telegram asks for are the gate's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from telethon.errors import (
    FileReferenceExpiredError,
    FilerefUpgradeNeededError,
    FloodPremiumWaitError,
    FloodWaitError,
    RPCError,
)

from userbot.errors import TelegramError
from userbot.rules import retrying
from userbot.telegram.refusals import error_name, meaning, unknown_peer
from userbot.telegram.transport import TROUBLE
from userbot.telegram.waits import Waits
from userbot.texts import _

T = TypeVar("T")

_STALE = (FileReferenceExpiredError, FilerefUpgradeNeededError)
"""A message that is read again has a fresh reference to its file."""


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
            reason, detail = "telegram_trouble", error_name(error)
        else:
            reason, detail = "network", ""
        await self._waits.wait(seconds, reason, self._chat, detail=detail)


def _given_up(error: Exception) -> Exception:
    if isinstance(error, RPCError):
        return meaning(error)
    return TelegramError(
        _("Lost the connection to Telegram while reading."), _("Ask again."), reason="disconnected"
    )
