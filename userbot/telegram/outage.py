"""A connection that is lost, in words: while it lasts, and when it is over.

Telethon tries every second, for ever. What it says along the way is for whoever debugs it; here a
loss that lasts is told after a moment, then once a minute, and later every ten. A line that is dead
without a word (a router that forgot it, a cable pulled) is asked for a sign of life: Telethon would
find out after up to two minutes, and say nothing.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from userbot.events import Notice, Report, Waiting
from userbot.ports import Clock
from userbot.texts import _

_MOMENT = 2.0
"""A connection that stands again sooner is told only when it does."""
_MINUTES = 10
_MINUTE, _LONGER = 60.0, 600.0
ASLEEP_SECONDS = 60.0
"""How far the wall clock runs ahead of ours before the computer is taken to have slept."""
_LOOK_SECONDS = 10.0
_LOOKS_A_PING = 3
PONG_SECONDS = 15.0
"""A line that gives no sign of life for so long, when asked, is dead. Together with the looks
that makes it 45 seconds until it is known."""


class Link(Protocol):
    """A client."""

    def stands(self) -> bool:
        """Whether a connection seems to stand."""
        ...

    async def ping(self) -> None:
        """Come back when Telegram has answered. Raises ConnectionError."""
        ...

    def reconnect(self) -> None:
        """Give the connection up and make another."""
        ...


class Outage:
    """Knows whether the connection is lost, and since when."""

    def __init__(self, clock: Clock, report: Report) -> None:
        self._clock = clock
        self._report = report
        self._since = 0.0
        self._looked = clock.now()
        self._telling: asyncio.Task[None] | None = None

    def slept(self) -> float:
        """The seconds that the computer slept since this was asked last; 0 if it did not."""
        now = self._clock.now()
        ahead = (now - self._looked).total_seconds() - _LOOK_SECONDS
        self._looked = now
        return ahead if ahead >= ASLEEP_SECONDS else 0.0

    def lost(self, already: float = 0.0) -> None:
        """There is no connection, for so many seconds `already`; told until there is one."""
        if self._telling is None:
            self._since = self._clock.monotonic()
            self._telling = asyncio.create_task(self._tell(), name="a lost connection")
        self._since -= already

    def over(self) -> None:
        """It stands for the first time: nothing was lost."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None

    def back(self) -> float:
        """It stands again; gives the seconds for which it did not, those of a sleep among them."""
        if slept := self.slept():
            self.lost(slept)
        seconds = self._clock.monotonic() - self._since if self._telling else 0.0
        self.over()
        detail = _("Reconnected to Telegram.")
        if seconds >= 1:
            detail = _("Reconnected to Telegram after {seconds:.0f} s.", seconds=seconds)
        self._report(Notice(reason="reconnected", detail=detail))
        return seconds

    async def _tell(self) -> None:
        await self._clock.sleep(_MOMENT)
        told = 0
        while True:
            seconds = self._clock.monotonic() - self._since
            self._report(Waiting(reason="network", seconds=seconds))
            told += 1
            await self._clock.sleep(_MINUTE if told <= _MINUTES else _LONGER)


async def watch_line(clock: Clock, report: Report, client: Link, outage: Outage) -> None:
    """Make the connection anew where it only looks alive, until cancelled."""
    looks = 0
    outage.slept()  # while there was no connection yet nobody looked
    while True:
        await clock.sleep(_LOOK_SECONDS)
        looks += 1
        if slept := outage.slept():
            # A computer that slept has lost its connections, and need not ask.
            detail = _(
                "The clock jumped by {slept:.0f} s: reconnecting to Telegram.",
                slept=slept,
            )
            report(Notice(reason="clock_jumped", detail=detail))
            outage.lost(slept)
            client.reconnect()
        elif looks % _LOOKS_A_PING == 0 and not await _alive(clock, client):
            outage.lost()
            client.reconnect()


async def _alive(clock: Clock, client: Link) -> bool:
    """Whether Telegram answers; also if nothing can be asked: that such a line is lost is known."""
    if not client.stands():
        return True
    answer = asyncio.ensure_future(client.ping())
    patience = asyncio.ensure_future(clock.sleep(PONG_SECONDS))
    try:
        await asyncio.wait({answer, patience}, return_when=asyncio.FIRST_COMPLETED)
        return answer.done()
    finally:
        patience.cancel()
        answer.cancel()
        await asyncio.gather(answer, patience, return_exceptions=True)
