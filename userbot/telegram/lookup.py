"""Reads single messages, for a question that replies to one."""

from __future__ import annotations

from telethon.errors import RPCError
from telethon.tl import types
from telethon.utils import get_display_name

from userbot.messages import Quoted
from userbot.telegram.client import Client
from userbot.telegram.protection import protected
from userbot.telegram.refusals import meaning


class TelegramLookup:
    """`ports.Lookup` over a client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def quoted(self, chat: int, message: int) -> Quoted | None:
        """The message with its speaker; None if it is gone, empty or protected from copying."""
        try:
            found = await self._client.get_messages(chat, ids=message)
        except RPCError as error:
            raise meaning(error) from error
        if not isinstance(found, types.Message) or not found.message or protected(found):
            return None
        sender = await found.get_sender()
        return Quoted(get_display_name(sender) if sender else "", found.message)
