"""One worker a conversation: its questions in order, other conversations beside it.

Rule 1: a place has at most one worker, and a worker handles one question at a time.
Rule 2: a worker lives only while its queue has something: an idle place costs nothing.
Rule 3: while draining nothing new begins; what is queued stays pending in the store.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from userbot.messages import Ask, Place


class Conversations:
    """The queues. `handle` answers one question; it settles every failure itself."""

    def __init__(self, handle: Callable[[Ask], Awaitable[None]]) -> None:
        self._handle = handle
        self._queues: dict[Place, deque[Ask]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._draining = False

    def put(self, ask: Ask) -> None:
        """Queue a question; it is begun at once if its conversation is idle."""
        if self._draining:
            return
        queue = self._queues.get(ask.place)
        if queue is not None:
            queue.append(ask)
            return
        self._queues[ask.place] = deque([ask])
        worker = asyncio.create_task(self._work(ask.place), name=f"conversation {ask.place.chat}")
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def drain(self, seconds: float) -> None:
        """Let the answers being written finish, for so long; then cancel them."""
        self._draining = True
        if self._workers:
            _, late = await asyncio.wait(self._workers, timeout=seconds)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self, place: Place) -> None:
        queue = self._queues[place]
        try:
            while queue and not self._draining:
                await self._handle(queue.popleft())
        finally:
            del self._queues[place]
