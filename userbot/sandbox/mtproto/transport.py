"""TCP framing: a stream's bytes to payloads and back.

Rules (core.telegram.org/mtproto/mtproto-transports):
1. The client's first bytes choose the framing for both directions: 0xef is abridged, 0xeeeeeeee is
   intermediate, anything else is full.
2. A full packet carries its length, a sequence number counted from 0 in each direction, a CRC32.
3. A payload is at least 4 bytes: a negative int32 alone is a transport error.
4. Obfuscated transports are not understood: their random first bytes look like a broken packet.
"""

import struct
from abc import ABC, abstractmethod
from zlib import crc32

MAX_PACKET = 1 << 24  # the abridged length field ends there; nothing sensible is longer


class TransportError(Exception):
    """The peer broke the framing: the connection cannot go on."""


class Framing(ABC):
    """One direction pair of a TCP transport."""

    tag: bytes

    @abstractmethod
    def split(self, data: bytes) -> tuple[bytes, int] | None:
        """The first payload of `data` and how many bytes it took; None if it is not whole."""

    @abstractmethod
    def encode(self, payload: bytes) -> bytes:
        """`payload` as it goes over the wire."""


class Abridged(Framing):
    tag = b"\xef"

    def split(self, data: bytes) -> tuple[bytes, int] | None:
        if len(data) < 4:
            return None
        words, start = (data[0], 1) if data[0] < 0x7F else (int.from_bytes(data[1:4], "little"), 4)
        end = start + words * 4
        return (data[start:end], end) if len(data) >= end else None

    def encode(self, payload: bytes) -> bytes:
        words = len(payload) // 4
        head = bytes([words]) if words < 0x7F else b"\x7f" + words.to_bytes(3, "little")
        return head + payload


class Intermediate(Framing):
    tag = b"\xee\xee\xee\xee"

    def split(self, data: bytes) -> tuple[bytes, int] | None:
        if len(data) < 4:
            return None
        end = 4 + _length(int.from_bytes(data[:4], "little"))
        return (data[4:end], end) if len(data) >= end else None

    def encode(self, payload: bytes) -> bytes:
        return struct.pack("<I", len(payload)) + payload


class Full(Framing):
    tag = b""

    def __init__(self) -> None:
        self._received = 0
        self._sent = 0

    def split(self, data: bytes) -> tuple[bytes, int] | None:
        if len(data) < 8:
            return None
        length, number = struct.unpack_from("<II", data)
        if _length(length) < 12 or number != self._received:
            raise TransportError(f"full packet: length {length}, number {number}")
        if len(data) < length:
            return None
        if crc32(data[: length - 4]) != int.from_bytes(data[length - 4 : length], "little"):
            raise TransportError("full packet: wrong checksum")
        self._received += 1
        return data[8 : length - 4], length

    def encode(self, payload: bytes) -> bytes:
        packet = struct.pack("<II", len(payload) + 12, self._sent) + payload
        self._sent += 1
        return packet + struct.pack("<I", crc32(packet))


class Transport:
    """The framing of one connection; detects which on the first bytes."""

    def __init__(self) -> None:
        self._framing: Framing | None = None
        self._buffer = b""

    def receive(self, data: bytes) -> list[bytes]:
        """Takes bytes from the socket, returns the payloads now whole. Raises TransportError."""
        self._buffer += data
        framing = self._framing or self._detect()
        payloads: list[bytes] = []
        while framing and (part := framing.split(self._buffer)):
            payload, used = part
            if len(payload) < 4:
                raise TransportError("an empty payload")
            payloads.append(payload)
            self._buffer = self._buffer[used:]
        return payloads

    def encode(self, payload: bytes) -> bytes:
        """`payload` for the socket. Nothing can be sent before the client has spoken."""
        if self._framing is None:
            raise RuntimeError("the client has not chosen a framing yet")
        return self._framing.encode(payload)

    def error(self, code: int) -> bytes:
        """A transport error such as 404: four bytes, negative."""
        return self.encode(struct.pack("<i", -code))

    def _detect(self) -> Framing | None:
        if self._buffer[:1] == Abridged.tag:
            self._framing = Abridged()
        elif len(self._buffer) < 4:
            return None
        elif self._buffer[:4] == Intermediate.tag:
            self._framing = Intermediate()
        else:
            self._framing = Full()
        self._buffer = self._buffer[len(self._framing.tag) :]
        return self._framing


def _length(value: int) -> int:
    if value > MAX_PACKET:
        raise TransportError(f"a packet of {value} bytes")
    return value
