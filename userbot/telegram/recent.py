"""Reads a chat's last messages, as if they had just arrived."""

from __future__ import annotations

from telethon.errors import RPCError
from telethon.tl import types

from userbot.telegram.client import Client
from userbot.telegram.inbox import Inbox
from userbot.telegram.refusals import meaning
from userbot.types import Message


class TelegramRecent:
    """Over a client; `inbox` knows how to read a message."""

    def __init__(self, client: Client, inbox: Inbox) -> None:
        self._client = client
        self._inbox = inbox

    async def latest(self, chat: int, before: int, count: int) -> list[Message]:
        """The messages before that one, the newest first. Raises TelegramError."""
        try:
            found = await self._client.get_messages(chat, limit=count, offset_id=before)
            return [
                await self._inbox.read(message)
                for message in found
                if isinstance(message, types.Message)
            ]
        except RPCError as error:
            raise meaning(error) from error
