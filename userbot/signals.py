"""Ctrl-C, SIGTERM, a closed terminal: the first asks to stop, the second leaves at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_REASONS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "terminated"}
"""By name: not every system has every signal."""


@contextmanager
def stop_on_signals(
    stop: Callable[[str], None], leaving: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """While the block runs, the first signal calls `stop` with the reason.

    A second one calls `leaving`, which is to leave the terminal as it was found, and ends the
    process without another line: the next start repairs what it left.
    """
    loop = asyncio.get_running_loop()
    asked = False

    def on_signal(number: signal.Signals) -> None:
        nonlocal asked
        if asked:
            with suppress(Exception):
                leaving()
            os._exit(130)
        asked = True
        stop(_REASONS[number.name])

    numbers = [getattr(signal, name) for name in _REASONS if hasattr(signal, name)]
    # `nohup` starts us deaf to SIGHUP, and means it.
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heard:
        # Windows has no loop signal handlers; there Ctrl-C ends the run as KeyboardInterrupt.
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in heard:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)
