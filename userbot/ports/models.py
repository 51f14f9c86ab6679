"""Models behind an OpenAI-compatible endpoint, and what prepares sound for them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from userbot.types import (
    ChatRequest,
    Delta,
    Finish,
    Format,
    Hints,
    Loudness,
    Sound,
    Speech,
    Transcript,
)


class Transcriber(Protocol):
    """Speech to text behind an OpenAI-compatible endpoint."""

    async def transcribe(self, sound: Sound, hints: Hints) -> Transcript:
        """What is spoken. Raises ModelError; asks once."""
        ...


class Speaker(Protocol):
    """Text to speech behind an OpenAI-compatible endpoint."""

    @property
    def model(self) -> str: ...

    async def speak(self, text: str) -> Speech:
        """The text, spoken; at most 4096 characters. Raises ModelError."""
        ...


class Workplace(Protocol):
    """A private folder for one recording, which is gone afterwards."""

    source: Path
    """Where the recording is to be put."""

    async def read(self, form: Format) -> float:
        """Decode what was put there; gives its seconds. Raises AudioError if it is damaged."""
        ...

    async def loudness(self) -> Loudness:
        """How loud the loudest of it is, after `read`."""
        ...

    def parts(self) -> AsyncGenerator[tuple[Sound, Loudness], None]:
        """What was read, in sounds that every endpoint takes, cut where nobody speaks."""
        ...


class Audio(Protocol):
    """Makes other formats, or less, of a recording."""

    async def usable(self) -> bool:
        """Whether what it needs is installed."""
        ...

    def workplace(self, max_seconds: float) -> AbstractAsyncContextManager[Workplace]:
        """A place for one recording, of which a little more than that is read at most."""
        ...


class ChatModel(Protocol):
    """A model behind an OpenAI-compatible endpoint."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta | Finish, None]:
        """The answer in pieces, then one Finish. Raises ModelError."""
        ...
