"""Framing: any cut of the stream gives the same payloads; broken streams end."""

import struct
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.sandbox.mtproto.transport import (
    Abridged,
    Framing,
    Full,
    Intermediate,
    Transport,
    TransportError,
)

payloads = st.lists(
    st.binary(min_size=1, max_size=200).map(lambda b: b * 4), min_size=1, max_size=5
)


@pytest.mark.parametrize("framing", [Full, Abridged, Intermediate])
@given(sent=payloads, cut=st.integers(1, 50))
def test_payloads_survive_any_cut(framing: type[Framing], sent: list[bytes], cut: int) -> None:
    client, server = framing(), Transport()
    stream = framing.tag + b"".join(client.encode(payload) for payload in sent)
    received: list[bytes] = []
    for start in range(0, len(stream), cut):
        received += server.receive(stream[start : start + cut])
    assert received == sent
    answer = server.encode(sent[0])
    assert client.split(answer) == (sent[0], len(answer))


@pytest.mark.parametrize("framing", [Full, Abridged, Intermediate])
def test_an_error_is_four_bytes_negative(framing: type[Framing]) -> None:
    client, server = framing(), Transport()
    server.receive(framing.tag + client.encode(b"abcd"))
    assert client.split(server.error(404)) == (struct.pack("<i", -404), len(server.error(404)))


def packet(payload: bytes, number: int = 0, length: int | None = None) -> bytes:
    head = struct.pack("<II", len(payload) + 12 if length is None else length, number) + payload
    return head + struct.pack("<I", crc32(head))


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(packet(b"abcd", number=1), id="does not start at 0"),
        pytest.param(packet(b"abcd") + packet(b"efgh"), id="number repeated"),
        pytest.param(packet(b"abcd")[:-1] + b"\0", id="wrong checksum"),
        pytest.param(packet(b"abcd", length=8), id="too short"),
        pytest.param(packet(b"abcd", length=1 << 30), id="too long"),
        pytest.param(packet(b""), id="empty"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="another protocol"),
        pytest.param(Intermediate.tag + struct.pack("<I", 1 << 31), id="intermediate, too long"),
    ],
)
def test_a_broken_stream_ends(stream: bytes) -> None:
    with pytest.raises(TransportError):
        Transport().receive(stream)


def test_nothing_can_be_sent_before_the_client_has_spoken() -> None:
    with pytest.raises(RuntimeError):
        Transport().encode(b"abcd")
