"""The rows of what is being done: an answer under way, a wait, a lost connection."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.text import Text

from userbot.console.colours import BLUE, YELLOW
from userbot.console.describe import Line, printable, whole_seconds
from userbot.console.reasons import REASONS
from userbot.events import (
    Answered,
    Answering,
    Asked,
    Event,
    Failed,
    Heard,
    Ignored,
    Limited,
    Notice,
    Ready,
    Skipped,
    ToolCalled,
    Transcribed,
    Waiting,
)
from userbot.texts import Language, _, n_, p_, translated

MOST = 6
"""Rows at once; of the others it is said how many there are."""
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAME_SECONDS = 0.1
_NEW_SECONDS = 2.0
"""A row that is so young may be of a question that is not queued yet."""
_LEAST_TEXT = 8
"""Columns that are worth showing the end of an answer in."""
_LISTENING, _WAITING = _("listening"), p_("row", "waiting")
_THINKING, _WRITING, _SEARCHING = _("thinking"), _("writing"), _("searching")
_CALLING = _("using a tool")
_AWAITING, _SENDING = _("waiting for your yes"), _("sending")
_SAYS_WHAT = (_SEARCHING, _CALLING, _AWAITING)
"""Behind these stands what it is about, not the end of what is written."""
_SEEN_SECONDS = 1.0
"""How long it has to be shown what a key is for, before it does anything."""

Key = tuple[int | None, int | str | None]
"""A chat and a message; or, of what is no question's, a chat and the reason."""


@dataclass(slots=True)
class Row:
    """What is being done, since when; `until`: when a wait is over, if anybody knows."""

    where: str
    doing: str
    since: float
    detail: str = ""
    until: float | None = None
    written: str = ""
    approval: int = 0
    """The number of what waits for the owner's yes."""
    cut: bool = False
    """That is a call, of which not all is shown."""


