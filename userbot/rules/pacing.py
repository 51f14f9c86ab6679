"""When an answer that is still being written is shown: the first text, then edits.

Every text of an unfinished answer is a preview, the first one included. The finished text is not
counted: it always arrives, whatever became of the previews.

Edits count against the same limits as messages. 500 ms between edits are reported to provoke
FLOOD_WAIT; what others ended on is 1.5 s and growing. Hence `edit_seconds`, and the growth.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

FIRST_SECONDS = 0.5
"""After the first piece of an answer, its text is shown even if no sentence has ended."""
SENTENCE_CHARACTERS = 80
"""So much text is a sentence's worth, whether it has ended or not."""
_SHORTEST_SENTENCE = 12
"""A "Yes." or a "1." alone is not yet worth a message."""
GROWTH = 1.2
"""Each gap between two edits is so many times the one before …"""
WIDEST = 5.0
"""… until it is so many times the first."""

_ENDED = re.compile(r"[.!?…؟।۔][\"'»”’)\]*_`]*(?=\s)|[。！？]|\n\s*\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How one answer has been shown so far. Times are seconds of a clock that never goes back."""

    edit_seconds: float
    max_previews: int
    began: float | None = None
    """When the first piece came."""
    tried: float | None = None
    """When the last preview was shown, or could not be."""
    previews: int = 0
    over: bool = False
    """Telegram asked for a pause: nothing but the end is shown."""


def due(pace: Pace, text: str, now: float) -> float | None:
    """Seconds until the next preview may leave, 0 if at once, None if there will be none.

    `text`: the answer so far. Infinite before its first piece.
    """
    if pace.over or pace.previews >= pace.max_previews:
        return None
    if pace.began is None:
        return math.inf
    if pace.tried is None:
        return 0.0 if sentences_worth(text) else max(0.0, pace.began + FIRST_SECONDS - now)
    return _until(pace, gap(pace), now)


def end_due(pace: Pace, now: float) -> float:
    """Seconds until the finished text may replace an edit: the least gap, not the grown one.

    The first text is no edit; an end that follows it closely replaces it at once.
    """
    return 0.0 if pace.previews < 2 else _until(pace, pace.edit_seconds, now)


def gap(pace: Pace) -> float:
    """Seconds between the last preview and the next."""
    return pace.edit_seconds * min(GROWTH ** max(0, pace.previews - 1), WIDEST)


def began(pace: Pace, now: float) -> Pace:
    """The first piece has come."""
    return replace(pace, began=now) if pace.began is None else pace


def shown(pace: Pace, now: float) -> Pace:
    """A preview stands in Telegram."""
    return replace(pace, previews=pace.previews + 1, tried=now)


def put_off(pace: Pace, now: float) -> Pace:
    """A preview could not leave: the next is tried after the same gap."""
    return replace(pace, tried=now)


def ended(pace: Pace) -> Pace:
    """No further previews of this answer."""
    return replace(pace, over=True)


def sentences_worth(text: str) -> bool:
    """Whether a reader has something to read: a whole sentence or line, or much of one."""
    said = text.lstrip()
    return len(said) >= SENTENCE_CHARACTERS or _ENDED.search(said, _SHORTEST_SENTENCE) is not None


def _until(pace: Pace, seconds: float, now: float) -> float:
    return 0.0 if pace.tried is None else max(0.0, pace.tried + seconds - now)
