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
    """What counts against the limits at one moment: spent, or reserved for open questions.

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
class Owed:
    """What is being paid for a question while nobody has counted it: it outlives a crash."""

    kind: str
    """"answer", "audio" (listened to) or "speech" (spoken)."""
    model: str
    usage: Usage | None = None
    audio_seconds: float = 0.0
