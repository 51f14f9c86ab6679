"""What a question says: its text, and the message that it is about."""

from __future__ import annotations

from userbot.errors import TelegramError
from userbot.messages import Ask, Quoted
from userbot.path.replies import Replies


class Hearing:
    """Message → text."""

    def __init__(self, replies: Replies) -> None:
        self._replies = replies

    async def quoted(self, ask: Ask) -> Quoted | None:
        """The message that the question replies to, unless the history shows it anyway.

        Raises TelegramError when the question is nothing but that message and it is gone.
        """
        quoted = await self._replies.quoted(ask)
        if not ask.text and (quoted is None or not quoted.text):
            raise TelegramError(
                "The message asked about has no text that may be used.",
                "Ask again in words of your own.",
                reason="nothing_asked",
            )
        return quoted
