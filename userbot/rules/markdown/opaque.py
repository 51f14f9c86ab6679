"""What within a paragraph is not Markdown, or another than the parser would take it for.

- Formulas (``$…$``, ``$$…$$``, ``\\(…\\)``, ``\\[…\\]``): all other ``$`` are money and variables.
- Addresses, paths, globs and identifiers: ``src/**/*.py`` and ``app/__init__.py`` stay as they are.
- Marks that format nothing (`emphasis.py`): ``3*4*5``, ``2**3``, a single ``~``.
- A bar in code within a table, which the parser would take for the end of a cell.

Code is recognised well enough here not to pair a mark within it with one outside; in code that is
not (indented lines), what was set aside becomes what it was.
"""

from __future__ import annotations

import builtins
import re
from bisect import bisect_right
from typing import Protocol

from userbot.rules.markdown.emphasis import Run, pair, run_at
from userbot.rules.markdown.formulas import formula
from userbot.rules.markdown.rich import Rich

_PARAGRAPHS = re.compile(r"(\n[ \t>]*\n)")
_LETTERS = r"A-Za-z0-9_\u00c0-\u058f"
_IN_WORD = rf"{_LETTERS}.*/~@%+:{{}},!?#=&-"
_WITHIN = r"""
      (?P<ticks>`+)
    | (?P<formula>\\[(\[]|\$\$?)
    | (?P<windows>(?<![\w\\])(?:[A-Za-z]:(?!\\\\)|\\(?=\\\w)|%\w+%|\.{1,2})\\(?![(.])[^\s`<>"|]*)
    | (?P<escape>\\[!-/:-@\[-`{-~])
    | (?P<auto><(?:https?://|mailto:)[^\s<>]*>|<[\w.+-]+@[\w.-]+>)
    | (?P<target>\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+"[^"\n]*")?\))
    | (?P<html><(?P<tag>code|kbd|pre)>(?P<code>[^<\n]*)</(?P=tag)>)
    | (?P<address>(?<![A-Za-z0-9])(?:[A-Za-z][A-Za-z0-9+.-]{1,15}://|www\.)
        (?:(?!\]\()[^\s<>"`|\\])*)
    | (?P<mail>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
    | (?P<dunder>(?<![A-Za-z0-9_])(?P<under>_{1,2})(?=[A-Za-z])(?P<name>\w*?[A-Za-z0-9])(?P=under)
        (?![A-Za-z0-9_]))
    | (?P<marks>\*+|~+)
"""
"""What may also stand within a word."""
_TOKEN = re.compile(
    rf"(?P<word>(?<![{_IN_WORD}])(?=[{_IN_WORD}]*[*_~])[{_IN_WORD}]+)|{_WITHIN}", re.X
)
_TOKEN_WITHIN = re.compile(_WITHIN, re.X)
TRIGGERS = re.compile(r"[*_~$\\|]")
"""Text without any of these is as the parser takes it."""
_REGEX = re.compile(r"(?<!\\)\\[A-Za-z0-9]")
_FAR = 100
_TICKS = re.compile(r"`+")
_ENDING = re.compile(r"[.,;:!?'*_~)\]]+$")
_EDGE_BEFORE = re.compile(r"[*_~]+(?=[^\W_])|[,:;!?=&]+")
_EDGE_BEHIND = re.compile(r"(?<=[^\W_])[*_~]+$|[.,:;!?=&]+$|(?<=[.,:;!?])[*~]{2}$")
_GLOB = re.compile(r"(?<!\*)\*(?!\*)[\w*?-]*\.[\w*{]|\*[_-]\w|[\w}]-\*$|\*\.\*")
_PATH = re.compile(r"(?<![:/])/(?!/)|^//")
_GLUED = re.compile(r"\*{2,}(?=[^/,*])(?!\.)|(?<=[^/,=*:])\*{2,}|\*{3,}|\w\*/\*\w")
_NAMES = frozenset(
    name for kind in vars(builtins).values() for name in dir(kind) if name.startswith("__")
)
_MORE_NAMES = re.compile(
    r"__(?:main|file|all|path|slots|future|pycache|version|del|(?:a?enter|a?exit|await|aiter|anext)"
    r"|FILE|LINE|DIR|CLASS|METHOD|FUNCTION|NAMESPACE|COUNTER)__"
)
"""Names between underscores that stand alone in prose; others are bold if not part of code."""


class Marking(Protocol):
    """`SourceText.mark`."""

    def __call__(self, text: str, does: str = "text", kind: str = "") -> str: ...


def set_aside(text: str, mark: Marking, *, unfinished: bool = False) -> str:
    """A text outside of fenced code, with all that was said above replaced by marks.

    `unfinished`: what its last paragraph leaves open is left to whoever closes it.
    """
    pieces = _PARAGRAPHS.split(text)
    last = len(pieces) - 1
    return "".join(
        piece
        if number % 2 or not TRIGGERS.search(piece)
        else _Paragraph(piece, mark, unfinished and number == last).marked()
        for number, piece in enumerate(pieces)
    )


