"""Reading from Telegram where it asks for a pause, or where the connection is gone for a moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from telethon.errors import FloodPremiumWaitError, FloodWaitError, RPCError

from userbot.errors import TelegramError
from userbot.events import Report, Waiting
from userbot.ports import Clock
from userbot.telegram.client import Client
from userbot.telegram.refusals import meaning, unknown_peer

INTERRUPTIONS: Final = 5
"""How often reading without progress is taken up again."""
AGAIN_SECONDS: Final = 2.0
LONGEST_SECONDS: Final = 600.0
"""The longest pause that a question waits out: by then nobody expects its answer."""


class Reading:
    """Waits visibly, and not for ever.

    `title`: how a chat is called, "" if nobody knows; for the waits that are shown.
    """

    def __init__(
        self, client: Client, clock: Clock, report: Report, title: Callable[[int], str]
    ) -> None:
        self._client = client
        self._clock = clock
        self._report = report
        self._title = title

    async def message(self, chat: int, message: int) -> Any:
        """A message by its id, with its sender; None or an empty one if it is gone.

        Raises TelegramError.
        """

        async def fetch() -> Any:
            found = await self._client.get_messages(chat, ids=message)
            if found is not None:
                await found.get_sender()
            return found

        return await self._read(chat, fetch)

    async def messages(self, chat: int, messages: list[int]) -> list[Any]:
        """Messages by their ids, None or empty ones among them. Raises TelegramError."""

        async def fetch() -> Any:
            return await self._client.get_messages(chat, ids=messages)

        return list(await self._read(chat, fetch))

    async def _read(self, chat: int, fetch: Callable[[], Awaitable[Any]]) -> Any:
        stumbled = 0
        while True:
            try:
                return await fetch()
            except (FloodWaitError, FloodPremiumWaitError, ConnectionError, TimeoutError) as error:
                stumbled += 1
                await self.wait(chat, error, stumbled)
            except RPCError as error:
                raise meaning(error) from error
            except ValueError as error:
                raise unknown_peer() from error

    async def wait(self, chat: int, error: Exception, stumbled: int) -> None:
        """Wait as an error says, for the so-manieth time; raises TelegramError if it is too long.

        `stumbled`: how often it was in vain so far, this time counted.
        """
        if isinstance(error, FloodWaitError | FloodPremiumWaitError):
            seconds, reason = error.seconds + 1.0, "flood_wait"
        else:
            seconds, reason = AGAIN_SECONDS, "network"
        if stumbled >= INTERRUPTIONS or seconds > LONGEST_SECONDS:
            raise _given_up(reason, seconds) from error
        self._report(Waiting(chat=chat, title=self._title(chat), reason=reason, seconds=seconds))
        await self._clock.sleep(seconds)


def _given_up(reason: str, seconds: float) -> TelegramError:
    if reason == "flood_wait":
        return TelegramError(
            f"Telegram asks to wait {seconds:.0f} s before anything is read.",
            "Ask again later.",
            reason=reason,
        )
    return TelegramError(
        "The connection to Telegram was lost while reading.", "Ask again.", reason="disconnected"
    )
