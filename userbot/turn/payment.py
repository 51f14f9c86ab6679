"""What is being paid for a question: authorized, then captured or voided."""

from __future__ import annotations

from dataclasses import dataclass

from userbot.rules import limits
from userbot.types import Expected, Usage


@dataclass(slots=True)
class Payment:
    """What is being paid: its estimate, and what it came to once that is known."""

    kind: str
    """"answer", "audio" (transcribed) or "speech" (spoken)."""
    model: str
    expected: Expected
    """What is judged before it is paid."""
    usage: Usage | None = None
    audio_seconds: float = 0.0
    answer: Expected = limits.NOTHING
    """What the answer may cost besides, as long as answers become."""
    known: bool = False
    """What it came to is known: it is only to be captured."""
