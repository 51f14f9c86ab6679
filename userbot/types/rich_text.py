"""A text as Telegram shows it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entity:
    """A formatted stretch of a text; offset and length in UTF-16 units, as Telegram counts."""

    kind: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class RichText:
    """A text as Telegram shows it: plain, with entities; never markup inside."""

    text: str
    entities: tuple[Entity, ...] = field(default=())
