"""An OpenAI-compatible endpoint on loopback, for the demo, the sandbox and the tests.

It speaks HTTP over real sockets, so the program talks to it exactly as to a real server.
Served: ``POST /v1/chat/completions`` and ``/v1/responses`` (streamed or not), ``GET /v1/models``,
``POST /v1/audio/transcriptions`` and ``/v1/audio/speech``; everything else is answered with 404 and
counted.

    endpoint.responder = lambda request: "hello"     # or a coroutine, or a Reply
    endpoint.transcriber = lambda recording: "hello" # or a coroutine, or a SpokenWords
    endpoint.understands(ogg_bytes, "hello")         # the words of one recording
    endpoint.faults.add("rate_limit", times=2)       # what goes wrong (endpoint_faults.py)
    endpoint.requests, endpoint.transcriptions, endpoint.speeches    # what was asked for
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import itertools
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import h11

from userbot.sandbox import endpoint_audio as audio
from userbot.sandbox import endpoint_responses
from userbot.sandbox.endpoint_audio import Recording, SpokenWords
from userbot.sandbox.endpoint_chat import Completion, Reply, plain_text
from userbot.sandbox.endpoint_faults import (
    EndpointFault,
    EndpointFaults,
    RefusedError,
    error_plan,
    is_refusal,
    json_plan,
    refusal_plan,
)
from userbot.sandbox.endpoint_http import ClientLeftError, HttpConnection, HttpRequest, Plan
from userbot.sandbox.voices import VOICES

__all__ = ["Endpoint", "Recording", "Reply", "Responder", "SpokenWords", "echo"]

T = TypeVar("T")

Responder = Callable[[dict[str, Any]], str | Reply | Awaitable[str | Reply]]
"""Gives the answer to a request's body; may be a coroutine, to hold the answer back.

It may raise `endpoint_faults.RefusedError`."""
Transcriber = Callable[[Recording], str | SpokenWords | Awaitable[str | SpokenWords]]
"""Gives the words of a recording; may raise `endpoint_audio.UndecodableError`."""
Speaker = Callable[[dict[str, Any]], bytes | Awaitable[bytes]]
"""Gives the sound for a request to speak."""

_PREFIX = "/v1"


def echo(request: dict[str, Any]) -> str:
    """The default responder: says plainly what was asked."""
    asked = [message for message in request["messages"] if message.get("role") == "user"]
    return f"You asked: {plain_text(asked[-1]) if asked else ''}"


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A request on its way to an answer, and the fault that it meets."""

    connection: HttpConnection
    request: HttpRequest
    fault: EndpointFault | None

    def json(self) -> dict[str, Any] | None:
        """The body, if it is an object."""
        try:
            body = json.loads(self.request.body)
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    async def made(self, answer: T | Awaitable[T]) -> T:
        """An answer that may take its time; not longer than the client stays."""
        if inspect.isawaitable(answer):
            return await self.connection.unless_left(_awaited(answer))
        return answer


