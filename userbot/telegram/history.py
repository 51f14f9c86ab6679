"""Looks up in a chat's history what became of a question while nobody listened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from telethon.errors import (
    FloodPremiumWaitError,
    FloodWaitError,
    RPCError,
    ServerError,
    TimedOutError,
)
from telethon.tl import types

from userbot.errors import TelegramError
from userbot.events import Report, Waiting
from userbot.ports import Clock
from userbot.rules import retrying
from userbot.telegram.client import Client
from userbot.telegram.inbox import Inbox
from userbot.telegram.media import voice_of
from userbot.telegram.refusals import error_name, meaning, unknown_peer
from userbot.telegram.threads import thread_of
from userbot.types import Message, OwnMessage, Since

T = TypeVar("T")

_SECOND = timedelta(seconds=1)
"""Telegram's dates are whole seconds."""
_MESSAGES = 500
"""How many messages after a question are looked through; Telegram gives 100 at once."""


class TelegramHistory:
    """`ports.History` over a client; `inbox` knows how to read a message."""

    def __init__(self, client: Client, inbox: Inbox, clock: Clock, report: Report) -> None:
        self._client = client
        self._inbox = inbox
        self._clock = clock
        self._report = report

    async def since(self, chat: int, messages: Sequence[int]) -> Since:
        """A question's messages as they stand, and the account's after the first of them.

        All in one look, however many they are. Raises TelegramError.
        """
        return await self._since(chat, messages, min_id=min(messages) - 1)

    async def lately(self, chat: int, at: datetime) -> Since:
        """The account's messages since a moment of Telegram's. Raises TelegramError."""
        return await self._since(chat, (), offset_date=at - _SECOND)

    async def _since(self, chat: int, messages: Sequence[int], **begin: Any) -> Since:
        async def read() -> list[Any]:
            where = await self._client.reach(chat)
            return list(
                await self._client.get_messages(where, limit=_MESSAGES, reverse=True, **begin)
            )

        found = await patiently(read, chat, self._clock, self._report)
        asked: dict[int, Message] = {}
        own: list[OwnMessage] = []
        for one in found:
            if not isinstance(one, types.Message):
                continue
            if one.id in messages:
                asked[one.id] = await self._inbox.read(one)
            elif one.out:
                _, reply_to = thread_of(one)
                sound = voice_of(one)
                spoken = sound is not None and sound.kind == "voice"
                own.append(OwnMessage(one.id, one.message or "", reply_to, spoken))
        whole = len(found) < _MESSAGES
        read_to = found[-1].id if found else 0
        gone = {one for one in messages if one not in asked and (whole or one <= read_to)}
        return Since(asked, frozenset(gone), tuple(own), whole)


async def patiently(
    ask: Callable[[], Awaitable[T]], chat: int | None, clock: Clock, report: Report
) -> T:
    """What Telegram answers, waiting as it wants, and showing it. Raises TelegramError.

    Its own trouble is waited out for longer than Telethon does, and a pause however long it is:
    what became of a question, or what was missed, must not stay unknown for that. What a question
    only wants to read along is waited for less (`reading`).
    """
    failed = 0
    while True:
        try:
            return await ask()
        except (FloodWaitError, FloodPremiumWaitError) as error:
            seconds = error.seconds + 1
            report(Waiting(chat=chat, reason="flood_wait", seconds=seconds))
            await clock.sleep(seconds)
        except (ServerError, TimedOutError) as error:
            failed += 1
            again = retrying.pause(failed, 0.0)
            if again is None:
                raise meaning(error) from error
            name = error_name(error)
            report(Waiting(chat=chat, reason="telegram_trouble", seconds=again, detail=name))
            await clock.sleep(again)
        except RPCError as error:
            raise meaning(error) from error
        except ConnectionError as error:
            raise TelegramError(
                "The connection to Telegram was lost while looking something up.",
                reason="disconnected",
            ) from error
        except ValueError as error:
            raise unknown_peer() from error
