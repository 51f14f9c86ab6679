"""Reads single messages, for a question that replies to one."""

from __future__ import annotations

from telethon.tl import types
from telethon.utils import get_display_name

from userbot.telegram.media import voice_of
from userbot.telegram.origin import is_protected, media_word, origin_of
from userbot.telegram.pictures import has_picture
from userbot.telegram.protection import expires_at
from userbot.telegram.reading import Reading
from userbot.telegram.threads import thread_of
from userbot.types import Quoted


class TelegramLookup:
    """`ports.Lookup` over Telegram."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def quoted(self, chat: int, message: int) -> Quoted | None:
        """The message with its speaker; None if it is gone, empty or may not be read.

        Raises TelegramError.
        """
        found = await self._reading.message(chat, message)
        if not isinstance(found, types.Message) or is_protected(found):
            return None
        media = media_word(found)
        if not found.message and media is None:
            return None
        sender = found.sender
        _, reply_to = thread_of(found)
        return Quoted(
            get_display_name(sender) if sender else "",
            found.message or "",
            voice_of(found),
            message=found.id,
            person=found.sender_id or 0,
            origin=origin_of(found),
            media=media,
            picture=has_picture(found),
            reply_to=reply_to,
            expires_at=expires_at(found),
        )