class Endpoint:
    """The endpoint. `start` it, point a client at `base_url`, `stop` it.

    `api_key` None lets everybody in. `models` None knows every model, but for those in `gone`.
    `chunk_delay`, in seconds, lies before each piece of a stream; 0 writes an answer at once.
    """

    def __init__(
        self,
        api_key: str | None = "sandbox-key",
        responder: Responder = echo,
        *,
        models: tuple[str, ...] | None = None,
        chunk_delay: float = 0.0,
    ) -> None:
        self.api_key = api_key
        self.responder = responder
        self.transcriber: Transcriber = self._words_of
        self.speaker: Speaker = audio.tone_for
        self.models = models
        self.gone: set[str] = set()
        """Models that were taken away."""
        self.ends: dict[str, str] = {}
        """When models will be shut down, as a date."""
        self.blind = False
        """The models refuse pictures, in OpenAI's words."""
        self.toolless = False
        """The models refuse tools, in Ollama's words."""
        self.chunk_delay = chunk_delay
        self.faults = EndpointFaults()
        self.requests: list[dict[str, Any]] = []
        """The body of every completion asked for, in order, whatever its answer was."""
        self.transcriptions: list[Recording] = []
        """Every recording handed in, in order, whatever its answer was."""
        self.keep_audio = False
        """Whether `transcriptions` hold the recordings themselves."""
        self.speeches: list[dict[str, Any]] = []
        """The body of every request to speak."""
        self.words = {voice.digest: voice.words for voice in VOICES.values()}
        """What is said in the recordings that the endpoint knows, by SHA-256."""
        self.unhandled: Counter[str] = Counter()
        """What was asked for and is not served, as "GET /path"."""
        self.cancelled = 0
        """Answers that a client left before their end."""
        self.crashed: list[Exception] = []
        """What a responder, or the endpoint itself, raised; each was answered with 500."""
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._ids = itertools.count(1)

    def understands(self, recording: bytes, words: str) -> None:
        """From now on these are the words of a recording."""
        self.words[hashlib.sha256(recording).hexdigest()] = words

    @property
    def base_url(self) -> str:
        """What a client is configured with."""
        return f"http://127.0.0.1:{self.port}{_PREFIX}"

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 picks a free one. Raises OSError if it is taken."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and close every connection; the endpoint can be started again."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await server.wait_closed()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(HttpConnection(reader, writer)))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, connection: HttpConnection) -> None:
        try:
            while (request := await connection.next_request()) is not None:
                plan = await self._plan(connection, request)
                if plan is None:
                    break
                await connection.play(plan)
        except ClientLeftError:
            self.cancelled += 1
        except (ConnectionError, h11.RemoteProtocolError):
            # The client broke off between two requests, or does not speak HTTP: its right.
            pass
        finally:
            await connection.close()

    async def _plan(self, connection: HttpConnection, request: HttpRequest) -> Plan | None:
        """The response to a request; None closes the connection without one."""
        path = request.path.removeprefix(_PREFIX)
        refused = self.faults.peek(path)
        if refused is not None and refused.kind == "refuse":
            if not connection.kept:
                self.faults.take(path)
            return None
        incoming = _Incoming(connection, request, self.faults.take(path))
        try:
            return await self._answer(incoming)
        except ClientLeftError:
            raise
        except RefusedError as by_responder:
            return by_responder.plan()
        except Exception as error:
            self.crashed.append(error)
            return error_plan(500, "The sandbox's endpoint failed.", type_="server_error")

    async def _answer(self, incoming: _Incoming) -> Plan:
        request = incoming.request
        match request.method, request.path:
            case "POST", "/v1/chat/completions":
                return await self._completion(incoming)
            case "POST", "/v1/responses":
                return await self._completion(incoming, responses=True)
            case "POST", "/v1/audio/transcriptions":
                return await self._transcription(incoming)
            case "POST", "/v1/audio/speech":
                return await self._speech(incoming)
            case "GET", "/v1/models":
                return self._refusal(incoming) or self._models()
        self.unhandled[f"{request.method} {request.path}"] += 1
        text = f"Unknown request URL: {request.method} {request.path}."
        return error_plan(404, text, type_="invalid_request_error", code="unknown_url")

    async def _completion(self, incoming: _Incoming, *, responses: bool = False) -> Plan:
        request = incoming.json()
        if responses and request is not None:
            request = endpoint_responses.as_chat(request)
        if request is None or not _is_completion_request(request):
            text = "The body must be JSON with a model and at least one message."
            return error_plan(400, text, type_="invalid_request_error")
        self.requests.append(request)
        if refused := self._refusal(incoming, request["model"]):
            return refused
        if self.blind and any(isinstance(one.get("content"), list) for one in request["messages"]):
            text = "Invalid content type. image_url is only supported by certain models."
            return error_plan(
                400, text, type_="invalid_request_error", param="messages.[1].content.[1].type"
            )
        if self.toolless and request.get("tools"):
            text = f"{request['model']} does not support tools"
            return error_plan(400, text, type_="api_error")
        answer: str | Reply = await incoming.made(self.responder(request))
        completion = Completion(
            id=f"chatcmpl-sandbox-{next(self._ids)}",
            created=int(time.time()),
            request=request,
            reply=Reply(answer) if isinstance(answer, str) else answer,
            fault=incoming.fault,
        )
        if responses:
            return endpoint_responses.plan(completion, self.chunk_delay)
        return completion.plan(self.chunk_delay)

    async def _transcription(self, incoming: _Incoming) -> Plan:
        request = incoming.request
        if request.size > len(request.body):
            return audio.too_large(request.size)
        kind = request.headers.get("content-type", "")
        # In a thread: a large file takes tens of milliseconds.
        recording = await asyncio.to_thread(audio.recording_in, request.body, kind)
        if isinstance(recording, str):
            return error_plan(400, recording, type_="invalid_request_error")
        self.transcriptions.append(recording if self.keep_audio else replace(recording, data=b""))
        if refused := self._refusal(incoming, recording.model) or audio.objection(recording):
            return refused
        try:
            said: str | SpokenWords = await incoming.made(self.transcriber(recording))
        except audio.UndecodableError:
            return audio.undecodable()
        transcription = SpokenWords(said) if isinstance(said, str) else said
        return audio.transcription_plan(recording, transcription, incoming.fault)

    async def _speech(self, incoming: _Incoming) -> Plan:
        request = incoming.json()
        if request is None:
            return error_plan(400, "The body must be JSON.", type_="invalid_request_error")
        self.speeches.append(request)
        model = str(request.get("model"))
        if refused := self._refusal(incoming, model) or audio.speech_objection(request):
            return refused
        return audio.speech_plan(await incoming.made(self.speaker(request)), incoming.fault)

    def _models(self) -> Plan:
        names = self.models or ("sandbox",)
        models: list[dict[str, Any]] = [
            {"id": name, "object": "model", "created": 0}
            | ({"shutdown_date": self.ends[name]} if name in self.ends else {})
            for name in names
        ]
        return json_plan({"object": "list", "data": models})

    def _refusal(self, incoming: _Incoming, model: str | None = None) -> Plan | None:
        """Why a request is refused whatever it asks for; `model` is what it names, if any."""
        fault, name = incoming.fault, model or ""
        key = incoming.request.headers.get("authorization", "").removeprefix("Bearer ")
        if fault is not None and is_refusal(fault.kind):
            return refusal_plan(fault.kind, model=name, key=key, **fault.params)
        if self.api_key not in (None, key):
            return refusal_plan("unauthorized", model=name, key=key)
        if model is None:
            return None
        if model in self.gone or (self.models is not None and model not in self.models):
            return refusal_plan("model_not_found", model=name)
        return None

    def _words_of(self, recording: Recording) -> str:
        """The default transcriber: says plainly that it understands only what it knows."""
        unknown = f"A recording of {recording.seconds:.1f} s; the sandbox understands no speech."
        return self.words.get(recording.sha256, unknown)


async def _awaited(answer: Awaitable[T]) -> T:
    return await answer


def _is_completion_request(body: dict[str, Any]) -> bool:
    messages = body.get("messages")
    return (
        isinstance(body.get("model"), str)
        and isinstance(messages, list)
        and bool(messages)
        and all(isinstance(message, dict) for message in messages)
    )
