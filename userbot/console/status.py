"""The line at the bottom of the console: what the day was like so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.text import Text

from userbot.console.colours import GREEN, RED, YELLOW
from userbot.console.describe import money
from userbot.texts import Language, _, n_, translated

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_THOUSAND, _MILLION = 1000, 1_000_000


@dataclass(slots=True)
class Today:
    """What today came to so far."""

    answers: int = 0
    tokens: int = 0
    cost: float = 0.0
    failed: int = 0


@dataclass(slots=True)
class Status:
    """What the line says."""

    today: Today = field(default_factory=Today)
    ready: bool = False
    connected: bool = True
    paused: bool = False
    chats: int = 0
    awaiting: int = 0
    """How many answers wait for the owner's yes."""
    seconds: float = 0.0
    """Since the program was ready."""
    in_sandbox: bool = False
    """Its Telegram is one of the sandbox, where somebody writes in a terminal."""

    def line(self, language: Language, width: int) -> Text:
        """It in at most so many columns: what matters least is left out where there is no room."""
        # Until all is ready, nobody has counted.
        today = self.today if self.ready else Today()
        tokens = _("{count} tokens", count=counted(today.tokens)) if today.tokens else ""
        up = _("up {length}", length=lasting(self.seconds)) if self.seconds >= _MINUTE else ""
        failed = n_("{count} failed", "{count} failed", today.failed) if today.failed else ""
        chats = n_("{count} chat", "{count} chats", self.chats)
        waits = n_("{count} waits for your yes", "{count} wait for your yes", self.awaiting)
        # By how long each is kept: the least first.
        answers = n_("today {count} answer", "today {count} answers", today.answers)
        parts: Sequence[tuple[int, str, str]] = (
            (9, self._line(), ""),
            (8, _("paused") if self.paused else "", f"bold {YELLOW}"),
            (8, waits if self.awaiting else "", f"bold {YELLOW}"),
            (2, up, ""),
            (1, chats if self.ready else "", ""),
            (6, answers if self.ready else "", ""),
            (4, tokens, ""),
            (5, money(today.cost) if today.cost else "", ""),
            (7, failed, RED),
        )
        kept = [(rank, translated(text, language), style) for rank, text, style in parts if text]
        while len(kept) > 1 and _length(kept) > width:
            kept.remove(min(kept))
        line = Text(no_wrap=True)
        colour = YELLOW if self.paused or not self.ready else GREEN if self.connected else RED
        line.append("● ", colour)
        for number, (_rank, text, style) in enumerate(kept):
            line.append(" · " if number else "", "dim").append(text, style or "dim")
        line.truncate(width, overflow="ellipsis")
        return line

    def _line(self) -> str:
        if not self.connected:
            return _("no connection")
        return _("connected") if self.ready else _("connecting")


def _length(parts: Sequence[tuple[int, str, str]]) -> int:
    return 2 + sum(cell_len(text) for _rank, text, _style in parts) + 3 * (len(parts) - 1)


def lasting(seconds: float) -> str:
    """A length of time in its largest unit."""
    if seconds < _HOUR:
        return _("{count} min", count=int(seconds // _MINUTE))
    if seconds < 2 * _DAY:
        return _("{count} h", count=int(seconds // _HOUR))
    return _("{count} d", count=int(seconds // _DAY))


def counted(number: int) -> str:
    """A number as short as it can be said: 980, 4.1k, 2.3M."""
    if number < _THOUSAND:
        return str(number)
    if number < _MILLION - 500:
        return _("{thousands:.1f}k", thousands=number / _THOUSAND)
    return _("{millions:.1f}M", millions=number / _MILLION)
