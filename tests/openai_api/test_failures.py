"""What a failing endpoint becomes: over real sockets where it can be, else by its own words."""

from __future__ import annotations

import email.utils
import socket
import ssl
import time
from typing import Any

import httpx2
import openai
import pytest

from tests.pace import growth
from userbot.errors import ModelError
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.failures import ServerRefusal, failure, retry_after
from userbot.openai_api.model_errors import QUOTE_LENGTH, ServerName
from userbot.sandbox.endpoint import Endpoint
from userbot.settings import OpenAIConfig
from userbot.types import ChatRequest, PromptMessage

KEY = "sandbox-key"
SERVER = ServerName(host="models.example", timeout=60, key="sk-abcdef123456")


async def ask(settings: OpenAIConfig, *, stream: bool = True) -> ModelError:
    """The error that a question meets."""
    chat = OpenAIChat(settings)
    request = ChatRequest(
        model="small", messages=(PromptMessage("user", "one two three"),), stream=stream
    )
    try:
        with pytest.raises(ModelError) as caught:
            async for _ in chat.stream(request):
                pass
    finally:
        await chat.aclose()
    return caught.value


SILENT = ("stall", "late_first_token")
FAULTS = [
    # fault, parameters, reason and retry_after when streamed, and when whole if that differs
    ("unauthorized", {}, ("unauthorized", None), None),
    ("model_not_found", {}, ("model_not_found", None), None),
    ("rate_limit", {}, ("rate_limited", 0), None),
    ("rate_limit", {"retry_after": 7}, ("rate_limited", 7), None),
    ("quota", {}, ("quota", None), None),
    ("server_error", {}, ("server_error", 0), None),
    ("unavailable", {"retry_after": 2.5}, ("server_error", 2.5), None),
    ("context_length", {}, ("context_length", None), None),
    ("unsupported_parameter", {"param": "temperature"}, ("refused_request", None), None),
    ("refuse", {}, ("unreachable", 0), None),
    ("stall", {}, ("timeout", 0), None),
    ("stall", {"after": 2}, ("timeout", 0), None),
    ("late_first_token", {"seconds": 600}, ("timeout", 0), None),
    ("cut", {}, ("interrupted", 0), ("unreachable", 0)),
    ("error_object", {}, ("server_error", 0), None),
    ("junk", {}, ("bad_answer", 0), None),
    ("empty", {}, ("empty_answer", None), None),
    ("content_filter", {}, ("content_filter", None), None),
]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize(
    ("kind", "params", "streamed", "whole"),
    [pytest.param(*row, id=f"{row[0]} {row[1] or ''}".strip()) for row in FAULTS],
)
async def test_every_fault_has_its_reason_and_says_whether_to_ask_again(
    kind: str,
    params: dict[str, Any],
    streamed: tuple[str, float | None],
    whole: tuple[str, float | None] | None,
    stream: bool,
) -> None:
    endpoint = Endpoint(KEY)
    await endpoint.start()
    endpoint.faults.add(kind, **params)
    timeout = 0.5 if kind in SILENT else 60
    settings = OpenAIConfig(api_key=KEY, base_url=endpoint.base_url, timeout=timeout)
    error = await ask(settings, stream=stream)
    await endpoint.stop()
    assert (error.reason, error.retry_after) == (streamed if stream or whole is None else whole)
    assert str(error).endswith(".")
    assert error.hint.endswith((".", "/v1."))
    assert (
        KEY not in f"{error} {error.hint} {error.__notes__ if hasattr(error, '__notes__') else ''}"
    )
    assert error.__cause__ is None
    assert len(endpoint.requests) == (kind != "refuse"), "the adapter never asks twice by itself"


async def test_a_stream_that_ends_without_any_word_of_its_end_broke_off() -> None:
    endpoint = Endpoint(KEY)
    await endpoint.start()
    endpoint.faults.add("no_finish")
    error = await ask(OpenAIConfig(api_key=KEY, base_url=endpoint.base_url))
    await endpoint.stop()
    assert (error.reason, error.retry_after) == ("no_finish", 0)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("base_url", "says", "again"),
    [
        pytest.param(f"http://127.0.0.1:{free_port()}/v1", "connection refused", 0, id="port"),
        pytest.param("http://nowhere.invalid/v1", "the host name is unknown", 0, id="name"),
        pytest.param("localhost:11434/v1", "the address is invalid", None, id="scheme"),
        pytest.param("http://[broken/v1", "Cannot reach base_url", 0, id="address"),
    ],
)
async def test_an_endpoint_out_of_reach_is_told_with_the_cause(
    base_url: str, says: str, again: float | None
) -> None:
    error = await ask(OpenAIConfig(base_url=base_url, timeout=60))
    assert error.reason == "unreachable"
    assert says in str(error)
    assert error.retry_after == again


