"""Text of other people, made harmless for a terminal."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

_JOINERS = "\u200c\u200d"
"""Format characters that real words and emoji are made with."""
_encode = json.JSONEncoder(ensure_ascii=False).encode
"""Made once: `json.dumps` makes an encoder a call unless all is left at its defaults."""


def json_text(row: Mapping[str, Any]) -> str:
    """A row as JSON on one line; what could steer a terminal is escaped, as JSON allows."""
    text = _encode(row)
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        json.dumps(character)[1:-1] if unicodedata.category(character)[0] == "C" else character
        for character in text
    )


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
