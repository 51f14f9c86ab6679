"""The Responses API: the same promises as chat completions, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from userbot.errors import ModelError
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.responses import body_of
from userbot.sandbox.endpoint import Endpoint, Reply
from userbot.settings import OpenAIConfig
from userbot.types import Delta, Finish, Usage

from .test_chat import REQUEST, answer_of, events, gathered, response


@pytest.fixture
async def chat(endpoint: Endpoint) -> AsyncIterator[OpenAIChat]:
    settings = OpenAIConfig(
        api_key="sandbox-key", base_url=endpoint.base_url, timeout=60, api="responses"
    )
    chat = OpenAIChat(settings)
    yield chat
    await chat.aclose()


async def test_a_stream_comes_in_pieces_and_ends_with_one_finish(
    chat: OpenAIChat, endpoint: Endpoint
) -> None:
    usage = Usage(9, 4, False, 5)
    endpoint.responder = lambda _: Reply("one two", delay=0.01, usage=usage)
    pieces = [piece async for piece in chat.stream(REQUEST)]
    assert pieces == [Delta("one "), Delta("two"), Finish("stop", usage, "small")]


async def test_a_whole_answer_is_one_piece(chat: OpenAIChat, endpoint: Endpoint) -> None:
    endpoint.responder = lambda _: Reply("one two", "length")
    pieces = [piece async for piece in chat.stream(replace(REQUEST, stream=False))]
    assert pieces[0] == Delta("one two")
    assert isinstance(pieces[1], Finish)
    assert pieces[1].reason == "length"


async def test_a_refused_parameter_is_dropped_by_its_name_there(
    chat: OpenAIChat, endpoint: Endpoint
) -> None:
    endpoint.faults.add("unsupported_parameter", on="/responses", param="reasoning.effort")
    endpoint.faults.add(
        "unsupported_parameter", on="/responses", param="max_output_tokens", times=2
    )
    request = replace(REQUEST, reasoning_effort="low", max_completion_tokens=50, temperature=0.0)
    await gathered(chat, request)
    assert [one.get("reasoning") for one in endpoint.requests] == [{"effort": "low"}] + [None] * 3
    assert "max_output_tokens" not in endpoint.requests[-1]
    assert endpoint.requests[-1]["temperature"] == 0.0
    assert endpoint.requests[-1]["store"] is False


async def test_leaving_early_ends_the_request(chat: OpenAIChat, endpoint: Endpoint) -> None:
    endpoint.responder = lambda _: Reply("word " * 1000, delay=0.01)
    stream = chat.stream(REQUEST)
    assert await anext(stream) == Delta("word ")
    await stream.aclose()
    async with asyncio.timeout(60):
        while not endpoint.cancelled:
            await asyncio.sleep(0.005)


def delta(text: str) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "delta": text}


def ended(status: str, **more: object) -> dict[str, Any]:
    return {
        "type": f"response.{status}",
        "response": {"object": "response", "status": status} | more,
    }


async def test_thoughts_are_not_shown_and_the_end_repeats_nothing() -> None:
    part = {"type": "output_text", "text": "Hello."}
    output = [{"type": "reasoning", "summary": []}, {"type": "message", "content": [part]}]
    thought = {"type": "response.reasoning_text.delta", "delta": "hm"}
    said = [thought, delta("Hello."), ended("completed", output=output)]
    assert (await answer_of(events(*said)))[0] == "Hello."
    assert (await answer_of(events(said[-1])))[0] == "Hello."
    whole = json.dumps(said[-1]["response"], indent=2)
    assert (await answer_of(response("application/json", whole)))[0] == "Hello."


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (ended("failed", error={"code": "server_error", "message": "died"}), "server_error"),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "slow"}, "rate_limited"),
        (ended("incomplete", incomplete_details={"reason": "content_filter"}), "content_filter"),
        (ended("failed"), "interrupted"),
        (delta("more"), "no_finish"),
    ],
)
async def test_an_answer_that_did_not_end_well_is_told(last: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError) as caught:
        await answer_of(events(delta("Hel"), last))
    assert caught.value.reason == reason


def test_pictures_and_earlier_answers_have_their_own_shape() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": [{"type": "text", "text": "what?"}, picture]},
    ]
    body = body_of({"model": "m", "messages": messages, "stream": True})
    assert body["instructions"] == "Be brief."
    assert body["input"] == [
        {"type": "message", "role": "assistant", "content": "Hello."},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "what?"},
                {"type": "input_image", "image_url": "data:image/png;base64,AA"},
            ],
        },
    ]