@dataclass(slots=True)
class UnderWay:
    """All that is being done, by what happened so far. Times are of the monotonic clock."""

    language: Language
    rows: dict[Key, Row] = field(default_factory=dict)
    paused: bool = False
    """Nothing new is begun."""
    _chosen: int = 0
    """The approval that a key is for, since when."""
    _chosen_at: float = 0.0

    def takes(self, event: Event, line: Line) -> bool:
        """Note what happened. Whether that is a row for now, and nothing for the log."""
        key: Key = (event.chat, event.message)
        match event:
            case Heard():
                self._does(key, line, _LISTENING if event.voice else _WAITING)
            case Transcribed():
                self._does(key, line, _THINKING)
            case Answering():
                self._does(key, line, _THINKING)
                return True
            case ToolCalled(count=None, outcome=None):
                doing = _SEARCHING if event.server is None else _CALLING
                self._does(key, line, doing, line.what)
                return True
            case ToolCalled():
                self._does(key, line, _THINKING)
            case Asked():
                self._does(key, line, _AWAITING, printable(event.text))
                self.rows[key].approval = event.approval
                self.rows[key].cut = event.kind == "call" and event.text.endswith("…")
            case Notice(reason="word_yes" | "word_text" | "word_again"):
                self._does(key, line, _SENDING)
            case Waiting():
                return self._waits(event, line)
            case Answered() | Failed() | Skipped() | Limited() | Ignored():
                self.rows.pop(key, None)
            case Ready() | Notice(reason="reconnected"):
                self.rows.pop((None, "network"), None)
        return False

    def look(self, written: Mapping[tuple[int, int], str] | None) -> None:
        """See how far the answers are; of which nothing is known, those rows go, and past waits.

        None: nobody can tell.
        """
        now = time.monotonic()
        for key, row in list(self.rows.items()):
            if not _asked(key[1]):
                if row.until is not None and now >= row.until:
                    del self.rows[key]
            elif written is not None:
                text = written.get(key)  # type: ignore[arg-type]  # a question's, as was asked
                if text is not None:
                    row.written = text
                elif now - row.since > _NEW_SECONDS:
                    del self.rows[key]

    def lines(self, width: int) -> list[Text]:
        """A line a row, each of at most so many columns."""
        rows = list(self.rows.values())
        shown = [self._line(row, width) for row in rows[-MOST:]]
        if more := len(rows) - len(shown):
            told = n_("and {count} more", "and {count} more", more)
            shown.append(Text(f"  {translated(told, self.language)}", "dim"))
        return shown

    @property
    def awaiting(self) -> int:
        """How many answers wait for the owner's yes."""
        return len(self._waiting())

    def choose_next(self) -> None:
        """Let the keys be for the next of them."""
        waiting = self._waiting()
        if waiting:
            after = waiting.index(self._choose()) + 1
            self._chosen, self._chosen_at = waiting[after % len(waiting)], time.monotonic()

    def chosen(self) -> int | None:
        """The approval that the keys are for, if that was seen for long enough."""
        number = self._choose()
        seen = time.monotonic() - self._chosen_at >= _SEEN_SECONDS
        return number if number and seen else None

    def shows_all_of(self, approval: int) -> bool:
        """Whether all of a call that waits was shown."""
        return not any(row.cut for row in self.rows.values() if row.approval == approval)

    def _waiting(self) -> list[int]:
        return [row.approval for row in self.rows.values() if row.approval]

    def _choose(self) -> int:
        """The chosen one, else the oldest; 0: none waits."""
        waiting = self._waiting()
        if self._chosen not in waiting:
            self._chosen, self._chosen_at = (waiting or [0])[0], time.monotonic()
        return self._chosen

    @property
    def connected(self) -> bool:
        """Whether nothing is known of a lost connection."""
        return (None, "network") not in self.rows

    def _does(self, key: Key, line: Line, doing: str, detail: str = "") -> None:
        row = self.rows.setdefault(key, Row(line.where, doing, time.monotonic()))
        row.where, row.doing, row.detail, row.until = line.where, doing, detail, None
        row.approval = 0

    def _waits(self, event: Waiting, line: Line) -> bool:
        now = time.monotonic()
        is_question = event.chat is not None and event.message is not None
        key: Key = (event.chat, event.message if is_question else event.reason)
        network = key == (None, "network")
        if not is_question and not network and not event.seconds:
            return False  # nobody would know when to take its row away
        # What a chat waits for, its questions wait for.
        waiting = [
            row
            for (chat, one), row in self.rows.items()
            if chat == event.chat and _asked(one) and not row.approval
        ]
        if is_question or network or not waiting:
            waiting = [self.rows.setdefault(key, Row(line.where, _WAITING, now))]
        detail = translated(REASONS.get(event.reason, event.reason), self.language)
        if event.detail and event.reason not in ("flood_wait", "slow_mode"):
            detail = printable(translated(event.detail, self.language))
        for row in waiting:
            row.doing, row.detail = _WAITING, detail
            if network:
                row.since = min(row.since, now - event.seconds)
            else:
                row.until = now + event.seconds if event.seconds else None
        return True

    def _line(self, row: Row, width: int) -> Text:
        now = time.monotonic()
        frame = _FRAMES[int(now / _FRAME_SECONDS) % len(_FRAMES)]
        if row.approval:
            frame = "▸" if row.approval == self._choose() else "·"
        line = Text(no_wrap=True).append(f"{frame} ", BLUE)
        if row.where:
            where = Text(row.where, "bold")
            where.truncate(max(10, width * 2 // 5), overflow="ellipsis")
            line.append_text(where).append("  ")
        left = None if row.until is None else row.until - now
        doing, seconds = row.doing, now - row.since
        if left is not None and left > 0:
            doing, seconds = _WAITING, left
        elif row.written and doing not in _SAYS_WHAT:
            doing = _WRITING
        elif row.until is not None:
            doing = _THINKING
        line.append(translated(doing, self.language), "" if doing == _WRITING else YELLOW)
        line.append(f" {translated(whole_seconds(seconds), self.language)}", "dim")
        room = width - line.cell_len - 2
        pause = _("paused") if self.paused else ""
        waits = row.detail or translated(pause, self.language)
        told = waits if doing in (_WAITING, *_SAYS_WHAT) else ending(row.written, room)
        if told and room >= _LEAST_TEXT:
            line.append("  ").append(told, "dim")
        line.truncate(width, overflow="ellipsis")
        return line


def _asked(of: int | str | None) -> bool:
    """Whether a row is a question's."""
    return isinstance(of, int)


def ending(text: str, width: int) -> str:
    """The end of a text on one line, in at most so many columns."""
    if width < _LEAST_TEXT:
        return ""
    tail = printable(text[-4 * width :])
    if cell_len(tail) <= width and len(text) <= 4 * width:
        return tail
    while tail and cell_len(tail) > width - 1:
        tail = tail[1:]
    return "…" + tail
