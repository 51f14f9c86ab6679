"""The waveform of a voice note: values of 5 bits, packed without gaps, the lowest bits first.

https://core.telegram.org/constructor/documentAttributeAudio. Telethon 1.45 reads the last value
at the wrong place, hence these.
"""

from __future__ import annotations

from collections.abc import Sequence

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
