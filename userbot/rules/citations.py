"""What an answer cites: the numbers that a model writes become links to the messages it has read.

Rule 1: only what was read can be cited; any other number goes, with its brackets.
Rule 2: numbers count in the order in which they appear, whatever the model called them.
Rule 3: where a message has no link, its writer and its day stand there instead.
Rule 4: code stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from userbot.rules.above_answer import escaped
from userbot.rules.markdown.fences import fenced
from userbot.rules.prompt import speaker
from userbot.types import Source

_DIGITS: Final = 3
"""Of a number, unless more was read: a year in brackets is none."""
_HALF: Final = re.compile(
    r"[ \t]*(?:\\?\[\\?\[?|[［【])[#^]?[\d,;\s–—-]{0,40}(?:†[^【】\n]{0,40}|\]{1,2}\([^()\s]*|\])?$"
)
"""The end of a text that may still become a citation, or a link of one; …"""
_LONGEST_HALF: Final = 200
"""… it is looked for in so many characters."""
_CODE: Final = re.compile(r"(?<!`)(`+)(?!`)(?:(?!\n[ \t]*\n).){0,2000}?(?<!`)\1(?!`)", re.S)
_NUMBER: Final = re.compile(r"(\d+)(?:\s?[–—-]\s?[#^]?(\d+))?")
_WIDEST: Final = 9
"""Of numbers from one to another: what is wider is no citation."""
_TERM: Final = re.compile(r"[A-Za-z0-9_)\]]$")
_DATES: Final = "%Y-%m-%d"
_RUSSIAN_DATES: Final = "%d.%m.%Y"


def cited(text: str, sources: Sequence[Source], *, unfinished: bool = False) -> str:
    """A model's Markdown with its citations as links.

    `sources`: what was read, the first of them is [1]. `unfinished`: there will be more of it.
    Of what was read nothing, ``a[1]`` and a link of the model's own are no citations.
    """
    return _Citing(sources, _dates(text)).over(text, unfinished=unfinished)


def sources_of(text: str, sources: Sequence[Source]) -> list[Source]:
    """The messages that a model's text cites, in the order in which it does."""
    citing = _Citing(sources)
    citing.over(text)
    return [sources[number - 1] for number in citing.order]


def silent(text: str, sources: Sequence[Source]) -> str:
    """A model's Markdown without its citations, as it is read aloud."""
    return _Citing(sources, shown=False).over(text)


def listed(text: str, sources: Sequence[Source]) -> list[str]:
    """What a model's text cites, each in Markdown, numbered as `cited` numbers it."""
    dates = _dates(text)
    return [
        f"{_link(number, one)} {_who(one, dates)}".lstrip()
        for number, one in enumerate(sources_of(text, sources), 1)
    ]


@lru_cache(maxsize=4)
def _forms(digits: int) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Citations by numbers of so many digits: in a row with the space before, and each alone."""
    number = rf"[#^]?\d{{1,{digits}}}"
    numbers = rf"{number}(?:\s?[,;–—-]\s?{number})*"
    brackets = (
        rf"(?:\[\\?\[{numbers}\\?\]\]\([^()\s]*\)"  # [[1]](address), as it is made here
        rf"|\\?[\[［] ?{numbers} ?\\?[\]］](?:\([^()\s]*:[^()\s]*\))?"  # [1], [^1], [1, 2], [1](…)
        rf"|【{numbers}(?:†[^【】\n]*)?】)"
    )
    # From the first space on, and no less than all of them: a model may write thousands.
    space = r"(?<![ \t\u00a0\u202f])(?P<space>[ \t\u00a0\u202f]*+)"
    run = rf"{space}(?P<run>{brackets}(?:[ ]?{brackets})*)"
    return re.compile(run), re.compile(brackets)


@dataclass(slots=True)
class _Citing:
    """One text's citations. `order`: the number that each of the model's numbers was given."""

    sources: Sequence[Source]
    dates: str = _DATES
    shown: bool = True
    order: dict[int, int] = field(default_factory=dict)

    @property
    def _forms(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return _forms(max(_DIGITS, len(str(len(self.sources)))))

    def over(self, text: str, *, unfinished: bool = False) -> str:
        lines = text.split("\n")
        pieces: list[str] = []
        begin = 0
        for fence, block in fenced(lines, unfinished=unfinished):
            stretch = "\n".join(lines[begin : begin + len(block)])
            begin += len(block)
            if not fence and unfinished and begin == len(lines):
                stretch = stretch[:-_LONGEST_HALF] + _HALF.sub("", stretch[-_LONGEST_HALF:])
            pieces.append(stretch if fence else self._prose(stretch))
        return "\n".join(pieces)

    def _prose(self, text: str) -> str:
        pieces: list[str] = []
        at, (run, _bracket) = 0, self._forms
        for code in _CODE.finditer(text):
            pieces += (run.sub(self._run, text[at : code.start()]), code[0])
            at = code.end()
        return "".join([*pieces, run.sub(self._run, text[at:])])

    def _run(self, found: re.Match[str]) -> str:
        """What stands instead of citations that follow each other."""
        run = found["run"]
        if not self.sources and ("(" in run or _is_term(found)):
            return found[0]
        numbers = list(dict.fromkeys(self._read(run)))
        for number in numbers:
            self.order.setdefault(number, len(self.order) + 1)
        if not self.shown or not numbers:
            return _left(found)
        cites = [(self.order[number], self.sources[number - 1]) for number in numbers]
        links = "".join(_link(number, one) for number, one in cites)
        named = "; ".join(_who(one, self.dates) for _number, one in cites if not one.link)
        space = found["space"] if links else ""
        return f"{space}{links}" + (f" ({named})" if named else "")

    def _read(self, run: str) -> Iterator[int]:
        """The numbers of what was read."""
        for bracket in self._forms[1].finditer(run):
            inner = bracket[0].partition("](")[0].partition("†")[0]
            for one in _NUMBER.finditer(inner):
                first, last = int(one[1]), int(one[2] or one[1])
                if not 0 <= last - first <= _WIDEST:
                    continue
                for number in range(max(first, 1), min(last, len(self.sources)) + 1):
                    if self.sources[number - 1].message:
                        yield number


def _is_term(found: re.Match[str]) -> bool:
    """Whether what stands in brackets belongs to the word before it, as in ``a[1]``."""
    before = found.string[max(0, found.start("run") - 1) : found.start("run")]
    return _TERM.search(before) is not None


def _left(found: re.Match[str]) -> str:
    """What stays where a citation went: a line's own beginning, and what parts two words."""
    start, end = found.span()
    text = found.string
    begins_line = start == 0 or text[start - 1] == "\n"
    if begins_line:
        return found["space"]
    return " " if text[end : end + 1].isalnum() else ""


def _link(number: int, source: Source) -> str:
    return f"[[{number}]]({source.link})" if source.link else ""


def _who(source: Source, dates: str) -> str:
    return f"{escaped(speaker(source.name))}, {source.at.strftime(dates)}"


def _dates(text: str) -> str:
    """How days are written by those who speak the language of a text."""
    return _RUSSIAN_DATES if re.search("[а-яё]", text, re.IGNORECASE) else _DATES
