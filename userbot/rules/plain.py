"""Plain text: counted as Telegram does, cut to a size, and as the few words that are shown of it.

Telegram counts in UTF-16 units: a text's length, and where an entity stands. A character outside
the basic plane (most emoji) is two of them. Source:
https://core.telegram.org/api/entities#entity-length
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence

MESSAGE_UNITS = 4096
"""Of one message (core.telegram.org/api/config, `message_length_max`)."""
PREVIEW_CHARACTERS = 120
_JOINERS = frozenset("\u200d\u2060")
_FOLLOWING = frozenset("\u200d\u2060\u0e33\u0eb3\uff9e\uff9f")
_VIRAMA = 9
"""The combining class of what joins two consonants of Indian scripts."""


def units(text: str) -> int:
    """Its length."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def offsets(text: str) -> Sequence[int]:
    """Where each character begins, and the text ends."""
    if text.isascii() or max(text) <= "\uffff":
        return range(len(text) + 1)
    found = [0]
    for character in text:
        found.append(found[-1] + (2 if character > "\uffff" else 1))
    return found


def within(text: str, covered: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The characters that entities cover, of each the first, and the one behind the last.

    `covered`: the offset and length of each, all at once: they are counted from the beginning.
    """
    begins = offsets(text)
    return [
        (bisect_left(begins, offset), min(bisect_left(begins, offset + length), len(text)))
        for offset, length in covered
    ]


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


def whole(text: str, start: int, end: int) -> int:
    """The last place not after `end`, and behind `start`, where no character of a reader is cut.

    Such a character is often several: a flag, a keycap, a family, a letter with its marks. These
    are the rules of Unicode (https://unicode.org/reports/tr29), told by categories instead of
    tables: some that might be parted are not. Where there is no such place, it is `end`.
    """
    at = end
    while at > start and at < len(text) and not _parts(text, start, at):
        at -= 1
    return at if at > start else end


def _parts(text: str, start: int, at: int) -> bool:
    """Whether what a reader takes for one character ends before this place."""
    before, behind = text[at - 1], text[at]
    if behind.isascii() or before == "\n":
        return True
    if before in _JOINERS or behind in _FOLLOWING or _continues(behind):
        return False
    if _is_regional(behind) and _is_regional(before):
        first = at - 1
        while first > start and _is_regional(text[first - 1]):
            first -= 1
        return (at - first) % 2 == 0
    if _is_jamo(before) or "\uac00" <= before <= "\ud7a3":
        return not ("\u1160" <= behind <= "\u11ff" or (before < "\u1160" and _is_hangul(behind)))
    joined = unicodedata.combining(before) == _VIRAMA and unicodedata.category(behind) == "Lo"
    return not joined and not "\u0600" <= before <= "\u0605"


def _continues(character: str) -> bool:
    tone_or_tag = (
        "\U0001f3fb" <= character <= "\U0001f3ff" or "\U000e0020" <= character <= "\U000e007f"
    )
    return tone_or_tag or unicodedata.category(character) in ("Mn", "Me", "Mc")


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_jamo(character: str) -> bool:
    return "\u1100" <= character <= "\u11ff"


def _is_hangul(character: str) -> bool:
    return _is_jamo(character) or "\uac00" <= character <= "\ud7a3"


def balanced(text: str) -> bool:
    """Whether each bracket that is closed was opened, and the other way round; of whatever kind."""
    depth = 0
    for character in text:
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        if depth < 0:
            return False
    return depth == 0


_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Zl", "Zp", "Zs"})
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols to Unicode, and nothing to the eye."""


_NONCHARACTERS = re.compile("[\ufdd0-\ufdef\x00\ufffe\uffff]")


def clean(text: str) -> str:
    """Without what can be neither parsed nor sent: surrogates, noncharacters, returns, controls."""
    lines = paired(text).replace("\r\n", "\n").replace("\r", "\n")
    return _NONCHARACTERS.sub("", without_controls(lines))


def without_controls(text: str) -> str:
    """Without what Telegram may drop or people may be fooled by: C0 and C1 controls but newline
    and tab, line separators, and marks that turn the direction of what follows.

    Joiners and the marks of one direction (U+200E, U+200F) stay: people write with them.
    """
    return _CONTROLS.sub("", text)


def invisible(character: str) -> bool:
    """Whether nobody sees a character by itself: a space, a mark, a control."""
    return character in _BLANKS or unicodedata.category(character) in _UNSEEN


def first_seen(text: str, at: int = 0) -> int:
    """Where the first character is that anybody sees, from there on; the end if none is."""
    while at < len(text) and invisible(text[at]):
        at += 1
    return at


def beginning(text: str) -> str:
    """A text from the first character on that anybody sees: who writes from right to left, or
    pastes, has marks before it. White space alone is left as it is."""
    at = first_seen(text)
    return text[at:] if text[:at].strip() else text


def in_bytes(text: str, most: int) -> str:
    """The beginning of a text in at most so many bytes of UTF-8; no character is cut in two."""
    return text.encode("utf-8", "surrogatepass")[:most].decode("utf-8", "ignore")


def carrying(media: str | None, text: str) -> str:
    """A message's text, after the name of what it carries besides, if it does."""
    return f"[{media}] {text}".rstrip() if media else text


def cut(text: str, longest: int) -> str:
    """At most so many characters, an ellipsis for what is left out."""
    if len(text) <= longest:
        return text
    return text[: whole(text, 0, longest - 1)].rstrip() + "…"


def shortened(text: str, longest: int) -> str:
    """The same on one line."""
    return cut(" ".join(text[: longest * 4].split()), longest)


def preview(text: str) -> str:
    """The first words of a text, as much as the console may show of it."""
    return shortened(text, PREVIEW_CHARACTERS)


def thousands(number: int, language: str) -> str:
    """A number with its thousands apart, as people of that language write it.

    In Russian by a no-break space: older terminals have no narrow one.
    """
    return f"{number:,}".replace(",", "," if language == "en" else "\u00a0")
