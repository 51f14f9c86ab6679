"""Ctrl-C and SIGTERM: the first asks to stop, the second leaves at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_REASONS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


@contextmanager
def stop_on_signals(stop: Callable[[str], None]) -> Iterator[None]:
    """While the block runs, the first signal calls `stop` with the reason.

    A second one ends the process without another line: the next start repairs what it left.
    """
    loop = asyncio.get_running_loop()
    asked = False

    def on_signal(number: signal.Signals) -> None:
        nonlocal asked
        if asked:
            os._exit(130)
        asked = True
        stop(_REASONS[number])

    for number in _REASONS:
        # Windows has no loop signal handlers; there Ctrl-C ends the run as KeyboardInterrupt.
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in _REASONS:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)
