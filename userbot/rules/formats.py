"""What a recording is by its first bytes; labels and names lie, and some are missing.

Only what is known here is ever handed to ffmpeg, and by name: among the formats that ffmpeg
guesses by itself are playlists, which make it open other files and addresses.
"""

from __future__ import annotations

from userbot.types import Format

LOOKED_AT = 64
"""How many first bytes suffice."""

OGG = Format("ogg", "audio/ogg", "ogg")
_MP3 = Format("mp3", "audio/mpeg", "mp3")
_MP4 = Format("mp4", "video/mp4", "mov")
_M4A = Format("m4a", "audio/mp4", "mov")
_MOV = Format("mov", "video/quicktime", "mov", taken=False)
_WEBM = Format("webm", "video/webm", "matroska")
_MKV = Format("mkv", "video/x-matroska", "matroska", taken=False)
_AAC = Format("aac", "audio/aac", "aac", taken=False)

_MAGIC: tuple[tuple[int, bytes, Format], ...] = (
    (0, b"OggS", OGG),
    (0, b"ID3", _MP3),
    (0, b"fLaC", Format("flac", "audio/flac", "flac")),
    (8, b"WAVE", Format("wav", "audio/wav", "wav")),
    (0, b"#!AMR", Format("amr", "audio/amr", "amr", taken=False)),
    (8, b"AVI ", Format("avi", "video/x-msvideo", "avi", taken=False)),
    (8, b"AIFF", Format("aiff", "audio/aiff", "aiff", taken=False)),
    (8, b"AIFC", Format("aiff", "audio/aiff", "aiff", taken=False)),
    (0, b"caff", Format("caf", "audio/x-caf", "caf", taken=False)),
    (0, b"0&\xb2u\x8ef\xcf\x11", Format("wma", "audio/x-ms-wma", "asf", taken=False)),
    (0, b"FLV\x01", Format("flv", "video/x-flv", "flv", taken=False)),
)


def format_of(head: bytes) -> Format | None:
    """The format of a file by its first `LOOKED_AT` bytes; None if it is none that has sound."""
    for at, magic, found in _MAGIC:
        if head[at : at + len(magic)] == magic:
            return found
    if head[4:8] == b"ftyp":
        return _by_brand(head[8:12])
    if head[:4] == b"\x1aE\xdf\xa3":
        return _WEBM if b"webm" in head else _MKV
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        # The layer bits of MPEG audio are never 0; in AAC's frames they always are.
        return _MP3 if head[1] & 0x06 else _AAC
    return None


def _by_brand(brand: bytes) -> Format:
    if brand[:3] in (b"M4A", b"M4B"):
        return _M4A
    return _MOV if brand == b"qt  " or brand[:3] in (b"3gp", b"3g2") else _MP4
