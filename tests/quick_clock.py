"""Clocks on which time runs faster, so that a test can wait out what people wait for."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import selectors
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta


class QuickClock:
    """`ports.Clock` on which a second takes `1 / times` seconds.

    Dates are the real ones but for `skew`: so long did the computer sleep.
    """

    def __init__(self, times: float, skew: timedelta = timedelta()) -> None:
        self.times = times
        self.skew = skew

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def monotonic(self) -> float:
        return time.monotonic() * self.times

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.times)


class SteppedClock:
    """`ports.Clock` that goes no further than a test lets it, in steps.

    However busy the machine is, it never jumps by more than a step.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        # A little behind at first: what is asked before the first start is nobody's question.
        self._began = datetime.now(UTC) - timedelta(minutes=1)
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._slept = itertools.count()

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        end = self._seconds + max(seconds, 0.0)
        heapq.heappush(self._sleepers, (end, next(self._slept), woken))
        await woken

    async def passes(self, seconds: float, step: float, rest: float = 0.002) -> None:
        """Let time pass; `rest`: real seconds that everybody has for what a step is to bring."""
        end = self._seconds + seconds
        while self._seconds < end:
            self._seconds = min(end, self._seconds + step)
            while self._sleepers and self._sleepers[0][0] <= self._seconds:
                _, _, woken = heapq.heappop(self._sleepers)
                if not woken.done():
                    woken.set_result(None)
            await asyncio.sleep(rest)

    @asynccontextmanager
    async def running(self, times: float) -> AsyncIterator[None]:
        """Meanwhile it runs by itself, about `times` as fast as real time."""
        task = asyncio.create_task(self.passes(math.inf, times * 0.005, 0.005))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop on which nobody waits: once nothing is left to do, its time leaps to the next
    moment at which there is. It has no sockets and no threads to wait for.
    """

    def __init__(self) -> None:
        self._leapt = 0.0
        selector = selectors.DefaultSelector()
        super().__init__(selector)
        look = selector.select

        def select(timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            if timeout is None:
                raise RuntimeError("nothing will ever happen any more")
            self._leapt += timeout
            return look(0)

        selector.select = select  # type: ignore[method-assign]

    def time(self) -> float:
        return self._leapt


class LoopClock:
    """`ports.Clock` by the time of such a loop, which began at `began`."""

    def __init__(self, loop: LeapingLoop, began: datetime) -> None:
        self.monotonic = loop.time
        self._began = began

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self.monotonic())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
