"""What a question says: its text, and the message that it is about."""

from __future__ import annotations

from userbot.errors import TelegramError
from userbot.messages import Ask, Quoted
from userbot.ports import Lookup


class Hearing:
    """Message → text."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    async def quoted(self, ask: Ask) -> Quoted | None:
        """The message that the question replies to, unless it is an answer of ours.

        Raises TelegramError when the question is nothing but that message and it is gone.
        """
        if not ask.about_reply or ask.reply_to is None:
            return None
        quoted = await self._lookup.quoted(ask.chat, ask.reply_to)
        if quoted is None and not ask.text:
            raise TelegramError(
                "The message asked about has no text that may be used.",
                "Ask again in words of your own.",
                reason="nothing_asked",
            )
        return quoted
