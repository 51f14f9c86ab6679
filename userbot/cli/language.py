"""The language in which a command speaks: the config's once that is read, until then the system's.

Everything is written in English where it arises, and translated here, where it is printed. JSON
is never translated.
"""

from __future__ import annotations

import sys
from typing import Final

from userbot.texts import Language, _, language_of, translated

_asked: str | None = None
_PLAINER = {
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("–—−·•", "-"),
    "’": "'",
    "…": "...",
    "→": "->",
    "›": ">",
    "❯": ">",
    "≈": "~",
    "×": "x",
    "✓": "+",
    "✗": "x",
    "▶": ">",
    "▌": "|",
    "\u00a0": " ",
    "ё": "е",
    "Ё": "Е",
    **dict(zip("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "-\\|/-\\|/-\\", strict=True)),  # rich's spinner
}
"""Signs that say the same where a terminal does not have ours."""


_KINDS: Final = {
    "saved": _("saved"),
    "private": _("private"),
    "group": _("group"),
    "supergroup": _("supergroup"),
    "channel": _("channel"),
}


def speak(asked: str | None) -> None:
    """From now on in the language that is asked for, None is the system's."""
    global _asked
    _asked = asked


def language() -> Language:
    """The language spoken now; never Russian where its letters cannot be shown."""
    return language_of(_asked) if _shows("я") else "en"


def said(sentence: str) -> str:
    """A sentence or a word of the program's in the language spoken now."""
    return translated(sentence, language())


def titled(title: str, chat: str | int) -> str:
    """How a chat is called: those that only the program has a name for, in that language."""
    from userbot.types import SAVED_TITLE, TERMINAL

    if title == SAVED_TITLE:
        return said(_("Saved Messages"))
    return said(_("Terminal")) if chat == TERMINAL else title


def kind(chat: str) -> str:
    """What kind of chat it is, in that language."""
    return said(_KINDS[chat])


def number(value: int) -> str:
    """A number with its thousands apart, as that language writes it."""
    thousands = f"{value:,}"
    return thousands if language() == "en" else thousands.replace(",", "\u00a0")


def plainer(error: UnicodeError) -> tuple[str, int]:
    """For `codecs.register_error`: what cannot be encoded becomes a plainer sign, or a "?"."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    plain = "".join(_PLAINER.get(letter, "?") for letter in letters)
    return plain.encode(error.encoding, "replace").decode(error.encoding), error.end


def _shows(letter: str) -> bool:
    for stream in (sys.stdout, sys.stderr):
        try:
            letter.encode(getattr(stream, "encoding", None) or "utf-8")
        except (UnicodeEncodeError, LookupError):
            return False
    return True
