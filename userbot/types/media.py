"""What is heard and seen: recordings, spoken words, pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What a message carries to be listened to: a voice note, or anything else with sound.

    Everything but `size` is the sender's word for it and may be wrong or missing.
    """

    kind: str
    """"voice", "video_note" (the round ones), "audio", "video" or "document"."""
    size: int
    """Bytes."""
    seconds: float = 0.0
    """0 if the message does not say."""
    mime: str = ""
    file_name: str = ""
    waveform: bytes = b""
    """Loudness over time, 100 values from 0 to 31; empty if the message has none."""
    sealed: str = ""
    """Why it is never touched ("view_once", "protected"), if it is not."""

    @property
    def spoken(self) -> bool:
        """Whether it was made to speak to somebody, as a song or a film was not."""
        return self.kind in ("voice", "video_note")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on its way to the model, of that message; `mime` as its own bytes tell."""

    message: int
    data: bytes = field(repr=False)
    mime: str
    needed: bool = False
    """Without it the question cannot be answered: it is all that there is of a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file of a message that may be read; its name and size are its sender's word."""

    message: int
    person: int
    """Whose message that is, 0 if nobody knows."""
    writer: str
    """How that one is called."""
    name: str
    size: int
    """Bytes."""
    at: datetime
    """When it was sent."""
    expires_at: datetime | None = None
    """When the chat deletes the message by itself, where it does."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says; a slide, a sheet, or a page's worth of what has none."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class DocumentText:
    """What was read of a document.

    `kind`: "pdf", "docx", …, "" for `UNREAD`. `count`: how many pages it has, 0 if it has none of
    its own.
    `pictures`: its first pages as they look, where it has no words. `cut`: it has more than was
    read.
    """

    kind: str
    count: int
    pages: tuple[Page, ...]
    pictures: tuple[Picture, ...] = ()
    cut: bool = False


UNREAD = DocumentText("", 0, ())
"""Of a document of a kind that nothing is read of: no more than its name is known."""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document of a message in that chat, and what it says."""

    chat: int
    document: Document
    text: DocumentText


class Loudness(Enum):
    """How loud the loudest of a recording is."""

    SILENT = "silent"
    QUIET = "quiet"
    LOUD = "loud"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its usual ending and type, and ffmpeg's name for it."""

    ending: str
    mime: str
    demuxer: str
    taken: bool = True
    """Whether every transcription endpoint takes it as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Audio in memory, on its way to be transcribed; the name's ending tells the format."""

    data: bytes = field(repr=False)
    file_name: str
    mime: str
    seconds: float
    """As far as it is known, else 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What helps a transcription: a language (ISO 639-1) and words that may occur."""

    language: str | None = None
    prompt: str | None = None


TELEGRAM = "telegram"
"""Who has transcribed what no model of an endpoint has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was spoken; `seconds` of audio were paid for. `model`: an endpoint's, or `TELEGRAM`."""

    text: str
    model: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Spoken words as a voice note: Ogg with Opus; the waveform as in `Voice`."""

    data: bytes = field(repr=False)
    seconds: float
    waveform: bytes
