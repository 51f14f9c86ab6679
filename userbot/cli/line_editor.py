"""One line that is typed at the bottom of a terminal while other things are printed above it."""

from __future__ import annotations

import asyncio
import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

END = "\x04"
"""What `lines` gives for Ctrl-D."""
_ERASE_LINE = "\r\x1b[K"


class LineEditor:
    """Takes keys from the terminal; only where there is one, and not on Windows.

    What is typed comes out of `lines`, a line at a time; a control key of `keys` comes out by
    itself, at once.
    """

    def __init__(self, console: Console, keys: str = "") -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.prompt = ""
        self._console = console
        self._keys = keys
        self._typed = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @contextmanager
    def open(self) -> Iterator[None]:
        """Within, the keys are ours; afterwards the terminal is as it was."""
        if sys.platform == "win32":
            raise NotImplementedError("no loop waits for a console there")
        else:
            import termios
            import tty

            terminal, loop = sys.stdin.fileno(), asyncio.get_running_loop()
            before = termios.tcgetattr(terminal)
            tty.setcbreak(terminal, termios.TCSANOW)
            loop.add_reader(terminal, self._read)
            try:
                yield
            finally:
                loop.remove_reader(terminal)
                termios.tcsetattr(terminal, termios.TCSANOW, before)

    @contextmanager
    def above(self) -> Iterator[None]:
        """Within, what is printed stands above the line, which comes back below it."""
        self._write(_ERASE_LINE)
        yield
        self.show()

    def show(self) -> None:
        """Draw the line: its end, where it is longer than the terminal is wide."""
        room = max(self._console.width - len(self.prompt) - 1, 8)
        self._write(_ERASE_LINE)
        self._console.print(
            Text(self.prompt, "bold cyan"), Text(self._typed[-room:]), sep="", end=""
        )

    def _read(self) -> None:
        for key in self._decoder.decode(os.read(sys.stdin.fileno(), 65536)):
            self._take(key)
        self.show()

    def _take(self, key: str) -> None:
        if key in "\r\n":
            line, self._typed = self._typed, ""
            self.lines.put_nowait(line)
        elif key in "\x7f\b":
            self._typed = self._typed[:-1]
        elif key == "\x15":  # Ctrl-U
            self._typed = ""
        elif key in self._keys or (key == END and not self._typed):
            self.lines.put_nowait(key)
        elif key.isprintable():
            self._typed += key

    def _write(self, signs: str) -> None:
        self._console.file.write(signs)
        self._console.file.flush()
