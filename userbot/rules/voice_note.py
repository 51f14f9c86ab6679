"""A voice note, Ogg with Opus: how long it is, whether it says anything at all, and its waveform.

RFC 3533, 6716 and 7845. Nothing is decoded: pages are walked along once, and each packet tells
by itself how long it plays. What a page says about its position is not relied on: it is as easily
written wrong as any other label, and counts one of several chained streams only.

The waveform that a message carries is values of 5 bits, packed without gaps, the lowest bits first:
https://core.telegram.org/constructor/documentAttributeAudio. Telethon 1.45 reads the last value
at the wrong place, hence `packed` and `unpacked`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

_MAGIC = b"OggS"
_HEADER = 27
_RATE = 48_000
"""Opus counts in samples of 48 kHz, whatever it was recorded with (RFC 7845, 4)."""
_FRAMES = (
    *((480, 960, 1920, 2880) * 3),  # SILK
    *((480, 960) * 2),  # hybrid
    *((120, 240, 480, 960) * 4),  # CELT
)
"""Samples of a frame by the configuration that its packet names (RFC 6716, 3.1)."""
_LONGEST_PACKET = 5760
_FIRST_PAGE = 2
_SAME = 0.1
_NOTHING_BYTES = 26
"""Of a packet at the bitrates of voice notes; a hum that never changes takes more."""
_MOST_DIFFERENT = 10_000
_MOST_EMPTY = 50_000
"""Packets that play for no time; a file with more is made to keep its reader busy."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a walk along a recording tells."""

    seconds: float
    """How long it plays, its chained streams together; a little over the limit if it is longer."""
    silent: bool
    """It is the same nothing throughout: nearly all its packets are equal.

    Quiet noise does not look like that; only a decoder could tell it from speech.
    """
    sizes: list[int]
    """Bytes of each packet, in order: a rough picture of the sound."""


def look(data: bytes, most_seconds: float = math.inf) -> Look | None:
    """Walk along a recording, no further than so many seconds; None if not all of it is Opus.

    A large one is to be looked at in a thread: 25 MB that were made to take long take a second.
    """
    if not data.startswith(_MAGIC):
        return None
    walk = _Walk()
    at = 0
    # As decoders do, what is no page is passed over.
    while 0 <= (at := data.find(_MAGIC, at)) <= len(data) - _HEADER:
        body = at + _HEADER + data[at + 26]
        table = data[at + _HEADER : body]
        end = body + sum(table)
        if end > len(data):
            at += len(_MAGIC)  # cut short, or no page at all
            continue
        if not walk.page(data, at, body, table):
            return None
        if walk.samples > most_seconds * _RATE:
            break
        at = end
    return Look(walk.samples / _RATE, walk.silent(), walk.sizes)


@dataclass(slots=True)
class _Stream:
    """One of the logical streams in a file: its packets so far, and one that is not complete."""

    packets: int = 0
    begun: bytes = b""
    size: int = 0


@dataclass(slots=True)
class _Walk:
    samples: int = 0
    sizes: list[int] = field(default_factory=list)
    _streams: dict[bytes, _Stream] = field(default_factory=dict)
    _kinds: set[bytes] = field(default_factory=set)
    _loud: bool = False
    _empty: int = 0

    def page(self, data: bytes, page: int, at: int, table: bytes) -> bool:
        """Take a page whose packets begin at `at`; False if they are not those of a recording."""
        serial = data[page + 14 : page + 18]
        if data[page + 5] & _FIRST_PAGE or serial not in self._streams:
            self._streams[serial] = _Stream()
        stream = self._streams[serial]
        for lacing in table:
            if len(stream.begun) <= _NOTHING_BYTES:
                stream.begun += data[at : at + min(lacing, _NOTHING_BYTES + 1)]
            stream.size += lacing
            at += lacing
            if lacing == 255:
                continue
            if stream.packets == 0 and not stream.begun.startswith(b"OpusHead"):
                return False
            if stream.packets > 1:  # after the head and the tags
                self._packet(stream.begun, stream.size)
            stream.packets += 1
            stream.begun, stream.size = b"", 0
        return self._empty < _MOST_EMPTY

    def silent(self) -> bool:
        few = len(self._kinds) <= len(self.sizes) * _SAME
        return not self._loud and few and len(self.sizes) > 1 / _SAME

    def _packet(self, begun: bytes, size: int) -> None:
        self.sizes.append(size)
        frames = (1, 2, 2, begun[1] & 63 if size > 1 else 0)[begun[0] & 3] if begun else 0
        if not frames:
            self._empty += 1
            return
        self.samples += min(frames * _FRAMES[begun[0] >> 3], _LONGEST_PACKET)
        if not self._loud:
            self._kinds.add(begun)
            if size > _NOTHING_BYTES or len(self._kinds) > _MOST_DIFFERENT:
                self._loud = True
                self._kinds.clear()


VALUES = 100
"""How many values Telegram's own apps send."""
LOUDEST = 31


def unpacked(packed: bytes) -> bytes:
    """The values, one a byte; at most `VALUES` of them."""
    bits = int.from_bytes(packed, "little")
    count = min(len(packed) * 8 // 5, VALUES)
    return bytes(bits >> 5 * at & LOUDEST for at in range(count))


def packed(values: bytes) -> bytes:
    """The inverse of `unpacked`."""
    bits = 0
    for at, value in enumerate(values):
        bits |= min(value, LOUDEST) << 5 * at
    return bits.to_bytes((len(values) * 5 + 7) // 8, "little")


def drawn(levels: Sequence[float]) -> bytes:
    """`VALUES` values for as many levels as there are, the highest as the loudest."""
    top = max(levels, default=0)
    if top <= 0:
        return bytes(VALUES)
    step = len(levels) / VALUES
    values = bytearray()
    for at in range(VALUES):
        first = int(at * step)
        several = levels[first : max(first + 1, int((at + 1) * step))]
        values.append(round(max(several) * LOUDEST / top))
    return bytes(values)
