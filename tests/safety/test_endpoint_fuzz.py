"""Whatever an endpoint answers, it is an answer or a ModelError, and it ends."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from userbot.errors import ModelError
from userbot.openai_api.chat import OpenAIChat
from userbot.settings import OpenAIConfig
from userbot.types import ChatRequest, Delta, Finish, PromptMessage

REQUEST = ChatRequest(model="m", messages=(PromptMessage("user", "hi"),))
SEED = 1
PIECES: tuple[Any, ...] = (
    None, 0, -1, 1e308, "", "x", "\x1b[2J", "\ud83d", [], {}, [None], [[]], True, 2**70, "a" * 999,
)  # fmt: skip


class Raw:
    """A server that sends the bytes it is given, whatever it is asked."""

    def __init__(self) -> None:
        self.answer = b""
        self.port = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Raw]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def http(body: bytes, kind: str = "text/event-stream", status: str = "200 OK") -> bytes:
    """A response that ends with its connection."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def chunk(pick: random.Random) -> Any:
    """Something like a chunk of a stream, with anything in any place."""

    def value(right: Any) -> Any:
        return right if pick.random() < 0.7 else pick.choice(PIECES)

    return value(
        {
            "id": value("x"),
            "object": value("chat.completion.chunk"),
            "created": value(1),
            "model": value("m"),
            "choices": value(
                [
                    value(
                        {
                            "index": value(0),
                            "delta": value({"role": "assistant", "content": value("word ")}),
                            "message": value({"role": "assistant", "content": value("word")}),
                            "finish_reason": value(pick.choice((None, "stop", "length"))),
                        }
                    )
                ]
            ),
            "usage": value(
                {
                    "prompt_tokens": value(5),
                    "completion_tokens": value(6),
                    "total_tokens": value(11),
                }
            ),
        }
    )


def response(pick: random.Random) -> bytes:
    """A response: noise, a broken stream, a stream of broken chunks, a body, an error."""
    kind = pick.randrange(7)
    if kind == 0:
        return pick.randbytes(pick.randrange(400))
    if kind == 1:
        return http(pick.randbytes(pick.randrange(400)))
    lines = [f"data: {json.dumps(chunk(pick))}\n\n" for _ in range(pick.randrange(6))]
    if kind == 2:
        return http("".join(lines).encode())
    if kind == 3:
        whole = "".join([*lines, "data: [DONE]\n\n"]).encode()
        return http(whole[: pick.randrange(len(whole) + 1)])
    if kind == 4:
        return http(json.dumps(chunk(pick)).encode(), "application/json")
    if kind == 5:
        noise = pick.choice((": ping\n\n", "event: x\n\n", "data:\n\n", "data: {\n\n", "\x00\n\n"))
        return http("".join([*lines, noise, *lines]).encode())
    status = pick.choice(
        ("400 Bad", "401 No", "404 No", "500 Oh", "302 Found", "204 None", "999 ?")
    )
    return http(
        pick.choice((b"", b"<html>", b"[]", b'{"error": 5}', b'{"error": {}}')), "x/y", status
    )


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_any_bytes_are_an_answer_or_a_model_error(stream: bool) -> None:
    pick = random.Random(SEED)
    async with Raw().listening() as server:
        model = OpenAIChat(
            OpenAIConfig(
                base_url=f"http://127.0.0.1:{server.port}/v1",
                api_key="k" * 20,
                model="m",
                timeout=2,
                stream=stream,
            )
        )
        request = ChatRequest(model="m", messages=REQUEST.messages, stream=stream)
        answers = 0
        errors: list[ModelError] = []
        for _ in range(250):
            server.answer = response(pick)
            try:
                async with asyncio.timeout(60):
                    async for event in model.stream(request):
                        assert isinstance(event, Delta | Finish)
                        if isinstance(event, Delta):
                            assert isinstance(event.text, str)
                        else:
                            answers += 1
                            assert event.usage is None or 0 < event.usage.total < 2**32
            except ModelError as error:
                errors.append(error)
        await model.aclose()
    assert len(errors) > 50, answers
    assert all(error.reason for error in errors)
    assert not [error for error in errors if "k" * 20 in str(error) + error.hint]
