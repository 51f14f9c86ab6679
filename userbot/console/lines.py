"""Plain lines: one an event, for pipes, files and ``--plain``."""

from __future__ import annotations

from datetime import datetime
from typing import TextIO

from userbot.console.describe import describe
from userbot.console.words import Words
from userbot.events import Event, Ignored


class Lines:
    """Writes a line an event. `verbose`: everyday ignored messages too."""

    def __init__(self, stream: TextIO, words: Words, *, verbose: bool) -> None:
        self._stream = stream
        self._words = words
        self._verbose = verbose

    def __call__(self, event: Event) -> None:
        if isinstance(event, Ignored) and not (event.notable or self._verbose):
            return
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        print(now, describe(event, self._words).plain(), file=self._stream, flush=True)

    def close(self) -> None:
        """Nothing is held back, so nothing is left to write."""
