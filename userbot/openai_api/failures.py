"""Every exception of openai, its transport and the decoders as a ModelError.

The cause is never chained: the texts of openai and of its transport can hold the key. A note
on the error names the classes of the chain instead.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from userbot.errors import ModelError
from userbot.openai_api import sentences
from userbot.openai_api.refusals import Refusal
from userbot.openai_api.where import Where
from userbot.texts import _


class EndpointSaidError(Exception):
    """An error object where an answer was expected, with status 200; `body` is the object."""

    def __init__(self, body: object) -> None:
        super().__init__()
        self.body = body


class UnreadableAnswerError(ValueError):
    """What came back has not the shape of a chat completion."""


def failure(error: Exception, where: Where, model: str, *, begun: bool) -> ModelError | None:
    """The ModelError for what was raised; `begun`: the answer had begun to arrive.

    None for an exception of another kind: it is a fault of our own, which must not be
    mistaken for the endpoint's.
    """
    explained = _explained(error, where, model, begun)
    if explained is not None:
        explained.add_note(" < ".join(type(cause).__name__ for cause in _chain(error)))
    return explained


def refusal_of(error: Exception) -> Refusal | None:
    """The endpoint's refusal, if the error is one."""
    import openai

    match error:
        case openai.APIStatusError():
            return Refusal.of(error.body, error.status_code)
        case openai.APIResponseValidationError() | openai.APIConnectionError():
            return None
        case openai.APIError() | EndpointSaidError():
            return Refusal.of(error.body)
        case _:
            return None


def _explained(error: Exception, where: Where, model: str, begun: bool) -> ModelError | None:
    # Both are loaded long since: who got one of their exceptions has imported them.
    import httpx2
    import openai

    match error:
        case openai.APITimeoutError() | httpx2.TimeoutException():
            connecting = any(isinstance(cause, httpx2.ConnectTimeout) for cause in _chain(error))
            return _unreachable(error, where) if connecting else sentences.timeout(where)
        case (
            openai.APIConnectionError()
            | httpx2.HTTPError()
            | httpx2.InvalidURL()
            | httpx2.StreamError()
            | OSError()
        ):
            return sentences.interrupted(where) if begun else _unreachable(error, where)
        case openai.APIStatusError():
            refusal = Refusal.of(error.body, error.status_code)
            return refusal.error(where, model, error.response.headers)
        case openai.APIResponseValidationError():
            return sentences.bad_answer(where)
        case openai.APIError() | EndpointSaidError():
            return Refusal.of(error.body).error(where, model, {})
        case openai.OpenAIError():
            hint = _("Check that the server supports the keys under [openai].")
            told = _("openai's client could not build the request.")
            return ModelError(told, hint, reason="refused_request")
        case ValueError() | RecursionError():
            # json.JSONDecodeError, or lists in lists; UnicodeDecodeError, UnreadableAnswerError.
            return sentences.bad_answer(where)
        case _:
            return None


def _unreachable(error: Exception, where: Where) -> ModelError:
    import httpx2

    causes = tuple(_chain(error))

    def met(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    section = where.section
    detail, hint, lasting = (
        "",
        _("Check the network, and base_url under [{section}].", section=section),
        False,
    )
    if met(httpx2.ProxyError):
        detail, hint = _("the proxy refused the connection"), _("Check proxy under [openai].")
    elif met(ssl.SSLCertVerificationError):
        detail, hint = (
            _("its certificate is not trusted"),
            _("Check base_url and this computer's clock."),
        )
        lasting = True
    elif met(httpx2.UnsupportedProtocol, httpx2.InvalidURL):
        detail, hint = (
            _("the address is invalid"),
            _("base_url must begin with http:// or https://."),
        )
        lasting = True
    elif met(socket.gaierror):
        detail = _("the host name is unknown")
    elif met(ConnectionRefusedError):
        detail, hint = (
            _("connection refused"),
            _("Start the server, or check base_url under [{section}].", section=section),
        )
    elif met(httpx2.ConnectTimeout):
        detail = _("the connection timed out")
    elif met(httpx2.RemoteProtocolError, httpx2.ReadError):
        detail = _("it closed the connection without a reply")
    return sentences.unreachable(where, detail, hint, lasting=lasting)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, and so on; groups are opened."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting.append(cause.__cause__ or cause.__context__)
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(cause.exceptions)
