"""UTF-16 units, in which Telegram counts texts: their length, and where an entity stands.

A character outside the basic plane (most emoji) is two of them. Source:
https://core.telegram.org/api/entities#entity-length
"""

from __future__ import annotations

from bisect import bisect_left

MESSAGE_UNITS = 4096
"""Of one message (core.telegram.org/api/config, `message_length_max`)."""


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
