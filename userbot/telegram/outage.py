"""A connection that is lost, in words: while it lasts, and when it is over.

Telethon tries every second, for ever, and in silence but for its log. What that says of a loss is
for whoever debugs it; here one that lasts is told after a moment, then once a minute, and later
every ten. All else that it warns of is told as it is: nothing may be hidden. A line that is dead
without a word (a router that forgot it, a cable pulled) is asked for a sign of life: Telethon would
find out after up to two minutes, and say nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from userbot.events import Failed, Notice, Report, Waiting
from userbot.ports import Clock, first_of
from userbot.telegram.client import Client
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
_AGAIN_SECONDS = 60.0
"""The same words are told again only after so long: Telethon tries every second."""


_LOST = ("Attempt ", "Server closed the connection", "Automatic reconnection")
"""How Telethon 1.45 begins what means that there is no connection."""


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

    async def watch(self, client: Client) -> None:
        """Make a connection anew where it only looks alive, until cancelled."""
        looks = 0
        self.slept()  # while there was no connection yet nobody looked
        while True:
            await self._clock.sleep(_LOOK_SECONDS)
            looks += 1
            if slept := self.slept():
                # A computer that slept has lost its connections, and need not ask.
                detail = _(
                    "The clock jumped by {slept:.0f} s: reconnecting to Telegram.",
                    slept=slept,
                )
                self._report(Notice(reason="clock_jumped", detail=detail))
                self.lost(slept)
                client.reconnect()
            elif looks % _LOOKS_A_PING == 0 and not await self._alive(client):
                self.lost()
                client.reconnect()

    async def _alive(self, client: Client) -> bool:
        """Whether Telegram answers; also where it is known that nothing can be asked."""
        if not client.stands():
            return True
        return await first_of(client.ping(), self._clock.sleep(PONG_SECONDS))

    async def _tell(self) -> None:
        await self._clock.sleep(_MOMENT)
        told = 0
        while True:
            seconds = self._clock.monotonic() - self._since
            self._report(Waiting(reason="network", seconds=seconds))
            told += 1
            await self._clock.sleep(_MINUTE if told <= _MINUTES else _LONGER)


class _Teller(logging.Handler):
    def __init__(self, report: Report, outage: Outage) -> None:
        super().__init__(logging.WARNING)
        self._report = report
        self._outage = outage
        self._told: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        # The template groups "Attempt 1 …", "Attempt 2 …"; the message has the particulars.
        if not record.name.startswith("telethon.network"):
            kind = record.exc_info[0] if record.exc_info else None
            told = record.getMessage() + (f" ({kind.__name__})" if kind else "")
            if record.levelno >= logging.ERROR:
                self._report(Failed(reason="telethon", error=told))
            else:
                self._report(Notice(reason="telethon", detail=told))
            return
        if str(record.msg).startswith(_LOST):
            self._outage.lost()
            return
        now = time.monotonic()
        template = str(record.msg)
        if now - self._told.get(template, -_AGAIN_SECONDS) >= _AGAIN_SECONDS:
            self._told[template] = now
            self._report(Waiting(reason="network", seconds=1.0, detail=record.getMessage()))


@contextmanager
def network_told(report: Report, outage: Outage) -> Iterator[None]:
    """While the block runs, tell Telethon's warnings, and the outage of lost connections."""
    logger = logging.getLogger("telethon")
    handler = _Teller(report, outage)
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
