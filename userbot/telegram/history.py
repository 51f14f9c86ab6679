"""Looks up in a chat's history what became of a question while nobody listened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from telethon.errors import FloodWaitError, RPCError, ServerError, TimedOutError
from telethon.tl import types

from userbot.activity import Report, Waiting
from userbot.errors import TelegramError
from userbot.messages import OwnMessage, Since
from userbot.ports import Clock
from userbot.rules import retrying
from userbot.telegram.client import Client
from userbot.telegram.media import voice_of
from userbot.telegram.refusals import error_name, meaning
from userbot.telegram.threads import thread_of

T = TypeVar("T")

_MESSAGES = 500
"""How many messages after a question are looked through; Telegram gives 100 at once."""


class TelegramHistory:
    """`ports.History` over a client."""

    def __init__(self, client: Client, clock: Clock, report: Report) -> None:
        self._client = client
        self._clock = clock
        self._report = report

    async def since(self, chat: int, message: int) -> Since:
        """The question as it stands, and the account's messages after it. Raises TelegramError."""

        async def read() -> list[Any]:
            return list(
                await self._client.get_messages(
                    await self._client.reach(chat),
                    limit=_MESSAGES,
                    min_id=message - 1,
                    reverse=True,
                )
            )

        found = await patiently(read, chat, self._clock, self._report)
        question: str | None = None
        edited = False
        own: list[OwnMessage] = []
        for one in found:
            if not isinstance(one, types.Message):
                continue
            if one.id == message:
                question, edited = one.message or "", one.edit_date is not None
            elif one.out:
                _, reply_to = thread_of(one)
                sound = voice_of(one)
                spoken = sound is not None and sound.kind == "voice"
                own.append(OwnMessage(one.id, one.message or "", reply_to, spoken))
        return Since(question, tuple(own), whole=len(found) < _MESSAGES, edited=edited)


async def patiently(
    ask: Callable[[], Awaitable[T]], chat: int | None, clock: Clock, report: Report
) -> T:
    """What Telegram answers, waiting as it wants, and showing it. Raises TelegramError.

    Its own trouble is waited out for longer than Telethon does: what became of a question must not
    stay unknown for that.
    """
    failed = 0
    while True:
        try:
            return await ask()
        except FloodWaitError as error:
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
            raise TelegramError(
                "Telegram did not tell this session how to reach that chat.",
                reason="unknown_peer",
            ) from error
