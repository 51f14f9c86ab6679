"""Every failure of a model's server as a ModelError: exceptions, and refusals in its own words.

Servers share the status codes more or less, the shape of the error object less, and the texts not
at all; a text is looked into only where the codes leave something open.

The cause is never chained: the texts of openai and of its transport can hold the key. A note
on the error names the classes of the chain instead.
"""

from __future__ import annotations

import email.utils
import math
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from userbot.errors import ModelError, causes
from userbot.openai_api import model_errors as problems
from userbot.openai_api.error_body import read_error
from userbot.openai_api.model_errors import LOOKED_AT, ServerName
from userbot.rules.plain import paired
from userbot.texts import Text, _

if TYPE_CHECKING:
    import openai

_TOO_LONG: Final = re.compile(
    r"context.?(length|window|size|limit)|maximum context|max_(seq|model)_len|\bn_ctx\b"
    r"|too many (input |prompt )?tokens|token.?limit|tokens?.{0,20}exceed"
    r"|exceed\w*.{0,60}\b(tokens?|context)\b|overflows?\b.{0,20}context|context.{0,20}overflow"
    r"|(prompt|input|inputs|message|messages|request|query|conversation|text|length)\b.{0,40}"
    r"(too (long|large|big)|exceed|(longer|greater|larger|more) than|超)"
    r"|too (long|large|big).{0,30}(prompt|input|message|request|model|context|tokens)"
    r"|(prompt|input|inputs|model).{0,15}(length|tokens).{0,40}"
    r"(maximum|limit|at most|should be|must)"
    r"|(maximum|max|limit).{0,15}(prompt|input|model).{0,15}(length|tokens)"
    r"|(must have|must be|at most|fewer|less than|<=?) ?(less than )?\d+ (input |prompt )?tokens"
    r"|reduce (the )?(length|number|size|your (message|prompt|input))",
    re.I | re.S,
)
"""What servers call it; a long request of whoever is not understood is tried by half."""
_NEVER_FITS: Final = re.compile(
    r"(request|prompt|input|message)s?\b.{0,20}too (large|long|big)|must be reduced", re.I | re.S
)
_RATE: Final = re.compile(r"limit:?\D{0,3}(\d+).{0,40}requested:?\D{0,3}(\d+)", re.I | re.S)
_OVERLOADED: Final = re.compile(r"overload|capacity|too busy|server.{0,10}busy|no available", re.I)
_FULL: Final = frozenset({503, 529})
_NO_MODEL: Final = re.compile(
    r"\bmodel\b.*\b(not found|does not exist|no such|unknown|not installed|not available)"
    r"|\bmodel\b.{0,80}\b(decommission|deprecated|retired|removed|shut ?down|discontinued"
    r"|no longer (available|served|offered|exists))"
    r"|\b(unknown|invalid|no such|nonexistent|unavailable) model\b",
    re.I,
)
_GONE: Final = frozenset({400, 403, 404, 410, 422})
_NO_CREDIT: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


class EndpointSaidError(Exception):
    """An error object where an answer was expected, with status 200; `body` is the object."""

    def __init__(self, body: object) -> None:
        super().__init__()
        self.body = body


class UnreadableAnswerError(ValueError):
    """What came back has not the shape of a chat completion."""


