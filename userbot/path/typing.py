"""Shows that an answer is on its way: typing, from the question until its first text.

Telegram forgets a signal after six seconds, and takes it back by itself when a message comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from userbot.ports import Clock, Sender
from userbot.types import ConversationId

EVERY_SECONDS = 5.0
"""At most one signal a chat in so long."""
_UNSEEN_SECONDS = 0.1
"""An answer that is there sooner needs no announcement."""
_CHATS = 1000


class Typing:
    """The typing signals of the account; never in the way of an answer."""

    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock
        self._last: dict[int, float] = {}

    @asynccontextmanager
    async def during(self, conversation: ConversationId) -> AsyncIterator[Callable[[], None]]:
        """While the block runs, signals are sent; what it gives ends them: the first text stands.

        If the block fails before that, the last signal is taken back.
        """
        began = self._clock.monotonic()
        signals = asyncio.create_task(self._keep(conversation))
        shown = False

        def text_stands() -> None:
            nonlocal shown
            shown = True
            signals.cancel()

        try:
            yield text_stands
        except Exception:
            signals.cancel()
            if not shown and self._last.get(conversation.chat, began - 1) >= began:
                await self._sender.typing(conversation, False)
            raise
        finally:
            signals.cancel()

    async def _keep(self, conversation: ConversationId) -> None:
        await self._clock.sleep(_UNSEEN_SECONDS)
        while True:
            now = self._clock.monotonic()
            wait = self._last.get(conversation.chat, now - EVERY_SECONDS) + EVERY_SECONDS - now
            if wait <= 0:
                wait = EVERY_SECONDS
                self._note(conversation.chat, now)
                await self._sender.typing(conversation, True)
            await self._clock.sleep(wait)

    def _note(self, chat: int, now: float) -> None:
        if len(self._last) >= _CHATS:
            self._last = {other: at for other, at in self._last.items() if now - at < EVERY_SECONDS}
        self._last[chat] = now
