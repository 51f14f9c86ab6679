"""The console in a terminal: a coloured log, and below it what is being done right now."""

from __future__ import annotations

import time
from datetime import datetime

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live as RichLive
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from userbot.console.describe import HEADS, Line, describe, seconds
from userbot.console.reasons import REASONS
from userbot.events import Answered, Answering, Event, Failed, Ignored, Skipped
from userbot.texts import Language, translated

_TIME_STYLE = "grey58"


class _Working:
    """The answers being written, each with a spinner and its seconds; rendered afresh each time."""

    def __init__(self, language: Language) -> None:
        self.began: dict[tuple[int | None, int | None], tuple[float, str]] = {}
        self._language = language
        self._spinner = Spinner("dots", style="blue")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        now = time.monotonic()
        for since, where in list(self.began.values())[-5:]:
            row = Table.grid(padding=(0, 1))
            length = translated(seconds(now - since), self._language)
            row.add_row(
                self._spinner, Text(where, no_wrap=True, overflow="ellipsis"), Text(length, "dim")
            )
            yield row


class Live:
    """Shows events on a rich console. `verbose`: everyday ignored messages too."""

    def __init__(
        self, language: Language, *, verbose: bool, console: Console | None = None
    ) -> None:
        self.console = console or Console(highlight=False)
        self._language = language
        self._verbose = verbose
        self._head_width = max(len(translated(head, language)) for head, _style in HEADS.values())
        self._working = _Working(language)
        self._live: RichLive | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, Ignored) and not (event.notable or self._verbose):
            return
        key = (event.chat, event.message)
        line = describe(event, self._language)
        if isinstance(event, Answering):
            self._working.began[key] = (time.monotonic(), line.where)
        else:  # of an answer that begins, the row below the log says it
            if isinstance(event, Answered | Failed | Skipped):
                self._working.began.pop(key, None)
            elif event.event in ("waiting", "notice", "ready"):
                self._network(event)
            self.console.print(self._row(line))
        self._show_working()

    def close(self) -> None:
        """Leave the terminal as it was found."""
        self._working.began.clear()
        self._show_working()

    def _network(self, event: Event) -> None:
        """A lost connection is a row of its own until it stands again."""
        reason = getattr(event, "reason", "")
        if event.chat is None and reason == "network":
            row = (
                time.monotonic() - getattr(event, "seconds", 0.0),
                translated(REASONS["network"], self._language),
            )
            self._working.began.setdefault((None, None), row)
        elif reason == "reconnected" or event.event == "ready":  # perhaps for the first time
            self._working.began.pop((None, None), None)

    def _row(self, line: Line) -> Table:
        """An event as a row of the log, wrapped under itself rather than under the time."""
        row = Table.grid(padding=(0, 1))
        row.add_column(no_wrap=True, style=_TIME_STYLE)
        row.add_column(no_wrap=True, width=self._head_width)
        row.add_column(overflow="fold")
        told = Text.assemble((line.where, "bold"), "  " if line.where else "", line.what)
        if line.hint:
            told.append(f"\n→ {line.hint}", "italic yellow")
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        row.add_row(now, Text(line.head, line.style), told)
        if line.text:
            row.add_row("", "", Text(line.text, "dim", no_wrap=True, overflow="ellipsis"))
        return row

    def _show_working(self) -> None:
        # The rows exist only while somebody waits, so that whoever types is not disturbed.
        if self._working.began and self._live is None:
            self._live = RichLive(
                self._working, console=self.console, refresh_per_second=8, transient=True
            )
            self._live.start()
        elif not self._working.began and self._live is not None:
            self._live.stop()
            self._live = None
