"""The keys of a terminal, as they are pressed; what is typed does not show by itself."""

from __future__ import annotations

import asyncio
import codecs
import importlib
import os
import re
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

# Windows has neither, and there no key is listened to.
termios: Any = importlib.import_module("termios") if os.name == "posix" else None
system: Any = os
_AGAIN: Any = getattr(signal, "SIGCONT", None)
_SAME_KEY: Final = dict(zip("зксг,ЗКСГнтНТ", "prcu?prcuynyn", strict=True))
"""What the keys give where a keyboard writes Russian."""
_SEQUENCE: Final = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)
"""What an arrow gives, or another key that is no letter (ECMA-48, 5.4)."""


def key_of(letter: str) -> str:
    """The key that was pressed, whatever the keyboard writes."""
    return _SAME_KEY.get(letter, letter.lower())


class KeyReader:
    """Calls `typed` with the letters and controls that were typed: one, or many that were pasted;
    with none after the program was stopped (Ctrl-Z) and goes on.

    Nothing comes of it without a terminal to read from.
    """

    def __init__(self, typed: Callable[[str], None]) -> None:
        self._typed = typed
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._fd = -1
        self._before: list[Any] | None = None

    def open(self) -> None:
        """Listen from now on, in the running loop."""
        if termios is None or sys.stdin is None or not sys.stdin.isatty():
            return
        self._fd = sys.stdin.fileno()
        loop = asyncio.get_running_loop()
        self._take()
        loop.add_reader(self._fd, self._read)
        loop.add_signal_handler(_AGAIN, self._go_on)

    def close(self) -> None:
        """Leave the terminal as it was found. Safe at any time, and twice."""
        if self._before is None:
            return
        before, self._before = self._before, None
        with suppress(RuntimeError):  # no loop runs any more
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._fd)
            loop.remove_signal_handler(_AGAIN)
        with suppress(termios.error, OSError):
            termios.tcsetattr(self._fd, termios.TCSADRAIN, before)

    def _take(self) -> None:
        """Keys come at once and are not shown, "^C" neither; Ctrl-C stays a signal."""
        with suppress(termios.error, OSError):
            if system.tcgetpgrp(self._fd) != system.getpgrp():
                return  # in the background: the terminal is somebody else's
            mode = termios.tcgetattr(self._fd)
            if self._before is None:
                self._before = list(mode)
            mode[3] &= ~(termios.ICANON | termios.ECHO)
            termios.tcsetattr(self._fd, termios.TCSADRAIN, mode)

    def _go_on(self) -> None:
        self._take()
        self._typed("")  # what is shown of a line is gone

    def _read(self) -> None:
        try:
            data = os.read(self._fd, 1024)
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._fd)
            return
        if keys := _SEQUENCE.sub("", self._decoder.decode(data)):
            self._typed(keys)
