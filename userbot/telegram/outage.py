"""A connection that is lost, in words: while it lasts, and when it is over.

Telethon tries every second, for ever. What it says along the way is for whoever debugs it; here a
loss that lasts is told after a moment, then once a minute, and later every ten.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from userbot.activity import Notice, Report, Waiting
from userbot.ports import Clock

_MOMENT = 2.0
"""A connection that stands again sooner is told only when it does."""
_MINUTES = 10
_MINUTE, _LONGER = 60.0, 600.0
ASLEEP_SECONDS = 60.0
"""How far the wall clock runs ahead of ours before the computer is taken to have slept."""
_LOOK_SECONDS = 10.0


class Reconnecting(Protocol):
    """A client."""

    def reconnect(self) -> None:
        """Give the connection up and make another."""
        ...


class Outage:
    """Knows whether the connection is lost, and since when."""

    def __init__(self, clock: Clock, report: Report) -> None:
        self._clock = clock
        self._report = report
        self._since = 0.0
        self._telling: asyncio.Task[None] | None = None

    def lost(self) -> None:
        """There is no connection; told again and again until there is one."""
        if self._telling is None:
            self._since = self._clock.monotonic()
            self._telling = asyncio.create_task(self._tell(), name="a lost connection")

    def over(self) -> None:
        """It stands for the first time: nothing was lost."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None

    def back(self) -> None:
        """It stands again."""
        seconds = self._clock.monotonic() - self._since if self._telling else 0.0
        self.over()
        detail = "The connection to Telegram stands again."
        if seconds >= 1:
            detail = f"The connection to Telegram stands again after {seconds:.0f} s."
        self._report(Notice(reason="reconnected", detail=detail))

    async def _tell(self) -> None:
        await self._clock.sleep(_MOMENT)
        told = 0
        while True:
            seconds = self._clock.monotonic() - self._since
            self._report(Waiting(reason="network", seconds=seconds))
            told += 1
            await self._clock.sleep(_MINUTE if told <= _MINUTES else _LONGER)


async def watch_for_sleep(clock: Clock, report: Report, client: Reconnecting) -> None:
    """A computer that slept has a connection that only looks alive: make a new one, at once."""
    while True:
        before = clock.now()
        await clock.sleep(_LOOK_SECONDS)
        slept = (clock.now() - before).total_seconds() - _LOOK_SECONDS
        if slept >= ASLEEP_SECONDS:
            detail = f"The clock jumped by {slept:.0f} s: the connection to Telegram is made anew."
            report(Notice(reason="clock_jumped", detail=detail))
            client.reconnect()
