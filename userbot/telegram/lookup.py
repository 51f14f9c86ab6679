"""Reads single messages, for a question that replies to one."""

from __future__ import annotations

from telethon.errors import RPCError
from telethon.tl import types
from telethon.utils import get_display_name

from userbot.messages import Quoted
from userbot.telegram.client import Client
from userbot.telegram.inbox import thread_of
from userbot.telegram.media import voice_of
from userbot.telegram.origin import is_protected, media_word, origin_of
from userbot.telegram.protection import expires_at
from userbot.telegram.refusals import meaning


class TelegramLookup:
    """`ports.Lookup` over a client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def quoted(self, chat: int, message: int) -> Quoted | None:
        """The message with its speaker; None if it is gone, empty or may not be read."""
        try:
            found = await self._client.get_messages(chat, ids=message)
        except RPCError as error:
            raise meaning(error) from error
        if not isinstance(found, types.Message) or is_protected(found):
            return None
        media = media_word(found)
        if not found.message and media is None:
            return None
        sender = await found.get_sender()
        _, reply_to = thread_of(found)
        return Quoted(
            get_display_name(sender) if sender else "",
            found.message or "",
            voice_of(found),
            person=found.sender_id or 0,
            origin=origin_of(found),
            media=media,
            reply_to=reply_to,
            expires_at=expires_at(found),
        )
