"""Ctrl-C, SIGTERM, a closed terminal: the first asks to stop, the second leaves at once.

Before there is anything to stop, Ctrl-C leaves at once, too. Python's own way is an exception in
the middle of whatever runs, and some of that loses it: a callback of the import system, a
destructor, an `except` in a library.

This is loaded before all else, so it loads little itself.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

_REASONS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "terminated"}
"""By name: not every system has every signal."""


@contextmanager
def leaving_at_once(leaving: Callable[[], None] = lambda: None) -> Iterator[None]:
    """While the block runs, Ctrl-C calls `leaving` and ends the process, until somebody else hears.

    Whatever the block had begun, the next start repairs.
    """

    def on_signal(_number: int, _frame: object) -> None:
        _leave_now(leaving)

    before = signal.getsignal(signal.SIGINT)
    # Whoever is deaf to it is meant to be; and Windows has nobody else who could hear (below).
    if before is signal.SIG_IGN or os.name != "posix":
        yield
        return
    signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is on_signal:
            signal.signal(signal.SIGINT, before)


def run_alone(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, but the end waits for no worker thread: what imports, or asks for the
    address of a name, may take long. `leave` the process then.
    """
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    class Unawaited(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:  # noqa: ARG002
            super().shutdown(wait=False, cancel_futures=cancel_futures)

    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(Unawaited())
        return runner.run(main)


def leave(code: int) -> NoReturn:
    """End the process, also if a worker thread goes on; what was printed reaches its reader."""
    import threading

    if threading.active_count() == 1:
        raise SystemExit(code)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def _leave_now(leaving: Callable[[], None]) -> NoReturn:
    with suppress(Exception):
        leaving()
        if os.isatty(2):
            os.write(2, b"\n")  # the terminal shows "^C", and the shell asks on a line of its own
    os._exit(130)


@contextmanager
def stop_on_signals(
    stop: Callable[[str], None], leaving: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """While the block runs, the first signal calls `stop` with the reason.

    A second one calls `leaving`, which is to leave the terminal as it was found, and ends the
    process without another line: the next start repairs what it left.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    asked = False

    def on_signal(number: signal.Signals) -> None:
        nonlocal asked
        if asked:
            _leave_now(leaving)
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
