"""Telegram's clock: dates of messages are compared with it, whatever this computer believes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from userbot.events import Notice, Report
from userbot.ports import Clock
from userbot.texts import Text, _

_EXACT: Final = timedelta(seconds=2)
"""Dates are whole seconds, and an answer takes its time: so little is no difference."""
TOLD_SECONDS: Final = 10.0
HINT: Final = _("Telegram's time is used; set the computer's clock all the same.")


class TelegramClock:
    """`ports.Clock`, but `now` is Telegram's, as far as its answers have shown it."""

    def __init__(self, clock: Clock, report: Report) -> None:
        self._clock = clock
        self._report = report
        self._offset = timedelta()
        self._told = False
        # Every step of a question asks for them: no function lies between while clocks agree.
        self.now = clock.now
        self.monotonic = clock.monotonic
        self.sleep = clock.sleep

    def shown(self, date: datetime) -> None:
        """This is what Telegram's clock shows; what is far from ours is told once."""
        offset = date - self._clock.now()
        exact = abs(offset) <= _EXACT
        self._offset = timedelta() if exact else offset
        self.now = self._clock.now if exact else self._shifted
        if (detail := self.off) and not self._told:
            self._told = True
            self._report(Notice(reason="clock_off", detail=detail, hint=HINT))

    @property
    def off(self) -> Text | None:
        """How far this computer's clock is from Telegram's, if that is far."""
        seconds = self._offset.total_seconds()
        if abs(seconds) <= TOLD_SECONDS:
            return None
        if seconds < 0:
            return _(
                "This computer's clock is {seconds:.0f} s ahead of Telegram's.", seconds=-seconds
            )
        return _("This computer's clock is {seconds:.0f} s behind Telegram's.", seconds=seconds)

    def _shifted(self) -> datetime:
        return self._clock.now() + self._offset
