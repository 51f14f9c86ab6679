"""The endpoint over real sockets: byte by byte with a bare client, and with openai's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from tests.sandbox.devices import until
from userbot.sandbox.endpoint import Endpoint, Reply
from userbot.types import Usage

ASKED = {"model": "small", "messages": [{"role": "user", "content": "hello there"}]}


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    await endpoint.start()
    yield endpoint
    await endpoint.stop()


@pytest.fixture
async def client(endpoint: Endpoint) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        api_key="sandbox-key", base_url=endpoint.base_url, max_retries=0
    ) as client:
        yield client


class Wire:
    """A bare HTTP client on one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, endpoint: Endpoint) -> Wire:
        return cls(*await asyncio.open_connection("127.0.0.1", endpoint.port))

    def send(
        self,
        body: object,
        *,
        path: str = "/v1/chat/completions",
        method: str = "POST",
        key: str = "sandbox-key",
    ) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        )
        self.writer.write(head.encode() + data)

    async def whole(self) -> tuple[int, Any]:
        """Status and JSON of a response with a length."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
        return int(head.split()[1]), json.loads(await self.reader.readexactly(length))

    async def stream(self) -> list[str]:
        """The data of the events of a chunked response."""
        raw = await self.reader.readuntil(b"0\r\n\r\n")
        lines = raw.decode().split("\r\n\r\n", 1)[1].splitlines()
        return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


@pytest.fixture
async def wire(endpoint: Endpoint) -> AsyncIterator[Wire]:
    wire = await Wire.to(endpoint)
    yield wire
    await wire.close()


async def test_a_stream_is_role_pieces_finish_usage_without_choices_and_done(wire: Wire) -> None:
    wire.send(ASKED | {"stream": True, "stream_options": {"include_usage": True}})
    events = await wire.stream()
    assert events.pop() == "[DONE]"
    chunks = [json.loads(event) for event in events]
    deltas = [chunk["choices"][0] for chunk in chunks[:-1]]
    assert deltas[0]["delta"] == {"role": "assistant", "content": ""}
    assert [each["delta"].get("content") for each in deltas[1:-1]] == [
        "You ", "asked: ", "hello ", "there",
    ]  # fmt: skip
    assert deltas[-1] == {"index": 0, "delta": {}, "finish_reason": "stop"}
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == {"prompt_tokens": 2, "completion_tokens": 5, "total_tokens": 7}


async def test_a_stream_counts_no_tokens_unless_asked(wire: Wire) -> None:
    wire.send(ASKED | {"stream": True})
    assert all("usage" not in event for event in await wire.stream())


async def test_one_connection_serves_request_after_request(wire: Wire, endpoint: Endpoint) -> None:
    for _ in range(3):
        wire.send(ASKED)
        status, body = await wire.whole()
        assert status == 200
        assert body["choices"][0]["message"]["content"] == "You asked: hello there"
    assert endpoint.requests == [ASKED] * 3


async def test_a_second_request_sent_too_early_is_answered_in_its_turn(
    wire: Wire, endpoint: Endpoint
) -> None:
    endpoint.chunk_delay = 0.01
    wire.send(ASKED | {"stream": True})
    await until(lambda: endpoint.requests)
    wire.send(ASKED)
    assert (await wire.stream())[-1] == "[DONE]"
    assert (await wire.whole())[0] == 200
    assert endpoint.cancelled == 0


async def test_the_openai_client_reads_a_stream(
    client: openai.AsyncOpenAI, endpoint: Endpoint
) -> None:
    text = "Weißt du,\n\nwie viel 🌟?\n"
    endpoint.responder = lambda _: text
    stream = await client.chat.completions.create(
        model="small", messages=[{"role": "user", "content": "hi"}], stream=True
    )
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == text


async def test_the_openai_client_reads_a_whole_answer_and_the_models(
    client: openai.AsyncOpenAI, endpoint: Endpoint
) -> None:
    endpoint.models = ("small", "large")
    endpoint.responder = lambda _: Reply("Yes.", "length", usage=Usage(10, 20))
    answer = await client.chat.completions.create(
        model="large", messages=[{"role": "user", "content": "hi"}]
    )
    assert answer.choices[0].message.content == "Yes."
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 30
    assert [model.id async for model in client.models.list()] == ["small", "large"]


async def test_a_reply_may_name_its_pieces(wire: Wire, endpoint: Endpoint) -> None:
    endpoint.responder = lambda _: Reply("abc", chunks=("a", "bc"))
    wire.send(ASKED | {"stream": True})
    chunks = [json.loads(event) for event in (await wire.stream())[1:-2]]
    assert [chunk["choices"][0]["delta"]["content"] for chunk in chunks] == ["a", "bc"]


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        pytest.param({"body": ASKED, "key": "wrong"}, 401, "invalid_api_key", id="wrong key"),
        pytest.param({"body": ASKED | {"model": "x"}}, 404, "model_not_found", id="unknown model"),
        pytest.param({"body": b"{"}, 400, None, id="not JSON"),
        pytest.param({"body": {"model": "small", "messages": []}}, 400, None, id="no messages"),
        pytest.param({"body": ASKED, "path": "/v1/nothing"}, 404, "unknown_url", id="path"),
        pytest.param({"body": ASKED, "path": "/models"}, 404, "unknown_url", id="no prefix"),
    ],
)
async def test_a_wrong_request_is_refused_as_openai_refuses_it(
    wire: Wire, endpoint: Endpoint, request_: dict[str, Any], status: int, code: str | None
) -> None:
    endpoint.models = ("small",)
    wire.send(**request_)
    got, body = await wire.whole()
    assert (got, body["error"]["code"]) == (status, code)


async def test_what_is_not_served_is_counted(wire: Wire, endpoint: Endpoint) -> None:
    wire.send(b"", path="/v1/chat/completions?x=1", method="GET")
    await wire.whole()
    assert endpoint.unhandled == {"GET /v1/chat/completions": 1}
    assert endpoint.requests == []


async def test_without_a_key_everybody_is_let_in(endpoint: Endpoint, wire: Wire) -> None:
    endpoint.api_key = None
    wire.send(ASKED, key="whatever")
    assert (await wire.whole())[0] == 200


@pytest.mark.parametrize("slow", ["chunks", "silence", "responder"])
async def test_a_client_that_leaves_cancels_its_answer(endpoint: Endpoint, slow: str) -> None:
    ended = asyncio.Event()

    async def never(request: dict[str, Any]) -> str:
        try:
            return await asyncio.Future()
        finally:
            ended.set()

    if slow == "chunks":
        endpoint.chunk_delay = 30
    elif slow == "silence":
        endpoint.faults.add("stall", after=1)
    else:
        endpoint.responder = never
    wire = await Wire.to(endpoint)
    wire.send(ASKED | {"stream": True})
    await until(lambda: endpoint.requests)
    await wire.close()
    await until(lambda: endpoint.cancelled == 1)
    assert ended.is_set() == (slow == "responder")


async def test_a_responder_that_fails_is_answered_with_500_and_kept(
    wire: Wire, endpoint: Endpoint
) -> None:
    def broken(request: dict[str, Any]) -> str:
        raise RuntimeError("no scene for this")

    endpoint.responder = broken
    wire.send(ASKED)
    assert (await wire.whole())[0] == 500
    assert [str(error) for error in endpoint.crashed] == ["no scene for this"]


async def test_what_is_not_http_ends_the_connection_and_nothing_else(
    wire: Wire, endpoint: Endpoint
) -> None:
    wire.writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    assert await wire.reader.read() == b""
    assert endpoint.crashed == []


async def test_stop_ends_open_answers_and_the_same_port_can_be_started_again() -> None:
    endpoint = Endpoint()
    await endpoint.start()
    port = endpoint.port
    endpoint.faults.add("stall")
    wire = await Wire.to(endpoint)
    wire.send(ASKED | {"stream": True})
    await until(lambda: endpoint.requests)
    await endpoint.stop()
    assert (await wire.reader.read()).startswith(b"HTTP/1.1 200")
    await wire.close()
    with pytest.raises(ConnectionRefusedError):
        await Wire.to(endpoint)
    await endpoint.start(port)
    wire = await Wire.to(endpoint)
    wire.send(ASKED)
    assert (await wire.whole())[0] == 200
    await wire.close()
    await endpoint.stop()


async def test_a_fault_meets_as_many_requests_as_ordered(wire: Wire, endpoint: Endpoint) -> None:
    endpoint.faults.add("rate_limit", times=2)
    endpoint.faults.add("server_error")
    statuses = []
    for _ in range(4):
        wire.send(ASKED)
        statuses.append((await wire.whole())[0])
    assert statuses == [429, 429, 500, 200]
    assert len(endpoint.faults) == 0


async def test_a_lasting_fault_meets_every_request_until_cleared(
    wire: Wire, endpoint: Endpoint
) -> None:
    endpoint.faults.add("unavailable", times=None)
    for expected in (503, 503, 200):
        if expected == 200:
            endpoint.faults.clear()
        wire.send(ASKED)
        assert (await wire.whole())[0] == expected


async def test_a_fault_waits_for_the_path_it_is_ordered_on(wire: Wire, endpoint: Endpoint) -> None:
    endpoint.faults.add("unauthorized", on="/models")
    wire.send(ASKED)
    assert (await wire.whole())[0] == 200
    wire.send(b"", path="/v1/models", method="GET")
    assert (await wire.whole())[0] == 401


async def test_refuse_closes_without_a_response(wire: Wire, endpoint: Endpoint) -> None:
    endpoint.faults.add("refuse")
    wire.send(ASKED)
    assert await wire.reader.read() == b""
    assert endpoint.requests == []


async def test_refuse_counts_on_a_new_connection_only(wire: Wire, endpoint: Endpoint) -> None:
    wire.send(ASKED)
    await wire.whole()
    endpoint.faults.add("refuse")
    wire.send(ASKED)
    assert await wire.reader.read() == b""
    for left in (0, 0):
        other = await Wire.to(endpoint)
        other.send(ASKED)
        await other.reader.read(1)
        assert len(endpoint.faults) == left
        await other.close()
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        pytest.param("cut", b'"content": "asked: "}, "finish_reason": null}]}\n\n\r\n', id="cut"),
        pytest.param("junk", b"data: <html>upstream gave up</html>\n\n\r\n0\r\n\r\n", id="junk"),
        pytest.param("no_finish", b'"finish_reason": null}]}\n\n\r\n0\r\n\r\n', id="no_finish"),
        pytest.param("empty", b"data: [DONE]\n\n\r\n0\r\n\r\n", id="empty"),
    ],
)
async def test_a_broken_stream_ends_where_its_fault_says(
    wire: Wire, endpoint: Endpoint, kind: str, ending: bytes
) -> None:
    endpoint.faults.add(kind)
    wire.send(ASKED | {"stream": True})
    await until(lambda: endpoint.requests)
    if kind != "cut":
        wire.writer.write_eof()
    assert (await wire.reader.read()).endswith(ending)


async def test_a_late_first_token_is_late_and_whole(wire: Wire, endpoint: Endpoint) -> None:
    endpoint.faults.add("late_first_token", seconds=0.05)
    wire.send(ASKED | {"stream": True})
    before = asyncio.get_running_loop().time()
    assert (await wire.stream())[-1] == "[DONE]"
    assert asyncio.get_running_loop().time() - before >= 0.05


def test_a_misspelt_fault_or_parameter_is_an_error() -> None:
    endpoint = Endpoint()
    with pytest.raises(ValueError, match="there is no fault 'cutt'"):
        endpoint.faults.add("cutt")
    with pytest.raises(ValueError, match="has no parameter afer"):
        endpoint.faults.add("cut", afer=1)
