"""Markdown in, messages out: the steps, in order."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from userbot.rules.markdown.inert import quieted
from userbot.rules.markdown.parts import messages, visible
from userbot.rules.markdown.rich import Rich, Span, tidy
from userbot.rules.markdown.source import clean, events, protected
from userbot.rules.markdown.unfinished import closed
from userbot.rules.markdown.walk import Walker
from userbot.rules.plain import MESSAGE_UNITS
from userbot.types import RichText

_BARS = re.compile(r"\|{2,}|\n\n")


def render(
    markdown: str,
    asked: str = "",
    *,
    unfinished: bool = False,
    above: str = "",
    first: int = MESSAGE_UNITS,
) -> tuple[RichText, ...]:
    """Markdown as messages of at most 4096 UTF-16 units and 100 entities each.

    `asked`: what the asker wrote; other names and commands than his own are made inert.
    `unfinished`: there will be more of it. Text that would show nothing gives no message.
    `above`: words, not Markdown, that stand over it as a quotation. `first`: so many units have
    room in the first message.
    """
    text = clean(markdown)
    source = protected(closed(text) if unfinished else text)
    rich = tidy(quieted(_with_spoilers(Walker(source).walk(events(source.text))), asked))
    return messages(_quoted(above, rich) if above and visible(rich.text) else rich, first)


def _quoted(above: str, rich: Rich) -> Rich:
    """Words as a quotation, and a text below them."""
    start = len(above) + 2
    below = [span.at(span.start + start, span.end + start) for span in rich.spans]
    return Rich(f"{above}\n\n{rich.text}", [Span("blockquote", 0, len(above)), *below])


def _with_spoilers(rich: Rich) -> Rich:
    """``||hidden||``, which the parser does not know, as spoilers; not in code."""
    if "||" not in rich.text:
        return rich
    opaque = rich.opaque()
    begins = [start for start, _ in opaque]

    def in_code(first: int, last: int) -> bool:
        before = bisect_right(begins, last - 1) - 1
        return before >= 0 and opaque[before][1] > first

    marks: list[tuple[int, int, str]] = []
    spans = list(rich.spans)
    for start, end in _hidden(rich.text):
        if in_code(start - 2, start) or in_code(end, end + 2):
            continue
        marks += ((start - 2, start, ""), (end, end + 2, ""))
        spans.append(Span("spoiler", start, end))
    return Rich(rich.text, spans).changed(marks)


def _hidden(text: str) -> Iterator[tuple[int, int]]:
    """What stands between two ``||`` of one paragraph, each of them right at a word."""
    begin: int | None = None
    for found in _BARS.finditer(text):
        start, end = found.span()
        if found[0] == "\n\n":
            begin = None
            continue
        if begin is not None and not text[start - 1].isspace():
            yield begin, start
            begin, start = None, start + 2
        opens = end - start >= 2 and end < len(text) and not text[end].isspace()
        if begin is None and opens:
            begin = end
