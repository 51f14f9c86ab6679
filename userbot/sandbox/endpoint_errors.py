"""The refusals of an OpenAI-compatible endpoint, as plans.

Shapes: https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

import json
from typing import Any, Final

from userbot.sandbox.endpoint_http import Plan

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
    """JSON as the endpoint writes it."""
    return json.dumps(body, ensure_ascii=False).encode()


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
