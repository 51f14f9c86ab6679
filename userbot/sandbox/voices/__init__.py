"""Recordings of speech whose words are known: synthetic voices, a few seconds each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class KnownRecording:
    """A voice note as Telegram's apps record them: mono Opus in Ogg."""

    name: str
    words: str

    @property
    def path(self) -> Path:
        return Path(__file__).parent / f"{self.name}.ogg"

    @property
    def data(self) -> bytes:
        return self.path.read_bytes()

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


ENGLISH: Final = KnownRecording(
    "voice_en", "What time does the last train to Berlin leave tomorrow evening?"
)
RUSSIAN: Final = KnownRecording(
    "voice_ru", "Сегодня вечером мы встречаемся у большого театра в семь часов."
)
VOICES: Final = {voice.name: voice for voice in (ENGLISH, RUSSIAN)}
