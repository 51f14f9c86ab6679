"""Plain text: counted as Telegram does, cut to a size, and as the few words that are shown of it.

Telegram counts in UTF-16 units: a text's length, and where an entity stands. A character outside
the basic plane (most emoji) is two of them. Source:
https://core.telegram.org/api/entities#entity-length
"""

from __future__ import annotations

from bisect import bisect_left

from userbot.types import RichText

MESSAGE_UNITS = 4096
"""Of one message (core.telegram.org/api/config, `message_length_max`)."""
PREVIEW_CHARACTERS = 120


def units(text: str) -> int:
    """Its length."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def offsets(text: str) -> list[int]:
    """Where each character begins, and the text ends."""
    found = [0]
    for character in text:
        found.append(found[-1] + (2 if character > "\uffff" else 1))
    return found


def within(text: str, offset: int, length: int) -> tuple[int, int]:
    """The characters that an entity covers: the first, and the one behind the last."""
    begins = offsets(text)
    end = bisect_left(begins, offset + length)
    return bisect_left(begins, offset), min(end, len(text))


def fitting(text: str, start: int, most: int) -> int:
    """The end of what begins at the character `start` and takes at most so many units."""
    end = min(len(text), start + most)
    over = units(text[start:end]) - most
    while over > 0:
        end -= 1
        over -= 2 if text[end] > "\uffff" else 1
    return end


def paired(text: str) -> str:
    """Without lone surrogates, which nobody can keep or send; pairs become one character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def cut(text: str, longest: int) -> str:
    """At most so many characters, an ellipsis for what is left out."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def shortened(text: str, longest: int) -> str:
    """The same on one line."""
    return cut(" ".join(text[: longest * 4].split()), longest)


def preview(text: str) -> str:
    """The first words of a text, as much as the console may show of it."""
    return shortened(text, PREVIEW_CHARACTERS)


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
