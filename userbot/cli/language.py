"""What commands say, and in which language: the config's once that is read, until then the
system's.

Everything is written in English where it arises, and translated here, where it is printed. JSON
is never translated. What is no data goes to standard error, so that a pipe gets rows and nothing
else. This is loaded for `--help`, so it loads little itself.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from typing import Final, TextIO

from userbot.texts import Language, language_of, translated

_asked: str | None = None
_GREEN: Final = "38;5;28"
"""As in `console.colours`."""
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


def plainer(error: UnicodeError) -> tuple[str, int]:
    """For `codecs.register_error`: what cannot be encoded becomes a plainer sign, or a "?"."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    plain = "".join(_PLAINER.get(letter, "?") for letter in letters)
    return plain.encode(error.encoding, "replace").decode(error.encoding), error.end


_HEAD: Final = re.compile(r"[ →]*(?:\d+\. )?")
"""What a line is set in by, with its mark or its number."""


def fitted(text: str, stream: TextIO) -> str:
    """The text as `stream` shows it: in a terminal, lines end between words."""
    if not stream.isatty():
        return text
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except OSError:
        return text
    return "\n".join(
        line
        if len(line) <= width
        else textwrap.fill(
            line,
            max(width, 20),
            subsequent_indent=" " * len(_HEAD.match(line)[0]),  # type: ignore[index]
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.split("\n")
    )


def say(sentence: str) -> None:
    """Say what the command was run for, on standard output."""
    print(fitted(said(sentence), sys.stdout))


def tell(sentence: str = "") -> None:
    """Say something on standard error."""
    show(fitted(said(sentence), sys.stderr))


def tell_below(sentence: str, mark: str = "") -> None:
    """Say something about the line above, set in, perhaps behind a mark."""
    show(fitted(f"  {mark}{said(sentence)}", sys.stderr))


def show(lines: str) -> None:
    """Print what is no sentence of ours, as it is: others' words, something to paste or scan."""
    print(lines, file=sys.stderr, flush=True)


def tell_head(sentence: str) -> None:
    """Say what comes now, on standard error: a step of several."""
    show(_lit(said(sentence), "1"))


def tell_done(sentence: str) -> None:
    """Say on standard error that something worked."""
    told = fitted(said(sentence), sys.stderr)
    show(f"{_lit('✓', _GREEN)} {told}" if sys.stderr.isatty() else told)


def _lit(text: str, style: str) -> str:
    """The text in an ANSI style, where a terminal shows it and colours are wanted."""
    plain = not sys.stderr.isatty() or os.environ.get("NO_COLOR")
    return text if plain else f"\x1b[{style}m{text}\x1b[0m"


def aside(sentence: str, hint: str = "") -> None:
    """Say something and what to do about it, on standard error."""
    tell(sentence)
    if hint:
        tell_below(hint, "→ ")


def _shows(letter: str) -> bool:
    for stream in (sys.stdout, sys.stderr):
        try:
            letter.encode(getattr(stream, "encoding", None) or "utf-8")
        except (UnicodeEncodeError, LookupError):
            return False
    return True
