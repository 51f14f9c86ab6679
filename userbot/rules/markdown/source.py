"""The Markdown before it is parsed: what the parser would swallow or misread is set aside.

What is set aside is replaced by a mark of noncharacters (U+FDD0 …), which no text may contain, and
means something again when the text is walked; inside code it becomes what it was.

- ``<`` that begins something like a tag: the parser would drop HTML, and a model that writes
  ``vector<int>`` means it. Tags that format and are closed do so, others are shown.
- ``[1]: address`` that nothing refers to: the parser would drop it, and it may be a footnote.
- What `opaque.py` finds within paragraphs: formulas, addresses, paths, marks that format nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from userbot.rules.markdown.fences import fenced
from userbot.rules.markdown.opaque import TRIGGERS, set_aside

_FIRST = 0xFDD0
_BASE = 15
_DIGITS = 4
MARK = re.compile("\ufdef([\ufdd0-\ufdde]{4})")

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


@dataclass(frozen=True, slots=True)
class Mark:
    """What was set aside: the text it was, and "open", "close", "break", "formula" or "text".

    `kind`: of the stretch that it opens or closes; the content of a formula.
    """

    was: str
    does: str = "text"
    kind: str = ""


@dataclass(slots=True)
class SourceText:
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


def protected(markdown: str, *, unfinished: bool = False) -> SourceText:
    """A clean Markdown text with all that was said above set aside.

    `unfinished`: there will be more of it, and what is open at its end may still be closed.
    """
    source = SourceText(markdown)
    stretches = [("", markdown)]
    if "```" in markdown or "~~~" in markdown:
        fences = fenced(markdown.split("\n"), unfinished=unfinished)
        stretches = [(fence, "\n".join(lines)) for fence, lines in fences]
    source.text = "\n".join(
        set_aside(text, source.mark, unfinished=unfinished)
        if not fence and TRIGGERS.search(text)
        else text
        for fence, text in stretches
    )
    if "<" in source.text:
        source.text = _without_tags(source.text, source)
    if "]:" in source.text:
        used = {found[1].casefold() for found in _REFERENCE.finditer(markdown)}
        source.text = _DEFINITION.sub(lambda found: _definition(found, used, source), source.text)
    return source


def _without_tags(text: str, source: SourceText) -> str:
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


def _definition(found: re.Match[str], used: set[str], source: SourceText) -> str:
    footnote = found[2].startswith("^")
    refers = found[2].casefold() in used and not footnote
    return found[0] if refers else f"{found[0]}{source.mark('')}"
