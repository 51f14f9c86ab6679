"""Reads what holds something of a newer layer: that alone is left out, and the rest goes on.

TL says nowhere how long an object is, so nobody can step over one whose kind is not known. But what
it stands in has an end: the length after which all the rest reads, and reads to just that end, is
its own: written anew, it is what came. The shortest is tried first.

Rule 1: without such an object everything is read as Telethon does.
Rule 2: a message whose unreadable part may say who wrote it, where, or to what, is left out whole.
Rule 3: what cannot be read at all raises TypeNotFoundError, as in Telethon.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

from telethon.crypto import AES
from telethon.errors import TypeNotFoundError
from telethon.extensions import BinaryReader
from telethon.network.mtprotostate import MTProtoState
from telethon.tl import TLObject, types
from telethon.tl.alltlobjects import tlobjects
from telethon.tl.core import GzipPacked, MessageContainer, RpcResult, TLMessage, core_objects

_TRIES: Final = 5_000
"""How many lengths are tried before an answer is given up."""
_KINDS: Final = (1, 2, 4, 8)
"""How many unknown kinds one answer may hold: as few as explain it."""
_VALUES: Final = frozenset({0x997275B5, 0xBC799737, 0x1CB5C415})
"""A Bool, and a vector."""
_WRONG: Final = (
    AttributeError,
    BufferError,
    LookupError,
    MemoryError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
"""What reading at the wrong place raises."""
_HARMLESS: Final = frozenset(
    {"entities", "factcheck", "reactions", "replies", "reply_markup", "rich_message"}
)
"""Parts of a message without which it is still the same."""

Read = Callable[[Any], Any]
"""Reads a value from a BinaryReader."""


class Unread:
    """What nobody here knows."""

    # Telethon makes a number of whoever sent a message while it reads it (1.45).
    SUBCLASS_OF_ID = types.PeerChannel.SUBCLASS_OF_ID
    channel_id = 1

    def __init__(self, data: bytes) -> None:
        self._data = data

    def _bytes(self) -> bytes:
        return self._data


class _UnknownError(Exception):
    """One more unknown object than lengths were given for it."""


class _Reader(BinaryReader):  # type: ignore[misc]
    """Steps over unknown objects of these lengths; `kinds`: so many different ones at most."""

    def __init__(self, data: bytes, lengths: list[int], kinds: int) -> None:
        super().__init__(data)
        self._lengths = lengths
        self._kinds = kinds
        self.unread: list[int] = []
        self.at = 0

    def tgread_object(self) -> Any:
        at = self.tell_position()
        kind = self.read_int(signed=False)
        if kind == 0x1CB5C415:
            return [self.tgread_object() for _ in range(self.read_int())]
        if _is_known(kind):
            self.set_position(at)
            return super().tgread_object()
        if len({*self.unread, kind}) > self._kinds:
            raise ValueError("more kinds than there may be")
        self.unread.append(kind)
        if len(self.unread) > len(self._lengths):
            self.at = at
            raise _UnknownError
        self.set_position(at)
        return Unread(self.read(self._lengths[len(self.unread) - 1]))


def read(data: bytes, value: Read) -> tuple[Any, set[int]]:
    """A value that stands alone in `data`, and the unknown kinds of what is left out of it."""
    with BinaryReader(data) as reader:
        try:
            return value(reader), set()
        except TypeNotFoundError as error:
            unknown = error
    left = [_TRIES]
    for kinds in _KINDS:
        found = _search(data, value, [], kinds, left)
        if found is not None:
            cleaned = _cleaned(found[0])
            if isinstance(cleaned, Unread):
                break
            return cleaned, set(found[1])
    raise unknown


def _search(
    data: bytes, value: Read, lengths: list[int], kinds: int, left: list[int]
) -> tuple[Any, list[int]] | None:
    """The value, with the lengths that these begin with; None if nothing fits."""
    # Depth first, without recursion: there may be a hundred of them.
    stack: list[Iterator[int]] = []
    while left[0] > 0:
        left[0] -= 1
        reader = _Reader(data, lengths, kinds)
        try:
            found = value(reader)
            fits = _written(found) == data
        except _UnknownError:
            stack.append(_lengths(data, reader.at, {*reader.unread}))
        except _WRONG:
            pass
        else:
            if fits:
                return found, reader.unread
        while stack:
            del lengths[len(stack) - 1 :]
            following = next(stack[-1], None)
            if following is not None:
                lengths.append(following)
                break
            stack.pop()
        if not stack:
            return None
    return None


def _written(value: Any) -> bytes:
    """As it came, if it was read as it was meant: Telethon takes any two numbers for a vector."""
    if isinstance(value, list):
        return struct.pack("<II", 0x1CB5C415, len(value)) + b"".join(map(_written, value))
    return bytes(value._bytes())  # noqa: SLF001


def _lengths(data: bytes, at: int, unknown: set[int]) -> Iterator[int]:
    """How long an object may be: first such that something known follows, then any."""
    ends = range(at + 4, len(data) + 1, 4)
    likely = [end for end in ends if end == len(data) or _begins(data, end, unknown)]
    yield from (end - at for end in likely)
    seen = set(likely)
    yield from (end - at for end in ends if end not in seen)


def _begins(data: bytes, at: int, unknown: set[int]) -> bool:
    (kind,) = struct.unpack_from("<I", data, at)
    return kind in unknown or _is_known(kind)


def _is_known(kind: int) -> bool:
    return kind in tlobjects or kind in core_objects or kind in _VALUES


# What is left of it.


def _cleaned(value: Any, name: str = "") -> Any:
    """The same without what is unread; Unread where that leaves nothing of it."""
    if isinstance(value, list):
        return [one for one in (_item(one, name) for one in value) if not isinstance(one, Unread)]
    if not isinstance(value, TLObject):
        return value
    for part, before in list(vars(value).items()):
        after = _cleaned(before, part)
        if isinstance(after, Unread):
            after = _instead(value, part, after)
            if isinstance(after, Unread):
                return _without(value, after)
        if after is not before:
            setattr(value, part, after)
    return value


def _item(value: Any, name: str) -> Any:
    """A message keeps its place among others: where it is asked for by its number that counts."""
    cleaned = _cleaned(value)
    in_place = isinstance(cleaned, Unread) and name in ("messages", "new_messages")
    return types.MessageEmpty(id=0, peer_id=None) if in_place else cleaned


def _instead(value: Any, part: str, unread: Unread) -> Any:
    """What stands for an unread part of an object."""
    if isinstance(value, types.Message | types.MessageService):
        if part == "media":
            return types.MessageMediaUnsupported()
        if part == "action":
            return types.MessageActionEmpty()
        return None if part in _HARMLESS else unread
    if isinstance(value, types.UpdateNewMessage | types.UpdateEditMessage) and part == "message":
        return types.MessageEmpty(id=0, peer_id=None)  # its number among the updates counts
    return None if isinstance(value, types.User | types.Channel | types.Chat) else unread


def _without(value: Any, unread: Unread) -> Any:
    """What stands for an object of which more is unread than it can do without."""
    if isinstance(value, types.Message | types.MessageService):  # noqa: SIM102
        if not isinstance(value.peer_id, Unread):
            return types.MessageEmpty(id=value.id, peer_id=value.peer_id)
    return unread


# Where it comes in.


class State(MTProtoState):  # type: ignore[misc]
    """Telethon's, but what it cannot read it reads once more; `tell` is told of unknown kinds."""

    def __init__(self, auth_key: Any, loggers: Any, tell: Callable[[set[int]], None]) -> None:
        super().__init__(auth_key, loggers)
        self._tell = tell
        self._last = b""
        self._highest_remote_id: int = 0

    def decrypt_message_data(self, body: bytes) -> Any:
        """Called by Telethon with what came. Raises as Telethon's."""
        self._last = body
        try:
            return super().decrypt_message_data(body)
        except TypeNotFoundError:
            # That it is authentic and new was checked before it was read.
            number, sequence, data = self._message()
            message = TLMessage(number, sequence, self._object(data))
            self._recent_remote_ids.append(number)
            self._highest_remote_id = max(number, self._highest_remote_id)
            return message

    def unpacked(self, data: bytes) -> Any:
        """The object that stands alone in `data`. Raises TypeNotFoundError."""
        return self.value(data, BinaryReader.tgread_object)

    def value(self, data: bytes, value: Read) -> Any:
        """As `read`; of what was left out it is told."""
        found, unread = read(data, value)
        if unread:
            self._tell(unread)
        return found

    def result(self, request: int, body: bytes) -> bytes:
        """The result of a request in what came last: to its end, where Telethon's goes further."""
        _number, _sequence, data = self._message()
        for part in _parts(data):
            if struct.unpack_from("<IQ", part) == (RpcResult.CONSTRUCTOR_ID, request & 2**64 - 1):
                packed = struct.unpack_from("<I", part, 12) == (GzipPacked.CONSTRUCTOR_ID,)
                return body if packed else part[12:]
        return body

    def _object(self, data: bytes) -> Any:
        parts = _parts(data)
        if len(parts) == 1 and parts[0] is data:
            return self.unpacked(data)
        messages = []
        for number, part in zip(_numbers(data), parts, strict=True):
            try:
                messages.append(TLMessage(*number, self.unpacked(part)))
            except TypeNotFoundError as error:
                self._tell({error.invalid_constructor_id})
        return MessageContainer(messages)

    def _message(self) -> tuple[int, int, bytes]:
        """The number, sequence and data of what came last (see MTProto 2.0)."""
        key, vector = self._calc_key(self.auth_key.key, self._last[8:24], False)
        plain = AES.decrypt_ige(self._last[24:], key, vector)
        number, sequence, length = struct.unpack_from("<qii", plain, 16)
        return number, sequence, plain[32 : 32 + length]


def _parts(data: bytes) -> list[bytes]:
    """The messages of a container, or what is none by itself."""
    if struct.unpack_from("<I", data) != (MessageContainer.CONSTRUCTOR_ID,):
        return [data]
    return [data[at : at + length] for _, _, at, length in _contained(data)]


def _numbers(data: bytes) -> list[tuple[int, int]]:
    return [(number, sequence) for number, sequence, _, _ in _contained(data)]


def _contained(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    at = 8
    for _ in range(struct.unpack_from("<i", data, 4)[0]):
        number, sequence, length = struct.unpack_from("<qii", data, at)
        yield number, sequence, at + 16, length
        at += 16 + length


class TolerantRequest:
    """Stands for a request when its result is read."""

    def __init__(self, request: Any, number: int, body: bytes, state: State) -> None:
        self._request = request
        self._number = number
        self._body = body
        self._state = state

    def read_result(self, reader: Any) -> Any:
        """Called by Telethon with what came back. Raises TypeNotFoundError."""
        try:
            return self._request.read_result(reader)
        except TypeNotFoundError:
            data = self._state.result(self._number, self._body)
            return self._state.value(data, self._request.read_result)
