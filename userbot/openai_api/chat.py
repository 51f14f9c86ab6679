"""Chat completions, or responses: a request of ours in, deltas and one Finish out, or a ModelError.

Requests go through openai's `client.post`, its documented way to an endpoint with plain JSON
bodies: authentication, transport and status errors are openai's, but the typed parameters,
events and models, which cost most of a short request's time, are left out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from userbot.errors import ModelError
from userbot.events import Notice, Report
from userbot.openai_api import responses
from userbot.openai_api.client import ModelClient
from userbot.openai_api.dialect import CALLS, EFFORT, PICTURES, SCHEMA, SYSTEM, TOOLS, Dialect
from userbot.openai_api.failures import refusal_of
from userbot.openai_api.model_errors import SCAN_UNSEEN, TOOLS_REFUSED
from userbot.openai_api.offered import OfferedModel, like, offered
from userbot.openai_api.reading import AnswerReader
from userbot.settings import OpenAIConfig
from userbot.texts import _
from userbot.types import ChatRequest, Delta, Finish

if TYPE_CHECKING:
    import httpx2
    import openai

_LAST_SECONDS: Final = 0.1
"""How long the end of a response may take after that of the answer in it."""
_DROPPING: Final = frozenset({"refused_request", "server_error", "context_length"})
"""The failures whose cause may be a parameter."""
_DROPPED: Final = {
    SYSTEM: _("the system role"),
    PICTURES: _("pictures"),
    CALLS: _("results of tools as messages"),
    SCHEMA: _("answers by a schema"),
}
"""What may be left out besides parameters."""


class OpenAIChat:
    """The model behind the server that `[openai]` names; implements `ports.ChatModel`.

    Nothing is asked twice here, since whoever asks owns retries, but for one thing: a parameter
    that the model refuses is left out, then and from there on, and `report` is told.
    """

    def __init__(self, settings: OpenAIConfig, report: Report = lambda _: None) -> None:
        self._report = report
        self._dialects: defaultdict[str, Dialect] = defaultdict(Dialect)
        self._responses = settings.api == "responses"
        self._fallbacks = settings.fallbacks
        self._gone: set[str] = set()
        """Models that the server no longer has, of those with a fallback."""
        self._aloud: set[str] = set()
        """Models that think without an opening mark: their text waits for the closing one."""
        self._client = ModelClient.of(settings)
        self._address = self._client.address(
            responses.PATH if self._responses else "/chat/completions"
        )
        self.host = self._client.server.host
        """The server as messages name it."""

    async def warm(self) -> None:
        """Import openai (half a second) and build its client, in a worker thread.

        Called while Telegram connects; without it the first request does the same. Raises
        ModelError when the key or the proxy cannot be used at all.
        """
        await self._client.ready()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta | Finish, None]:
        """The answer in pieces, then one Finish. Raises ModelError, also after some pieces.

        A model that is gone or overloaded is followed by the next of the fallbacks, unless the
        question itself names it. Close it when leaving early (`contextlib.aclosing`): that ends
        the request.
        """
        models = [request.model, *(() if request.switches.model else self._fallbacks)]
        models = [name for name in models if name not in self._gone]
        models = list(dict.fromkeys(models)) or [request.model]
        for model, following in zip(models, [*models[1:], ""], strict=True):
            offered = bool(request.tools)
            answer = AnswerReader(model, aloud=model in self._aloud, offered=offered)
            of_model = request if model == request.model else replace(request, model=model)
            asked = self._asked(of_model, answer)
            try:
                async with contextlib.aclosing(asked) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except ModelError as error:
                error.asked = model
                gone = error.reason == "model_not_found"
                if answer.begun or not following or not (gone or error.overloaded):
                    raise
                if gone:
                    self._gone.add(model)
                told = _("{error} Asking {fallback}.", error=error, fallback=following)
                self._report(Notice(reason="fallback_model", detail=told, hint=error.hint))

    async def _asked(
        self, request: ChatRequest, answer: AnswerReader
    ) -> AsyncGenerator[Delta | Finish, None]:
        try:
            client = await self._client.ready()
            dialect, effort = self._dialects[request.model], request.switches.effort
            if effort and (refused := dialect.refused_of(effort)):
                told = _(
                    "{model} does not support {what}: asking without it.",
                    model=request.model,
                    what=refused,
                )
                self._report(Notice(reason="parameter_dropped", detail=told))
            while True:
                if request.tools and not dialect.takes_tools(request):
                    raise self._client.server.error(TOOLS_REFUSED, model=request.model)
                if PICTURES in dialect.without and request.needs_pictures:
                    raise self._client.server.error(SCAN_UNSEEN, model=request.model)
                body = dialect.body(request)
                try:
                    async with contextlib.aclosing(
                        self._arriving(client, body, answer)
                    ) as arriving:
                        async for delta in arriving:
                            yield delta
                    break
                except Exception as error:
                    if answer.begun or not self._learned(request.model, error, body):
                        raise
        except Exception as error:
            self._client.explain(error, request.model, answer)
        # Also where the connection broke behind the end: a last word may be held back.
        try:
            for delta in answer.end(streamed=body["stream"]):
                yield delta
        except Exception as error:
            self._client.explain(error, request.model, answer)
        if answer.aloud:
            self._aloud.add(request.model)
        yield answer.finish(self._client.server)

    async def check(self) -> list[OfferedModel]:
        """The models that the server offers; none if it does not list them. Raises ModelError."""
        return await self._client.models()

    async def offers(self, model: str) -> Sequence[str] | None:
        """None if the server has that model; else the names most like it; see `ports.ModelList`."""
        models = await self.check()
        return None if offered(model, models) else like(model, models)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _learned(self, model: str, error: Exception, body: dict[str, Any]) -> bool:
        """Whether the error taught something to leave out, so that asking again makes sense."""
        refusal = refusal_of(error)
        if refusal is None:
            return False
        if refusal.error(self._client.server, model, {}).reason not in _DROPPING:
            return False
        dialect = self._dialects[model]
        name = dialect.learn(refusal, body)
        if name is not None:
            what = _DROPPED.get(name, name)
            if name == EFFORT:
                what = dialect.refused_of(str(body.get(EFFORT, ""))) or name
            told = _("{model} does not support {what}: not sent any more.", model=model, what=what)
            if name in body and dialect.cap is not None and dialect.cap < body[name]:
                told = _(
                    "{model} allows answers of {tokens} tokens at most: {name} is lowered to that.",
                    model=model,
                    tokens=dialect.cap,
                    name=name,
                )
            if name == TOOLS:
                told = _(
                    "{model} does not support tools: what to look up is asked for before the"
                    " answer.",
                    model=model,
                )
            reason = TOOLS_REFUSED.reason if name == TOOLS else "parameter_dropped"
            self._report(Notice(reason=reason, detail=told))
        return name is not None

    async def _arriving(
        self, client: openai.AsyncOpenAI, body: dict[str, Any], answer: AnswerReader
    ) -> AsyncGenerator[Delta]:
        """What `answer` makes of the response as it arrives, in pieces or whole.

        A server that does not stream answers whole, whatever was asked for.
        """
        import httpx2
        import openai

        # It gives what `cast_to` says; `stream` means that the body is left unread.
        given = await client.post(
            self._address,
            cast_to=httpx2.Response,
            body=responses.body_of(body) if self._responses else body,
            stream=True,
            stream_cls=openai.AsyncStream[object],
        )
        async with (
            contextlib.aclosing(cast("httpx2.Response", given)) as response,
            contextlib.aclosing(response.aiter_bytes()) as pieces,
        ):
            async for piece in pieces:
                for delta in answer.feed(piece):
                    yield delta
                if answer.sent.ended:
                    break
            # Only a connection whose response was read to its end is kept.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_SECONDS):
                    async for _ in pieces:
                        pass
