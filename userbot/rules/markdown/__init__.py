"""The model's Markdown as Telegram shows it: plain text with entities, in messages of a size.

source → protected (what the parser must not touch) → walked (its events as a rich text)
→ spoilers, inert names, tidy spans → parts of at most 4096 UTF-16 units and 100 entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from userbot.rules.inert import Inert, shows_another
from userbot.rules.markdown.emphasis import UNSPACED
from userbot.rules.markdown.parts import (
    MESSAGE_ENTITIES,
    MOST_CHARACTERS,
    MOST_MESSAGES,
    broken_off,
    messages,
    visible,
)
from userbot.rules.markdown.rich import Rich, Span, meets, tidy
from userbot.rules.markdown.source import protected
from userbot.rules.markdown.unfinished import closed
from userbot.rules.markdown.walk import Walker
from userbot.rules.plain import MESSAGE_UNITS, clean
from userbot.types import RichText

__all__ = [
    "MESSAGE_ENTITIES",
    "MESSAGE_UNITS",
    "MOST_CHARACTERS",
    "MOST_MESSAGES",
    "broken_off",
    "plain",
    "render",
]

JOINER = "\u2060"
"""The word joiner, which nobody sees; behind an ``@`` or ``/`` it is no character of a name."""
_CALLS = re.compile(
    r"(?P<address>https?://[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#][^\s<>\"]*)?)"
    r"|(?P<scheme>\b(?:tg|ton|tonsite):)(?=//)"
    r"|(?<![\w/<>])(?P<command>/)(?P<order>\w{1,64})"
    r"|(?<!\w)(?P<at>@)(?P<name>\w{2,})",
    re.I,
)
_WORD = 256
"""Characters beside a link that are read with it, at most."""
_BARS = re.compile(r"\|{2,}|\n\n")


_INERT = Inert()


def render(
    markdown: str,
    asked: str = "",
    *,
    unfinished: bool = False,
    above: str = "",
    first: int = MESSAGE_UNITS,
    inert: Inert | None = _INERT,
    room: int = 0,
) -> tuple[RichText, ...]:
    """Markdown as messages of at most 4096 UTF-16 units and 100 entities each.

    `asked`: what the asker wrote himself; other names than he named are made inert.
    `unfinished`: there will be more of it. Text that would show nothing gives no message.
    `above`: words, not Markdown, that stand over it as a quotation. `first`: so many units have
    room in the first message. `inert`: None where it does not leave as a message. `room`: units
    that stay free in each message.
    """
    text = clean(markdown)
    source = protected(text, unfinished=unfinished)
    if unfinished:
        source.text = closed(source.text)
    walked = _with_spoilers(Walker(source).walk())
    rich = _quieted(_honest(walked), asked)
    if rich.spans:
        rich = tidy(rich)
    if above and visible(rich.text):
        rich = _quoted(above, rich)
    return messages(rich, first, inert, room)


def plain(text: str, *, above: str = "", inert: Inert | None = _INERT) -> tuple[RichText, ...]:
    """A text that is no Markdown as messages, as `render` gives them."""
    rich = Rich(clean(text).rstrip())
    return messages(_quoted(above, rich) if above else rich, inert=inert)


def _quoted(above: str, rich: Rich) -> Rich:
    """Words as a quotation, and a text below them."""
    above = clean(above)
    if not above:
        return rich
    start = len(above) + 2
    below = [span.at(span.start + start, span.end + start) for span in rich.spans]
    return Rich(f"{above}\n\n{rich.text}", [Span("blockquote", 0, len(above)), *below])


def _with_spoilers(rich: Rich) -> Rich:
    """``||hidden||``, which the parser does not know, as spoilers; not in code."""
    if "||" not in rich.text:
        return rich
    code = rich.opaque()
    marks: list[tuple[int, int, str]] = []
    spans = list(rich.spans)
    for start, end in _hidden(rich.text):
        if meets(code, start - 2, start) or meets(code, end, end + 2):
            continue
        marks += ((start - 2, start, ""), (end, end + 2, ""))
        spans.append(Span("spoiler", start, end))
    return Rich(rich.text, spans).changed(marks)


def _hidden(text: str) -> Iterator[tuple[int, int]]:
    """What stands between two ``||`` of one paragraph, each of them right at a word.

    Outside of them no word may go on: ``a||b`` and ``first||' '||last`` are code.
    """
    begin: int | None = None
    for found in _BARS.finditer(text):
        start, end = found.span()
        if found[0] == "\n\n":
            begin = None
            continue
        before, behind = text[start - 1 : start], text[end : end + 1]
        if begin is not None and not before.isspace() and not _goes_on(behind, "(["):
            yield begin, start
            begin, start = None, start + 2
            before = ""
        opens = end - start >= 2 and behind and not behind.isspace() and not _goes_on(before, ")]")
        if begin is None and opens:
            begin = end


def _goes_on(character: str, brackets: str) -> bool:
    """Whether a word or a term of code goes on across a mark beside this character."""
    word = character.isalnum() and not UNSPACED.match(character)
    return word or character in {*"'\"`_$@\\", *brackets}


def _honest(rich: Rich) -> Rich:
    """No link's text shows another address than its own: such a link's address is shown instead."""
    links = sorted((span for span in rich.spans if span.kind == "text_link"), key=lambda s: s.start)
    if not links:
        return rich
    changes: list[tuple[int, int, str]] = []
    dropped: set[Span] = set()
    for link in links:
        assert link.url is not None
        start, end = link.start, link.end
        # What is read as one word may be more than the link, or several links.
        while start and not rich.text[start - 1].isspace() and link.start - start < _WORD:
            start -= 1
        while end < len(rich.text) and not rich.text[end].isspace() and end - link.end < _WORD:
            end += 1
        if shows_another(rich.text[start:end], link.url):
            dropped.add(link)
            changes.append((link.end, link.end, f" ({link.url})"))
    kept = [span for span in rich.spans if span not in dropped]
    return Rich(rich.text, kept).changed(changes)


def _quieted(rich: Rich, asked: str) -> Rich:
    """The text with its names and commands inert, but for code and whom the asker named himself.

    An answer must not call people, command bots or open something in Telegram by itself. A model
    can be talked into writing ``@everyone_here`` or ``/ban``; Telegram would make it a mention, or
    a command for a bot of the group. With the joiner the text reads as it did, and Telegram finds
    none (its clients look for ``@`` or ``/`` followed at once by letters, digits or ``_``).
    """
    calls = [found for found in _CALLS.finditer(rich.text) if not found["address"]]
    if not calls:
        return rich
    code = rich.opaque()
    named = {found[0].lower() for found in re.finditer(r"(?<!\w)@\w+", asked)}
    changes: list[tuple[int, int, str]] = []
    for found in calls:
        if meets(code, found.start(), found.start() + 1):
            continue
        mark = next(name for name in ("scheme", "command", "at") if found[name])
        end = found.end(mark)
        if mark != "at" or found[0].lower() not in named:
            changes.append((end, end, JOINER))
    return rich.changed(changes)
