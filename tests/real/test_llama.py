"""The chat adapter against a real model: mechanics only, never what the model says.

Needs the packages that `llama_server` names, and says so when they are missing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.real import llama_server
from userbot.errors import ModelError
from userbot.openai_api.chat import OpenAIChat
from userbot.settings import OpenAIConfig
from userbot.types import ChatRequest, Delta, Finish, PromptMessage

KEY = "local-test-key"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(llama_server.missing()), reason=llama_server.missing() or "installed"),
]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with llama_server.running(KEY) as base_url:
        yield base_url


@pytest.fixture
async def chat(base_url: str) -> AsyncIterator[OpenAIChat]:
    chat = OpenAIChat(OpenAIConfig(base_url=base_url, api_key=KEY, timeout=60))
    yield chat
    await chat.aclose()


def asking(*words: str, tokens: int = 24, stream: bool = True) -> ChatRequest:
    """A request whose messages are the user's and the assistant's in turn."""
    return ChatRequest(
        model=llama_server.MODEL,
        messages=tuple(
            PromptMessage("assistant" if at % 2 else "user", text) for at, text in enumerate(words)
        ),
        stream=stream,
        temperature=0.0,
        max_completion_tokens=tokens,
    )


async def answer(chat: OpenAIChat, request: ChatRequest) -> tuple[list[str], Finish]:
    *deltas, finish = [piece async for piece in chat.stream(request)]
    assert isinstance(finish, Finish)
    return [delta.text for delta in deltas if isinstance(delta, Delta)], finish


async def test_a_stream_has_many_pieces_a_usage_and_an_end(chat: OpenAIChat) -> None:
    pieces, finish = await answer(chat, asking("Write a story about a lighthouse.", tokens=24))
    assert len(pieces) > 10
    assert finish.reason == "length"
    assert finish.model == llama_server.MODEL
    assert finish.usage is not None
    assert finish.usage.completion_tokens == 24
    assert finish.usage.prompt_tokens > 5


async def test_a_whole_answer_is_what_the_stream_would_have_said(chat: OpenAIChat) -> None:
    streamed, _ = await answer(chat, asking("Name three colours."))
    whole, finish = await answer(chat, asking("Name three colours.", stream=False))
    assert "".join(streamed) == "".join(whole)
    assert len(whole) == 1
    assert finish.usage is not None


async def test_an_answer_that_ends_by_itself_says_stop(chat: OpenAIChat) -> None:
    _, finish = await answer(chat, asking("Say yes.", tokens=400))
    assert finish.reason == "stop"


async def test_history_makes_the_prompt_longer(chat: OpenAIChat) -> None:
    words = ["Hello.", "Hello! How can I help?", "Name a river.", "The Danube.", "And a sea?"]
    counted = []
    for length in (1, 3, 5):
        _, finish = await answer(chat, asking(*words[:length], tokens=4))
        assert finish.usage is not None
        counted.append(finish.usage.prompt_tokens)
    assert counted == sorted(set(counted))


async def test_leaving_early_frees_the_model_for_the_next_question(chat: OpenAIChat) -> None:
    task = asyncio.create_task(answer(chat, asking("Write a very long story.", tokens=3000)))
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    before = time.monotonic()
    await answer(chat, asking("Say yes.", tokens=2))
    # The model has one slot, and the story would have taken it for half a minute.
    assert time.monotonic() - before < 5


async def test_a_question_longer_than_the_context_is_told_as_such(chat: OpenAIChat) -> None:
    with pytest.raises(ModelError) as caught:
        await answer(chat, asking("word " * (llama_server.CONTEXT_TOKENS + 100)))
    assert (caught.value.reason, caught.value.retry_after) == ("context_length", None)


async def test_a_wrong_key_is_told_as_such(base_url: str) -> None:
    chat = OpenAIChat(OpenAIConfig(base_url=base_url, api_key="another-key"))
    with pytest.raises(ModelError) as caught:
        await answer(chat, asking("Hello."))
    await chat.aclose()
    assert caught.value.reason == "unauthorized"


async def test_check_names_the_model(chat: OpenAIChat) -> None:
    assert [model.id for model in await chat.check()] == [llama_server.MODEL]


@pytest.fixture
async def responses(base_url: str) -> AsyncIterator[OpenAIChat]:
    settings = OpenAIConfig(base_url=base_url, api_key=KEY, timeout=60, api="responses")
    chat = OpenAIChat(settings)
    yield chat
    await chat.aclose()


async def test_the_responses_api_streams_remembers_and_ends(responses: OpenAIChat) -> None:
    words = ["Hello.", "Hello! How can I help?", "Write a story about a lighthouse."]
    pieces, finish = await answer(responses, asking(*words))
    assert len(pieces) > 10
    assert finish.usage is not None
    assert finish.usage.prompt_tokens > 20
    whole, _ = await answer(responses, asking(*words, stream=False))
    assert "".join(whole) == "".join(pieces)


async def test_too_long_is_told_by_the_responses_api_too(responses: OpenAIChat) -> None:
    with pytest.raises(ModelError) as caught:
        await answer(responses, asking("word " * (llama_server.CONTEXT_TOKENS + 100)))
    assert caught.value.reason == "context_length"


async def test_what_was_read_before_is_told_as_cached(chat: OpenAIChat) -> None:
    words = "Name three rivers, three lakes and three seas of Europe, please. " * 4
    for _ in range(2):
        _, finish = await answer(chat, asking(words, tokens=2))
    assert finish.usage is not None
    if not finish.usage.cached_tokens:
        pytest.skip("this version of llama.cpp does not tell cached tokens")
    assert finish.usage.cached_tokens <= finish.usage.prompt_tokens
