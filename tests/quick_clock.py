"""A clock on which time runs faster, so that a test can wait out what people wait for."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class QuickClock:
    """`ports.Clock` on which a second takes `1 / times` seconds; dates are the real ones."""

    def __init__(self, times: float) -> None:
        self.times = times

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() * self.times

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.times)
