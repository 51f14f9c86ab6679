"""What the answer of a turn cites; one that an earlier run has paid for has its links already."""

from __future__ import annotations

from userbot.rules import citations
from userbot.rules.prompt import without_citations
from userbot.turn.turn import Turn
from userbot.types import Source


def shown_text(turn: Turn, text: str, *, unfinished: bool = False) -> str:
    """The model's words with what they cite as links."""
    if not _may_cite(turn):
        return text
    return citations.cited(text, turn.sources, unfinished=unfinished)


def spoken_text(turn: Turn, text: str) -> str:
    """The model's words as they are read aloud."""
    return citations.silent(text, turn.sources) if _may_cite(turn) else without_citations(text)


def sources_told(turn: Turn, text: str) -> list[str]:
    """What is cited in the model's words, each in Markdown."""
    return citations.listed(text, turn.sources) if _may_cite(turn) else []


def sources_of(turn: Turn, text: str) -> tuple[Source, ...]:
    """What is cited in the model's words."""
    return tuple(citations.sources_of(text, turn.sources)) if _may_cite(turn) else ()


def _may_cite(turn: Turn) -> bool:
    material = turn.material
    if turn.request is None or material is None:
        return False
    return material.scope is not None or material.said is not None