async def test_credentials_in_the_address_are_not_shown() -> None:
    error = await ask(OpenAIConfig(base_url=f"http://olga:geheim@127.0.0.1:{free_port()}/v1"))
    assert "geheim" not in str(error)
    assert str(error).startswith("Cannot reach 127.0.0.1:")


async def test_a_key_that_cannot_be_a_header_is_refused_before_it_is_sent() -> None:
    error = await ask(OpenAIConfig(api_key="sk-с-кириллицей"))
    assert error.reason == "unauthorized"
    assert "кириллицей" not in str(error)


async def test_a_proxy_that_is_none_is_told_without_its_password() -> None:
    error = await ask(OpenAIConfig(proxy="ftp://olga:geheim@127.0.0.1:1"))
    assert error.reason == "unreachable"
    assert "geheim" not in f"{error} {error.hint}"


async def test_a_server_that_wants_a_key_is_told_apart_from_one_that_refuses_it() -> None:
    endpoint = Endpoint(KEY)
    await endpoint.start()
    without = await ask(OpenAIConfig(base_url=endpoint.base_url))
    wrong = await ask(OpenAIConfig(base_url=endpoint.base_url, api_key="sk-wrong-key-12345"))
    await endpoint.stop()
    assert "requires a key, and none is set" in str(without)
    assert "rejected the key" in str(wrong)
    assert "sk-wrong" not in f"{wrong} {wrong.hint}"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        pytest.param(
            404,
            {"message": 'model "llama9" not found, try pulling it first', "type": "api_error"},
            "model_not_found",
            id="Ollama without the model",
        ),
        *(
            pytest.param(status, {"error": {"message": told}}, "model_not_found", id=told[:30])
            for status, told in (
                (404, "The model `whisper-1` has been deprecated, learn more here."),
                (400, "The model `m` has been decommissioned and is no longer supported."),
                (410, "The model m was retired on 2027-02-26."),
                (404, "Model 'whisper-1' is not installed locally."),
                (400, "Invalid model: whisper-1"),
            )
        ),
        pytest.param(404, {"detail": "Not Found"}, "refused_request", id="a wrong path"),
        pytest.param(405, {"detail": "Method Not Allowed"}, "refused_request", id="wrong method"),
        pytest.param(402, {"message": "Insufficient credits", "code": 402}, "quota", id="402"),
        pytest.param(403, "<html>Forbidden</html>", "refused_request", id="403 web page"),
        pytest.param(
            400,
            {
                "code": 400,
                "message": "the request exceeds the available context size",
                "type": "exceed_context_size_error",
            },
            "context_length",
            id="llama.cpp, too long",
        ),
        pytest.param(413, {"message": "Request too large"}, "context_length", id="413"),
        pytest.param(
            400, {"message": "filtered", "code": "content_filter"}, "content_filter", id="Azure"
        ),
        pytest.param(
            503, {"message": "Loading model", "type": "unavailable_error"}, "server_error", id="503"
        ),
        pytest.param(408, None, "timeout", id="408"),
        pytest.param(409, None, "server_error", id="409"),
        pytest.param(304, None, "bad_answer", id="304"),
        pytest.param(0, {"code": 502, "message": "Provider error"}, "server_error", id="gateway"),
        pytest.param(0, {"code": "429", "message": "slow down"}, "rate_limited", id="gateway 429"),
        pytest.param(0, "overloaded", "server_error", id="an error that is a string"),
        pytest.param(
            422, {"detail": [{"msg": "extra fields"}]}, "refused_request", id="422 with a list"
        ),
    ],
)
def test_other_servers_words_are_understood(status: int, body: object, reason: str) -> None:
    error = ServerRefusal.of(body, status).error(SERVER, "small", {})
    assert error.reason == reason
    assert "<html>" not in str(error)


