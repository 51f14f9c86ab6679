"""Questions that another process wants asked again (`userbot retry`), picked up while we run.

They stand in the database as pending, marked as wished; the mark is taken off before they are
queued, so that none is queued twice.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from userbot.errors import StorageError
from userbot.path.again import Again
from userbot.path.storing import Storing
from userbot.ports import Clock, Store

EVERY_SECONDS = 1.0


class Wishes(Protocol):
    """Where such questions are marked. Raises StorageError."""

    def wished(self) -> set[int]:
        """The ids of questions that are wished again; the next call does not give them again."""
        ...


class AskedAgain:
    """Looks for wishes."""

    def __init__(
        self, wishes: Wishes, store: Store, storing: Storing, again: Again, clock: Clock
    ) -> None:
        self._wishes = wishes
        self._store = store
        self._storing = storing
        self._again = again
        self._clock = clock
        self._wished: set[int] = set()
        """Those whose marks are off, and that are still to be queued."""

    def begin(self) -> None:
        """Right before the start queues all that is pending: that needs no mark any more.

        Raises StorageError.
        """
        self._wishes.wished()

    async def watch(self) -> None:
        """Queue what is wished, until cancelled."""
        while True:
            with suppress(StorageError):  # told
                await self._storing.done(self._look)
            await self._clock.sleep(EVERY_SECONDS)

    def _look(self) -> None:
        self._wished |= self._wishes.wished()
        if self._wished:
            for ask, _ in self._store.pending():
                if ask.id in self._wished:
                    self._again.queue(ask)
                    self._wished.remove(ask.id)
            self._wished.clear()
