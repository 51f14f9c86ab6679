"""What this Telegram hears in voice notes (core.telegram.org/api/transcribe)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from .state import Message

LEVEL = 6
"""Boosts by which a group's members need no Premium (`group_transcribe_level_min`)."""
TRIAL_SECONDS = 300
"""How long a note of a trial may be (`transcribe_audio_trial_duration_max`)."""
WEEK = 7 * 86400


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in a recording, and how it comes out: at once, or after parts that take so many
    seconds each; or never. `told`: by updates, unless those are lost with their connection."""

    text: str
    parts: Sequence[str] = ()
    seconds: float = 0.02
    ends: bool = True
    told: bool = True


@dataclass(slots=True)
class Transcription:
    """One that was begun: its id, and how far it is."""

    number: int
    text: str = ""
    pending: bool = True


@dataclass(slots=True)
class Ears:
    """`trials`: how many recordings a week an account without Premium has transcribed."""

    trials: int = 0
    used: Counter[int] = field(default_factory=Counter)
    known: dict[bytes, Words] = field(default_factory=dict)
    begun: dict[tuple[int, Message], Transcription] = field(default_factory=dict)
    """By who asked, and for what."""

    def learn(self, recording: bytes, words: Words) -> None:
        """From now on this is heard in a recording."""
        self.known[recording] = words

    def words_of(self, recording: bytes) -> Words:
        """What is heard in it."""
        unknown = Words("Telegram understands no word of this recording.")
        return self.known.get(recording, unknown)
