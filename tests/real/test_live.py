"""Answers of a real model as they are written, over a Telegram on loopback: mechanics only."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness import Stage, Timings
from tests.real import llama_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(llama_server.missing()), reason=llama_server.missing() or "installed"),
]

PACING = {"writes_per_second": 1000, "burst": 1000, "edit_seconds": 0.5, "max_previews": 12}
TURNS = 30
ANSWER_TOKENS = 60
ASKED_TOKENS = 130
"""What a question below is at least."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with llama_server.running() as base_url:
        yield base_url


def model(base_url: str, tokens: int) -> dict[str, Any]:
    return {
        "base_url": base_url,
        "model": llama_server.MODEL,
        "system": "You tell stories.",
        "temperature": 0.7,
        "max_completion_tokens": tokens,
    }


async def test_a_real_answer_grows_in_place(stage: Stage, base_url: str) -> None:
    program = await stage.program(openai=model(base_url, 300), pacing=PACING)
    stage.max.says(stage.group, "/gpt Write a long story about a lighthouse.")
    answer = await stage.max.expects(stage.group, from_=stage.olga, timeout=30)
    first = answer.text
    answered = await program.tells("answered")
    print(
        f"{answered.seconds:.1f} s, {len(answer.edits)} edits, {answered.completion_tokens} tokens"
    )
    assert answer.edits[0] == first
    assert 2 <= len(answer.edits) <= 12
    assert len(answer.text) > len(first)
    assert not answered.estimated


async def test_stopping_frees_the_model_and_leaves_what_stands(stage: Stage, base_url: str) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    program = await stage.program(openai=model(base_url, 3000), pacing=PACING)
    stage.max.says(stage.group, "/gpt Write a very long story.")
    answer = await stage.max.expects(stage.group, from_=stage.olga, timeout=30)
    await asyncio.sleep(1)
    await program.stop()
    assert answer.text
    program = await stage.program(openai=model(base_url, 20), pacing=PACING)
    question = stage.lena.says(stage.club, "/gpt Say yes.")
    # The model has one slot, and the story would have taken it for half a minute.
    await stage.lena.expects(stage.club, reply_to=question, timeout=8)
    await program.tells("answered", chat=stage.club.id)


async def test_thirty_turns_go_beyond_the_models_context(stage: Stage, base_url: str) -> None:
    """What was said is more than the model can read; the window keeps each request within it."""
    program = await stage.program(
        openai=model(base_url, ANSWER_TOKENS),
        pacing=PACING,
        history={"window_tokens": 3000},
    )
    told = 0
    for turn in range(TURNS):
        question = stage.max.says(
            stage.group, f"/gpt Part {turn} of the story: a lighthouse keeper " + "walks on. " * 45
        )
        answered = await program.tells("answered", message=question.id_for(stage.olga))
        assert answered.prompt_tokens is not None
        assert answered.prompt_tokens < llama_server.CONTEXT_TOKENS - ANSWER_TOKENS
        told += (answered.completion_tokens or 0) + ASKED_TOKENS
    assert not program.events("failed")
    assert told > llama_server.CONTEXT_TOKENS
    sizes = [answered.prompt_tokens or 0 for answered in program.events("answered")]
    print(f"{told} tokens said; prompts grew to {max(sizes)}: {sizes}")
    assert any(later < earlier for earlier, later in itertools.pairwise(sizes))
