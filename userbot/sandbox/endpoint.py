"""An OpenAI-compatible endpoint on loopback, for the demo, the sandbox and the tests.

It speaks HTTP over real sockets, so the program talks to it exactly as to a real server.
Served: ``POST /v1/chat/completions`` (streamed or not), ``GET /v1/models``, and speech
(endpoint_speech.py): ``POST /v1/audio/transcriptions`` and ``/v1/audio/speech``; everything else
is answered with 404 and counted. What can go wrong is ordered with `faults.add`.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import h11

from userbot.sandbox.endpoint_answers import Completion, Reply, plain_text
from userbot.sandbox.endpoint_audio import Heard, Transcript
from userbot.sandbox.endpoint_errors import error_plan, is_refusal, json_plan, refusal_plan
from userbot.sandbox.endpoint_faults import EndpointFault, Faults
from userbot.sandbox.endpoint_http import ClientLeftError, Connection, HttpRequest, Plan
from userbot.sandbox.endpoint_speech import Refusal, Speech, awaited

__all__ = ["Endpoint", "Faults", "Heard", "Reply", "Responder", "Transcript", "echo"]

Responder = Callable[[dict[str, Any]], str | Reply | Awaitable[str | Reply]]
"""Gives the answer to a request's body; may be a coroutine, to hold the answer back."""

_PREFIX = "/v1"
_COMPLETIONS = "/chat/completions"
_MODELS = "/models"
_TRANSCRIPTIONS = "/audio/transcriptions"
_SPEECH = "/audio/speech"
_ROUTES = {
    ("POST", _COMPLETIONS),
    ("GET", _MODELS),
    ("POST", _TRANSCRIPTIONS),
    ("POST", _SPEECH),
}


def echo(request: dict[str, Any]) -> str:
    """The default responder: says plainly what was asked."""
    asked = [message for message in request["messages"] if message.get("role") == "user"]
    return f"You asked: {plain_text(asked[-1]) if asked else ''}"


class Endpoint(Speech):
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
        super().__init__()
        self.api_key = api_key
        self.responder = responder
        self.models = models
        self.gone: set[str] = set()
        """Models that were taken away."""
        self.blind = False
        """The models refuse pictures, in OpenAI's words."""
        self.chunk_delay = chunk_delay
        self.faults = Faults()
        self.requests: list[dict[str, Any]] = []
        """The body of every completion asked for, in order, whatever its answer was."""
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
        task = asyncio.create_task(self._serve(Connection(reader, writer)))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, connection: Connection) -> None:
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

    async def _plan(self, connection: Connection, request: HttpRequest) -> Plan | None:
        """The response to a request; None closes the connection without one."""
        path = request.path.removeprefix(_PREFIX)
        refused = self.faults.peek(path)
        if refused is not None and refused.kind == "refuse":
            if not connection.kept:
                self.faults.take(path)
            return None
        fault = self.faults.take(path)
        try:
            return await self._route(connection, request, path, fault)
        except ClientLeftError:
            raise
        except Exception as error:
            self.crashed.append(error)
            return error_plan(500, "The sandbox's endpoint failed.", type_="server_error")

    async def _route(
        self, connection: Connection, request: HttpRequest, path: str, fault: EndpointFault | None
    ) -> Plan:
        route = (request.method, path)
        if not request.path.startswith(_PREFIX) or route not in _ROUTES:
            self.unhandled[f"{request.method} {request.path}"] += 1
            text = f"Unknown request URL: {request.method} {request.path}."
            return error_plan(404, text, type_="invalid_request_error", code="unknown_url")
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        refusal = partial(self._refusal, key, fault)
        if path == _COMPLETIONS:
            return await self._completion(connection, request.body, fault, refusal)
        if path == _TRANSCRIPTIONS:
            return await self.transcribed(connection, request, fault, refusal)
        if path == _SPEECH:
            return await self.spoken(connection, request.body, fault, refusal)
        if refused := refusal(None):
            return refused
        models = self.models or ("sandbox",)
        return json_plan(
            {
                "object": "list",
                "data": [{"id": name, "object": "model", "created": 0} for name in models],
            }
        )

    async def _completion(
        self, connection: Connection, body: bytes, fault: EndpointFault | None, refusal: Refusal
    ) -> Plan:
        try:
            request = json.loads(body)
        except ValueError:
            request = None
        if not _is_completion_request(request):
            text = "The body must be JSON with a model and at least one message."
            return error_plan(400, text, type_="invalid_request_error")
        self.requests.append(request)
        if refused := refusal(request["model"]):
            return refused
        if self.blind and any(isinstance(one.get("content"), list) for one in request["messages"]):
            text = "Invalid content type. image_url is only supported by certain models."
            return error_plan(
                400, text, type_="invalid_request_error", param="messages.[1].content.[1].type"
            )
        answer = self.responder(request)
        if inspect.isawaitable(answer):
            answer = await connection.unless_left(awaited(answer))
        return Completion(
            id=f"chatcmpl-sandbox-{next(self._ids)}",
            created=int(time.time()),
            request=request,
            reply=Reply(answer) if isinstance(answer, str) else answer,
            fault=fault,
        ).plan(self.chunk_delay)

    def _refusal(self, key: str, fault: EndpointFault | None, model: str | None) -> Plan | None:
        """Why a request is refused whatever it asks for; `model` is what it names, if any."""
        name = model or ""
        if fault is not None and is_refusal(fault.kind):
            return refusal_plan(fault.kind, model=name, key=key, **fault.params)
        if not self._lets_in(key):
            return refusal_plan("unauthorized", model=name, key=key)
        if model is None:
            return None
        if model in self.gone or (self.models is not None and model not in self.models):
            return refusal_plan("model_not_found", model=name)
        return None

    def _lets_in(self, key: str) -> bool:
        return self.api_key is None or key == self.api_key


def _is_completion_request(body: object) -> bool:
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        return False
    messages = body.get("messages")
    return (
        isinstance(messages, list)
        and bool(messages)
        and all(isinstance(message, dict) for message in messages)
    )
