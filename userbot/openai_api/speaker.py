"""Text to speech: words in, a voice note as Telegram knows it out, or a ModelError.

The endpoint is asked for Opus, which is a voice note already: nothing is converted. Its length is
told by the file's last page; its waveform is drawn from the sizes of its packets, since Opus
spends more bytes where more is said. That is a picture, not a measurement, and costs no decoder.
"""

from __future__ import annotations

from typing import Final

from userbot.errors import ModelError
from userbot.openai_api.connection import Connection
from userbot.rules import ogg, waveform
from userbot.settings import OpenAIConfig
from userbot.texts import _
from userbot.types import Speech

SPEECH_MODEL: Final = "tts-1"
SPEECH_VOICE: Final = "alloy"
"""The names that OpenAI and the servers compatible with it have in common."""
_PATH: Final = "/audio/speech"


class Speaker:
    """The endpoint of `[openai]`; implements `ports.Speaker`. Nothing is asked twice here."""

    def __init__(self, settings: OpenAIConfig) -> None:
        self._connection = Connection(
            settings.base_url, settings.api_key, settings.proxy, settings.timeout
        )

    @property
    def model(self) -> str:
        """What speaks."""
        return SPEECH_MODEL

    async def speak(self, text: str) -> Speech:
        """The text, spoken; at most `spoken.SPOKEN_CHARACTERS`. Raises ModelError."""
        import httpx2

        with self._connection.explained(SPEECH_MODEL):
            client = await self._connection.ready()
            answer = await client.post(
                _PATH,
                cast_to=httpx2.Response,
                body={
                    "model": SPEECH_MODEL,
                    "voice": SPEECH_VOICE,
                    "input": text,
                    "response_format": "opus",
                },
                options={"headers": {"Accept": "application/octet-stream"}},
            )
            data = answer.content
        look = ogg.look(data)
        if look is None or not look.seconds:
            raise ModelError(
                _(
                    "{host} did not reply with a voice note.",
                    host=self._connection.where.host,
                ),
                _('Set answer_as = "text" under [voice], or use a server that supports Opus.'),
                reason="bad_answer",
            )
        return Speech(data=data, seconds=look.seconds, waveform=waveform.drawn(look.sizes))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()
