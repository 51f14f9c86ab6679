"""Small real proxies on loopback: SOCKS5 (RFC 1928, 1929), HTTP CONNECT, and MTProxy.

All take `USER` and `PASSWORD`, or `SECRET`, and keep in `ways` where they led somebody.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import struct
from hashlib import sha256

from telethon.crypto import AESModeCTR

USER, PASSWORD = "me", "s3cret"
SECRET = bytes(range(16))
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Listens on `port`; a subclass says how a client tells where it wants to go."""

    def __init__(self) -> None:
        self.port = 0
        self.ways: list[tuple[str, int]] = []
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        with contextlib.suppress(OSError, EOFError):
            await self.lead((reader, writer))
        writer.close()

    async def connect(self, host: str, port: int) -> Streams:
        self.ways.append((host, port))
        reader, writer = await asyncio.open_connection(host, port)
        self._writers.append(writer)
        return reader, writer

    async def lead(self, client: Streams) -> None:
        raise NotImplementedError


async def carry(here: Streams, there: Streams) -> None:
    """Bytes both ways until one side ends."""

    async def one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    await asyncio.gather(one_way(here[0], there[1]), one_way(there[0], here[1]))


class Socks5(Proxy):
    async def lead(self, client: Streams) -> None:
        reader, writer = client
        _, methods = await reader.readexactly(2)
        assert 2 in await reader.readexactly(methods)
        writer.write(b"\x05\x02")
        _, length = await reader.readexactly(2)
        user = (await reader.readexactly(length)).decode()
        password = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        right = (user, password) == (USER, PASSWORD)
        writer.write(b"\x01\x00" if right else b"\x01\x01")
        if not right:
            return
        kind = (await reader.readexactly(4))[3]
        if kind == 1:
            host = ".".join(map(str, await reader.readexactly(4)))
        else:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        (port,) = struct.unpack(">H", await reader.readexactly(2))
        there = await self.connect(host, port)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await carry(client, there)


class HttpConnect(Proxy):
    async def lead(self, client: Streams) -> None:
        reader, writer = client
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        _, address, _ = head.split(" ", 2)
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if f"Basic {expected}" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return
        host, _, port = address.rpartition(":")
        there = await self.connect(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await carry(client, there)


class MTProxy(Proxy):
    """core.telegram.org/mtproto/mtproto-transports: obfuscation with a secret, padded inside."""

    def __init__(self, telegram: tuple[str, int]) -> None:
        super().__init__()
        self._telegram = telegram

    async def lead(self, client: Streams) -> None:
        reader, writer = client
        head = await reader.readexactly(64)
        back = head[55:7:-1]
        decrypt = AESModeCTR(sha256(head[8:40] + SECRET).digest(), head[40:56])
        encrypt = AESModeCTR(sha256(back[:32] + SECRET).digest(), back[32:48])
        if decrypt.encrypt(head)[56:60] != b"\xdd" * 4:
            return
        there = await self.connect(*self._telegram)
        there[1].write(b"\xee" * 4)

        async def up() -> None:
            while True:
                (length,) = struct.unpack("<I", decrypt.encrypt(await reader.readexactly(4)))
                packet = decrypt.encrypt(await reader.readexactly(length))
                packet = packet[: length - length % 4]
                there[1].write(struct.pack("<I", len(packet)) + packet)

        async def down() -> None:
            while True:
                head = await there[0].readexactly(4)
                packet = await there[0].readexactly(struct.unpack("<I", head)[0])
                writer.write(encrypt.encrypt(struct.pack("<I", len(packet) + 3) + packet + b"pad"))

        await asyncio.gather(up(), down())
