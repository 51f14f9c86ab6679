"""What is handed to whoever transcribes a recording: Telegram, or the endpoint in parts."""

from __future__ import annotations

from dataclasses import dataclass

from userbot.settings import VoiceConfig
from userbot.turn.turn import Turn
from userbot.types import Loudness
from userbot.types import Voice as Recording


@dataclass(frozen=True, slots=True)
class TranscriptionJob:
    """A recording to transcribe: in which message, for which turn, as which settings say.

    `loudness`: as far as its message tells.
    """

    turn: Turn
    message: int
    recording: Recording
    settings: VoiceConfig
    loudness: Loudness

    @property
    def most_seconds(self) -> float:
        """How long it may be."""
        return self.settings.max_minutes * 60
