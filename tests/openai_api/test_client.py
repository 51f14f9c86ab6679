"""Which server transcribes, and what it is given of the other's."""

from __future__ import annotations

import asyncio

import pytest

from userbot.openai_api.client import ModelClient
from userbot.settings import OpenAIConfig, VoiceConfig

GENERAL = OpenAIConfig(
    api_key="sk-general", base_url="https://one.example/v1", proxy="http://proxy:1"
)


@pytest.mark.parametrize(
    ("voice", "proxy", "key"),
    [
        pytest.param(VoiceConfig(), "http://proxy:1", "sk-general", id="the-same"),
        pytest.param(
            VoiceConfig(base_url="https://one.example/v1"),
            "http://proxy:1",
            "sk-general",
            id="named",
        ),
        pytest.param(VoiceConfig(base_url="http://localhost:9009/v1"), None, None, id="another"),
        pytest.param(
            VoiceConfig(base_url="http://localhost:9009/v1", api_key="own"),
            None,
            "own",
            id="own-key",
        ),
    ],
)
def test_key_and_proxy_serve_only_the_endpoint_they_were_written_for(
    voice: VoiceConfig, proxy: str | None, key: str | None
) -> None:
    made = ModelClient.of_sound(voice, GENERAL)
    assert made._proxy == proxy
    assert made._key == key


async def test_however_many_ask_for_it_at_once_there_is_one_client() -> None:
    made = ModelClient("http://127.0.0.1:9/v1", None, None, 60)
    first, second = await asyncio.gather(made.ready(), made.ready())
    assert first is second
    assert first is await made.ready()
    await made.aclose()


async def test_a_server_is_not_told_on_what_computer_it_is_asked() -> None:
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"data": []}')
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server:
        made = ModelClient(f"http://{host}:{port}/v1", "key", None, 60)
        await made.models()
        await made.aclose()
    (head,) = heads
    for name in (b"os", b"arch", b"runtime", b"runtime-version"):
        assert b"x-stainless-" + name + b":" not in head.lower()
