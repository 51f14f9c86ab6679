"""Markdown in, messages out: the steps, in order."""

from __future__ import annotations

import re

from userbot.messages import RichText
from userbot.rules.markdown.inert import quieted
from userbot.rules.markdown.parts import messages, visible
from userbot.rules.markdown.rich import Rich, Span, tidy
from userbot.rules.markdown.source import clean, events, protected
from userbot.rules.markdown.unfinished import closed
from userbot.rules.markdown.walk import Walker

_SPOILER = re.compile(r"\|\|(?=[^\s|])((?:(?!\n\n).)+?)(?<=[^\s|])\|\|", re.S)


def render(
    markdown: str, asked: str = "", *, unfinished: bool = False, above: str = ""
) -> tuple[RichText, ...]:
    """Markdown as messages of at most 4096 UTF-16 units and 100 entities each.

    `asked`: what the asker wrote; other names and commands than his own are made inert.
    `unfinished`: there will be more of it. Text that would show nothing gives no message.
    `above`: words, not Markdown, that stand over it as a quotation.
    """
    text = clean(markdown)
    source = protected(closed(text) if unfinished else text)
    rich = tidy(quieted(_with_spoilers(Walker(source).walk(events(source.text))), asked))
    return messages(_quoted(above, rich) if above and visible(rich.text) else rich)


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
    marks: list[tuple[int, int, str]] = []
    spans = list(rich.spans)
    for found in _SPOILER.finditer(rich.text):
        edges = ((found.start(), found.start() + 2), (found.end() - 2, found.end()))
        if any(start < last and first < end for first, last in edges for start, end in opaque):
            continue
        marks += ((first, last, "") for first, last in edges)
        spans.append(Span("spoiler", found.start(1), found.end(1)))
    return Rich(rich.text, spans).changed(marks)
