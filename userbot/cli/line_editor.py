"""One line that is typed at the bottom of a terminal while other things are printed above it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from userbot.console.colours import CYAN
from userbot.console.keyboard import KeyReader

END = "\x04"
"""What `lines` gives for Ctrl-D."""
_ERASE_LINE = "\r\x1b[K"


class LineEditor:
    """Takes keys from the terminal; only where there is one, and not on Windows.

    What is typed comes out of `lines`, a line at a time; a control key of `keys` comes out by
    itself, at once. Nothing shows until somebody is asked; what is typed by then is kept.
    """

    def __init__(self, console: Console, keys: str = "") -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.console = console
        self._prompt = ""
        self._keys = keys
        self._typed = ""
        self._reader = KeyReader(self._read)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Within, the keys are ours; afterwards the terminal is as it was."""
        self._reader.open()
        try:
            yield
        finally:
            self.close()

    def close(self) -> None:
        """Leave the terminal as it was found. Safe at any time, and twice."""
        self._reader.close()

    def ask(self, who: str) -> None:
        """Show the line behind this name from now on; "" takes it away."""
        if not who:
            self._write(_ERASE_LINE)
        self._prompt = f"{who} ❯ " if who else ""
        self.show()

    @contextmanager
    def above(self) -> Iterator[None]:
        """Within, what is printed stands above the line, which comes back below it."""
        self._write(_ERASE_LINE)
        yield
        self.show()

    def show(self) -> None:
        """Draw the line: its end, where it is longer than the terminal is wide."""
        if not self._prompt:
            return
        room = max(self.console.width - cell_len(self._prompt) - 1, 8)
        end = self._typed[-room:]
        while cell_len(end) > room:
            end = end[1:]
        self._write(_ERASE_LINE)
        self.console.print(Text(self._prompt, f"bold {CYAN}"), Text(end), sep="", end="")

    def _read(self, keys: str) -> None:
        for key in keys:
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
        self.console.file.write(signs)
        self.console.file.flush()
