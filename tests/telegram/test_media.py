"""What a message says about its sound is its sender's word."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from telethon.tl import types

from userbot.telegram.media import voice_of


@pytest.mark.parametrize("duration", [math.nan, math.inf, -math.inf, -3.0])
def test_a_length_that_is_none_is_not_known(duration: float) -> None:
    video = types.DocumentAttributeVideo(duration, 1, 1, round_message=True)
    document = types.Document(1, 1, b"", None, "video/mp4", 1000, 2, [video])
    media = types.MessageMediaDocument(document=document)
    voice = voice_of(SimpleNamespace(media=media, noforwards=False, chat=None))
    assert voice is not None
    assert voice.seconds == 0.0
