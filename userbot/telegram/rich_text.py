"""The words of a message, wherever it keeps them."""

from __future__ import annotations

from typing import Any

from telethon.tl import TLObject, types


def text_of(message: Any) -> str:
    """The text or caption; of a rich message, which has none, its words, a block a line.

    See core.telegram.org/constructor/richMessage: blocks as those of an instant view.
    """
    rich = getattr(message, "rich_message", None)
    text = message.message or ""
    return text or (_words(rich.blocks) if isinstance(rich, types.RichMessage) else "")


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(filter(None, map(_words, value)))
    if not isinstance(value, TLObject):
        return ""  # a number, an address, a language
    if isinstance(value, types.TextConcat):
        return "".join(map(_words, value.texts))
    if isinstance(value, types.PageTableRow):
        return " | ".join(map(_words, value.cells))
    for part in ("text", "source", "alt"):
        words = getattr(value, part, None)
        if isinstance(words, str):
            return words
    if isinstance(value, types.TextDiff):
        return _words(value.text)  # and not what it was before
    return _words(list(vars(value).values()))
