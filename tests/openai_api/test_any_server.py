"""Answers of many servers, over real sockets: how they are written, how they end, what they say."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.errors import ModelError
from userbot.events import Event, Notice
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.error_body import read_error
from userbot.openai_api.failures import ServerRefusal, failure
from userbot.openai_api.model_errors import ServerName
from userbot.openai_api.new_text import NewText
from userbot.openai_api.offered import offered, read_models
from userbot.openai_api.speech import words_in
from userbot.rules.limits import cost_of
from userbot.sandbox.endpoint import Endpoint
from userbot.settings import OpenAIConfig, Prices
from userbot.types import Usage

from .test_chat import (
    REQUEST,
    answer_of,
    chunk,
    events,
    gathered,
    read_request,
    response,
    serving,
)

SERVER = ServerName(host="models.example", timeout=60)
DONE = "data: [DONE]"
SSE = "text/event-stream"
JSON = "application/json"


def whole(text: object, finish: str | None = "stop", **more: object) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}}
    return {"choices": [choice | {"finish_reason": finish} | more]}


def lines(*bodies: object) -> str:
    return "".join(f"{json.dumps(body)}\n" for body in bodies)


def sent(*bodies: object) -> str:
    return "".join(f"data: {json.dumps(body)}\n\n" for body in bodies)


def choice(at: int, text: str, finish: str | None = None) -> dict[str, Any]:
    return {"index": at, "delta": {"content": text}, "finish_reason": finish}


READ = [
    pytest.param(events(chunk("a \ud83d"), chunk("\ude00 b", "stop")), "a 😀 b", id="half a pair"),
    pytest.param(events(chunk("a \ud83d"), chunk(" b", "stop")), "a � b", id="a lone half"),
    pytest.param(events(chunk("a \ud83d"), chunk("", "stop")), "a �", id="a half at the end"),
    pytest.param(response(JSON, sent(chunk("a"), chunk("b", "stop"))), "ab", id="label JSON"),
    pytest.param(response("text/html", sent(chunk("a", "stop"))), "a", id="label of a page"),
    pytest.param(response(SSE, json.dumps(whole("a"), indent=2)), "a", id="whole, in lines"),
    pytest.param(response(SSE, json.dumps(whole("a"))), "a", id="whole, labelled a stream"),
    pytest.param(response("application/x-ndjson", lines(chunk("a"), chunk("b", "stop"))), "ab"),
    pytest.param(response(JSON, json.dumps([chunk("a"), chunk("b", "stop")], indent=1)), "ab"),
    pytest.param(
        response(SSE, sent(chunk("a"), chunk("b", "stop")).replace("\n\n", "\n")), "ab", id="dense"
    ),
    pytest.param(response(SSE, f"data: {sent(chunk('a', 'stop'))}"), "a", id="data: data:"),
    pytest.param(events(chunk("ab"), DONE), "ab", id="[DONE] without a reason"),
    pytest.param(events(chunk("ab", "eos"), DONE), "ab", id="another word for stop"),
    pytest.param(response(JSON, json.dumps(whole("a", None))), "a", id="whole without a reason"),
    pytest.param(
        events(
            {"choices": [choice(0, "a"), choice(1, "z")]},
            {"choices": [choice(1, "y", "stop")]},
            {"choices": [choice(0, "b", "stop")]},
        ),
        "ab",
        id="another choice",
    ),
    pytest.param(
        events(chunk("Hello "), chunk("to "), chunk("you"), chunk("Hello to you", "stop")),
        "Hello to you",
        id="the last chunk repeats all",
    ),
    pytest.param(
        events(chunk("Hello "), chunk("to you."), whole("Hello to you."), DONE),
        "Hello to you.",
        id="a message behind the pieces",
    ),
    pytest.param(
        events(chunk("He"), chunk("Hello"), chunk("Hello to"), chunk("Hello to you", "stop")),
        "Hello to you",
        id="each piece holds all",
    ),
    pytest.param(
        events(chunk("a \ud83d"), chunk("a \ud83d\ude00"), chunk("a \ud83d\ude00!", "stop")),
        "a 😀!",
        id="each piece holds all, and halves",
    ),
    pytest.param(events(chunk("ha"), chunk("ha"), chunk("!", "stop")), "haha!", id="twice said"),
]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize(("raw", "text"), READ)
async def test_a_body_is_read_by_what_it_is_each_word_once(
    raw: bytes, text: str, stream: bool
) -> None:
    said, finish = await answer_of(raw, replace(REQUEST, stream=stream))
    assert (said, finish.reason) == (text, "stop")


@given(text=st.text(), data=st.data())
def test_pieces_of_half_characters_are_the_text_and_can_be_kept(
    text: str, data: st.DataObject
) -> None:
    units = text.encode("utf-16-be", "surrogatepass")
    halves = [
        units[at : at + 2].decode("utf-16-be", "surrogatepass") for at in range(0, len(units), 2)
    ]
    new = NewText()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(halves)))))
    pieces = [halves[a:b] for a, b in zip([0, *cuts], [*cuts, len(halves)], strict=True)]
    shown = "".join([*(new.feed("".join(piece)) for piece in pieces), new.rest()])
    shown.encode()
    sqlite3.connect(":memory:").execute("SELECT ?", (shown,))


WORDS = [f"word{n}" for n in range(16)]


@pytest.mark.parametrize("length", range(2, len(WORDS)))
def test_a_message_is_never_shown_twice(length: int) -> None:
    said = [f"{word} " for word in WORDS[:length]]
    text = "".join(said)
    for pieces in (
        [*said, text],
        [*said, text.strip()],
        ["".join(said[: n + 1]) for n in range(length)],
        [*["".join(said[: n + 1]) for n in range(length)], text],
        said,
    ):
        new = NewText()
        shown = [new.feed(one, last=at == len(pieces) - 1) for at, one in enumerate(pieces)]
        assert "".join([*shown, new.rest()]) == text


ENDS = [
    pytest.param(events(chunk("a"), chunk("", "error"), DONE), ("interrupted", 0), id="error"),
    pytest.param(
        events(chunk("a"), chunk("", "insufficient_system_resource")), ("interrupted", 0), id="busy"
    ),
    pytest.param(
        events(
            chunk("a"),
            {"choices": [{"delta": {}, "error": {"code": 502, "message": "upstream died"}}]},
        ),
        ("server_error", 0),
        id="an error in the choice",
    ),
    pytest.param(events(chunk("a"), chunk("", "SAFETY")), ("content_filter", None), id="filter"),
    pytest.param(events(chunk("", "stop"), DONE), ("empty_answer", None), id="nothing at all"),
    pytest.param(events(chunk(""), DONE), ("empty_answer", None), id="nothing, and no reason"),
    pytest.param(events(chunk("\n"), DONE), ("empty_answer", None), id="nothing but a line's end"),
    pytest.param(
        events({"choices": [{"delta": {"reasoning_content": "hm"}, "finish_reason": "stop"}]}),
        ("empty_answer", None),
        id="only thoughts",
    ),
    pytest.param(
        events({"choices": [{"delta": {"tool_calls": [{}]}, "finish_reason": "tool_calls"}]}),
        ("empty_answer", None),
        id="only calls",
    ),
    pytest.param(events(chunk("a")), ("no_finish", 0), id="no end"),
    pytest.param(
        response(JSON, '{"detail": "model is loading"}'), ("server_error", 0), id="an error as 200"
    ),
]


@pytest.mark.parametrize(("raw", "reason"), ENDS)
async def test_how_an_answer_ended_says_whether_it_is_asked_for_again(
    raw: bytes, reason: tuple[str, float | None]
) -> None:
    with pytest.raises(ModelError) as caught:
        await answer_of(raw)
    assert (caught.value.reason, caught.value.retry_after) == reason


@pytest.mark.parametrize("reason", ["length", "MAX_TOKENS", "max_output_tokens", "model_length"])
async def test_an_answer_that_was_cut_by_its_length_says_so(reason: str) -> None:
    _, finish = await answer_of(events(chunk("a", reason)))
    assert finish.reason == "length"


SAID = [
    ({"error": {"message": "no"}}, "no"),
    ([{"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}], "no"),
    ({"error": "no such luck"}, "no such luck"),
    ({"errors": [{"message": "one"}, {"message": "two"}]}, "one; two"),
    ({"success": False, "errors": ["one", "two"]}, "one; two"),
    ({"detail": [{"loc": ["body", "top"], "msg": "extra"}]}, "body.top: extra"),
    ({"message": "no"}, "no"),
    ({"error_msg": "no", "error_code": 17}, "no"),
    ({"base_resp": {"status_code": 1004, "status_msg": "no"}}, "no"),
    (
        {"error": {"message": "Provider returned error", "metadata": {"raw": '{"message": "no"}'}}},
        "no",
    ),
    ({"error": {"message": "failed", "metadata": {"raw": "no"}}}, "no"),
    ({"error": {"message": '{"error": {"message": "no"}}'}}, "no"),
    ('data: {"error": {"message": "no"}}\n\n', "no"),
    ({"message": "Bad Request", "errors": [{"message": "no"}]}, "Bad Request: no"),
    ({"error": "invalid_request", "message": "no"}, "no"),
    ({"error": {"message": {"detail": "no"}}}, "no"),
    ("plain words", "plain words"),
    ({"error": '"m" does not think'}, '"m" does not think'),
    ({"error": "[m] does not think"}, "[m] does not think"),
    ("<html>gateway</html>", ""),
    ({"error": {"code": "overloaded"}}, ""),
]


@pytest.mark.parametrize(("body", "text"), SAID)
def test_the_servers_own_reason_is_found_in_any_shape(body: object, text: str) -> None:
    assert read_error(body).text == text
    assert read_error(json.dumps(body)).text == text


TOO_LONG = [
    (400, "This model's maximum context length is 8192 tokens. Please reduce the messages."),
    (400, "prompt is too long: 208310 tokens > 200000 maximum"),
    (
        400,
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ),
    (400, "Prompt contains 65673 tokens, too large for model with 32768 maximum context length"),
    (400, "too many tokens: the total number of tokens in the prompt cannot exceed 4081"),
    (400, "Please reduce the length of the messages or completion."),
    (422, "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000"),
    (422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193"),
    (400, "the request exceeds the available context size. try increasing it"),
    (500, "the request exceeds the available context size"),
    (400, "Trying to keep the first 5000 tokens when context the overflows."),
    (400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096"),
    (400, "Input is too long for requested model."),
    (400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."),
    (400, "Invalid request: Your request exceeded model token limit: 8192"),
    (400, "Range of input length should be [1, 30720]"),
    (400, "invalid params, context window exceeds limit (2013)"),
    (400, "Prompt length 5000 is greater than max_seq_len 4096"),
    (400, "prompt 超长"),
    (500, "input is too large to process. increase the physical batch size"),
    (413, "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 9000"),
    (429, "Request too large for m on tokens per min (TPM): Limit 30000, Requested 40000."),
    (429, "tokens per minute: Limit 6000, Used 10, Requested 9,000"),
]


@pytest.mark.parametrize(("status", "text"), TOO_LONG)
def test_too_long_is_understood_in_many_words(status: int, text: str) -> None:
    assert ServerRefusal.of({"error": {"message": text}}, status).error(SERVER, "m", {}).reason == (
        "context_length"
    )


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (429, "Rate limit reached for m (TPM): Limit 30000, Used 29000, Requested 5000."),
        (400, "Unsupported value: 'temperature' does not support 0.5 with this model."),
        (500, "The server had an error while processing your request."),
        (503, "The engine is currently overloaded, please try again later."),
    ],
)
def test_other_refusals_are_not_taken_for_too_long(status: int, text: str) -> None:
    error = ServerRefusal.of({"error": {"message": text}}, status).error(SERVER, "m", {})
    assert error.reason != "context_length"


def test_what_is_raised_before_sending_is_nobodys_answer() -> None:
    broken = UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed")
    assert failure(broken, SERVER, "m", begun=False) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"text": " Hello."}', " Hello."),
        (b'{"text": null, "segments": [{"text": " Hello"}, {"text": " you."}]}', "Hello you."),
        (b'{"segments": [{"text": " Hello."}]}', "Hello."),
        (b'{"text": null}', ""),
        (b'"Hello."', "Hello."),
        (b"Hello.", "Hello."),
        (b"[music]", "[music]"),
        (b'[{"text": "Hello."}]', "Hello."),
        (
            b'data: {"delta": "Hel"}\n\ndata: {"text": "Hello."}\n\n',
            "Hello.",
        ),
        (b'{"text": "a \\ud83d"}', "a \ufffd"),
        (b"<html>no</html>", None),
        (b'{"id": 7}', None),
        (b'{"text": "half', None),
    ],
)
def test_a_transcript_is_read_by_what_it_is(body: bytes, words: str | None) -> None:
    assert words_in(body) == words


LISTS = [
    ({"data": [{"id": "m"}]}, "m", None),
    ({"data": [{"id": "m:latest"}]}, "m", None),
    ({"data": [{"id": "m"}]}, "m:latest", None),
    ({"models": [{"name": "models/m"}]}, "m", None),
    ([{"id": "m", "shutdown_date": "2027-01-06"}], "m", date(2027, 1, 6)),
    (["m"], "m", None),
    ({"data": [{"id": "m", "shutdown_date": "2027-01-06T00:00:00Z"}]}, "m", date(2027, 1, 6)),
    ({"data": [{"id": "m", "shutdown_date": 1799193600}]}, "m", date(2027, 1, 6)),
    ({"data": [{"id": "m", "shutdown_date": None}]}, "m", None),
    ({"data": [{"id": "m:latest", "shutdown_date": "2027-01-06"}, {"id": "m"}]}, "m", None),
]


@pytest.mark.parametrize(("listed", "name", "ends"), LISTS)
def test_a_model_is_found_in_any_list_by_any_of_its_names(
    listed: object, name: str, ends: date | None
) -> None:
    found = offered(name, read_models(listed))
    assert found is not None
    assert found.ends == ends


@pytest.mark.parametrize("listed", [None, {}, {"data": None}, {"data": {"m": 1}}, "m", [7], []])
def test_another_shape_lists_nothing(listed: object) -> None:
    assert read_models(listed) == []


@pytest.mark.parametrize(
    ("details", "cached", "written"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30}}, 60, 30),
        ({"prompt_cache_hit_tokens": 60, "prompt_cache_miss_tokens": 40}, 60, 0),
        ({"cache_read_input_tokens": 60, "cache_creation_input_tokens": 30}, 60, 30),
        ({"prompt_tokens_details": None}, 0, 0),
        ({"prompt_tokens_details": {"cached_tokens": 900}}, 100, 0),
        ({}, 0, 0),
    ],
)
async def test_cached_tokens_are_read_and_have_a_price_of_their_own(
    details: dict[str, Any], cached: int, written: int
) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 10} | details
    _, finish = await answer_of(events(chunk("a", "stop", usage=usage), DONE))
    assert finish.usage == Usage(100, 10, False, cached, written)
    prices = Prices(input=10, output=20, cached_input=1, cache_write=12.5)
    plain = 100 - cached - written
    assert cost_of(prices, finish.usage) == plain * 10 + cached + written * 12.5 + 200
    assert cost_of(Prices(input=10), finish.usage) == 1000


async def test_a_query_in_base_url_belongs_to_each_request() -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n"))
        await read_request(reader)
        writer.write(events(chunk("a", "stop"), DONE))

    async with serving(answer) as base_url:
        chat = OpenAIChat(OpenAIConfig(base_url=f"{base_url}/?api-version=2026-01-01", timeout=60))
        assert (await gathered(chat))[0] == "a"
        await chat.aclose()
    assert asked == [b"POST /v1/chat/completions?api-version=2026-01-01 HTTP/1.1\r\n"]


@pytest.mark.parametrize("fault", ["model_not_found", "unavailable"])
async def test_a_model_that_is_gone_or_overloaded_is_followed_by_the_next(fault: str) -> None:
    endpoint, told = Endpoint(), list[Event]()
    await endpoint.start()
    settings = OpenAIConfig(
        api_key="sandbox-key", base_url=endpoint.base_url, fallbacks=("second", "third")
    )
    chat = OpenAIChat(settings, told.append)
    endpoint.faults.add(fault, times=2)
    assert (await gathered(chat))[1].model == "third"
    await gathered(chat)
    await chat.aclose()
    await endpoint.stop()
    later = "third" if fault == "model_not_found" else "small"
    asked = [request["model"] for request in endpoint.requests]
    assert asked == ["small", "second", "third", later]
    assert [one.reason for one in told if isinstance(one, Notice)] == ["fallback_model"] * 2
