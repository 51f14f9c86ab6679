"""Words leave the history: deleted in Telegram, expired with their chat, or older than is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from userbot.errors import StorageError
from userbot.ports import Clock
from userbot.storage.eraser import Eraser
from userbot.turn.history import History
from userbot.turn.store_back import StoreBack
from userbot.types import ConversationId

SWEEP_SECONDS = 30.0
"""How often expired words are looked for."""


class Forgetting:
    """Erases in the store and in the memory of conversations. `retention_days` 0: kept for ever."""

    def __init__(
        self,
        eraser: Eraser,
        history: History,
        store_back: StoreBack,
        clock: Clock,
        retention_days: int,
    ) -> None:
        self._eraser = eraser
        self._history = history
        self._clock = clock
        self._store_back = store_back
        self._retention = timedelta(days=retention_days)

    def deleted(self, chat: int | None, messages: Sequence[int]) -> None:
        """Messages were deleted; `chat` None: in a private chat or a basic group."""
        self._forget(lambda: self._eraser.deleted(chat, messages, self._clock.now()))

    async def sweep(self) -> None:
        """Erase what is due, now and again and again, until cancelled."""
        while True:
            self.sweep_once()
            await self._clock.sleep(SWEEP_SECONDS)

    def sweep_once(self) -> None:
        """Erase what is due now."""
        now = self._clock.now()
        self._forget(lambda: self._eraser.expired(now))
        if self._retention:
            self._forget(lambda: self._eraser.older_than(now - self._retention, now))

    def _forget(self, erase: Callable[[], set[ConversationId]]) -> None:
        def forget() -> None:
            try:
                conversations = erase()
            except StorageError:
                self._history.clear()  # a part of the words may be gone
                raise
            for conversation in conversations:
                self._history.forget(conversation)

        self._store_back.soon(forget)
