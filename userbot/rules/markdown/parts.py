"""A rich text as messages: cut where it hurts least, counted as Telegram counts.

At paragraphs, else at lines, else between words; inside a word only if it alone is too long, and
then not inside what is one character to a reader. Code that is cut is code in both messages.
"""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from userbot.rules.inert import Inert
from userbot.rules.markdown.rich import OPAQUE, Rich, Span, trimmed
from userbot.rules.plain import MESSAGE_UNITS, first_seen, fitting, offsets, units, whole
from userbot.types import Entity, RichText

MESSAGE_ENTITIES = 100
"""Telegram ignores or refuses what is more (core.telegram.org/api/entities)."""
MOST_MESSAGES = 20
"""Of one answer: as many as the account may write into a group in a minute."""
MOST_CHARACTERS = MOST_MESSAGES * MESSAGE_UNITS
"""Of an answer's Markdown: a model that says more does not stop by itself."""
_ELLIPSIS = " …"
_BLOCKS = frozenset({"pre", "blockquote", "expandable_blockquote"})
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})


def messages(
    rich: Rich, first: int = MESSAGE_UNITS, inert: Inert | None = None, room: int = 0
) -> tuple[RichText, ...]:
    """The messages, none of them without something to see; `first`: units of the first one.

    `inert`: how they are kept so; None where they do not leave. `room`: units that stay free in
    each of them.
    """
    return tuple(map(_message, _parts(rich, first - room, inert, MESSAGE_UNITS - room)))


def broken_off(parts: tuple[RichText, ...], room: int = 0) -> tuple[RichText, ...]:
    """The messages of an answer that will not be finished: the last one ends with an ellipsis."""
    *full, last = parts
    text = last.text
    text = text[: whole(text, 0, fitting(text, 0, MESSAGE_UNITS - len(_ELLIPSIS) - room))]
    length = units(text)
    kept = tuple(
        replace(entity, length=min(entity.length, length - entity.offset))
        for entity in last.entities
        if entity.offset < length
    )
    return (*full, RichText(text + _ELLIPSIS, kept))


def visible(text: str) -> bool:
    """Whether there is anything to see; Telegram refuses a message without."""
    return any(unicodedata.category(character) not in _UNSEEN for character in text)


def _parts(rich: Rich, most: int, inert: Inert | None, each: int) -> Iterator[Rich]:
    code = [span for span in rich.spans if span.kind == "pre"]
    later = deque(sorted(rich.spans, key=lambda span: span.start))
    near: list[Span] = []
    """Those that may touch the next message: a long answer has thousands of others."""
    start, begun = _skip(rich, 0, code), False
    while start < len(rich.text):
        near = [span for span in near if span.end > start]
        word = ""
        if inert is not None and inert.acts(rich.text[start : start + MESSAGE_UNITS]):
            seen = first_seen(rich.text, start)
            near += _begun(later, seen + 1)
            word = _word(near, seen, begun, inert)
        end = fitting(rich.text, start, most - units(word) if word else most)
        near += _begun(later, end)
        end = min(end, _before_too_many(near, start, end))
        if end < len(rich.text):
            end = _cut(rich.text, start, end)
        piece = _piece(rich.text, near, start, end)
        if visible(piece.text):
            begun = True
            yield piece.changed([(0, 0, word)]) if word else piece
        most = each
        start = _skip(rich, end, code)


def _begun(later: deque[Span], before: int) -> Iterator[Span]:
    """Take out those that begin before a place."""
    while later and later[0].start < before:
        yield later.popleft()


def _word(spans: list[Span], seen: int, begun: bool, inert: Inert) -> str:
    """What has to stand before a message that would act; `seen`: what of it is seen first."""
    kinds = {span.kind for span in spans if span.start <= seen < span.end}
    code, block = bool(kinds & OPAQUE), bool(kinds & _BLOCKS)
    return inert.word(code=code, block=block, later=begun)


def _before_too_many(spans: list[Span], start: int, end: int) -> int:
    """Where a message would get one entity too many; `end` if it does not."""
    inside = [span for span in spans if span.start < end and span.end > start]
    if len(inside) <= MESSAGE_ENTITIES:
        return end
    return max(inside[MESSAGE_ENTITIES].start, start + 1)


def _cut(text: str, start: int, end: int) -> int:
    """The best place for a cut not after `end`: in the later half at a paragraph or a line."""
    half = start + (end - start) // 2
    for mark in ("\n\n", "\n"):
        at = text.rfind(mark, half, end + len(mark))
        if at > start:
            return at
    for at in range(end, start, -1):
        if text[at].isspace():
            return at
    return whole(text, start, end)


def _skip(rich: Rich, start: int, code: list[Span]) -> int:
    """Past the white space at a message's beginning, but for the indent of a line of code."""
    text = rich.text
    while start < len(text) and text[start].isspace():
        if text[start] != "\n" and any(span.start <= start < span.end for span in code):
            line = text.find("\n", start)
            if text[start : line if line >= 0 else len(text)].strip():
                return start
        start += 1
    return start


def _piece(text: str, spans: list[Span], start: int, end: int) -> Rich:
    while end > start and text[end - 1].isspace():
        end -= 1
    piece = text[start:end]
    within = (span.at(max(span.start, start) - start, min(span.end, end) - start) for span in spans)
    return Rich(piece, [kept for span in within if (kept := trimmed(span, piece))])


def _message(part: Rich) -> RichText:
    if not part.spans:
        return RichText(part.text)
    at = offsets(part.text)
    entities = [_entity(span, at[span.start], at[span.end]) for span in part.spans]
    entities.sort(key=lambda entity: (entity.offset, -entity.length))
    return RichText(part.text, tuple(entities))


def _entity(span: Span, start: int, end: int) -> Entity:
    return Entity(span.kind, start, end - start, span.url, span.language)