@dataclass(frozen=True, slots=True)
class ServerRefusal:
    """What the endpoint said: `status` (0: it named none) and the parts of its error object."""

    status: int
    slugs: frozenset[str]
    param: str
    text: str
    """What is looked at of its words."""

    @classmethod
    def of(cls, body: object, status: int = 0) -> ServerRefusal:
        """From an error object in any of the shapes that servers use; missing parts are empty.

        Gateways put the status of the server behind them into the object.
        """
        said = read_error(body)
        text = paired(said.text[:LOOKED_AT])
        return cls(status or said.status, said.slugs, said.param, text)

    def error(self, server: ServerName, model: str, headers: Mapping[str, str]) -> ModelError:
        """The error that it means; `headers` are the response's, with lower-case names."""
        slugs, status = self.slugs, self.status
        if status == 401 or "invalid_api_key" in slugs:
            return server.error(problems.UNAUTHORIZED if server.key else problems.NO_KEY)
        if status == 402 or slugs & _NO_CREDIT:
            return server.error(problems.QUOTA)
        if "model_not_found" in slugs or (status in _GONE and _NO_MODEL.search(self.text)):
            return server.error(problems.MODEL_NOT_FOUND, model=model)
        said = server.quote(self.text)
        if status == 429 and self._never_fits():
            return server.error(problems.CONTEXT_LENGTH, model=model)
        if status == 429 or "rate_limit_exceeded" in slugs:
            wait = retry_after(headers)
            limited = server.error(problems.RATE_LIMITED, detail=said, retry_after=wait)
            limited.overloaded = _OVERLOADED.search(self.text) is not None
            return limited
        if "content_filter" in slugs:
            return server.error(problems.CONTENT_FILTER)
        told = " ".join((*slugs, self.text))
        if status == 413 or (status <= 500 and _TOO_LONG.search(told)):
            return server.error(problems.CONTEXT_LENGTH, model=model)
        if status == 408:
            return server.error(problems.TIMEOUT)
        if status in (0, 409) or status >= 500:
            # 409 is a conflict on the server's side; openai's own client retries it too.
            problem = problems.SERVER_STATUS if status else problems.SERVER_ERROR
            wait = retry_after(headers)
            failed = server.error(problem, detail=said, retry_after=wait, status=status)
            failed.unexplained = status == 500
            failed.overloaded = status in _FULL or _OVERLOADED.search(told) is not None
            return failed
        if status < 400:
            return server.error(problems.BAD_ANSWER)
        hint = None
        if "stream_options" in (self.param or self.text):
            hint = problems.REFUSED_COUNTING
        elif self.param:
            hint = problems.REFUSED_PARAMETER
        elif status == 403:
            hint = problems.REFUSED_KEY
        elif status in (404, 405):
            hint = problems.CHECK_ADDRESS
        name = server.quote(self.param)
        refused = server.error(problems.REFUSED, detail=said, hint=hint, status=status, name=name)
        refused.unexplained = hint is None
        return refused

    def _never_fits(self) -> bool:
        """Whether a rate is passed by this one request: to wait for it does not help."""
        numbers = _RATE.search(re.sub(r"(?<=\d),(?=\d)", "", self.text))
        alone = numbers is not None and int(numbers[2]) > int(numbers[1])
        return alone or _NEVER_FITS.search(self.text) is not None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until a retry makes sense, 0 if nothing is said, None if it is ruled out.

    ``Retry-After`` is seconds or a date (RFC 9110, 10.2.3); ``retry-after-ms`` and
    ``x-should-retry`` are OpenAI's own.
    """
    if headers.get("x-should-retry") == "false":
        return None
    value = headers.get("retry-after", "")
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        elif re.fullmatch(r"[\d.]+", value):
            seconds = float(value)
        else:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError):
        return 0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0


def failure(error: Exception, server: ServerName, model: str, *, begun: bool) -> ModelError | None:
    """The ModelError for what was raised; `begun`: the answer had begun to arrive.

    None for an exception of another kind: it is a fault of our own, which must not be
    mistaken for the endpoint's.
    """
    explained = _explained(error, server, model, begun)
    if explained is not None:
        explained.add_note(" < ".join(type(cause).__name__ for cause in causes(error)))
    return explained


def refusal_of(error: Exception) -> ServerRefusal | None:
    """The endpoint's refusal, if the error is one."""
    import openai

    match error:
        case openai.APIStatusError():
            return ServerRefusal.of(_said(error), error.status_code)
        case openai.APIResponseValidationError() | openai.APIConnectionError():
            return None
        case openai.APIError() | EndpointSaidError():
            return ServerRefusal.of(error.body)
    return None


def _said(error: openai.APIStatusError) -> object:
    """The whole of what came: openai keeps the part under "error" alone, and JSON alone."""
    import httpx2

    try:
        return error.response.text or error.body
    except httpx2.StreamError:
        return error.body


def _explained(error: Exception, server: ServerName, model: str, begun: bool) -> ModelError | None:
    # Both are loaded long since: who got one of their exceptions has imported them.
    import httpx2
    import openai

    refusal = refusal_of(error)
    if refusal is not None:
        response = getattr(error, "response", None)
        return refusal.error(server, model, {} if response is None else response.headers)
    match error:
        case openai.APITimeoutError() | httpx2.TimeoutException():
            connecting = any(isinstance(cause, httpx2.ConnectTimeout) for cause in causes(error))
            return _unreachable(error, server) if connecting else server.error(problems.TIMEOUT)
        case openai.APIConnectionError() | httpx2.HTTPError() | httpx2.StreamError() | OSError():
            return server.error(problems.INTERRUPTED) if begun else _unreachable(error, server)
        case httpx2.InvalidURL():
            return _unreachable(error, server)
        case openai.APIResponseValidationError() | UnreadableAnswerError():
            # Any other ValueError is our own: it was raised before anything was sent.
            return server.error(problems.BAD_ANSWER)
        case openai.OpenAIError():
            return server.error(problems.NOT_BUILT)
    return None


def _unreachable(error: Exception, server: ServerName) -> ModelError:
    import httpx2

    proxy = _("Check proxy under [openai].")
    clock = _("Check base_url and this computer's clock.")
    scheme = _("base_url must begin with http:// or https://.")
    start = _("Start the server, or check base_url under [{section}].")
    closed = (httpx2.RemoteProtocolError, httpx2.ReadError)
    rows: list[tuple[type[Exception] | tuple[type[Exception], ...], Text, Text | None]] = [
        # what was met, what is said of it, another hint than the usual one
        (httpx2.ProxyError, _("the proxy refused the connection"), proxy),
        (ssl.SSLCertVerificationError, _("its certificate is not trusted"), clock),
        ((httpx2.UnsupportedProtocol, httpx2.InvalidURL), _("the address is invalid"), scheme),
        (socket.gaierror, _("the host name is unknown"), None),
        (ConnectionRefusedError, _("connection refused"), start),
        (httpx2.ConnectTimeout, _("the connection timed out"), None),
        (closed, _("it closed the connection without a reply"), None),
    ]
    chain = tuple(causes(error))
    for kinds, detail, hint in rows:
        if any(isinstance(cause, kinds) for cause in chain):
            # Certificate and address stay wrong until somebody changes something.
            wait = None if hint in (clock, scheme) else 0
            return server.error(problems.UNREACHABLE, detail=detail, hint=hint, retry_after=wait)
    return server.error(problems.UNREACHABLE)
