"""Telethon's TL layer, seen from a server.

`types` and `functions` are the generated classes of one API layer (`LAYER`); `read` and `write`
turn them from and into bytes. Telethon has no type stubs, so TL values are `Any` in the whole
sandbox; everything else is typed.
"""

import struct
from typing import Any

from telethon.crypto import AES
from telethon.extensions import BinaryReader
from telethon.password import compute_digest
from telethon.tl import functions, types
from telethon.tl.alltlobjects import LAYER
from telethon.tl.core import GzipPacked, MessageContainer

__all__ = [
    "AES",
    "LAYER",
    "BinaryReader",
    "GzipPacked",
    "MessageContainer",
    "Tl",
    "Vector",
    "functions",
    "name_of",
    "password_digest",
    "read",
    "seconds",
    "types",
    "write",
]

Tl = Any
"""A TL object, request or update: the generated classes have no types of their own."""

password_digest = compute_digest
"""The verifier of a 2FA password, as bytes."""

_TRUE = struct.pack("<I", 0x997275B5)
_FALSE = struct.pack("<I", 0xBC799737)


class Vector(list[Any]):
    """A bare `Vector<T>` of TL objects as a method's result."""


def read(data: bytes) -> Tl:
    """The TL value that `data` starts with.

    Raises whatever the generated readers raise on garbage: `TypeNotFoundError`, `struct.error`,
    `BufferError`, `RuntimeError`.
    """
    return BinaryReader(data).tgread_object()


def write(value: Tl) -> bytes:
    """`value` as TL bytes: an object, a Bool, or a `Vector`."""
    if value is True:
        return _TRUE
    if value is False:
        return _FALSE
    if isinstance(value, Vector):
        return struct.pack("<II", 0x1CB5C415, len(value)) + b"".join(map(bytes, value))
    return bytes(value)


def seconds(date: Tl) -> int:
    """A TL date of a request as Unix seconds; 0 where the client gave none."""
    return int(date.timestamp()) if date else 0


def name_of(request: Tl) -> str:
    """The name of a request in the API's documentation, such as `messages.sendMessage`."""
    kind = type(request)
    name = kind.__name__.removesuffix("Request")
    name = name[:1].lower() + name[1:]
    namespace = kind.__module__.rpartition(".")[2]
    return name if namespace == "functions" else f"{namespace}.{name}"
