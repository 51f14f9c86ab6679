"""Models that refuse a parameter are met without it, then and later, over real sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from userbot.errors import ModelError
from userbot.events import Event, Notice
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.dialect import CALLS, PICTURES, SCHEMA, SYSTEM, TOOLS, Dialect
from userbot.openai_api.failures import ServerRefusal
from userbot.sandbox.endpoint import Endpoint
from userbot.sandbox.endpoint_faults import RefusedError
from userbot.settings import OpenAIConfig
from userbot.types import ChatRequest, Delta, Finish, Picture, PromptMessage, ToolCall, ToolSpec

REQUEST = ChatRequest(
    model="picky",
    messages=(PromptMessage("system", "Be brief."), PromptMessage("user", "hello there")),
    temperature=0.5,
    max_completion_tokens=100,
    reasoning_effort="low",
)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    await endpoint.start()
    yield endpoint
    await endpoint.stop()


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
async def chat(endpoint: Endpoint, told: list[Event]) -> AsyncIterator[OpenAIChat]:
    settings = OpenAIConfig(api_key="sandbox-key", base_url=endpoint.base_url, timeout=60)
    chat = OpenAIChat(settings, told.append)
    yield chat
    await chat.aclose()


async def answer(chat: OpenAIChat, request: ChatRequest = REQUEST) -> str:
    *deltas, finish = [piece async for piece in chat.stream(request)]
    assert isinstance(finish, Finish)
    return "".join(delta.text for delta in deltas if isinstance(delta, Delta))


@pytest.mark.parametrize(
    "param", ["temperature", "stream_options", "reasoning_effort", "max_completion_tokens"]
)
async def test_a_refused_parameter_is_dropped_once_and_remembered(
    endpoint: Endpoint, chat: OpenAIChat, told: list[Event], param: str
) -> None:
    endpoint.faults.add("unsupported_parameter", param=param)
    assert await answer(chat) == "You asked: hello there"
    assert await answer(chat) == "You asked: hello there"
    assert [param in request for request in endpoint.requests] == [True, False, False]
    (notice,) = told
    assert isinstance(notice, Notice)
    assert param in notice.detail


async def test_what_one_model_refuses_another_is_still_sent(
    endpoint: Endpoint, chat: OpenAIChat
) -> None:
    endpoint.faults.add("unsupported_parameter", param="temperature")
    await answer(chat)
    await answer(chat, replace(REQUEST, model="tolerant"))
    assert "temperature" in endpoint.requests[-1]


async def test_the_older_name_of_the_token_limit_is_tried_before_none(
    endpoint: Endpoint, chat: OpenAIChat
) -> None:
    endpoint.faults.add("unsupported_parameter", param="max_completion_tokens")
    await answer(chat)
    assert endpoint.requests[-1]["max_tokens"] == 100
    endpoint.faults.add("unsupported_parameter", param="max_tokens")
    await answer(chat)
    assert not {"max_tokens", "max_completion_tokens"} & endpoint.requests[-1].keys()


async def test_without_the_system_role_its_text_leads_the_question(
    endpoint: Endpoint, chat: OpenAIChat
) -> None:
    endpoint.faults.add("unsupported_parameter", param="messages[0].role")
    await answer(chat)
    assert endpoint.requests[-1]["messages"] == [
        {"role": "user", "content": "Be brief.\n\nhello there"}
    ]


async def test_a_model_that_may_not_stream_answers_whole(
    endpoint: Endpoint, chat: OpenAIChat
) -> None:
    endpoint.faults.add("unsupported_parameter", param="stream")
    assert await answer(chat) == "You asked: hello there"
    assert endpoint.requests[-1]["stream"] is False
    assert "stream_options" not in endpoint.requests[-1]


async def test_one_after_the_other_until_it_is_content(
    endpoint: Endpoint, chat: OpenAIChat
) -> None:
    for param in ("temperature", "stream_options", "messages[0].role"):
        endpoint.faults.add("unsupported_parameter", param=param)
    assert "hello there" in await answer(chat)
    assert len(endpoint.requests) == 4


async def test_who_refuses_what_was_not_sent_is_not_asked_again(
    endpoint: Endpoint, chat: OpenAIChat
) -> None:
    endpoint.faults.add("unsupported_parameter", param="logit_bias", times=None)
    with pytest.raises(ModelError) as caught:
        await answer(chat)
    assert caught.value.reason == "refused_request"
    assert len(endpoint.requests) == 1


async def test_who_refuses_everything_for_ever_is_given_up(
    endpoint: Endpoint, chat: OpenAIChat
) -> None:
    endpoint.faults.add("unsupported_parameter", param="temperature", times=None)
    with pytest.raises(ModelError):
        await answer(chat)
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    ("status", "said", "name"),
    [
        (400, {"message": "Unsupported value", "param": "temperature"}, "temperature"),
        (
            400,
            {"message": "Unrecognized request argument supplied: stream_options"},
            "stream_options",
        ),
        (
            422,
            {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs"}]},
            "stream_options",
        ),
        (400, "max_completion_tokens: Extra inputs are not permitted", "max_completion_tokens"),
        (400, {"message": "reasoning_effort is not supported by this model"}, "reasoning_effort"),
        (
            400,
            {
                "message": "Your organization must be verified to stream this model.",
                "param": "stream",
            },
            "stream",
        ),
        (
            400,
            {
                "message": "'messages[0].role' does not support 'system' with this model.",
                "param": "messages[0].role",
            },
            SYSTEM,
        ),
        (500, {"message": "jinja: System role not supported"}, SYSTEM),
        (400, {"message": "Conversation roles must alternate user/assistant/user"}, SYSTEM),
        (400, {"message": "Developer instruction is not enabled for models/gemma"}, SYSTEM),
        (400, {"message": "System instruction is not enabled for models/gemma"}, SYSTEM),
        (500, {"message": "temperature sensor failed"}, None),
        (400, {"message": "Invalid value: logit_bias", "param": "logit_bias"}, None),
        (400, None, None),
        (400, {"error": "Unknown field: reasoningEffort"}, "reasoning_effort"),
        (400, {"error": '"llama3.2" does not support thinking'}, "reasoning_effort"),
        (400, {"error": "think value low is not supported"}, "reasoning_effort"),
        (400, {"error": {"message": "no", "param": "reasoning.effort"}}, "reasoning_effort"),
        (400, {"message": "generationConfig.temperature is not allowed"}, "temperature"),
        (
            422,
            {"detail": [{"loc": ["body", "stream_options", "include_usage"], "msg": "extra"}]},
            "stream_options",
        ),
        (400, {"message": "Unexpected role 'system'"}, SYSTEM),
        (
            422,
            {
                "detail": [
                    {
                        "loc": ["body", "messages", 0, "role"],
                        "msg": "Input should be 'user' or 'assistant'",
                    }
                ]
            },
            SYSTEM,
        ),
        (400, {"message": "I was thinking about it and gave up"}, None),
    ],
)
def test_what_a_refusal_means(status: int, said: object, name: str | None) -> None:
    dialect = Dialect()
    assert dialect.learn(ServerRefusal.of(said, status), dialect.body(REQUEST)) == name


def test_of_an_effort_that_is_refused_with_the_names_of_others_those_are_still_sent() -> None:
    dialect = Dialect()
    said = {
        "message": "Unsupported value: 'reasoning_effort' does not support 'low' with this model."
        " Supported values are: 'medium' and 'high'.",
        "param": "reasoning_effort",
    }
    refusal = ServerRefusal.of({"error": said}, 400)
    assert dialect.learn(refusal, dialect.body(REQUEST)) == "reasoning_effort"
    assert "reasoning_effort" not in dialect.body(REQUEST)
    high = replace(REQUEST, reasoning_effort="high")
    assert dialect.body(high)["reasoning_effort"] == "high"
    assert dialect.learn(refusal, dialect.body(REQUEST)) is None


def test_what_was_dropped_is_not_looked_for_again() -> None:
    dialect = Dialect()
    refusals = {"param": "temperature"}, {"message": "System role not supported"}
    for said in refusals:
        assert dialect.learn(ServerRefusal.of(said, 400), dialect.body(REQUEST)) is not None
    for said in refusals:
        assert dialect.learn(ServerRefusal.of(said, 400), dialect.body(REQUEST)) is None


SEEN = replace(
    REQUEST,
    messages=(
        PromptMessage("system", "Be brief."),
        PromptMessage("user", "[picture] what?", (Picture(7, b"\xff\xd8\xff", "image/jpeg"),)),
    ),
)


@pytest.mark.parametrize(
    ("status", "said", "dropped"),
    [
        pytest.param(
            400,
            {
                "message": "Invalid content type. image_url is only supported by certain models.",
                "param": "messages.[1].content.[1].type",
            },
            PICTURES,
            id="OpenAI",
        ),
        pytest.param(
            500,
            {"message": "image input is not supported - hint: you may need to provide the mmproj"},
            PICTURES,
            id="llama.cpp",
        ),
        pytest.param(404, "No endpoints found that support image input", PICTURES, id="a router"),
        pytest.param(
            422,
            {"detail": "messages[1].content should be a valid string"},
            PICTURES,
            id="text only",
        ),
        pytest.param(
            400, "You uploaded an unsupported image: image_parse_error", None, id="bad one"
        ),
        pytest.param(400, "The image is too large", None, id="too large a one"),
        pytest.param(500, "The server had an error", None, id="an error of its own"),
        pytest.param(429, "Too many image requests", None, id="a limit"),
    ],
)
def test_a_refusal_of_pictures_is_told_from_others(
    status: int, said: object, dropped: str | None
) -> None:
    dialect = Dialect()
    assert dialect.learn(ServerRefusal.of(said, status), dialect.body(SEEN)) == dropped
    if dropped is not None:
        assert dialect.body(SEEN)["messages"][1]["content"] == "[picture] what?"


def test_without_pictures_a_refusal_is_not_about_them() -> None:
    dialect = Dialect()
    assert (
        dialect.learn(ServerRefusal.of("image input is not supported", 400), dialect.body(REQUEST))
        is None
    )


CAPS = [
    pytest.param("max_tokens is too large: 100. This model supports at most 64.", 64, id="OpenAI"),
    pytest.param(
        "max_tokens: 100 > 64, which is the maximum number of output tokens", 64, id="Anthropic"
    ),
    pytest.param(
        "Invalid max_tokens value, the valid range of max_tokens is [1, 64]", 64, id="range"
    ),
    pytest.param("`max_tokens` must be less than or equal to `64`", 64, id="or equal"),
    pytest.param("maxOutputTokens exceeds the limit of 64", 64, id="another name"),
    pytest.param(
        "maximum context length is 120 tokens. However, you requested 150 tokens (50 in the"
        " messages, 100 in the completion). Please reduce the length.",
        70,
        id="what is left beside the question",
    ),
    pytest.param("'max_tokens' is too large: 100. (100 > 120 - 50)", 70, id="vLLM"),
    pytest.param("max_completion_tokens exceeds the limit", None, id="no number"),
]


@pytest.mark.parametrize(("said", "cap"), CAPS)
def test_a_cap_that_is_too_high_is_lowered_once_and_then_dropped(
    said: str, cap: int | None
) -> None:
    dialect = Dialect()
    body = dialect.body(REQUEST)
    assert (
        dialect.learn(ServerRefusal.of({"error": {"message": said}}, 400), body)
        == "max_completion_tokens"
    )
    assert dialect.body(REQUEST).get("max_completion_tokens") == cap
    if cap is not None:
        again = "max_completion_tokens exceeds the limit"
        assert dialect.learn(ServerRefusal.of(again, 400), dialect.body(REQUEST)) is not None
    assert not {"max_tokens", "max_completion_tokens"} & dialect.body(REQUEST).keys()


@pytest.mark.parametrize(
    "said",
    [
        "context length is 8192 tokens, requested 9000: 8900 in messages, 100 in the answer",
        "prompt is too long: 208310 tokens > 200000 maximum",
        "This model's maximum context length is 8192 tokens.",
    ],
)
def test_a_question_that_is_too_long_leaves_the_cap_alone(said: str) -> None:
    dialect = Dialect()
    assert (
        dialect.learn(ServerRefusal.of({"error": {"message": said}}, 400), dialect.body(REQUEST))
        is None
    )


def test_a_model_that_takes_tools_only_without_reasoning_is_told_so() -> None:
    dialect = Dialect()
    said = "Function tools with reasoning_effort are not supported. Set reasoning_effort to 'none'."
    request = replace(REQUEST, tools=(ToolSpec("look", "Looks.", {"type": "object"}),))
    body = dialect.body(request)
    assert (
        dialect.learn(ServerRefusal.of({"error": {"message": said}}, 400), body)
        == "reasoning_effort"
    )
    assert dialect.body(request)["reasoning_effort"] == "none"
    assert dialect.body(REQUEST)["reasoning_effort"] == "low", "without tools it may reason"
    assert (
        dialect.learn(ServerRefusal.of({"error": {"message": said}}, 400), body)
        == "reasoning_effort"
    )
    assert "reasoning_effort" not in dialect.body(request)
    assert dialect.learn(ServerRefusal.of({"error": {"message": said}}, 400), body) == TOOLS


LOOK = ToolSpec("look", "Looks.", {"type": "object", "properties": {"words": {}}})
CALLED = replace(
    REQUEST,
    messages=(
        *REQUEST.messages,
        PromptMessage("assistant", "", calls=(ToolCall("a1", "look", '{"words": "x"}'),)),
        PromptMessage("tool", "found it", answers="a1"),
    ),
    reasoning_effort=None,
    tools=(LOOK,),
)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "registry.ollama.ai/library/gemma:2b does not support tools"),
        (500, "tools param requires --jinja flag"),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser'),
        (404, "No endpoints found that support tool use. To learn more about provider routing"),
        (400, "`tool calling` is not supported with this model"),
        (400, "deepseek-reasoner does not support Function Calling"),
        (400, "This model doesn't support tool use."),
        (400, "Unsupported parameter: 'tools' is not supported with this model."),
        (422, "body.tools: Extra inputs are not permitted"),
        (400, "Unrecognized request argument supplied: tools"),
        (400, "Function calling is not enabled for models/gemma-3-27b-it"),
        (501, "tools are not implemented"),
    ],
)
async def test_a_model_without_tools_is_met_without_them_and_told_once(
    endpoint: Endpoint, chat: OpenAIChat, told: list[Event], status: int, said: str
) -> None:
    def refuse(request: dict[str, object]) -> str:
        if "tools" in request:
            raise RefusedError(status, said)
        return "as I know it"

    endpoint.responder = refuse
    request = replace(REQUEST, tools=(LOOK,), temperature=None, reasoning_effort=None)
    for _ in range(2):
        with pytest.raises(ModelError) as caught:
            await answer(chat, request)
        assert caught.value.reason == "tools_refused"
    assert len(endpoint.requests) == 1, "it is remembered"
    assert await answer(chat, replace(request, tools=())) == "as I know it"
    (notice,) = told
    assert isinstance(notice, Notice)
    assert (notice.reason, "before the answer" in notice.detail) == ("tools_refused", True)


@pytest.mark.parametrize(
    "said",
    [
        "Function call is missing a thought_signature in functionCall parts.",
        "The `reasoning_content` in the thinking mode must be passed back to the API.",
        "Requests which include `tool_use` or `tool_result` blocks must define `tools`",
        "Input should be 'system', 'user' or 'assistant' at messages.3.role",
    ],
)
async def test_results_that_may_not_be_messages_are_told_in_words(
    endpoint: Endpoint, chat: OpenAIChat, said: str
) -> None:
    def refuse(request: dict[str, object]) -> str:
        if "tool_calls" in json.dumps(request):
            raise RefusedError(400, said)
        return "good"

    endpoint.responder = refuse
    assert await answer(chat, CALLED) == "good"
    first, second = endpoint.requests
    assert [one["role"] for one in first["messages"]] == ["system", "user", "assistant", "tool"]
    assert [one["role"] for one in second["messages"]] == ["system", "user"]
    asked = second["messages"][1]["content"]
    assert asked.startswith('hello there\n\n[You have called look with {"words": "x"}. ')
    assert asked.endswith("\nfound it")
    assert second["tools"] == first["tools"]


async def test_a_schema_that_is_refused_is_left_out(endpoint: Endpoint, chat: OpenAIChat) -> None:
    def refuse(request: dict[str, object]) -> str:
        if "response_format" in request:
            raise RefusedError(400, "This response_format type is unavailable now")
        return "{}"

    endpoint.responder = refuse
    request = replace(REQUEST, schema={"type": "object"})
    assert [await answer(chat, request) for _ in range(2)] == ["{}", "{}"]
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}
    assert [one.get("response_format") for one in endpoint.requests] == [form, None, None]


@pytest.mark.parametrize(
    "said",
    [
        "maximum context length is 8192 tokens; you used 9000 in the messages and the functions",
        "prompt is too long: the tools do not fit",
    ],
)
def test_a_request_that_is_too_long_says_nothing_of_tools(said: str) -> None:
    refusal = ServerRefusal.of({"error": {"message": said}}, 400)
    assert Dialect().learn(refusal, Dialect().body(CALLED)) not in (TOOLS, CALLS, SCHEMA)


def test_a_model_that_takes_tools_in_whole_answers_alone_is_not_streamed() -> None:
    refusal = ServerRefusal.of("This model doesn't support tool use in streaming mode.", 400)
    dialect = Dialect()
    assert dialect.learn(refusal, dialect.body(replace(CALLED, messages=REQUEST.messages)))
    body = dialect.body(CALLED)
    assert (body["stream"], "tools" in body) == (False, True)


@pytest.mark.parametrize(
    ("said", "param", "learned"),
    [
        ("Failed to call a function. Please adjust your prompt.", None, None),
        ("Too many functions were described here", "tools", TOOLS),
        ("Bad schema", "tools[0].function.parameters", TOOLS),
    ],
)
def test_a_call_that_failed_is_no_refusal_of_tools(
    said: str, param: str | None, learned: str | None
) -> None:
    error = {"message": said, "type": "invalid_request_error", "param": param}
    request = replace(CALLED, messages=REQUEST.messages)
    refusal = ServerRefusal.of({"error": error | {"code": "tool_use_failed"}}, 400)
    assert Dialect().learn(refusal, Dialect().body(request)) == learned
