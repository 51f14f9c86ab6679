"""The mark that ends an answer and says that a model wrote it, where the owner wants that told.

It stands in Telegram alone: what is stored, shown of the history and given to a model is without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from userbot.rules.plain import units
from userbot.types import RichText

_BLOCKS = frozenset({"pre", "blockquote", "expandable_blockquote"})
"""What has lines of its own: beside it the mark would be taken for a part of it."""


def room(mark: str) -> int:
    """UTF-16 units that stay free in each message, since any of them may turn out to be the last;
    with a space before the mark, or the end of a line."""
    return units(mark) + 1 if mark else 0


def marked(parts: Sequence[RichText], mark: str) -> tuple[RichText, ...]:
    """An answer's messages, the last of which ends with the mark."""
    if not (parts and mark) or _ends_with(parts[-1].text, mark):
        return tuple(parts)
    *full, last = parts
    end = units(last.text)
    within = any(one.kind in _BLOCKS and one.offset + one.length >= end for one in last.entities)
    behind = "\n" if within else " "
    return (*full, replace(last, text=f"{last.text}{behind}{mark}"))


def first_of(parts: Sequence[RichText], count: int, mark: str) -> tuple[RichText, ...]:
    """So many of an answer's messages; where all of them end with the mark, so do these."""
    ends = bool(parts and mark) and _ends_with(parts[-1].text, mark)
    return marked(parts[:count], mark) if ends else tuple(parts[:count])


def unmarked(text: str, mark: str) -> str:
    """The text of an answer's message without the mark."""
    text = text.rstrip() if mark else text
    return text[: -len(mark) - 1] if _ends_with(text, mark) else text


def _ends_with(text: str, mark: str) -> bool:
    before = text[: -len(mark)] if mark and text.endswith(mark) else ""
    return before[-1:] in (" ", "\n") and bool(before.strip())
