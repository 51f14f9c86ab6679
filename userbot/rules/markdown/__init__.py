"""The model's Markdown as Telegram shows it: plain text with entities, in messages of a size.

source → protected (what the parser must not touch) → walked (its events as a rich text)
→ spoilers, inert names, tidy spans → parts of at most 4096 UTF-16 units and 100 entities.
"""

from userbot.rules.markdown.parts import (
    MESSAGE_ENTITIES,
    MOST_CHARACTERS,
    MOST_MESSAGES,
    bounded,
    broken_off,
)
from userbot.rules.markdown.rendering import render
from userbot.rules.plain import MESSAGE_UNITS

__all__ = [
    "MESSAGE_ENTITIES",
    "MESSAGE_UNITS",
    "MOST_CHARACTERS",
    "MOST_MESSAGES",
    "bounded",
    "broken_off",
    "render",
]
