"""Reads single messages, for a question that replies to one."""

from __future__ import annotations

from telethon.errors import RPCError
from telethon.tl import types
from telethon.utils import get_display_name

from userbot.messages import Quoted
from userbot.telegram.client import Client
from userbot.telegram.media import voice_of
from userbot.telegram.refusals import meaning


class TelegramLookup:
    """`ports.Lookup` over a client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def quoted(self, chat: int, message: int) -> Quoted | None:
        """The message with its speaker; None if it is gone, empty or protected from copying.

        Sound that may be played once only is as good as gone.
        """
        try:
            found = await self._client.get_messages(chat, ids=message)
        except RPCError as error:
            raise meaning(error) from error
        if not isinstance(found, types.Message) or found.noforwards:
            return None
        voice = voice_of(found)
        if voice is not None and voice.sealed:
            voice = None
        if voice is None and not found.message:
            return None
        sender = await found.get_sender()
        name = get_display_name(sender) if sender else ""
        return Quoted(name, found.message or "", voice)
