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
