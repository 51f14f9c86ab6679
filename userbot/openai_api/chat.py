"""Chat completions: a request of ours in, deltas and one Finish out, or a ModelError.

Requests go through openai's `client.post`, its documented way to an endpoint with plain JSON
bodies: authentication, transport, event decoding and status errors are openai's, but the
typed parameters and models, which cost most of a short request's time, are left out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, Final

from userbot.activity import Notice, Report
from userbot.errors import ModelError
from userbot.messages import ChatRequest, Delta, Finish
from userbot.openai_api import sentences
from userbot.openai_api.dialect import SYSTEM, Dialect
from userbot.openai_api.failures import UnreadableAnswerError, failure, refusal_of
from userbot.openai_api.reading import Reading
from userbot.openai_api.where import Where
from userbot.settings import OpenAI

if TYPE_CHECKING:
    import openai

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
_NO_KEY: Final = "none"
"""Sent to servers that want no key; openai's client cannot do without one."""
_CONNECT_SECONDS: Final = 10.0
_KEEPALIVE_SECONDS: Final = 60.0
"""How long an idle connection is kept: a conversation's next question spares the handshake."""
_CHECK_SECONDS: Final = 15.0
_DROPPING: Final = frozenset({"refused_request", "server_error"})
"""The failures whose cause may be a parameter."""


class Chat:
    """The model behind the endpoint that `[openai]` names; implements `ports.ChatModel`.

    Nothing is asked twice here, since whoever asks owns retries, but for one thing: a parameter
    that the model refuses is left out, then and from there on, and `report` is told.
    """

    def __init__(self, settings: OpenAI, report: Report = lambda _: None) -> None:
        self._settings = settings
        self._report = report
        self._dialects: dict[str, Dialect] = {}
        self._base_url = settings.base_url or DEFAULT_BASE_URL
        self._key = (settings.api_key or "").strip() or None
        self._where = Where.of(self._base_url, settings.timeout, self._key)
        self._building = asyncio.Lock()
        self._client: openai.AsyncOpenAI | None = None

    async def warm(self) -> None:
        """Import openai (half a second) and build its client, in a worker thread.

        Called while Telegram connects; without it the first request does the same. Raises
        ModelError when the key or the proxy cannot be used at all.
        """
        await self._ready()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta | Finish, None]:
        """The answer in pieces, then one Finish. Raises ModelError, also after some pieces.

        Close it when leaving early (`contextlib.aclosing`): that ends the request.
        """
        reading = Reading(request.model)
        try:
            client = await self._ready()
            while True:
                body = self._dialect(request.model).body(request)
                try:
                    async with contextlib.aclosing(self._events(client, body)) as events:
                        async for event in events:
                            if text := reading.feed(event):
                                yield Delta(text)
                    break
                except Exception as error:
                    if reading.begun or not self._learned(request.model, error, body):
                        raise
            if text := reading.rest():
                yield Delta(text)
        except ModelError:
            raise
        except Exception as error:
            # What fails after the answer's declared end took nothing from the answer.
            if reading.finish_reason is None:
                explained = failure(error, self._where, request.model, begun=reading.begun)
                if explained is None:
                    raise
                raise explained from None
        yield self._finish(reading)

    async def check(self) -> list[str]:
        """The ids of the models that the endpoint offers: one cheap call. Raises ModelError."""
        try:
            client = await self._ready()
            listed = await client.get(
                "/models",
                cast_to=object,
                options={"timeout": min(self._settings.timeout, _CHECK_SECONDS)},
            )
            models = listed.get("data") if isinstance(listed, dict) else None
            if not isinstance(models, list):
                raise UnreadableAnswerError
            return [
                str(model["id"]) for model in models if isinstance(model, dict) and "id" in model
            ]
        except ModelError:
            raise
        except Exception as error:
            explained = failure(error, self._where, self._settings.model, begun=False)
            if explained is None:
                raise
            raise explained from None

    async def aclose(self) -> None:
        """Close the connections."""
        async with self._building:
            client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _ready(self) -> openai.AsyncOpenAI:
        if self._client is None:
            async with self._building:
                if self._client is None:
                    self._client = await asyncio.to_thread(self._build)
        return self._client

    def _build(self) -> openai.AsyncOpenAI:
        if self._key is not None and not (self._key.isascii() and self._key.isprintable()):
            raise sentences.bad_key()
        import httpx2
        import openai

        from userbot.openai_api.transport import Transport

        timeout = openai.Timeout(
            self._settings.timeout, connect=min(self._settings.timeout, _CONNECT_SECONDS)
        )
        try:
            transport = Transport(
                timeout=timeout,
                limits=httpx2.Limits(keepalive_expiry=_KEEPALIVE_SECONDS),
                proxy=self._settings.proxy,
                # A system-wide proxy knows nothing of a server on this machine.
                trust_env=not self._where.loopback,
            )
        except ImportError:
            raise sentences.bad_proxy("For a socks proxy install socksio beside it.") from None
        except ValueError:
            raise sentences.bad_proxy(
                "It must be http://, https:// or socks5://host:port."
            ) from None
        return openai.AsyncOpenAI(
            api_key=self._key or _NO_KEY,
            base_url=self._base_url,
            timeout=timeout,
            max_retries=0,
            http_client=transport,
        )

    async def _events(
        self, client: openai.AsyncOpenAI, body: dict[str, Any]
    ) -> AsyncGenerator[object]:
        """The JSON values of an answer: chunks, or the one of a whole completion."""
        import openai

        if not body["stream"]:
            yield await client.post("/chat/completions", cast_to=object, body=body)
            return
        stream = await client.post(
            "/chat/completions",
            cast_to=object,
            body=body,
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )
        try:
            kind = stream.response.headers.get("content-type", "")
            if "json" in kind:
                # A server that does not stream answers whole, whatever was asked for.
                await stream.response.aread()
                yield stream.response.json()
                return
            if "html" in kind:
                raise UnreadableAnswerError
            async for event in stream:
                yield event
        finally:
            await stream.close()

    def _dialect(self, model: str) -> Dialect:
        return self._dialects.get(model, Dialect())

    def _learned(self, model: str, error: Exception, body: dict[str, Any]) -> bool:
        """Whether the error taught something to leave out, so that asking again makes sense."""
        refusal = refusal_of(error)
        if refusal is None or refusal.error(self._where, model, {}).reason not in _DROPPING:
            return False
        dialect = self._dialect(model)
        name = dialect.refused(refusal.status, getattr(error, "body", None), body)
        if name is None:
            return False
        self._dialects[model] = dialect.less(name)
        what = "system role" if name == SYSTEM else name
        self._report(
            Notice(
                reason="parameter_dropped",
                detail=f"{model} does not take the {what}; it is left out from now on.",
            )
        )
        return True

    def _finish(self, reading: Reading) -> Finish:
        if reading.finish_reason is None:
            raise sentences.no_finish(reading.model)
        if reading.finish_reason == "content_filter":
            raise sentences.content_filter(self._where)
        if not reading.has_text:
            raise sentences.empty_answer(reading.model, reading.finish_reason)
        return Finish(reading.finish_reason, reading.usage, reading.model)