@pytest.mark.parametrize(
    ("body", "status", "hint"),
    [
        ({"message": "no", "param": "temperature"}, 400, "Remove temperature from [openai]"),
        ({"message": "Unknown field stream_options"}, 422, "Set stream = false"),
        ({"message": "Country not supported"}, 403, "some regions need a proxy"),
        ({"detail": "Not Found"}, 404, "Check base_url"),
        ({"message": "no"}, 400, "supports model"),
    ],
)
def test_a_refused_request_has_the_hint_that_fits(body: object, status: int, hint: str) -> None:
    assert hint in ServerRefusal.of(body, status).error(SERVER, "small", {}).hint


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "20"}, 20),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "9" * 400}, 0),
        ({"retry-after-ms": "nan"}, 0),
        ({"x-should-retry": "false", "retry-after": "5"}, None),
    ],
)
def test_retry_after_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_may_be_a_date() -> None:
    said = email.utils.formatdate(time.time() + 3600, usegmt=True)
    assert retry_after({"retry-after": said}) == pytest.approx(3600, abs=600)
    past = email.utils.formatdate(time.time() - 60, usegmt=True)
    assert retry_after({"retry-after": past}) == 0


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Two\n lines,\tone sentence.", "Two lines, one sentence"),
        ("Your key sk-abcdef123456 is wrong", "Your key *** is wrong"),
        ("Another one: gsk_0123456789abcdef.", "Another one: ***"),
        ("Incorrect API key: sk-proj-*****wxyz.", "Incorrect API key: ***"),
        ("Bad header Bearer abc.def-123", "Bad header Bearer ***"),
        ("Ends only: abcd*******wxyz", "Ends only: ***"),
        ("The risk-free task-manager", "The risk-free task-manager"),
    ],
)
def test_a_quote_is_one_line_without_keys(text: str, quoted: str) -> None:
    assert SERVER.quote(text) == quoted


def test_a_quote_is_shortened_after_keys_are_masked() -> None:
    text = "x" * (QUOTE_LENGTH - 5) + " sk-abcdef123456 and more"
    assert len(SERVER.quote(text)) == QUOTE_LENGTH
    assert "sk-" not in SERVER.quote(text)


def test_an_endless_message_takes_time_by_its_length() -> None:
    def read(length: int) -> None:
        error = ServerRefusal.of({"message": "model" * length}, 400).error(SERVER, "small", {})
        assert len(str(error)) < 300

    assert growth(lambda: read(10**5), lambda: read(10**6)) < 40


def test_the_key_is_not_in_the_representation() -> None:
    assert "abcdef" not in repr(SERVER)


REQUEST = httpx2.Request("POST", "http://models.example/v1/chat/completions")


def caused(error: Exception, *causes: BaseException) -> Exception:
    """The error with its chain of causes, as the transport leaves it."""
    above: BaseException = error
    for cause in causes:
        above.__cause__ = cause
        above = cause
    return error


@pytest.mark.parametrize(
    ("error", "says", "again"),
    [
        pytest.param(
            caused(openai.APIConnectionError(request=REQUEST), httpx2.ProxyError("407")),
            "the proxy refused the connection",
            0,
            id="proxy",
        ),
        pytest.param(
            caused(
                openai.APIConnectionError(request=REQUEST),
                httpx2.ConnectError("tls"),
                ssl.SSLCertVerificationError("self-signed"),
            ),
            "its certificate is not trusted",
            None,
            id="certificate",
        ),
        pytest.param(
            caused(
                openai.APIConnectionError(request=REQUEST),
                httpx2.ConnectError("all failed"),
                ExceptionGroup("attempts", [ConnectionRefusedError(), OSError()]),
            ),
            "connection refused",
            0,
            id="a group of attempts",
        ),
        pytest.param(
            caused(openai.APITimeoutError(request=REQUEST), httpx2.ConnectTimeout("slow")),
            "the connection timed out",
            0,
            id="connecting takes too long",
        ),
        pytest.param(OSError("no route to host"), "Cannot reach", 0, id="of the system"),
    ],
)
def test_a_connection_that_fails_is_told_with_the_cause(
    error: Exception, says: str, again: float | None
) -> None:
    explained = failure(error, SERVER, "small", begun=False)
    assert explained is not None
    assert (explained.reason, explained.retry_after) == ("unreachable", again)
    assert says in str(explained)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            openai.APIResponseValidationError(httpx2.Response(200, request=REQUEST), None),
            "bad_answer",
        ),
        (openai.OpenAIError("Missing credentials sk-abcdef123456"), "refused_request"),
        (httpx2.StreamClosed(), "interrupted"),
        (httpx2.ReadError("reset"), "interrupted"),
    ],
)
def test_what_slips_through_the_client_is_explained_too(error: Exception, reason: str) -> None:
    explained = failure(error, SERVER, "small", begun=True)
    assert explained is not None
    assert explained.reason == reason
    assert "sk-" not in f"{explained} {explained.hint}"


def test_a_fault_of_our_own_is_not_taken_for_the_endpoints() -> None:
    assert failure(KeyError("typo"), SERVER, "small", begun=False) is None
