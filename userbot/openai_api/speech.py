"""Speech at a model's server: audio to words, and words to a voice note.

To transcribe, only what every server understands is sent: `response_format` is "json", which the
first Whisper, the models after it and local servers have in common, and hints only if they are set.

To speak, Opus is asked for, which is a voice note already: nothing is converted. Its length is told
by the file's last page; its waveform is drawn from the sizes of its packets, since Opus spends more
bytes where more is said. That is a picture, not a measurement, and costs no decoder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from userbot.errors import ModelError
from userbot.events import Notice, Report
from userbot.openai_api import model_errors
from userbot.openai_api.client import ModelClient
from userbot.openai_api.error_body import is_error
from userbot.openai_api.failures import EndpointSaidError
from userbot.openai_api.offered import OfferedModel, offered
from userbot.openai_api.sent_events import SentEvents
from userbot.rules import voice_note
from userbot.rules.plain import paired
from userbot.settings import OpenAIConfig, SpeechConfig, VoiceConfig
from userbot.texts import _
from userbot.timings import USUAL
from userbot.types import Hints, Sound, Speech, Transcript


class OpenAITranscriber:
    """The server that `[voice]` names, else that of `[openai]`; implements `ports.Transcriber`.

    Nothing is asked twice here, but for a model that the server no longer knows. `beside`: the
    seconds that are waited for besides a recording's own length.
    """

    def __init__(
        self,
        voice: VoiceConfig,
        general: OpenAIConfig,
        report: Report,
        beside: float = USUAL.transcription_seconds,
    ) -> None:
        self._beside = beside
        self._report = report
        self._timeout = general.timeout
        self._model = voice.model
        self._fallback = voice.fallback_model
        self._client = ModelClient.of_sound(voice, general)
        self.host = self._client.server.host
        """The server as messages name it."""

    async def transcribe(self, sound: Sound, hints: Hints) -> Transcript:
        """What is spoken. Raises ModelError."""
        model = self._model
        try:
            return await self._asked(model, sound, hints)
        except ModelError as error:
            if error.reason != "model_not_found" or self._fallback in ("", model):
                raise
        if self._model == model:  # else another recording found out first
            self._model = self._fallback
            told = _(
                "{host} has no transcription model {model}: using {fallback} from now on.",
                host=self.host,
                model=model,
                fallback=self._fallback,
            )
            hint = _("Set model under [voice].")
            self._report(Notice(reason="fallback_model", detail=told, hint=hint))
        return await self._asked(self._model, sound, hints)

    async def check(self) -> list[OfferedModel]:
        """What the server lists of the model and its fallback, in this order; perhaps neither.

        Many a local server transcribes with models that it does not list. Raises ModelError if
        it cannot be reached or does not take the key.
        """
        return await listed(self._client, self._model, self._fallback)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _asked(self, model: str, sound: Sound, hints: Hints) -> Transcript:
        body = {"model": model, "response_format": "json"}
        if hints.language:
            body["language"] = hints.language
        if hints.prompt:
            body["prompt"] = hints.prompt
        import httpx2

        headers = {"Content-Type": "multipart/form-data"}
        timeout = max(self._timeout, self._beside + sound.seconds)
        try:
            with self._client.explained(model):
                client = await self._client.ready()
                answer = await client.post(
                    "/audio/transcriptions",
                    cast_to=httpx2.Response,
                    body=body,
                    files=[("file", (sound.file_name, sound.data, sound.mime))],
                    options={"headers": headers, "timeout": timeout},
                )
                text = words_in(answer.content)
        except ModelError as error:
            if error.reason == "refused_request":
                error.hint = model_errors.REFUSED_SPEECH
            if error.reason == "context_length":
                raise self._client.server.error(model_errors.SOUND_TOO_LARGE) from None
            raise
        if text is None:
            raise self._client.server.error(model_errors.NO_TRANSCRIPT)
        return Transcript(text=text.strip(), model=model, seconds=sound.seconds)


class OpenAISpeaker:
    """The server that `[speech]` names, else that of `[openai]`; implements `ports.Speaker`.

    Nothing is asked twice here.
    """

    def __init__(self, speech: SpeechConfig, general: OpenAIConfig) -> None:
        self.model = speech.model
        self._voice = speech.voice
        self._client = ModelClient.of_sound(speech, general)
        self.host = self._client.server.host
        """The server as messages name it."""

    async def speak(self, text: str) -> Speech:
        """The text, spoken; at most `spoken.SPOKEN_CHARACTERS`. Raises ModelError."""
        import httpx2

        voice = {"model": self.model, "voice": self._voice, "response_format": "opus"}
        headers = {"Accept": "application/octet-stream"}
        with self._client.explained(self.model):
            client = await self._client.ready()
            answer = await client.post(
                "/audio/speech",
                cast_to=httpx2.Response,
                body={**voice, "input": text},
                options={"headers": headers},
            )
        data = answer.content
        look = voice_note.look(data)
        if look is None or not look.seconds:
            raise self._client.server.error(model_errors.NO_VOICE_NOTE)
        return Speech(data=data, seconds=look.seconds, waveform=voice_note.drawn(look.sizes))

    async def check(self) -> list[OfferedModel]:
        """What the server lists of the model; perhaps nothing. Raises ModelError."""
        return await listed(self._client, self.model)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def listed(client: ModelClient, *names: str) -> list[OfferedModel]:
    """What a server lists of these models, in their order. Raises ModelError."""
    models = await client.models()
    found = (offered(name, models) for name in names if name)
    return [model for model in found if model is not None]


def words_in(data: bytes) -> str | None:
    """The words of a response, by what it is: an object, events of a stream, or the words alone.

    None if it is nothing of that. Raises EndpointSaidError.
    """
    text = data.decode("utf-8-sig", "replace").strip()
    if text.startswith("<"):
        return None
    if not text.startswith(("{", "[", '"', "data:", "event:", ":")):
        return paired(text)
    values = _values(data, text)
    if not values:
        return None if text.startswith("{") else paired(text)  # "[music]"
    found = [words for value in values if (words := _words(value)) is not None]
    done = [_words(one) for one in values if isinstance(one, dict) and "delta" not in one]
    whole = next((words for words in reversed(done) if words), None)
    return paired(whole if whole is not None else "".join(found)) if found else None


def _values(data: bytes, text: str) -> list[object]:
    """The JSON that a response is, as mostly; else that of its events, if it has any."""
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        sent = SentEvents()
    try:
        return [json.loads(one) for one in (*sent.feed(data), *sent.rest())]
    except (ValueError, RecursionError):
        return []


def _words(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        parts = [words for one in value if (words := _words(one)) is not None]
        return " ".join(part.strip() for part in parts) if parts else None
    if not isinstance(value, Mapping):
        return None
    for name in ("text", "transcript", "transcription", "delta"):
        if isinstance(value.get(name), str):
            return str(value[name])
    for name in ("segments", "chunks", "results", "result"):
        if (words := _words(value.get(name))) is not None:
            return words
    if value.get("error") or ("text" not in value and is_error(value)):
        raise EndpointSaidError(value)
    return "" if "text" in value else None  # null: nobody speaks
