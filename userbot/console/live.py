"""The console in a terminal: a coloured log, below it what is being done right now, and at the
bottom a line on the day.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from userbot.console.colours import GREEN, GREY, YELLOW
from userbot.console.describe import (
    HEADS,
    Line,
    chats_selected,
    describe,
    left_over,
    printable,
    seconds,
)
from userbot.console.footer import Footer
from userbot.console.status import Status, Today
from userbot.console.under_way import UnderWay
from userbot.events import Answered, Answering, Event, Failed, Ignored, Notice, Ready, Stopped
from userbot.texts import Language, _, joined, translated

_PADDING = re.compile(r" +\n")
"""At a line's end: in a terminal that becomes narrower, it would wrap into empty lines."""
_NARROW = 60
"""Columns below which a row begins with its head alone, and the rest is set in below it."""
_AGAIN_SECONDS = 0.05
"""How often what is at the bottom is put together anew while the log goes on."""
_MOST_SELECTED = 4
_WARNINGS = frozenset({"endpoint", "config", "config_faulty", "config_waits", "not_joined"})


class Live:
    """Shows events on a rich console. `verbose`: everyday ignored messages and each wait, too.

    `status`: the line of the day, which it is told how to begin with. Without one there is nothing
    at the bottom but what is under way, so that somebody may type there.
    """

    def __init__(
        self,
        language: Language,
        *,
        verbose: bool,
        console: Console | None = None,
        status: Status | None = None,
    ) -> None:
        self.console = console or Console(highlight=False)
        self.status = status
        self._language = language
        self._verbose = verbose
        self._head_width = max(len(translated(head, language)) for head, _style in HEADS.values())
        self._under_way = UnderWay(language)
        self._footer = Footer(self.console.file)
        self._size = self.console.size
        self._ready_at: float | None = None
        self._day = _today()
        self._closed = False
        self._lines: list[str] = []
        self._drawn_at = 0.0
        self._failed: set[tuple[int | None, int | None]] = set()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Ignored | Notice) and not (event.notable or self._verbose):
            return
        self._count(event)
        line = describe(event, self._language)
        now_only = self._under_way.takes(event, line)
        if isinstance(event, Ready) and self.status is not None:
            self._print(*self._head(event))
        elif not now_only or (self._verbose and not isinstance(event, Answering)):
            self._print(self._row(event, line))
        else:
            self._draw()

    def tick(self, written: Mapping[tuple[int, int], str] | None = None) -> None:
        """Some time has passed. `written`: how far each answer is, as `Queue.written` says it."""
        self._under_way.look(written)
        if self.status is not None and _today() != self._day:
            self._print()  # a date line at midnight
        self._draw()

    def count_from(self, today: Today) -> None:
        """This is what the day came to so far."""
        if self.status is not None:
            self.status.today = today

    def print(self, *rows: Any) -> None:
        """Print something of somebody else's into the log."""
        self._print(*rows)

    def tell(self, sentence: str) -> None:
        """Print a sentence into the log."""
        self._print(Text(translated(sentence, self._language)))

    def chosen(self) -> int | None:
        """What a yes or a no is for, as the rows show it: the approval's number, if there is one
        and it was seen.
        """
        return self._under_way.chosen()

    def shows_all_of(self, approval: int) -> bool:
        """Whether all of a call that waits was shown."""
        return self._under_way.shows_all_of(approval)

    def choose_next(self) -> None:
        """Let a yes or a no be for the next that waits."""
        self._under_way.choose_next()
        self._draw()

    @property
    def awaiting(self) -> int:
        """How many wait for a yes or a no."""
        return self._under_way.awaiting

    def rest(self) -> None:
        """Leave the bottom to somebody who types there, until something happens."""
        self._under_way.rows.clear()
        self._draw()

    def close(self) -> None:
        """Leave the terminal as it was found."""
        self._closed = True
        self._under_way.rows.clear()
        with suppress(OSError):  # the terminal was closed
            self._footer.draw(())

    def _count(self, event: Event) -> None:
        status = self.status
        if isinstance(event, Ready) and self._ready_at is None:
            self._ready_at = time.monotonic()
        if isinstance(event, Stopped):
            self._under_way.rows.clear()
            self.status = None
        if status is None:
            return
        match event:
            case Ready():
                status.chats = event.chats
            case Answered():
                if (event.chat, event.message) in self._failed:  # asked again, it went well
                    self._failed.remove((event.chat, event.message))
                    status.today.failed = max(0, status.today.failed - 1)
                status.today.answers += 1
                status.today.tokens += (event.prompt_tokens or 0) + (event.completion_tokens or 0)
                status.today.cost += event.cost or 0.0
            case Failed() if event.message is not None:
                status.today.failed += (event.chat, event.message) not in self._failed
                self._failed.add((event.chat, event.message))
            case Notice(reason="paused" | "resumed"):
                status.paused = self._under_way.paused = event.reason == "paused"

    def _print(self, *rows: Any) -> None:
        """Print rows above what is at the bottom, behind a line with the date if that is new."""
        today = _today()
        if today != self._day:
            self._day = today
            self._failed.clear()
            if self.status is not None:
                self.status.today = Today()
            rows = (Text(f"── {today:%Y-%m-%d} ──", GREY), *rows)
        if not self.console.is_terminal:
            for row in rows:
                self.console.print(row)
            return
        with self.console.capture() as captured:
            for row in rows:
                # In the last column a sign that is wider than it seems would wrap.
                self.console.print(row, width=max(self.console.width - 1, 1))
        self._draw(_PADDING.sub("\n", captured.get()))

    def _draw(self, above: str = "") -> None:
        if not self.console.is_terminal:
            return
        size, self._size = self._size, self.console.size
        now = time.monotonic()
        if above and size == self._size and now - self._drawn_at < _AGAIN_SECONDS:
            self._footer.draw(self._lines, above)  # of many at once only the log is new
            return
        self._drawn_at = now
        width = self._size.width - 1
        lines = [] if self._closed else self._under_way.lines(width)
        lines = lines[-max(self._size.height - 2, 1) :]
        if self.status is not None and not self._closed:
            self.status.ready = self._ready_at is not None
            self.status.connected = self._under_way.connected
            self.status.awaiting = self._under_way.awaiting
            if self._ready_at is not None:
                self.status.seconds = time.monotonic() - self._ready_at
            lines.append(self.status.line(self._language, width))
        self._lines = [self._rendered(line) for line in lines]
        self._footer.draw(self._lines, above, anew=size != self._size)

    def _rendered(self, line: Text) -> str:
        with self.console.capture() as captured:
            self.console.print(line, end="", soft_wrap=True)
        return captured.get()

    def _head(self, event: Ready) -> Sequence[Any]:
        """Who, with which model, and which chats for whom; then what to do."""
        chats: str = chats_selected(event)
        if event.selected:
            some = [*event.selected[:_MOST_SELECTED], *["…"] * (event.chats > _MOST_SELECTED)]
            chats = joined(*some, by=", ")
        passed, left = seconds(event.seconds), left_over(event)
        what = joined(event.model, chats, passed, left, by=" · ")
        who = Text.assemble(("● ", GREEN), (printable(event.account), "bold"))
        who.append(f" · {printable(translated(what, self._language))}")
        hint = _("Write {prefix} hello in Saved Messages. ? shows the keys, Ctrl-C stops.")
        if self.status is not None and self.status.in_sandbox:
            hint = _(
                "Write {prefix} hello in the sandbox's terminal. ? shows the keys, Ctrl-C stops."
            )
        hint = hint.filled(prefix=event.prefix or "/gpt")
        return who, Text(translated(hint, self._language), "dim")

    def _row(self, event: Event, line: Line) -> Any:
        """An event as a row of the log, wrapped under itself rather than under the time."""
        style = line.style
        if isinstance(event, Notice) and event.reason in _WARNINGS:
            style = YELLOW
        told = Text.assemble((line.where, "bold"), "  " if line.where else "", line.what)
        if line.hint:
            told.append(f"\n→ {line.hint}", f"italic {YELLOW}")
        now = datetime.now().astimezone()
        row = Table.grid(padding=(0, 1))
        text = Text(line.text, "dim", no_wrap=True, overflow="ellipsis")
        if self.console.width < _NARROW:
            row.add_column(overflow="fold")
            head = Text.assemble((f"{now:%H:%M}", GREY), " ", (line.head, style))
            row.add_row(head)
            row.add_row(Padding(told, (0, 0, 0, 2)))
            if line.text:
                row.add_row(Padding(text, (0, 0, 0, 2)))
            return row
        row.add_column(no_wrap=True, style=GREY)
        row.add_column(no_wrap=True, width=self._head_width)
        row.add_column(overflow="fold")
        row.add_row(f"{now:%H:%M:%S}", Text(line.head, style), told)
        if line.text:
            row.add_row("", "", text)
        return row


def _today() -> date:
    return datetime.now().astimezone().date()
