"""Speech to text: audio as it came in, its words out, or a ModelError.

Only what every server understands is sent: `response_format` is "json", which the first Whisper,
the models after it and local servers have in common, and hints only if they are set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from userbot.errors import ModelError
from userbot.events import Notice, Report
from userbot.openai_api import sentences
from userbot.openai_api.connection import Connection
from userbot.openai_api.failures import EndpointSaidError
from userbot.settings import OpenAIConfig, VoiceConfig
from userbot.texts import _
from userbot.timings import USUAL
from userbot.types import Hints, Sound, Transcript

_PATH: Final = "/audio/transcriptions"
_CHECK_SECONDS: Final = 15.0
_LISTS_NOTHING: Final = frozenset({"refused_request", "model_not_found", "bad_answer"})


class Speech:
    """The endpoint that `[voice]` names, else that of `[openai]`; implements `ports.Transcriber`.

    Nothing is asked twice here, but for a model that the endpoint no longer knows. `beside`: the
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
        self._connection = connection(voice, general)

    @property
    def host(self) -> str:
        """The endpoint as messages name it."""
        return self._connection.where.host

    async def transcribe(self, sound: Sound, hints: Hints) -> Transcript:
        """What is spoken. Raises ModelError."""
        model = self._model
        try:
            return await self._asked(model, sound, hints)
        except ModelError as error:
            if error.reason != "model_not_found" or self._fallback in ("", model):
                raise _of_voice(error) from None
        self._fall_back(model)
        try:
            return await self._asked(self._model, sound, hints)
        except ModelError as error:
            raise _of_voice(error) from None

    async def check(self) -> str | None:
        """The configured model that the endpoint lists; None if it lists neither, or nothing.

        Many a local server transcribes with models that it does not list. Raises ModelError if
        it cannot be reached or does not take the key.
        """
        try:
            with self._connection.explained(self._model):
                client = await self._connection.ready()
                listed = await client.get(
                    "/models", cast_to=object, options={"timeout": _CHECK_SECONDS}
                )
        except ModelError as error:
            if error.reason in _LISTS_NOTHING:
                return None
            raise _of_voice(error) from None
        models = listed.get("data") if isinstance(listed, dict) else None
        offered = [model.get("id") for model in models or () if isinstance(model, dict)]
        return next((name for name in (self._model, self._fallback) if name in offered), None)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    def _fall_back(self, model: str) -> None:
        if self._model != model:
            return  # Another recording found out first.
        self._model = self._fallback
        self._report(
            Notice(
                reason="fallback_model",
                detail=_(
                    "{host} has no transcription model {model}: using {fallback} from now on.",
                    host=self._connection.where.host,
                    model=model,
                    fallback=self._fallback,
                ),
                hint=_("Set model under [voice]."),
            )
        )

    async def _asked(self, model: str, sound: Sound, hints: Hints) -> Transcript:
        fields = {
            "model": model,
            "response_format": "json",
            "language": hints.language,
            "prompt": hints.prompt,
        }
        with self._connection.explained(model):
            client = await self._connection.ready()
            answer = await client.post(
                _PATH,
                cast_to=object,
                body={name: value for name, value in fields.items() if value},
                files=[("file", (sound.file_name, sound.data, sound.mime))],
                options={
                    "headers": {"Content-Type": "multipart/form-data"},
                    "timeout": max(self._timeout, self._beside + sound.seconds),
                },
            )
            text = _text(answer)
        if text is None:
            where = self._connection.where
            told = _("{host} did not reply with a transcript.", host=where.host)
            raise sentences.bad_answer(where, told)
        return Transcript(text=text.strip(), model=model, seconds=sound.seconds)


def connection(voice: VoiceConfig, general: OpenAIConfig) -> Connection:
    """Where speech is served. Key and proxy serve only the endpoint that they were written for."""
    base_url = voice.base_url or general.base_url
    same = voice.base_url is None or voice.base_url == general.base_url
    key = voice.api_key or (general.api_key if same else None)
    return Connection(base_url, key, general.proxy if same else None, general.timeout, "voice")


def _text(answer: Any) -> str | None:
    if isinstance(answer, Mapping):
        if answer.get("error"):
            raise EndpointSaidError(answer["error"])
        answer = answer.get("text")
    return answer if isinstance(answer, str) and not answer.lstrip().startswith("<") else None


def _of_voice(error: ModelError) -> ModelError:
    """The same failure, with what it probably means where speech is asked for."""
    if error.reason == "refused_request":
        error.hint = _(
            "This server may not transcribe: set base_url under [voice] to one that does."
        )
    return error
