"""Finds out which basic groups have become supergroups while nobody listened."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from telethon.tl import functions, types
from telethon.utils import get_peer_id, resolve_id

from userbot.errors import NotLoggedInError, TelegramError
from userbot.events import Report
from userbot.ports import Clock
from userbot.telegram.client import Client
from userbot.telegram.history import patiently

_AT_ONCE = 100


class TelegramGroups:
    """`ports.Groups` over a client."""

    def __init__(self, client: Client, clock: Clock, report: Report) -> None:
        self._client = client
        self._clock = clock
        self._report = report

    async def moved(self, chats: Sequence[int]) -> list[tuple[int, int, str]]:
        """Those of them that are supergroups by now: old id, new id, title. Raises TelegramError.

        From then on the session can reach the supergroups.
        """
        found: list[Any] = []
        for at in range(0, len(chats), _AT_ONCE):
            found += await self._some(chats[at : at + _AT_ONCE])
        moved = []
        for one in found:
            new = getattr(one, "migrated_to", None)
            if not isinstance(new, types.InputChannel):
                continue
            channel = types.Channel(
                new.channel_id,
                one.title,
                types.ChatPhotoEmpty(),
                None,
                megagroup=True,
                access_hash=new.access_hash,
            )
            self._client.session.process_entities([channel])
            moved.append((get_peer_id(one), get_peer_id(channel), str(one.title)))
        return moved

    async def _some(self, chats: Sequence[int]) -> list[Any]:
        try:
            return await self._ask(chats)
        except NotLoggedInError:
            raise
        except TelegramError as error:
            if error.reason == "disconnected":
                raise
        # One id that this account has never met refuses all of them.
        found: list[Any] = []
        for chat in chats if len(chats) > 1 else ():
            with suppress(TelegramError):
                found += await self._ask([chat])
        return found

    async def _ask(self, chats: Sequence[int]) -> list[Any]:
        numbers = [resolve_id(chat)[0] for chat in chats]

        async def question() -> list[Any]:
            return list((await self._client(functions.messages.GetChatsRequest(numbers))).chats)

        return await patiently(question, None, self._clock, self._report)
