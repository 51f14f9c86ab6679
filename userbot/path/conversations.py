"""One worker a conversation: its questions in order, other conversations beside it.

Rule 1: a place has at most one worker, and a worker handles one question at a time.
Rule 2: a worker lives only while its queue has something: an idle place costs nothing.
Rule 3: a question is stopped by cancelling what handles it, with the message `STOPPED`; what
stands in Telegram by then is the handler's to keep. One that is only queued is just left out.
Rule 4: while draining nothing new begins; what is queued stays pending in the store.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from userbot.messages import Ask, Place

STOPPED = "stopped"
"""The message of the CancelledError that ends an answer because somebody wants it to end."""

_CHANNELS = -1_000_000_000_000
"""Marked ids of channels and supergroups are below this (core.telegram.org/api/bots/ids)."""


class Conversations:
    """The queues. `handle` answers one question; it settles every failure itself.

    `stopped` is told of a question that was stopped before its handler could make an answer of
    what stood there.
    """

    def __init__(
        self,
        handle: Callable[[Ask], Awaitable[None]],
        stopped: Callable[[Ask], None] = lambda _: None,
    ) -> None:
        self._handle = handle
        self._stopped = stopped
        self._queues: dict[Place, deque[Ask]] = {}
        self._handling: dict[Place, tuple[asyncio.Task[None], Ask]] = {}
        self._stopping: set[int] = set()
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

    def stop(self, place: Place) -> Ask | None:
        """End the answer that is being written there at once; gives its question, if there is one.

        Those that are queued behind it go on.
        """
        task, ask = self._handling.get(place, (None, None))
        if task is None or ask is None or ask.id in self._stopping:
            return None
        self._stopping.add(ask.id)
        task.cancel(STOPPED)
        return ask

    def deleted(self, chat: int | None, messages: Iterable[int]) -> None:
        """Questions were deleted in Telegram: their answers end as if they were stopped.

        `chat` is None where Telegram does not tell it: then it is a private chat or a basic group.
        """
        gone = frozenset(messages)
        self.stop_all(
            lambda ask: (
                ask.message in gone
                and (ask.chat == chat if chat is not None else ask.chat > _CHANNELS)
            )
        )

    def stop_all(self, which: Callable[[Ask], bool]) -> None:
        """End the answers to such questions, and leave out those of them that are queued."""
        for place, queue in self._queues.items():
            left_out = [ask for ask in queue if which(ask)]
            for ask in left_out:
                queue.remove(ask)
                self._stopped(ask)
            handling = self._handling.get(place)
            if handling is not None and which(handling[1]):
                self.stop(place)

    @property
    def answering(self) -> int:
        """How many questions are being answered at this moment."""
        return len(self._handling)

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
                await self._answer(queue.popleft())
        finally:
            del self._queues[place]

    async def _answer(self, ask: Ask) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handling[ask.place] = task, ask
        try:
            await self._handle(ask)
        except asyncio.CancelledError:
            if ask.id not in self._stopping:
                raise
            self._stopped(ask)
        finally:
            del self._handling[ask.place]
            if ask.id in self._stopping:
                self._stopping.discard(ask.id)
                # The worker goes on: it was the question that was cancelled.
                task.uncancel()
