"""Ogg/Opus recordings of any length without an encoder: the same 20 ms frame again and again.

Rules (RFC 3533, RFC 7845):
1. A file is the page of OpusHead, the page of OpusTags, then audio pages, here of a second each.
2. A granule position counts samples at 48 kHz up to the page's end, with the decoder's run-up
   (pre-skip); the last one cuts the last frame to the length asked for.
3. A page's checksum is the CRC-32 of zlib's polynomial, but with bits the other way round and from
   zero. Turning every byte round makes it zlib's own: two hours take a tenth of a second.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final, Literal
from zlib import crc32

Sound = Literal["tone", "silence"]

RATE: Final = 48_000
_FRAME: Final = 960  # samples: 20 ms
_PRE_SKIP: Final = 312
_PAGE_FRAMES: Final = 50
_FRAMES: Final[dict[Sound, bytes]] = {
    # 450 Hz at a quarter of full scale, 12 kbit/s: a frame out of the middle of a long tone.
    "tone": bytes.fromhex("4b41003b5f01dc726fa6c576b4400ad67770068a2b8d44268473d5b86180"),
    "silence": bytes.fromhex("f8fffe"),
}
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_FIRST, _LAST = 2, 4


def recording(*parts: tuple[Sound, float], serial: int = 1) -> bytes:
    """Sounds one after the other, each for so many seconds, as an Ogg/Opus file.

    `serial` is the number of the stream: another one makes another file of the same sound.
    """
    frames: list[bytes] = []
    samples = 0
    for sound, seconds in parts:
        samples += round(seconds * RATE)
        wanted = -(-samples // _FRAME)
        frames += [_FRAMES[sound]] * (wanted - len(frames))
    end = samples + _PRE_SKIP
    frames += frames[-1:] * (-(-end // _FRAME) - len(frames))
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, _PRE_SKIP, RATE, 0, 0)
    tags = b"OpusTags" + _text("a sandbox") + struct.pack("<I", 0)
    pages = [_page([head], 0, _FIRST, serial, 0), _page([tags], 0, 0, serial, 1)]
    for start in range(0, len(frames), _PAGE_FRAMES):
        packets = frames[start : start + _PAGE_FRAMES]
        done = start + len(packets)
        last = done == len(frames)
        position = end if last else done * _FRAME
        pages.append(_page(packets, position, _LAST if last else 0, serial, len(pages)))
    return b"".join(pages)


def tone(seconds: float, *, serial: int = 1) -> bytes:
    """A note that is heard, and says nothing."""
    return recording(("tone", seconds), serial=serial)


def silence(seconds: float, *, serial: int = 1) -> bytes:
    return recording(("silence", seconds), serial=serial)


def duration(data: bytes) -> float | None:
    """Seconds of an Ogg/Opus file by its last page; None for what is none."""
    if data[:4] != b"OggS" or b"OpusHead" not in data[:256]:
        return None
    last = data.rfind(b"OggS")
    if last < 0 or len(data) < last + 27:
        return None
    position = int.from_bytes(data[last + 6 : last + 14], "little", signed=True)
    start = data.index(b"OpusHead") + 10
    pre_skip = int.from_bytes(data[start : start + 2], "little")
    return max(0.0, (position - pre_skip) / RATE)


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("ascii")


def _page(packets: Iterable[bytes], position: int, kind: int, serial: int, number: int) -> bytes:
    lacing, body = bytearray(), []
    for packet in packets:
        lacing += b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
        body.append(packet)
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, kind, position, serial, number, 0, len(lacing))
    page = head + lacing + b"".join(body)
    return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _checksum(page: bytes) -> int:
    turned = crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2)
