"""Ogg as far as a voice note needs it: how long it is, and whether it says anything at all.

RFC 3533 and 7845. Nothing is decoded: pages are walked along, packets are compared as bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

_MAGIC = b"OggS"
_HEADER = 27
_RATE = 48_000
"""Opus counts in samples of 48 kHz, whatever it was recorded with (RFC 7845, 4)."""
_HEAD_PACKETS = 2
_NO_POSITION = 2**64 - 1
_LOOKED_AT = 3000
"""Packets, a minute of a voice note: more takes long enough to be noticed by others."""
_SAME = 0.1
_NOTHING_BYTES = 26
"""Of a packet at the bitrates of voice notes; a hum that never changes takes more."""


def seconds(data: bytes) -> float | None:
    """How long an Ogg/Opus file plays; None if it is no such file, or damaged at its end."""
    if not data.startswith(_MAGIC) or b"OpusHead" not in data[:64]:
        return None
    at = len(data)
    while (at := data.rfind(_MAGIC, 0, at)) > 0:
        position = int.from_bytes(data[at + 6 : at + 14], "little")
        if len(data) - at >= _HEADER and position != _NO_POSITION:
            return position / _RATE
    return None


def digital_silence(data: bytes) -> bool:
    """Whether the sound is the same nothing throughout: nearly all its packets are equal.

    Quiet noise does not look like that; only a decoder could tell it from speech.
    """
    packets = list(islice(_packets(data), _HEAD_PACKETS, _LOOKED_AT))
    if len(packets) <= 1 / _SAME or max(map(len, packets)) > _NOTHING_BYTES:
        return False
    return len(set(packets)) <= len(packets) * _SAME


def packet_sizes(data: bytes) -> list[int]:
    """Bytes of each Opus packet of the first minutes, in order: a rough picture of the sound."""
    return [len(packet) for packet in islice(_packets(data), _HEAD_PACKETS, 10 * _LOOKED_AT)]


def _packets(data: bytes) -> Iterator[bytes]:
    at = 0
    packet = b""
    while data[at : at + 4] == _MAGIC and len(data) - at >= _HEADER:
        count = data[at + 26]
        table = data[at + _HEADER : at + _HEADER + count]
        at += _HEADER + count
        if at + sum(table) > len(data):
            return  # cut short
        for lacing in table:
            packet += data[at : at + lacing]
            at += lacing
            if lacing < 255:
                yield packet
                packet = b""
