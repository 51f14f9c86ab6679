"""What a recording is by its bytes, and how long it plays; labels lie, and some are missing.

Only what is known here is ever handed to ffmpeg, and by name: among the formats that ffmpeg
guesses by itself are playlists, which make it open other files and addresses.

A file's own word for its duration is not asked: it says whatever its maker likes, and listening
costs. Its frames are counted, whose rate stands in each of them (MP3), or once for all in what
configures the decoder (AAC in MP4; PCM in WAV). Of anything else only a decoder can tell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

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


UNKNOWN = math.inf
"""It may play for any time."""
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
"""ISO/IEC 14496-3, 1.6.3.4: what an index in an AudioSpecificConfig stands for."""
_FRAME = 1024
"""Samples of a frame of AAC, at the rate of its core."""
_AAC_TYPES = (0x40, 0x67)
"""Object types of AAC (ISO/IEC 14496-1; 0x67: as of MPEG-2)."""
_CORES = (2, 5, 29)
"""AAC-LC, and with it SBR and PS, which play as long."""
_PCM = (b"\x01\x00", b"\x03\x00")
"""Whole numbers, and fractions."""
_MPEG_RATES = (44100, 48000, 32000)
_KBITS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By version (1; 2 and 2.5) and layer, from the first index on (ISO/IEC 11172-3 and 13818-3)."""


def seconds_of(form: Format, data: bytes, most_seconds: float = math.inf) -> float:
    """How long it plays, or `UNKNOWN`; of MP3 no more is read than so many seconds.

    25 MB of small frames take a second: look at a large one in a thread.
    """
    seconds = 0.0
    if form.ending == "mp3":
        seconds = _mp3(data, most_seconds)
    elif form.ending in ("mp4", "m4a"):
        seconds = _mp4(data)
    elif form.ending == "wav":
        seconds = _wav(data)
    return seconds or UNKNOWN


def _mp3(data: bytes, most_seconds: float) -> float:
    seconds, at = 0.0, 0
    while seconds <= most_seconds and 0 <= (at := data.find(b"\xff", at)) <= len(data) - 4:
        length, plays = _mpeg_frame(data[at : at + 4])
        at += length
        seconds += plays
    return seconds


def _mpeg_frame(head: bytes) -> tuple[int, float]:
    """Bytes and seconds of the frame with that header; (1, 0) if it is none."""
    version, layer = {3: 1, 2: 2, 0: 4}.get(head[1] >> 3 & 3, 0), 4 - (head[1] >> 1 & 3)
    kbits, rate = head[2] >> 4, head[2] >> 2 & 3
    if head[1] < 0xE0 or not version or layer == 4 or kbits in (0, 15) or rate == 3:
        return 1, 0.0
    bits = _KBITS[min(version, 2), layer][kbits - 1] * 1000
    hertz = _MPEG_RATES[rate] / version
    samples = 384 if layer == 1 else 576 if layer == 3 and version > 1 else 1152
    padding = (head[2] >> 1 & 1) * (4 if layer == 1 else 1)
    return int(samples / 8 * bits / hertz) + padding, samples / hertz


def _wav(data: bytes) -> float:
    rate = int.from_bytes(data[24:28], "little")
    channels, bits = (int.from_bytes(data[at : at + 2], "little") for at in (22, 34))
    bytes_per_second = rate * channels * bits // 8
    if data[12:16] != b"fmt " or data[20:22] not in _PCM or not bytes_per_second:
        return UNKNOWN
    return len(data) / bytes_per_second


def _mp4(data: bytes) -> float:
    whole = (0, len(data))
    if list(_inside(data, whole, b"moof")) or list(_inside(data, whole, b"moov", b"mvex")):
        return UNKNOWN  # in fragments
    tracks = [
        track
        for track in _inside(data, whole, b"moov", b"trak", b"mdia")
        if any(data[at + 8 : at + 12] == b"soun" for at, _ in _inside(data, track, b"hdlr"))
    ]
    return max((_track(data, track) for track in tracks), default=UNKNOWN)


def _track(data: bytes, track: tuple[int, int]) -> float:
    table = (b"minf", b"stbl")
    sizes = list(_inside(data, track, *table, b"stsz"))
    kinds = list(_inside(data, track, *table, b"stsd"))
    if len(sizes) != 1 or len(kinds) != 1:
        return UNKNOWN
    (at, _), (kind, end) = sizes[0], kinds[0]
    rate = _aac_rate(data, kind, end)
    return _number(data, at + 8) * _FRAME / rate if rate else UNKNOWN


def _aac_rate(data: bytes, at: int, end: int) -> int:
    """The rate of the core, as the description of a sound's samples tells it; 0 if it does not."""
    entry = at + 16
    alone, plain = _number(data, at + 4) == 1, data[entry + 8 : entry + 10] == b"\0\0"
    if not alone or data[at + 12 : at + 16] != b"mp4a" or not plain:
        return 0
    found = list(_inside(data, (entry + 28, end), b"esds"))
    if len(found) != 1:
        return 0
    at = _descriptor(data, found[0][0] + 4, 3)
    if data[at + 2 : at + 3] != b"\0":
        return 0
    at = _descriptor(data, at + 3, 4)
    if data[at : at + 1] not in (bytes([kind]) for kind in _AAC_TYPES):
        return 0
    at = _descriptor(data, at + 13, 5)
    config = int.from_bytes(data[at : at + 2], "big")
    kind, index = config >> 11, config >> 7 & 15
    return _RATES[index] if kind in _CORES and index < len(_RATES) else 0


def _descriptor(data: bytes, at: int, tag: int) -> int:
    """Where the descriptor that begins there has its content; past the end if it is another."""
    if data[at : at + 1] != bytes([tag]):
        return len(data)
    at += 1
    while data[at : at + 1] >= b"\x80":
        at += 1
    return at + 1


def _inside(data: bytes, within: tuple[int, int], *path: bytes) -> Iterator[tuple[int, int]]:
    """Where the boxes on that path have their content, from there to there."""
    at, end = within
    while path and at + 8 <= end:
        size, head = _number(data, at), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = size or end - at
        if size < head:
            return
        if data[at + 4 : at + 8] == path[0]:
            content = at + head, min(end, at + size)
            if len(path) == 1:
                yield content
            else:
                yield from _inside(data, content, *path[1:])
        at += size


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
