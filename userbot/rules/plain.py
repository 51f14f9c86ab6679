"""Plain text: as messages of a size, and as the few words that the console shows of it."""

from __future__ import annotations

from userbot.rules.utf16 import MESSAGE_UNITS, fitting, units
from userbot.types import RichText

PREVIEW_CHARACTERS = 120


def preview(text: str) -> str:
    """The first words of a text, as much as the console may show of it."""
    line = " ".join(text[: PREVIEW_CHARACTERS * 2].split())
    return line if len(line) <= PREVIEW_CHARACTERS else line[: PREVIEW_CHARACTERS - 1] + "…"


def messages(text: str) -> tuple[RichText, ...]:
    """The text as messages, cut at the ends of lines where there are any, never in a character."""
    parts: list[str] = []
    part, used = "", 0
    for line in text.splitlines(keepends=True):
        while line:
            size = units(line)
            if used + size <= MESSAGE_UNITS:
                part, used, line = part + line, used + size, ""
            elif part.strip():
                parts.append(part)
                part, used = "", 0
            else:
                fits = fitting(line, 0, MESSAGE_UNITS)
                parts.append(line[:fits])
                part, used, line = "", 0, line[fits:]
    parts.append(part)
    return tuple(RichText(part.strip()) for part in parts if part.strip())


def shortened(text: str, longest: int) -> str:
    """At most so many characters on one line, an ellipsis for what is left out."""
    line = " ".join(text[: longest * 4].split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
