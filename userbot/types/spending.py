"""What answers cost."""

from __future__ import annotations

from dataclasses import dataclass

from userbot.types.answers import Usage


@dataclass(frozen=True, slots=True)
class Cost:
    """What answers have cost over a while."""

    answers: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What counts against the limits at one moment: paid, being paid, or bound to be.

    The question at hand is among the requests and in nothing else. Money is in millionths.
    """

    person_requests_last_minute: int
    others_tokens_today: int
    answers_last_hour: int
    person_tokens_today: int = 0
    cost_today: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """What something is expected to cost before it is paid; `cost` in millionths."""

    tokens: int
    cost: int


@dataclass(frozen=True, slots=True)
class Payment:
    """What is about to be paid for a question; money in millionths."""

    kind: str
    """"answer", "audio" (transcribed) or "speech" (spoken)."""
    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    """What the answer may come to."""
    audio_seconds: float = 0.0
    cost: int = 0
    """Of the prompt, or of the audio: this much is certain."""
    answer_cost: int = 0
    """What the answer may cost."""
    id: int = 0
    """Its row, once it is authorized."""
    question: int = 0
    usage: Usage | None = None
    """What the answer came to, from when that is known until it is captured."""
