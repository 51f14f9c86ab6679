"""The part of the endpoint that hears and speaks; what is taken and answered is in endpoint_audio.

endpoint.transcriber = lambda heard: "hello"       # or a coroutine, or a Transcript
endpoint.understands(ogg_bytes, "hello")           # the words of one recording
endpoint.transcriptions, endpoint.speeches         # what was asked for
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from userbot.sandbox import endpoint_audio as audio
from userbot.sandbox.endpoint_audio import Heard, Transcript
from userbot.sandbox.endpoint_errors import error_plan
from userbot.sandbox.endpoint_faults import EndpointFault
from userbot.sandbox.endpoint_http import Connection, HttpRequest, Plan
from userbot.sandbox.voices import VOICES

T = TypeVar("T")

Transcriber = Callable[[Heard], str | Transcript | Awaitable[str | Transcript]]
"""Gives the words of a recording; may raise `endpoint_audio.UndecodableError`."""
Speaker = Callable[[dict[str, Any]], bytes | Awaitable[bytes]]
"""Gives the sound for a request to speak."""
Refusal = Callable[[str | None], Plan | None]
"""Why a request for this model is refused, whatever it asks for."""


class Speech:
    def __init__(self) -> None:
        self.transcriber: Transcriber = self._words_of
        self.speaker: Speaker = audio.tone_for
        self.transcriptions: list[Heard] = []
        """Every recording handed in, in order, whatever its answer was."""
        self.keep_audio = False
        """Whether `transcriptions` hold the recordings themselves."""
        self.speeches: list[dict[str, Any]] = []
        """The body of every request to speak."""
        self.words = {voice.digest: voice.words for voice in VOICES.values()}
        """What is said in the recordings that the endpoint knows, by SHA-256."""

    def understands(self, recording: bytes, words: str) -> None:
        """From now on these are the words of a recording."""
        self.words[hashlib.sha256(recording).hexdigest()] = words

    async def transcribed(
        self,
        connection: Connection,
        request: HttpRequest,
        fault: EndpointFault | None,
        refusal: Refusal,
    ) -> Plan:
        if request.size > len(request.body):
            return audio.too_large(request.size)
        kind = request.headers.get("content-type", "")
        # In a thread: a large file takes tens of milliseconds.
        heard = await asyncio.to_thread(audio.heard_in, request.body, kind)
        if isinstance(heard, str):
            return error_plan(400, heard, type_="invalid_request_error")
        self.transcriptions.append(heard if self.keep_audio else replace(heard, data=b""))
        if refused := refusal(heard.model) or audio.objection(heard):
            return refused
        try:
            said = self.transcriber(heard)
            if inspect.isawaitable(said):
                said = await connection.unless_left(awaited(said))
        except audio.UndecodableError:
            return audio.undecodable()
        transcript = Transcript(said) if isinstance(said, str) else said
        return audio.transcription_plan(heard, transcript, fault)

    async def spoken(
        self, connection: Connection, body: bytes, fault: EndpointFault | None, refusal: Refusal
    ) -> Plan:
        try:
            request = json.loads(body)
        except ValueError:
            request = None
        if not isinstance(request, dict):
            return error_plan(400, "The body must be JSON.", type_="invalid_request_error")
        self.speeches.append(request)
        if refused := refusal(str(request.get("model"))) or audio.speech_objection(request):
            return refused
        sound = self.speaker(request)
        if inspect.isawaitable(sound):
            sound = await connection.unless_left(awaited(sound))
        return audio.speech_plan(sound, fault)

    def _words_of(self, heard: Heard) -> str:
        """The default transcriber: says plainly that it understands only what it knows."""
        unknown = f"A recording of {heard.seconds:.1f} s; the sandbox understands no speech."
        return self.words.get(heard.sha256, unknown)


async def awaited(answer: Awaitable[T]) -> T:
    return await answer
