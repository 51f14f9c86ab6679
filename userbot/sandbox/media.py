"""What a message can carry besides text: a document (voice, audio, video, any file) or a photo.

A document is what its attributes say; voice and round are marks on audio and video
(core.telegram.org/api/files).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from . import tl
from .files import Blob

MediaKind = Literal["voice", "round", "audio", "video", "document", "photo"]

VIEW_ONCE: Final = 0x7FFFFFFF
"""The `ttl_seconds` of what may be looked at once."""
PHOTO_SIZES: Final = {"m": 320, "x": 800, "y": 1280, "w": 2560}
"""The sizes of a photo and the pixels of their longer side, as far as it has so many
(core.telegram.org/api/files#image-thumbnail-types)."""


@dataclass(frozen=True, eq=False, slots=True)
class Media:
    """One document or photo; every message that carries it shows the same."""

    id: int
    kind: MediaKind
    mime: str
    size: int
    """What it claims to be, in bytes; `blob` may be another size."""
    date: int
    attributes: tuple[tl.Tl, ...]
    blob: Blob
    endless: bool = False
    """Its bytes start again where they end: a download never comes to an end by itself."""

    @property
    def data(self) -> bytes:
        """What was uploaded."""
        return self.blob.data

    @property
    def duration(self) -> float | None:
        """Seconds, as whoever sent it has told."""
        seconds = self._told("duration")
        return None if seconds is None else float(seconds)

    @property
    def waveform(self) -> bytes | None:
        """Of a voice note: values of 5 bits, packed."""
        packed = self._told("waveform")
        return bytes(packed) if packed else None

    @property
    def levels(self) -> list[int]:
        """The waveform's values, each 0 to 31."""
        packed = self.waveform or b""
        bits = int.from_bytes(packed, "little")
        return [bits >> at & 31 for at in range(0, len(packed) * 8 // 5 * 5, 5)]

    @property
    def file_name(self) -> str | None:
        return self._text("file_name")

    @property
    def title(self) -> str | None:
        return self._text("title")

    @property
    def performer(self) -> str | None:
        return self._text("performer")

    @property
    def width(self) -> int:
        return self._told("w") or 0

    @property
    def height(self) -> int:
        return self._told("h") or 0

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """A photo's sizes, and the one small copy of a picture that came as a file: in pixels."""
        longest = max(self.width, self.height)
        if not longest:
            return {}
        found: dict[str, tuple[int, int]] = {}
        for letter, pixels in PHOTO_SIZES.items():
            scale = min(1.0, pixels / longest)
            found[letter] = round(self.width * scale), round(self.height * scale)
            if scale == 1.0 or self.kind != "photo":
                break
        return found

    def read(self, offset: int, limit: int) -> bytes:
        """What a download of this part gets. Raises OSError if the file is gone from disk."""
        if not self.endless or not self.blob.size:
            return self.blob.read(offset, limit)
        start = offset % self.blob.size
        data = self.blob.read(start, limit)
        while len(data) < limit:
            data += self.blob.read(0, limit - len(data))
        return data

    def _told(self, name: str) -> Any:
        found = (getattr(attribute, name, None) for attribute in self.attributes)
        return next((value for value in found if value is not None), None)

    def _text(self, name: str) -> str | None:
        value = self._told(name)
        return str(value) if value else None


def kind_of(attributes: Sequence[tl.Tl]) -> MediaKind:
    """What a document with these attributes is."""
    for attribute in attributes:
        if isinstance(attribute, tl.types.DocumentAttributeAudio):
            return "voice" if attribute.voice else "audio"
        if isinstance(attribute, tl.types.DocumentAttributeVideo):
            return "round" if attribute.round_message else "video"
    return "document"


def packed_waveform(levels: Sequence[int]) -> bytes:
    """Values of 0 to 31 as Telegram packs them: 5 bits each, the lowest bit first."""
    bits = sum((level & 31) << (5 * at) for at, level in enumerate(levels))
    return bits.to_bytes((len(levels) * 5 + 7) // 8, "little")
