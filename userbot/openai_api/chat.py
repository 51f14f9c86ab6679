"""Chat completions: a request of ours in, deltas and one Finish out, or a ModelError.

Requests go through openai's `client.post`, its documented way to an endpoint with plain JSON
bodies: authentication, transport and status errors are openai's, but the typed parameters,
events and models, which cost most of a short request's time, are left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Iterable
from typing import TYPE_CHECKING, Any, Final, cast

from userbot.errors import ModelError
from userbot.events import Notice, Report
from userbot.openai_api import model_errors
from userbot.openai_api.client import ModelClient
from userbot.openai_api.dialect import PICTURES, SYSTEM, Dialect
from userbot.openai_api.failures import UnreadableAnswerError, failure, refusal_of
from userbot.openai_api.reading import AnswerReader
from userbot.openai_api.sent_events import MOST, SentEvents
from userbot.settings import OpenAIConfig
from userbot.texts import _
from userbot.types import ChatRequest, Delta, Finish

if TYPE_CHECKING:
    import httpx2
    import openai

_LAST_SECONDS: Final = 0.1
"""How long the end of a response may take after that of the answer in it."""
_DROPPING: Final = frozenset({"refused_request", "server_error"})
"""The failures whose cause may be a parameter."""
_DROPPED: Final = {SYSTEM: _("the system role"), PICTURES: _("pictures")}
"""What may be left out besides parameters."""


class OpenAIChat:
    """The model behind the server that `[openai]` names; implements `ports.ChatModel`.

    Nothing is asked twice here, since whoever asks owns retries, but for one thing: a parameter
    that the model refuses is left out, then and from there on, and `report` is told.
    """

    def __init__(self, settings: OpenAIConfig, report: Report = lambda _: None) -> None:
        self._report = report
        self._dialects: dict[str, Dialect] = {}
        self._client = ModelClient.of(settings)
        self._server = self._client.server

    @property
    def host(self) -> str:
        """The server as messages name it."""
        return self._server.host

    async def warm(self) -> None:
        """Import openai (half a second) and build its client, in a worker thread.

        Called while Telegram connects; without it the first request does the same. Raises
        ModelError when the key or the proxy cannot be used at all.
        """
        await self._client.ready()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta | Finish, None]:
        """The answer in pieces, then one Finish. Raises ModelError, also after some pieces.

        Close it when leaving early (`contextlib.aclosing`): that ends the request.
        """
        reading = AnswerReader(request.model)
        try:
            client = await self._client.ready()
            while True:
                body = self._dialect(request.model).body(request)
                try:
                    async with contextlib.aclosing(self._events(client, body)) as arriving:
                        async for events in arriving:
                            for event in events:
                                reading.feed(event)
                            text, thought = reading.taken(), reading.thought()
                            if text or thought:
                                yield Delta(text, thought)
                    break
                except Exception as error:
                    if reading.begun or not self._learned(request.model, error, body):
                        raise
            reading.end()
            if text := reading.taken():
                yield Delta(text)
        except ModelError:
            raise
        except Exception as error:
            if text := reading.taken():  # it came with what failed, but before it
                yield Delta(text)
            # What fails after the answer's declared end took nothing from the answer.
            if reading.finish_reason is None:
                explained = failure(error, self._server, request.model, begun=reading.begun)
                if explained is None:
                    raise
                explained.usage = reading.usage
                raise explained from None
        yield self._finish(reading)

    async def check(self) -> list[str]:
        """The ids of the models that the server offers. Raises ModelError."""
        return await self._client.models()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _events(
        self, client: openai.AsyncOpenAI, body: dict[str, Any]
    ) -> AsyncGenerator[Iterable[object]]:
        """The JSON values of an answer, as many at once as arrive at once: chunks, or one whole."""
        import httpx2
        import openai

        # It gives what `cast_to` says; `stream` means that the body is left unread.
        given = await client.post(
            "/chat/completions",
            cast_to=httpx2.Response,
            body=body,
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )
        async with contextlib.aclosing(cast("httpx2.Response", given)) as response:
            kind = response.headers.get("content-type", "")
            if "html" in kind:
                raise UnreadableAnswerError
            if "json" in kind or not body["stream"]:
                # A server that does not stream answers whole, whatever was asked for.
                yield [json.loads(await _whole(response))]
                return
            sent = SentEvents()
            async with contextlib.aclosing(response.aiter_bytes()) as pieces:
                async for piece in pieces:
                    yield map(json.loads, sent.feed(piece))
                    if sent.ended:
                        break
                else:
                    yield _last(sent)
                # Only a connection whose response was read to its end is kept.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LAST_SECONDS):
                        async for _ in pieces:
                            pass

    def _dialect(self, model: str) -> Dialect:
        return self._dialects.get(model, Dialect())

    def _learned(self, model: str, error: Exception, body: dict[str, Any]) -> bool:
        """Whether the error taught something to leave out, so that asking again makes sense."""
        refusal = refusal_of(error)
        if refusal is None or refusal.error(self._server, model, {}).reason not in _DROPPING:
            return False
        dialect = self._dialect(model)
        name = dialect.refused(refusal.status, getattr(error, "body", None), body)
        if name is None:
            return False
        self._dialects[model] = dialect.less(name)
        what = _DROPPED.get(name, name)
        self._report(
            Notice(
                reason="parameter_dropped",
                detail=_(
                    "{model} does not support {what}: not sent any more.", model=model, what=what
                ),
            )
        )
        return True

    def _finish(self, reading: AnswerReader) -> Finish:
        reason = reading.finish_reason
        if reason is None:
            problem = model_errors.NO_FINISH
        elif reason == "content_filter":
            problem = model_errors.CONTENT_FILTER
        elif not reading.has_text:
            used_up = reason == "length"
            problem = model_errors.ALL_TOKENS_USED if used_up else model_errors.EMPTY_ANSWER
        else:
            return Finish(reason, reading.usage, reading.model)
        wrong = self._server.error(problem, model=reading.model)
        wrong.usage = reading.usage
        raise wrong


def _last(sent: SentEvents) -> list[object]:
    """The event that only lacks the blank line behind it; none if it was cut in the middle."""
    try:
        return [json.loads(data) for data in sent.feed(b"\n\n")]
    except ValueError:
        return []


async def _whole(response: httpx2.Response) -> bytes:
    data = bytearray()
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > MOST:
            raise UnreadableAnswerError
    return bytes(data)