class _Paragraph:
    """One paragraph, read once from its beginning to its end."""

    def __init__(self, text: str, mark: Marking, growing: bool) -> None:
        self._text = text
        self._mark = mark
        self._growing = growing
        self._changes: list[tuple[int, int, str]] = []
        self._runs: list[Run] = []
        self._ticks = _code_spans(text)

    def marked(self) -> str:
        text, at = self._text, 0
        while found := _TOKEN.search(text, at):
            at = self._token(found)
        pair(text, self._runs)
        for run in self._runs:
            self._settle(run)
        return Rich(text).changed(sorted(self._changes)).text

    def _token(self, found: re.Match[str]) -> int:
        """Do what has to be done of a token; gives where to go on."""
        text, (start, end) = self._text, found.span()
        match found.lastgroup if found.lastgroup not in ("tag", "code", "under", "name") else "":
            case "ticks":
                return self._code(start, end)
            case "formula":
                return self._formula(start, end)
            case "escape":
                self._escape(start, end)
            case "windows" | "address" | "mail":
                shown = text[start:end]
                ending = _ENDING.search(shown)
                if ending and not shown.endswith("\\*.*"):
                    end -= _surplus(shown, ending.start())
                self._opaque(start, end)
            case "marks":
                self._marks(start, end)
            case "word":
                return self._word(start, end)
        if found["html"]:
            self._opaque(*found.span("code"))
        elif found["dunder"]:
            if not self._is_identifier(found):
                return start + len(found["under"])
            self._opaque(start, end)
        return end

    def _opaque(self, start: int, end: int) -> None:
        if start < end:
            self._changes.append((start, end, self._mark(self._text[start:end])))

    def _escape(self, start: int, end: int) -> None:
        if _REGEX.search(_around(self._text, start)):
            self._opaque(start, end)  # or its backslash would be lost

    def _code(self, start: int, end: int) -> int:
        closing = self._ticks.get(start)
        if closing is None:
            return end
        for bar in re.finditer(r"(?<!\\)\|", self._text[end:closing]):
            self._opaque(end + bar.start(), end + bar.end())
        return closing + end - start

    def _formula(self, start: int, end: int) -> int:
        found = formula(self._text, start)
        if not found:
            if self._text[start] == "\\":
                self._escape(start, end)
            return end
        what = self._mark(found[0], "formula", found[1].strip())
        self._changes.append((*found.span(), what))
        return found.end()

    def _word(self, start: int, end: int) -> int:
        """A path or a glob is set aside; else the word is read on at what is within it."""
        inner = _opaque_part(self._text[start:end])
        if not inner:
            within = _TOKEN_WITHIN.search(self._text, start)
            return self._token(within) if within and within.start() < end else end
        for found in re.finditer(r"\*+|~+", self._text[start : start + inner[0]]):
            self._marks(start + found.start(), start + found.end())
        self._opaque(start + inner[0], start + inner[1])
        return start + inner[1]

    def _marks(self, start: int, end: int) -> None:
        if self._growing and not self._text[end:].strip():
            return  # there may be more of it
        run = run_at(self._text, start, end)
        if run:
            self._runs.append(run)
        elif self._text[start] == "~":
            self._opaque(start, end)

    def _settle(self, run: Run) -> None:
        text, (start, end) = self._text, (run.start, run.end)
        if run.left == run.length and not (self._growing and run.opens != "no" and run.length <= 3):
            self._opaque(start, end)
            return
        between = start > 0 and end < len(text) and not text[end].isspace()
        if not between or text[start - 1].isspace():
            return
        if not run.closed:
            self._changes.append((end, end, self._mark("")))
        elif not run.opened:
            self._changes.append((start, start, self._mark("")))

    def _is_identifier(self, found: re.Match[str]) -> bool:
        """Whether a name between underscores is a name of code, and not emphasis."""
        text, (start, end) = self._text, found.span("dunder")
        if (
            found["dunder"] in _NAMES
            or _MORE_NAMES.fullmatch(found["dunder"])
            or (len(found["under"]) == 2 and "_" in found["name"])
        ):
            return True
        attached = text[start - 1 : start] in (".", "/", "\\", "$") or (
            re.match(r"[(\[=/\\]|\.\w", text[end:]) is not None
        )
        return found["name"].isascii() and attached


def _code_spans(text: str) -> dict[int, int]:
    """Where the inline code begins, and where the marks that close it do."""
    runs = [found.span() for found in _TICKS.finditer(text)]
    places: dict[int, list[int]] = {}
    for start, end in runs:
        places.setdefault(end - start, []).append(start)
    found: dict[int, int] = {}
    for start, end in runs:
        alike = places[end - start]
        behind = bisect_right(alike, start)
        if behind < len(alike):
            found[start] = alike[behind]
    return found


def _around(text: str, at: int) -> str:
    """The word that this place is in, as far as it is near."""
    before, behind = text[max(0, at - _FAR) : at].split(" "), text[at : at + _FAR].split(None, 1)
    return before[-1] + behind[0]


def _surplus(shown: str, ending: int) -> int:
    """How many characters at the end of an address are the sentence's, or its markup."""
    kept = shown[:ending]
    for character in shown[ending:]:
        if character not in ")]" or kept.count("(") + kept.count("[") <= kept.count(
            ")"
        ) + kept.count("]"):
            break
        kept += character
    return len(shown) - len(kept)


def _opaque_part(word: str) -> tuple[int, int] | None:
    """Where the path or the glob in a word is, without the punctuation and markup around it."""
    start, end = 0, len(word)
    lead = trail = ""
    while start < end and (found := _EDGE_BEFORE.match(word, start)):
        lead += found[0]
        start = found.end()
    while start < end and (behind := _EDGE_BEHIND.search(word, start, end)):
        trail += behind[0]
        end = behind.start()
    core = word[start:end]
    if (word.startswith("**/") and trail.startswith("**")) or (
        word.startswith("**.") and "**" in trail
    ):
        start, core = 2, word[2:end]
    if not re.search(r"[*_~]", core) or "://" in core or "@" in core:
        return None
    opened = lead.strip(",:;!?=&")
    if opened and opened not in trail and core.count(opened) == 1:
        return None  # what was opened is closed within the word
    if _PATH.search(core):
        return None if _GLUED.search(core) else (start, end)
    if "**" not in core and _GLOB.search(core):
        return start, end
    return None
