"""Which ``*`` and ``~~`` of a paragraph format it, as their author means them.

CommonMark lets a mark open or close by the white space and punctuation around it. That makes
markup of arithmetic (``3*4*5``, ``2**3``), pointers and regular expressions, and none of
``**Note:**text`` or of languages without spaces (``**「A」**な``). So pairs are found here, and the
parser is made to agree: a mark without a partner is set aside as text, and beside one that the
parser would refuse an empty mark is put, which it takes for a letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from userbot.rules.plain import balanced

Will = Literal["no", "perhaps", "yes"]
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
"""Scripts that put no space between words, and their punctuation."""
_OPENING = frozenset("([{<«“‘„「『（【《〈¿¡")
_CLOSING = frozenset(".,;:!?)]}>»”’」』）】》〉、。，！？：；…")
_AROUND = frozenset("\"'_~|-—–/")
_CODE = re.compile(r"[=;{}\\]|\.\*")
_FAR = 1_000
"""Characters between two marks of which one is doubtful."""
_SPACE_WITHIN = re.compile(r"\s")


@dataclass(slots=True)
class Run:
    """Marks of one kind in a row, and what they may do where they stand."""

    start: int
    end: int
    mark: str
    opens: Will
    closes: Will
    left: int
    opened: bool = False
    closed: bool = False

    @property
    def length(self) -> int:
        return self.end - self.start


def run_at(text: str, start: int, end: int) -> Run | None:
    """The marks from there to there; None where white space on both sides makes them no markup."""
    before = text[start - 1] if start else " "
    behind = text[end] if end < len(text) else " "
    if before.isspace() and behind.isspace():
        return None
    opens, closes = _abilities(text, start, end, before, behind)
    return Run(start, end, text[start], opens, closes, end - start)


def _abilities(text: str, start: int, end: int, before: str, behind: str) -> tuple[Will, Will]:
    single = end - start == 1
    if before.isspace() or behind.isspace():
        return ("yes", "no") if before.isspace() else ("no", "yes")
    unspaced = UNSPACED.match(before) or UNSPACED.match(behind)
    if before.isalnum() and behind.isalnum() and not unspaced:
        return _within_word(text, start, end, single=single)
    if before in _OPENING:
        return ("no" if behind in _CLOSING else "yes"), "no"
    if behind in _CLOSING:
        return "no", "yes"
    if single and not unspaced:
        # Products, pointers and regular expressions look like this more often than emphasis.
        if before == behind and before in "\"'":
            return "no", "no"
        after_sentence = before in ":.!?…" and behind.isalpha()
        return (
            "yes" if before in _AROUND else "no",
            "perhaps" if after_sentence or behind in _AROUND else "no",
        )
    return "perhaps", "perhaps"


def _within_word(text: str, start: int, end: int, *, single: bool) -> tuple[Will, Will]:
    before, behind = text[start - 1], text[end]
    if single:
        return "no", ("no" if before.isascii() or behind.isascii() else "perhaps")
    alone = start < 2 or not text[start - 2].isalnum()
    if before.isdigit() or (alone and before.isascii()):
        return "no", "perhaps"
    return ("no" if behind.isdigit() else "perhaps"), "perhaps"


def pair(text: str, runs: list[Run]) -> None:
    """Find for each run what it opens or closes; `left` says how many of its marks have none."""
    waiting: list[Run] = []
    for run in runs:
        if run.length > 3 or (run.mark == "~" and run.length != 2):
            continue
        if run.closes != "no":
            _close(text, run, waiting)
        if run.left == run.length and run.opens != "no":
            waiting.append(run)


def _close(text: str, run: Run, waiting: list[Run]) -> None:
    at = len(waiting) - 1
    while at >= 0 and run.left:
        opener = waiting[at]
        used = 2 if opener.left >= 2 and run.left >= 2 else 1
        if (
            opener.mark == run.mark
            and (used == 2 or {opener.left, run.left} != {1, 2})
            and _match(text, opener, run)
        ):
            opener.left -= used
            run.left -= used
            opener.opened = run.closed = True
            del waiting[at + 1 :]
            if not opener.left:
                waiting.pop()
                at -= 1
        else:
            at -= 1


def _match(text: str, opener: Run, closer: Run) -> bool:
    doubts = [opener.opens, closer.closes].count("perhaps")
    if not doubts:
        return True
    if closer.start - opener.end > _FAR:
        return False
    within = text[opener.end : closer.start]
    doubtful = closer.closes == "perhaps" and opener.mark == "*" and closer.length == 1
    if doubtful and (not balanced(within) or _CODE.search(within)):
        return False
    if closer.closes == "perhaps" and _joins_word(text, closer):
        # "**bold**text" as one word has its marks around a word; "a**b and c**d" is arithmetic.
        spaced = _SPACE_WITHIN.search(within)
        return not spaced or (
            opener.opens == "yes" and closer.length > 1 and not _digit(text, closer)
        )
    return True


def _joins_word(text: str, run: Run) -> bool:
    before, behind = text[run.start - 1], text[run.end]
    return before.isalnum() and behind.isalnum() and not UNSPACED.match(before)


def _digit(text: str, run: Run) -> bool:
    return text[run.start - 1].isdigit() or text[run.end].isdigit()
