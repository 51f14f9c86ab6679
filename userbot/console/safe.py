"""Text of other people, made harmless for a terminal."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"
"""Format characters that real words and emoji are made with."""


def printable(text: str) -> str:
    """The text on one line, without anything that could steer a terminal.

    Control characters (escapes among them), bidirectional overrides and lone surrogates go;
    white space of any kind becomes one blank.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = (
        " " if character.isspace() else character
        for character in text
        if character in _JOINERS
        or character.isspace()
        or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    )
    return " ".join("".join(kept).split())
