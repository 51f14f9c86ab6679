"""Shows that an answer is on its way: typing, from the question until its first text.

Telegram forgets a signal after six seconds, and takes it back by itself when a message comes.
"""

from __future__ import annotations

import asyncio

from userbot.ports import Clock, Sender
from userbot.turn.chat_rules import ChatRules
from userbot.turn.turn import Turn
from userbot.types import ConversationId

EVERY_SECONDS = 5.0
"""At most one signal a chat in so long."""
_UNSEEN_SECONDS = 0.1
"""An answer that is there sooner needs no announcement."""
_CHATS = 1000


class Typing:
    """The typing signals of the account; never in the way of an answer."""

    def __init__(self, sender: Sender, chats: ChatRules, clock: Clock) -> None:
        self._sender = sender
        self._chats = chats
        self._clock = clock
        self._last: dict[int, float] = {}

    def begin(self, turn: Turn) -> None:
        """Send signals until the task on the turn is cancelled: a text stands, or the turn is over.

        None where answers wait for the owner's yes.
        """
        if turn.typing is None and not turn.messages:
            keep = self._keep(turn.question.conversation)
            turn.typing = asyncio.create_task(keep, name="typing")

    async def over(self, turn: Turn) -> None:
        """The turn is over; if no text stands, its last signal is taken back."""
        conversation, began = turn.question.conversation, turn.began or 0.0
        if turn.typing is not None:
            turn.typing.cancel()
            turn.typing = None
        if not turn.messages and self._last.get(conversation.chat, began - 1) >= began:
            await self._sender.typing(conversation, False)

    async def _keep(self, conversation: ConversationId) -> None:
        await self._clock.sleep(_UNSEEN_SECONDS)
        chat = conversation.chat
        while not self._chats.policy.needs_yes(chat):
            now = self._clock.monotonic()
            wait = self._last.get(chat, now - EVERY_SECONDS) + EVERY_SECONDS - now
            if wait <= 0:
                wait = EVERY_SECONDS
                self._note(chat, now)
                await self._sender.typing(conversation, True)
            await self._clock.sleep(wait)

    def _note(self, chat: int, now: float) -> None:
        if len(self._last) >= _CHATS:
            self._last = {other: at for other, at in self._last.items() if now - at < EVERY_SECONDS}
        self._last[chat] = now
