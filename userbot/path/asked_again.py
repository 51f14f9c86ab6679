"""Questions that another process wants asked again (`userbot retry`), picked up while we run.

They stand in the database as pending, marked as wished; the mark is taken off before they are
queued, so that none is queued twice.
"""

from __future__ import annotations

from contextlib import suppress

from userbot.errors import StorageError
from userbot.path.again import Again
from userbot.path.storing import Storing
from userbot.ports import Clock
from userbot.storage.store import Store

EVERY_SECONDS = 1.0


class AskedAgain:
    """Looks for wishes."""

    def __init__(self, store: Store, storing: Storing, again: Again, clock: Clock) -> None:
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
        self._store.questions.requested_retries()

    async def watch(self) -> None:
        """Queue what is wished, until cancelled."""
        while True:
            with suppress(StorageError):  # told
                await self._storing.done(self._look)
            await self._clock.sleep(EVERY_SECONDS)

    def _look(self) -> None:
        self._wished |= self._store.questions.requested_retries()
        if self._wished:
            for ask, _ in self._store.questions.pending():
                if ask.id in self._wished:
                    self._again.queue(ask)
                    self._wished.remove(ask.id)
            self._wished.clear()
