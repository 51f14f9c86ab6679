"""The bottom of a terminal: lines that are drawn anew in place, below a log that scrolls.

Rule 1: the cursor rests at the beginning of the first line. Wherever a terminal moves them when it
is resized, "wipe from here" finds them all, however they were wrapped.
Rule 2: what goes above and the lines below it are one write, shown at once: nothing flickers.
Rule 3: no line is wrapped, also where the terminal takes a sign to be wider than we do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

_WIPE = "\r\x1b[K\x1b[C\x1b[J\r"
"""From the second column on: a whole screen that is wiped, tmux keeps a copy of above it."""
_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_CUT, _WRAP = "\x1b[?7l", "\x1b[?7h"
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Synchronized output: terminals that do not know it ignore it."""


class Footer:
    """Draws onto a terminal that nothing else writes to meanwhile."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lines: tuple[str, ...] = ()

    def draw(self, lines: Sequence[str], above: str = "", *, anew: bool = False) -> None:
        """Show these lines, none of them too wide; `above` scrolls into the log, if there is any.

        `anew`: also if they are shown already, since the terminal was resized.
        """
        shown = tuple(lines)
        if shown == self._lines and not above and not anew:
            return
        out = _BEGIN + (_WIPE if self._lines else "") + above
        if shown:
            up = f"\x1b[{len(shown) - 1}A" if len(shown) > 1 else ""
            out += _HIDE + _CUT + "\r\n".join(shown) + _WRAP + up + "\r"
        elif self._lines:
            out += _SHOW
        self._lines = shown
        self._stream.write(out + _END)
        self._stream.flush()
