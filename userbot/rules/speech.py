"""What of an answer is spoken: its words as they are read aloud, and the caption beside them."""

from __future__ import annotations

from collections.abc import Sequence

from userbot.rules.mark import marked, room
from userbot.rules.plain import units
from userbot.types import RichText

CAPTION_UNITS = 1024
"""UTF-16 units of a caption (core.telegram.org/api/config, `caption_length_max`)."""
SPOKEN_CHARACTERS = 4096
"""What the endpoint takes at once; read aloud it is about five minutes.

https://platform.openai.com/docs/api-reference/audio/createSpeech
"""

CHARACTERS_PER_SECOND = 14
"""How fast words are read aloud, by the same measure."""


def words_of(parts: Sequence[RichText]) -> str | None:
    """What is read aloud of an answer; None if it cannot be: too long, or with code in it."""
    text = "\n\n".join(part.text.strip() for part in parts)
    code = any(entity.kind == "pre" for part in parts for entity in part.entities)
    return None if code or not 0 < len(text) <= SPOKEN_CHARACTERS else text


def seconds_of(words: str) -> float:
    """About how long it takes to read words aloud."""
    return len(words) / CHARACTERS_PER_SECOND


def caption_of(parts: Sequence[RichText], mark: str = "") -> RichText:
    """The answer as a caption with its mark if it is short, else an empty one."""
    if len(parts) == 1 and units(parts[0].text) + room(mark) <= CAPTION_UNITS:
        return marked(parts, mark)[0]
    return RichText("")
