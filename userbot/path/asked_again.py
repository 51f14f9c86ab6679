"""Questions that another process wants asked again (`userbot retry`), picked up while we run.

They stand in the database as pending, marked as wished; the mark is taken off before they are
queued, so that none is queued twice.
"""

from __future__ import annotations

from typing import Protocol

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

    async def watch(self) -> None:
        """Queue what is wished, from the next wish on, until cancelled."""
        self._storing.soon(self._wishes.wished)  # the start has queued all that was pending
        while True:
            await self._clock.sleep(EVERY_SECONDS)
            self._storing.soon(self._look)

    def _look(self) -> None:
        if wished := self._wishes.wished():
            for ask, _ in self._store.pending():
                if ask.id in wished:
                    self._again.queue(ask)
