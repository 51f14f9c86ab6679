"""What has to be stored while the database cannot: one ordered queue, and nothing is skipped.

Rule 1: what Telegram tells only once is done as soon as the store lets it be, in the order in which
it was told: a later step never overtakes an earlier one.
Rule 2: who can wait waits for the store, together with everybody else (`StoreBack`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from userbot.errors import StorageError
from userbot.turn.store_back import StoreBack

T = TypeVar("T")


class LateWrites:
    """Repeats steps of the store until they are done."""

    def __init__(self, store_back: StoreBack) -> None:
        self._store_back = store_back
        self._late: deque[Callable[[], object]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def done(self, step: Callable[[], T]) -> T:
        """Do a step of the store, as soon as that is possible; gives what it gives.

        Raises StorageError when it does not come about.
        """
        while True:
            try:
                return step()
            except StorageError as trouble:
                await self._store_back.wait(trouble)

    async def insist(self, step: Callable[[], object]) -> bool:
        """Do a step that nobody else would do, however long that takes.

        False if it is left to the next start: the program ends, or the store takes nothing more.
        """
        while True:
            try:
                await self.done(step)
            except StorageError as trouble:
                if trouble.passing and not self.is_leaving:
                    continue  # told again
                return False
            return True

    def soon(self, step: Callable[[], object]) -> None:
        """Do a step now or, if it cannot be, as soon as it can; for those who cannot wait."""
        if not self._late:
            try:
                step()
            except StorageError as trouble:
                if not trouble.passing:
                    self._store_back.gave_up(trouble)
                    return
            else:
                return
        self._late.append(step)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="late writes")

    def gave_up(self, trouble: StorageError) -> None:
        """The store will take nothing any more: end the program."""
        self._store_back.gave_up(trouble)

    @property
    def is_leaving(self) -> bool:
        """Whether the program ends."""
        return self._store_back.is_leaving

    async def drain(self) -> None:
        """Try what is left once more; what cannot be stored even then, the next start finds."""
        if self._working is not None:
            await asyncio.gather(self._working, return_exceptions=True)

    async def _work(self) -> None:
        while self._late and await self.insist(self._late[0]):
            self._late.popleft()
