"""What Telethon says in its log, as events.

Telethon retries, and swallows a handler's mistakes, in silence but for its log; nothing may be
hidden here, so its warnings are told.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from userbot.events import Failed, Notice, Report, Waiting

_AGAIN_SECONDS = 60.0
"""The same words are told again only after so long: Telethon tries every second."""


_LOST = ("Attempt ", "Server closed the connection", "Automatic reconnection")
"""How Telethon 1.45 begins what means that there is no connection."""


class _Teller(logging.Handler):
    def __init__(self, report: Report, lost: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._report = report
        self._lost = lost
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
            self._lost()
            return
        now = time.monotonic()
        template = str(record.msg)
        if now - self._told.get(template, -_AGAIN_SECONDS) >= _AGAIN_SECONDS:
            self._told[template] = now
            self._report(Waiting(reason="network", seconds=1.0, detail=record.getMessage()))


@contextmanager
def network_told(report: Report, lost: Callable[[], None]) -> Iterator[None]:
    """While the block runs, tell Telethon's warnings; `lost`: there is no connection."""
    logger = logging.getLogger("telethon")
    handler = _Teller(report, lost)
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
