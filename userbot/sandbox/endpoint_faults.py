"""What can go wrong at a model's endpoint, ordered in advance by a test or the sandbox's user.

A refusal is an answer of its own; other faults change the answer. Shapes of refusals:
https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from userbot.sandbox.endpoint_http import Plan

KINDS: Final[dict[str, dict[str, Any]]] = {
    # Refused with a status, before any answer. `retry_after`: seconds, as the header says them.
    "unauthorized": {},
    "model_not_found": {},
    "rate_limit": {"retry_after": None},
    "quota": {},
    "server_error": {},
    "unavailable": {"retry_after": None},
    "context_length": {},
    "unsupported_parameter": {"param": "temperature"},
    # The connection is closed without a response. Only on a new connection does it count: on a
    # kept one a client may take it for an idle connection's end, and try again on a new one.
    "refuse": {},
    # In the answer, after `after` pieces of its text.
    "stall": {"after": 0},
    "cut": {"after": 2},
    "error_object": {"after": 2, "message": "The server had an error processing your request"},
    "junk": {"after": 2},
    "content_filter": {"after": 2},
    # The answer is whole or empty, and yet wrong.
    "no_finish": {"done": False},
    "empty": {},
    "late_first_token": {"seconds": 1.0},
}
"""Every kind with its parameters and their defaults."""


@dataclass(frozen=True, slots=True)
class EndpointFault:
    """One fault as it meets a request; `params` holds every parameter of its kind."""

    kind: str
    params: dict[str, Any] = field(default_factory=dict)


class RefusedError(Exception):
    """Raised by a responder: the request is refused with this status, in these words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def plan(self) -> Plan:
        """The response."""
        return error_plan(self.status, str(self), type_="invalid_request_error")


class EndpointFaults:
    """The faults in store. Each request to its path takes the first one that is left."""

    def __init__(self) -> None:
        self._queue: deque[tuple[str, EndpointFault, int | None]] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def add(
        self, kind: str, times: int | None = 1, *, on: str = "/chat/completions", **params: Any
    ) -> None:
        """Let the next `times` requests on the path `on` meet a fault; None: all, until `clear`.

        Raises ValueError for an unknown kind or parameter.
        """
        if kind not in KINDS:
            raise ValueError(f"there is no fault {kind!r}; there are {', '.join(KINDS)}")
        unknown = params.keys() - KINDS[kind].keys()
        if unknown:
            raise ValueError(f"the fault {kind!r} has no parameter {', '.join(sorted(unknown))}")
        self._queue.append((on, EndpointFault(kind, KINDS[kind] | params), times))

    def clear(self) -> None:
        """Forget every fault that is left."""
        self._queue.clear()

    def peek(self, on: str) -> EndpointFault | None:
        """The fault that the next request on the path `on` meets, or None."""
        return next((fault for path, fault, _ in self._queue if path == on), None)

    def take(self, on: str) -> EndpointFault | None:
        """The same, and it has been met."""
        for index, (path, fault, times) in enumerate(self._queue):
            if path != on:
                continue
            if times == 1:
                del self._queue[index]
            elif times is not None:
                self._queue[index] = (path, fault, times - 1)
            return fault
        return None


JSON_TYPE: Final = "application/json"

_REFUSALS: Final[dict[str, tuple[int, str, str | None, str]]] = {
    # kind: status, type, code, message; {model}, {key} and {param} are filled in. That the key
    # is repeated is deliberate: some endpoints do, and the program must not pass it on.
    "unauthorized": (
        401,
        "invalid_request_error",
        "invalid_api_key",
        "Incorrect API key provided: {key}.",
    ),
    "model_not_found": (
        404,
        "invalid_request_error",
        "model_not_found",
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    "rate_limit": (
        429,
        "requests",
        "rate_limit_exceeded",
        "Rate limit reached for {model} on requests per min (RPM): Limit 3, Used 3.",
    ),
    "quota": (
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "server_error": (
        500,
        "server_error",
        None,
        "The server had an error while processing your request.",
    ),
    "unavailable": (
        503,
        "server_error",
        None,
        "The engine is currently overloaded, please try again later.",
    ),
    "context_length": (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "This model's maximum context length is 8192 tokens. Please reduce the messages.",
    ),
    "unsupported_parameter": (
        400,
        "invalid_request_error",
        "unsupported_parameter",
        "Unsupported parameter: '{param}' is not supported with this model.",
    ),
}


def encoded(body: object) -> bytes:
    """JSON as the endpoint writes it; half a character as an escape, as real servers do."""
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(body).encode()


def json_plan(body: object, status: int = 200, *headers: tuple[str, str]) -> Plan:
    """A whole JSON response."""
    data = encoded(body)
    return Plan(
        status=status, content_type=JSON_TYPE, steps=(data,), length=len(data), headers=headers
    )


def error_plan(
    status: int, message: str, *headers: tuple[str, str], type_: str, **fields: str | None
) -> Plan:
    """An error as OpenAI's endpoint words it; `fields` are its `code` and `param`."""
    error = {"message": message, "type": type_, "param": None, "code": None} | fields
    return json_plan({"error": error}, status, *headers)


def refusal_plan(kind: str, *, model: str, key: str = "", **params: Any) -> Plan:
    """The refusal that a fault of this kind, or a wrong request, meets."""
    status, type_, code, message = _REFUSALS[kind]
    headers: tuple[tuple[str, str], ...] = ()
    if params.get("retry_after") is not None:
        headers = (("retry-after", str(params["retry_after"])),)
    param = params.get("param")
    text = message.format(model=model, key=key, param=param)
    return error_plan(status, text, *headers, type_=type_, code=code, param=param)


def is_refusal(kind: str) -> bool:
    """Whether a fault of this kind is a status instead of an answer."""
    return kind in _REFUSALS
