"""The Markdown before it is parsed: what the parser would swallow or misread is set aside.

What is set aside is replaced by a mark of noncharacters (U+FDD0 …), which no text may contain, and
means something again when the text is walked; inside code it becomes what it was.

- ``<`` that begins something like a tag: the parser would drop HTML, and a model that writes
  ``vector<int>`` means it. Tags that format and are closed do so, others are shown.
- ``[1]: address`` that nothing refers to: the parser would drop it, and it may be a footnote.
- ``\\(…\\)`` and ``\\[…\\]``, outside of code, become ``$…$`` and ``$$…$$``, which it knows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyromark

from userbot.rules.plain import paired

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_MATH
)

_FIRST = 0xFDD0
_BASE = 15
_DIGITS = 4
MARK = re.compile("\ufdef([\ufdd0-\ufdde]{4})")
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef\x00\ufffe\uffff]")

_TAG_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "kbd": "code",
    "sup": "sup",
    "sub": "",
    "mark": "",
    "small": "",
    "center": "",
    "details": "",
    "summary": "bold",
}
"""What a tag makes of its text; "": nothing."""

_OPENER = re.compile(r"<(?=[A-Za-z/!?])(?!(?:https?://|mailto:)[^\s<>]*>|[\w.+-]+@[\w.-]+>)")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z-]*)\s*/?>")
_DEFINITION = re.compile(r"^([ \t>]*)\[([^\]\[]+)\](?=:)", re.M)
_REFERENCE = re.compile(r"\[([^\]\[]+)\](?!:)")
_FORMULA = re.compile(r"\\[\[(]")
_FORMULA_ENDS = {"\\[": "\\]", "\\(": "\\)"}


@dataclass(frozen=True, slots=True)
class Mark:
    """What was set aside: the text it was, and "open", "close", "break" or "text"."""

    was: str
    does: str = "text"
    kind: str = ""


@dataclass(slots=True)
class Source:
    """A text for the parser, and what its marks stand for."""

    text: str
    marks: list[Mark] = field(default_factory=list)

    def mark(self, text: str, does: str = "text", kind: str = "") -> str:
        """Set something aside; gives what stands for it."""
        number = len(self.marks)
        if number >= _BASE**_DIGITS:
            return text
        self.marks.append(Mark(text, does, kind))
        digits = ""
        for _ in range(_DIGITS):
            number, digit = divmod(number, _BASE)
            digits += chr(_FIRST + digit)
        return "\ufdef" + digits

    def meaning(self, digits: str) -> Mark:
        """What stands behind the digits of a mark."""
        number = 0
        for digit in reversed(digits):
            number = number * _BASE + ord(digit) - _FIRST
        return self.marks[number] if number < len(self.marks) else Mark("")

    def restored(self, text: str) -> str:
        """A text of the parser with everything back that was set aside."""
        return MARK.sub(lambda found: self.meaning(found[1]).was, text)


def events(text: str) -> Iterator[tuple[Any, Any]]:
    """What the parser makes of a text: events with where they are in its UTF-8 bytes."""
    return pyromark.events_with_range(text, options=_OPTIONS)


def clean(text: str) -> str:
    """Without what can be neither parsed nor sent: lone surrogates, noncharacters, returns."""
    return _NONCHARACTERS.sub("", paired(text).replace("\r\n", "\n").replace("\r", "\n"))


def protected(markdown: str) -> Source:
    """A clean Markdown text with all that was said above set aside."""
    source = Source(markdown)
    if "<" in markdown:
        source.text = _without_tags(markdown, source)
    if "]:" in markdown:
        used = {found[1].casefold() for found in _REFERENCE.finditer(markdown)}
        source.text = _DEFINITION.sub(lambda found: _definition(found, used, source), source.text)
    if "\\(" in markdown or "\\[" in markdown:
        source.text = _with_dollars(source.text)
    return source


def _without_tags(text: str, source: Source) -> str:
    tags = list(_TAG.finditer(text))
    does: dict[int, tuple[str, str]] = {}
    open_tags: list[re.Match[str]] = []
    open_names: Counter[str] = Counter()
    for tag in tags:
        closing, name = tag[1], tag[2].lower()
        if name == "br":
            does[tag.start()] = ("break", "")
        elif name not in _TAG_KINDS:
            continue
        elif not closing:
            open_tags.append(tag)
            open_names[name] += 1
        elif open_names[name]:
            does[tag.start()] = ("close", _TAG_KINDS[name])
            opened = None
            while opened != name:  # what was opened within it and not closed ends with it
                last = open_tags.pop()
                opened = last[2].lower()
                open_names[opened] -= 1
            does[last.start()] = ("open", _TAG_KINDS[name])

    def set_aside(found: re.Match[str]) -> str:
        what = does.get(found.start())
        return source.mark(found[0], *what) if what else source.mark(found[0])

    return re.sub(rf"{_TAG.pattern}|{_OPENER.pattern}", set_aside, text)


def _definition(found: re.Match[str], used: set[str], source: Source) -> str:
    return found[0] if found[2].casefold() in used else f"{found[0]}{source.mark('')}"


def _with_dollars(text: str) -> str:
    data = text.encode()
    code = [(where["start"], where["end"]) for event, where in events(text) if _is_code(event)]
    pieces: list[str] = []
    done = 0
    for start, end in code:
        pieces.append(_in_dollars(data[done:start].decode()))
        pieces.append(data[start:end].decode())
        done = max(done, end)
    pieces.append(_in_dollars(data[done:].decode()))
    return "".join(pieces)


def _is_code(event: Any) -> bool:
    if not isinstance(event, dict):
        return False
    start = event.get("Start")
    return "Code" in event or (isinstance(start, dict) and "CodeBlock" in start)


def _in_dollars(text: str) -> str:
    pieces: list[str] = []
    unending: set[str] = set()
    done = 0
    for found in _FORMULA.finditer(text):
        begins, ends = found[0], _FORMULA_ENDS[found[0]]
        if found.start() < done or begins in unending:
            continue
        end = text.find(ends, found.end() + 1)
        if end < 0:
            unending.add(begins)
            continue
        pieces.append(text[done : found.start()])
        done = end + len(ends)
        content = text[found.end() : end].strip()
        if not content or "$" in content or "\n\n" in content:
            pieces.append(text[found.start() : done])
        else:
            mark = "$$" if begins == "\\[" else "$"
            pieces.append(f"{mark}{content}{mark}")
    return "".join(pieces) + text[done:]
