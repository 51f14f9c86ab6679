"""Calls of tools in whatever shape servers write them, over real sockets."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.errors import ModelError
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.dialect import Dialect
from userbot.openai_api.responses import body_of
from userbot.openai_api.tool_calls import CallReader
from userbot.sandbox.endpoint import Endpoint, Reply
from userbot.settings import OpenAIConfig
from userbot.types import ChatRequest, Finish, PromptMessage, ToolCall, ToolSpec, Usage

from .test_chat import REQUEST, answer_of, chunk, events, response

LOOK = ToolSpec("look", "Looks.", {"type": "object", "properties": {"words": {}}})
OFFERING = replace(REQUEST, tools=(LOOK,))
X, Y = '{"words": "x"}', '{"words": "y"}'
DONE = "data: [DONE]"


def piece(*calls: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"delta": {"tool_calls": list(calls), **more}, "finish_reason": finish}]}


def call(
    arguments: object = None, name: object = None, id_: object = None, **more: Any
) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    told = {key: value for key, value in function.items() if value is not None}
    return ({"function": told} if told else {}) | ({"id": id_} if id_ is not None else {}) | more


def whole(*calls: dict[str, Any], finish: str | None = "tool_calls", **more: Any) -> bytes:
    message = {"role": "assistant", "content": None, "tool_calls": list(calls)} | more
    return response(
        "application/json",
        json.dumps({"choices": [{"message": message, "finish_reason": finish}]}),
    )


def item(arguments: str, id_: str, **more: Any) -> dict[str, Any]:
    told = {"type": "function_call", "id": f"fc_{id_}", "call_id": id_, "name": "look"}
    return told | {"arguments": arguments} | more


def ended(*output: dict[str, Any]) -> dict[str, Any]:
    answer = {"object": "response", "status": "completed", "output": list(output)}
    return {"type": "response.completed", "response": answer}


ONE = [("a1", "look", X)]
TWO = [("a1", "look", X), ("a2", "look", Y)]
SERVERS = [
    pytest.param(
        events(
            chunk("Let me look."),
            piece(call("", "look", "a1", index=0)),
            piece(call('{"wor', index=0)),
            piece(call('ds": "x"}', index=0)),
            piece(call("", "look", "a2", index=1)),
            piece(call(Y, index=1)),
            chunk(None, "tool_calls"),
            DONE,
        ),
        TWO,
        id="in pieces, as documented",
    ),
    pytest.param(
        events(
            piece(call("", "look", "a1", index=0), call("", "look", "a2", index=1)),
            piece(call('{"words"', index=0), call('{"words"', index=1)),
            piece(call(': "y"}', index=1), call(': "x"}', index=0), finish="tool_calls"),
        ),
        TWO,
        id="interleaved",
    ),
    pytest.param(
        events(
            piece(call(X, "look", "a1", index=0)),
            piece(call(Y, "look", "a2", index=0), finish="stop"),
        ),
        TWO,
        id="each index 0",
    ),
    pytest.param(
        events(
            piece(call(X, "look", "", index=0)),
            piece(call(Y, "look", "", index=0), finish="stop"),
        ),
        [("", "look", X), ("", "look", Y)],
        id="each index 0 and without an id",
    ),
    pytest.param(
        events(
            piece(call('{"words":', "look", "a1")),
            piece(call(' "x"}')),
            piece(call(Y, "look", "a2"), finish="tool_calls"),
        ),
        TWO,
        id="without index",
    ),
    pytest.param(
        events(
            piece(call('{"words":', "look", "a1", index=0)),
            piece(call(' "x"}', "look", "a1", index=0), finish="tool_calls"),
        ),
        ONE,
        id="id and name in each piece",
    ),
    pytest.param(
        events(
            piece(call('{"words":', "look", "", index=0)),
            piece(call(' "x"}', "look", "", index=0), finish="tool_calls"),
        ),
        [("", "look", X)],
        id="name in each piece, no id",
    ),
    pytest.param(
        events(
            piece(call(X, "look", "a1", index=0)),
            piece(call(X, "look", "a1", index=0), finish="tool_calls"),
        ),
        ONE,
        id="all of it again",
    ),
    pytest.param(
        events(piece(call({"words": "x"}, "look", "a1"), finish="stop")),
        ONE,
        id="arguments as an object, ended with stop",
    ),
    pytest.param(
        events(piece(call(json.dumps(X), "look", "a1", index=0), finish="tool_calls")),
        ONE,
        id="JSON in a string",
    ),
    pytest.param(
        events(piece(call("", "look", "a1", index=0), finish="tool_calls")),
        [("a1", "look", "{}")],
        id="without arguments",
    ),
    pytest.param(
        events(piece(call('{"words": ', "look", "a1", index=0), finish="tool_calls")),
        [("a1", "look", '{"words":')],
        id="broken arguments",
    ),
    pytest.param(
        events(
            piece(call(X, "look", "a1", index=0), call('{"wor', "look", "a2", index=1)),
            chunk(None, "length"),
        ),
        ONE,
        id="cut in the second",
    ),
    pytest.param(
        events(
            {"choices": [{"delta": {"function_call": {"name": "look", "arguments": ""}}}]},
            {"choices": [{"delta": {"function_call": {"arguments": X}}}]},
            chunk(None, "function_call"),
        ),
        [("", "look", X)],
        id="the older name",
    ),
    pytest.param(whole(call(X, "look", "a1"), call(Y, "look", "a2")), TWO, id="whole"),
    pytest.param(whole(call(X, "look", "a1"), finish="stop", content=""), ONE, id="whole, stop"),
    pytest.param(
        whole(function_call={"name": "look", "arguments": X}), [("", "look", X)], id="whole, older"
    ),
    pytest.param(
        events(
            piece(call('{"words":', "look", "a1", index=0)),
            piece(call(' "x"}', index=0)),
            {
                "choices": [
                    {
                        "message": {"tool_calls": [call(X, "look", "a1")]},
                        "finish_reason": "tool_calls",
                    }
                ]
            },
        ),
        ONE,
        id="a message behind the pieces",
    ),
    pytest.param(
        events(
            {"type": "response.output_item.done", "output_index": 0, "item": item(X, "a1")},
            {"type": "response.output_item.done", "output_index": 1, "item": item(Y, "a2")},
            ended(item(X, "a1"), item(Y, "a2")),
        ),
        TWO,
        id="responses",
    ),
    pytest.param(
        events(
            {"type": "response.output_item.done", "output_index": 0, "item": item(X, "a1")}, ended()
        ),
        ONE,
        id="responses whose end repeats nothing",
    ),
    pytest.param(events(ended(item(X, "a1"))), ONE, id="responses, at the end alone"),
]


@pytest.mark.parametrize(("raw", "calls"), SERVERS)
async def test_what_a_model_calls_is_read_in_any_shape(
    raw: bytes, calls: list[tuple[str, str, str]]
) -> None:
    _, finish = await answer_of(raw, OFFERING)
    assert finish.reason == "stop"
    assert [(one.id, one.name, one.arguments) for one in finish.calls] == calls


@pytest.mark.parametrize("said", ["", "Hello."])
async def test_calls_of_tools_that_were_not_offered_are_none(said: str) -> None:
    raw = events(chunk(said), piece(call(X, "look", "a1", index=0), finish="tool_calls"))
    if said:
        assert await answer_of(raw) == ("Hello.", Finish("stop", None, "small"))
        return
    with pytest.raises(ModelError) as caught:
        await answer_of(raw)
    assert "was not offered" in str(caught.value)


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (chunk(None, "length"), "empty_answer"),
        (chunk(None, "MALFORMED_FUNCTION_CALL"), "interrupted"),
        (chunk(None), "no_finish"),
    ],
)
async def test_a_call_that_did_not_come_to_its_end_is_none(
    last: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ModelError) as caught:
        await answer_of(events(piece(call('{"wor', "look", "a1", index=0)), last), OFFERING)
    assert caught.value.reason == reason


def test_calls_without_an_end_are_bounded() -> None:
    reader = CallReader()
    for _ in range(100):
        reader.feed({"tool_calls": [call("x" * 10_000, "look", "a1", index=0)]})
        reader.feed({"tool_calls": [call(X, "look", "a1")]}, whole=False)
    assert sum(len(one.arguments) for one in reader.calls()) <= 2**16
    for n in range(100):
        reader.feed({"tool_calls": [call(X, "look", f"b{n}", index=n)]})
    assert len(reader.calls()) <= 16


@pytest.mark.parametrize("junk", [7, "look", [7, None], [{"function": 7}], [{"index": []}], {}])
def test_what_is_no_call_is_none(junk: object) -> None:
    reader = CallReader()
    reader.feed({"tool_calls": junk})
    reader.feed({"function_call": junk}, whole=True)
    assert reader.calls() == ()


@given(
    written=st.lists(
        st.tuples(
            st.sampled_from(["look", "read"]),
            st.dictionaries(st.text(max_size=4), st.text(max_size=8), max_size=2),
        ),
        min_size=1,
        max_size=4,
    ),
    data=st.data(),
)
def test_arguments_cut_anywhere_and_interleaved_are_the_same(
    written: list[tuple[str, dict[str, str]]], data: st.DataObject
) -> None:
    reader, left = CallReader(), [json.dumps(value) for _, value in written]
    for index, (name, _) in enumerate(written):
        reader.feed({"tool_calls": [call("", name, f"a{index}", index=index)]})
    while any(left):
        index = data.draw(st.sampled_from([at for at, rest in enumerate(left) if rest]))
        size = data.draw(st.integers(1, len(left[index])))
        reader.feed({"tool_calls": [call(left[index][:size], index=index)]})
        left[index] = left[index][size:]
    assert [(one.name, json.loads(one.arguments)) for one in reader.calls()] == written


ROUND = ChatRequest(
    model="small",
    messages=(
        PromptMessage("system", "Be brief."),
        PromptMessage("user", "when?"),
        PromptMessage("assistant", "", calls=(ToolCall("a1", "look", X),)),
        PromptMessage("tool", "found", answers="a1"),
    ),
    tools=(LOOK,),
)
FUNCTION = {"name": "look", "description": "Looks.", "parameters": LOOK.parameters}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_both_interfaces_call_and_are_given_results(api: Any, stream: bool) -> None:
    endpoint = Endpoint()
    await endpoint.start()
    calls = (ToolCall("a1", "look", X), ToolCall("a2", "look", Y))
    endpoint.responder = lambda _: Reply("Let me look.", calls=calls, usage=Usage(9, 4))
    settings = OpenAIConfig(api_key="sandbox-key", base_url=endpoint.base_url, api=api)
    chat = OpenAIChat(settings)
    pieces = [one async for one in chat.stream(replace(ROUND, stream=stream))]
    await chat.aclose()
    await endpoint.stop()
    finish = pieces[-1]
    assert isinstance(finish, Finish)
    assert (finish.calls, finish.usage) == (calls, Usage(9, 4))
    (request,) = endpoint.requests
    assert request["tools"] == [{"type": "function", "function": FUNCTION}]
    assert request["messages"][2:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "a1", "type": "function", "function": {"name": "look", "arguments": X}}
            ],
        },
        {"role": "tool", "content": "found", "tool_call_id": "a1"},
    ]


async def test_what_a_server_signed_comes_back_with_the_call() -> None:
    signed = {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    raw = events(
        piece(call(X, "look", "a1", index=0) | signed),
        piece(call("", index=0), finish="stop"),
    )
    (called,) = (await answer_of(raw, OFFERING))[1].calls
    messages = (*ROUND.messages[:2], PromptMessage("assistant", "", calls=(called,)))
    (told,) = Dialect().body(replace(ROUND, messages=messages))["messages"][-1]["tool_calls"]
    assert told["extra_content"] == signed["extra_content"]


def test_a_body_of_responses_has_its_own_shapes() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {}}}
    body = body_of(
        {
            "model": "m",
            "messages": [{"role": "user", "content": "when?"}],
            "tools": [{"type": "function", "function": FUNCTION}],
            "response_format": schema,
        }
    )
    assert body["tools"] == [{"type": "function", **FUNCTION, "strict": False}]
    assert body["text"] == {
        "format": {"type": "json_schema", "strict": False, "name": "answer", "schema": {}}
    }
    assert "response_format" not in body
