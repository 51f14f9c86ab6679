"""The chat adapter over real sockets, against the sandbox's endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.sandbox.devices import until
from userbot.errors import ModelError
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.sent_events import MOST
from userbot.ports import ChatModel, request_sent
from userbot.sandbox.endpoint import Endpoint, Reply
from userbot.settings import OpenAIConfig
from userbot.types import ChatRequest, Delta, Finish, PromptMessage, Usage

REQUEST = ChatRequest(
    model="small",
    messages=(PromptMessage("system", "Be brief."), PromptMessage("user", "hello there")),
)


@pytest.fixture
async def chat(endpoint: Endpoint) -> AsyncIterator[OpenAIChat]:
    chat = OpenAIChat(OpenAIConfig(api_key="sandbox-key", base_url=endpoint.base_url, timeout=60))
    yield chat
    await chat.aclose()


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A bare server whose connections `handler` serves; gives its base_url."""
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(asyncio.IncompleteReadError):
                await handler(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def read_request(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]
    await reader.readexactly(int(length))


@contextlib.asynccontextmanager
async def server_saying(response: bytes) -> AsyncIterator[str]:
    """A server with one response for everything; gives its base_url."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(response)

    async with serving(answer) as base_url:
        yield base_url


def response(content_type: str, body: str) -> bytes:
    data = body.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


def events(*bodies: object) -> bytes:
    lines = [body if isinstance(body, str) else f"data: {json.dumps(body)}" for body in bodies]
    return response("text/event-stream", "".join(f"{line}\n\n" for line in lines))


def chunk(content: object = None, finish: str | None = None, **more: object) -> dict[str, Any]:
    return {"choices": [{"delta": {"content": content}, "finish_reason": finish}], **more}


async def gathered(chat: OpenAIChat, request: ChatRequest = REQUEST) -> tuple[str, Finish]:
    *deltas, finish = [piece async for piece in chat.stream(request)]
    assert isinstance(finish, Finish)
    return "".join(delta.text for delta in deltas if isinstance(delta, Delta)), finish


async def answer_of(raw: bytes, request: ChatRequest = REQUEST) -> tuple[str, Finish]:
    async with server_saying(raw) as base_url:
        chat = OpenAIChat(OpenAIConfig(base_url=base_url, timeout=60))
        try:
            return await gathered(chat, request)
        finally:
            await chat.aclose()


def test_the_adapter_is_the_chat_model_of_the_path() -> None:
    model: ChatModel = OpenAIChat(OpenAIConfig())
    assert model


async def test_a_stream_comes_in_pieces_and_ends_with_one_finish(
    chat: OpenAIChat, endpoint: Endpoint
) -> None:
    endpoint.chunk_delay = 0.01
    pieces = [piece async for piece in chat.stream(REQUEST)]
    assert pieces[:-1] == [Delta("You "), Delta("asked: "), Delta("hello "), Delta("there")]
    assert pieces[-1] == Finish("stop", Usage(5, 5), "small")


async def test_a_whole_answer_is_one_piece_and_the_finish(chat: OpenAIChat) -> None:
    request = ChatRequest(model="small", messages=REQUEST.messages, stream=False)
    pieces = [piece async for piece in chat.stream(request)]
    assert pieces == [Delta("You asked: hello there"), Finish("stop", Usage(5, 5), "small")]


async def test_only_what_is_set_is_sent(chat: OpenAIChat, endpoint: Endpoint) -> None:
    await gathered(chat)
    request = ChatRequest(
        model="large",
        messages=(PromptMessage("user", "hi"),),
        stream=False,
        temperature=0.0,
        max_completion_tokens=9,
        reasoning_effort="low",
    )
    await gathered(chat, request)
    assert endpoint.requests == [
        {
            "model": "small",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "hello there"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
        },
        {
            "model": "large",
            "messages": [{"role": "user", "content": "hi"}],
            "stream": False,
            "temperature": 0.0,
            "max_completion_tokens": 9,
            "reasoning_effort": "low",
        },
    ]


async def test_an_answer_cut_by_its_length_is_an_answer(
    chat: OpenAIChat, endpoint: Endpoint
) -> None:
    endpoint.responder = lambda _: Reply("half an ans", "length")
    text, finish = await gathered(chat)
    assert (text, finish.reason) == ("half an ans", "length")


async def test_tokens_spent_before_the_first_word_are_told_as_such(
    chat: OpenAIChat, endpoint: Endpoint
) -> None:
    endpoint.responder = lambda _: Reply("", "length")
    with pytest.raises(ModelError, match="ran out of tokens") as caught:
        await gathered(chat)
    assert (caught.value.reason, caught.value.retry_after) == ("empty_answer", None)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_leaving_an_answer_early_ends_its_request(
    chat: OpenAIChat, endpoint: Endpoint, stream: bool
) -> None:
    endpoint.faults.add("stall", after=1)
    request = ChatRequest(model="small", messages=REQUEST.messages, stream=stream)
    task = asyncio.create_task(gathered(chat, request))
    await until(lambda: endpoint.requests)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: endpoint.cancelled == 1)


async def test_whatever_has_left_is_known_to_have_left_and_before_that_nothing_is() -> None:
    came: list[bytes] = []

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while data := await reader.read(100_000):
            came.append(data)

    known = []
    async with serving(silent) as base_url:
        for milliseconds in (*range(10), None):
            chat = OpenAIChat(OpenAIConfig(base_url=base_url, timeout=60))
            await chat.warm()
            sent = asyncio.Event()
            request_sent.set(sent)
            task = asyncio.create_task(gathered(chat))
            if milliseconds is None:
                await until(lambda: came)
            else:
                await asyncio.sleep(milliseconds / 1000)
            before = sent.is_set()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert sent.is_set() == before
            known.append(before)
            await asyncio.sleep(0.02)
            assert before or not came, f"cut after {milliseconds} ms"
            came.clear()
            await chat.aclose()
    assert (known[0], known[-1]) == (False, True)


async def test_closing_the_stream_after_a_piece_ends_its_request(
    chat: OpenAIChat, endpoint: Endpoint
) -> None:
    endpoint.chunk_delay = 0.01
    endpoint.responder = lambda _: "word " * 1000
    stream = chat.stream(REQUEST)
    async for piece in stream:
        assert piece == Delta("word ")
        break
    await stream.aclose()
    await until(lambda: endpoint.cancelled == 1)


@pytest.mark.parametrize("fault", ["cut", "error_object", "junk"])
@pytest.mark.parametrize("delay", [0.0, 0.01], ids=["with it", "before it"])
async def test_what_comes_before_a_failure_is_given(
    chat: OpenAIChat, endpoint: Endpoint, fault: str, delay: float
) -> None:
    endpoint.faults.add(fault, after=2)
    endpoint.chunk_delay = delay
    stream = chat.stream(REQUEST)
    expected = [Delta("You "), Delta("asked: ")] if delay else [Delta("You asked: ")]
    assert [await anext(stream) for _ in expected] == expected
    with pytest.raises(ModelError):
        await anext(stream)


async def test_many_answers_at_once_do_not_mix(chat: OpenAIChat) -> None:
    requests = [
        ChatRequest(model="small", messages=(PromptMessage("user", f"number {each}"),))
        for each in range(40)
    ]
    answers = await asyncio.gather(*(gathered(chat, request) for request in requests))
    assert [text for text, _ in answers] == [f"You asked: number {each}" for each in range(40)]


async def test_check_lists_what_the_endpoint_offers(chat: OpenAIChat, endpoint: Endpoint) -> None:
    endpoint.models = ("small", "large")
    assert [model.id for model in await chat.check()] == ["small", "large"]
    endpoint.faults.add("unauthorized", on="/models")
    with pytest.raises(ModelError) as caught:
        await chat.check()
    assert caught.value.reason == "unauthorized"


async def test_a_server_without_keys_gets_along_with_none(endpoint: Endpoint) -> None:
    endpoint.api_key = None
    chat = OpenAIChat(OpenAIConfig(base_url=endpoint.base_url, api_key=" "))
    assert (await gathered(chat))[1].reason == "stop"
    await chat.aclose()


async def test_the_proxy_carries_the_request() -> None:
    done = chunk("through", "stop")
    async with server_saying(events(done, "data: [DONE]")) as proxy:
        chat = OpenAIChat(
            OpenAIConfig(
                base_url="http://models.invalid/v1", proxy=proxy.removesuffix("/v1"), timeout=60
            )
        )
        assert (await gathered(chat))[0] == "through"
        await chat.aclose()


DEVIATIONS = [
    pytest.param(
        events(chunk("a", "stop", usage={"prompt_tokens": 1, "completion_tokens": 2})),
        ("a", Finish("stop", Usage(1, 2), "small")),
        id="usage beside the last choice, and no [DONE]",
    ),
    pytest.param(
        events(chunk("a"), chunk(None, "stop", model="small-2026"), {"choices": []}),
        ("a", Finish("stop", None, "small-2026")),
        id="no usage, another model's name",
    ),
    pytest.param(
        events(": keep-alive", chunk("a"), ": keep-alive", chunk("", "stop"), "data: [DONE]"),
        ("a", Finish("stop", None, "small")),
        id="comments between the events",
    ),
    pytest.param(
        events(chunk([{"type": "thinking"}, {"type": "text", "text": "a"}], "stop")),
        ("a", Finish("stop", None, "small")),
        id="content in parts",
    ),
    pytest.param(
        response(
            "application/json",
            json.dumps({"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}),
        ),
        ("a", Finish("stop", None, "small")),
        id="a whole answer although a stream was asked for",
    ),
    pytest.param(
        response("text/event-stream", f"data: {json.dumps(chunk('a', 'stop'))}"),
        ("a", Finish("stop", None, "small")),
        id="nothing behind the last event",
    ),
    pytest.param(
        response("text/event-stream", f'data: {json.dumps(chunk("a", "stop"))}\n\ndata: {{"us'),
        ("a", Finish("stop", None, "small")),
        id="cut in the middle of what comes after the finish",
    ),
    pytest.param(
        # The announced length is never reached: the connection breaks after the end was said.
        events(chunk("a", "stop")).replace(b"Content-Length: ", b"Content-Length: 9"),
        ("a", Finish("stop", None, "small")),
        id="broken off after the finish",
    ),
]


@pytest.mark.parametrize(("raw", "expected"), DEVIATIONS)
async def test_servers_that_deviate_are_understood(
    raw: bytes, expected: tuple[str, Finish]
) -> None:
    assert await answer_of(raw) == expected


@pytest.mark.parametrize(
    "error",
    [
        '{"error": {"message": "slow down", "code": 429}}',
        'error: {"message": "slow down", "code": 429}\n\n',
        'event: error\ndata: {"error": {"message": "slow down", "code": 429}}\n\n',
    ],
    ids=["by itself", "by its name", "an event"],
)
async def test_an_error_where_a_stream_was_promised_is_told_and_costs_nothing(error: str) -> None:
    with pytest.raises(ModelError, match="slow down") as caught:
        await answer_of(response("text/event-stream", error))
    assert caught.value.reason == "rate_limited"


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(response("text/html", "<html>Welcome</html>"), "bad_answer", id="web page"),
        pytest.param(response("application/json", "[1, 2]"), "bad_answer", id="a list"),
        pytest.param(response("application/json", '{"choices": 5}'), "bad_answer", id="a number"),
        pytest.param(
            response("application/json", '{"choices": [{"message": {"content": 5}}]}'),
            "bad_answer",
            id="content of another type",
        ),
        pytest.param(
            response("application/json", '{"error": {"message": "no", "code": "429"}}'),
            "rate_limited",
            id="an error with status 200",
        ),
        pytest.param(response("application/json", "{}"), "no_finish", id="nothing"),
        pytest.param(
            response("application/json", "[" * 200_000), "bad_answer", id="lists in lists"
        ),
        pytest.param(
            response("application/json", " " * MOST + json.dumps(chunk("a", "stop"))),
            "bad_answer",
            id="larger than any answer",
        ),
        pytest.param(response("text/event-stream", ""), None, id="an empty stream"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", None, id="no content"),
        pytest.param(b"SSH-2.0-OpenSSH_9.9\r\n", "unreachable", id="another protocol"),
    ],
)
async def test_what_is_no_answer_is_a_model_error(
    raw: bytes, reason: str | None, stream: bool
) -> None:
    request = ChatRequest(model="small", messages=REQUEST.messages, stream=stream)
    with pytest.raises(ModelError) as caught:
        await answer_of(raw, request)
    assert caught.value.reason == (reason or ("no_finish" if stream else "bad_answer"))


async def test_a_broken_letter_in_the_stream_is_a_bad_answer() -> None:
    raw = response("text/event-stream", "data: {}\n\nX\n\n").replace(b"X", b"\xff")
    with pytest.raises(ModelError) as caught:
        await answer_of(raw)
    assert caught.value.reason == "bad_answer"


@contextlib.asynccontextmanager
async def server_closing_doors() -> AsyncIterator[tuple[str, list[int]]]:
    """It keeps a connection after its first answer, but closes it when a second request comes.

    Gives its base_url and the numbers of requests on each connection so far.
    """
    counts: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at = len(counts)
        counts.append(0)
        await read_request(reader)
        counts[at] += 1
        writer.write(events(chunk("a", "stop")))
        await read_request(reader)
        counts[at] += 1

    async with serving(answer) as base_url:
        yield base_url, counts


async def test_a_kept_connection_that_turns_out_closed_is_not_a_failure() -> None:
    async with server_closing_doors() as (base_url, counts):
        chat = OpenAIChat(OpenAIConfig(base_url=base_url, timeout=60))
        for _ in range(3):
            assert (await gathered(chat))[0] == "a"
        assert counts == [2, 2, 1]
        await chat.aclose()


async def test_a_connection_is_kept_when_its_response_ends_soon_after_the_answer() -> None:
    asked: list[int] = []
    said = events(chunk("a", "stop"), "data: [DONE]")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(0)
        while True:
            await read_request(reader)
            asked[-1] += 1
            writer.write(said[:-2])
            await asyncio.sleep(0.01)
            writer.write(said[-2:])

    async with serving(answer) as base_url:
        chat = OpenAIChat(OpenAIConfig(base_url=base_url, timeout=60))
        for _ in range(3):
            assert (await gathered(chat))[0] == "a"
        assert asked == [3]
        await chat.aclose()


async def test_a_response_that_does_not_end_holds_up_no_answer() -> None:
    unending = events(chunk("a", "stop"), "data: [DONE]").replace(b"Length: ", b"Length: 9")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(unending)
        await reader.read()

    async with serving(answer) as base_url:
        chat = OpenAIChat(OpenAIConfig(base_url=base_url, timeout=60))
        async with asyncio.timeout(60):
            assert (await gathered(chat))[0] == "a"
        await chat.aclose()


async def test_a_new_connection_that_is_closed_is_a_failure_at_once(
    chat: OpenAIChat, endpoint: Endpoint
) -> None:
    endpoint.faults.add("refuse", times=2)
    for _ in range(2):
        with pytest.raises(ModelError) as caught:
            await gathered(chat)
        assert caught.value.reason == "unreachable"
    assert (await gathered(chat))[1].reason == "stop"
