"""A conversation that is too long for the model, or was silent too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness import Stage
from tests.path.test_remembering import ask
from userbot.sandbox.endpoint_faults import RefusedError


async def test_what_was_too_long_is_asked_again_with_less_and_nothing_is_lost(
    stage: Stage,
) -> None:
    stage.endpoint.responder = lambda _: "an answer " * 20
    program = await stage.program()
    for n in range(12):
        await ask(stage, program, stage.max, stage.group, f"/gpt question {n} " + "word " * 40)
    stage.endpoint.faults.add("context_length")
    await ask(stage, program, stage.max, stage.group, "/gpt the last one")
    await program.tells("notice", reason="shrunk")
    long, short = stage.asked()[-2:]
    assert 2 < len(short) < len(long)
    assert long[-1] == short[-1]
    assert not program.events("failed")
    await ask(stage, program, stage.max, stage.group, "/gpt one more")
    assert len(stage.asked()[-1]) <= len(long)
    await program.stop()
    assert len(stage.history()) == 14


def refusing_from(tokens: int, status: int) -> Callable[[dict[str, Any]], str]:
    """A model that takes no more, and does not say why."""

    def answer(request: dict[str, Any]) -> str:
        if len(str(request["messages"])) > tokens * 4:
            raise RefusedError(status, "Nope.")
        return "an answer " * 20

    return answer


@pytest.mark.parametrize("status", [400, 422, 500])
async def test_a_long_request_refused_without_a_reason_is_tried_once_by_half(
    stage: Stage, status: int
) -> None:
    stage.endpoint.responder = refusing_from(700, status)
    program = await stage.program(history={"window_tokens": 1500})
    n = 0
    while not program.events("notice", reason="shrunk"):
        n += 1
        assert n < 20
        await ask(stage, program, stage.max, stage.group, f"/gpt question {n} " + "word " * 20)
    refused, half = stage.asked()[-2:]
    assert 2 < len(half) < len(refused)
    assert half[0] == refused[0]
    assert half[-1] == refused[-1]
    await ask(stage, program, stage.max, stage.group, "/gpt one more")
    assert len(stage.asked()[-1]) <= len(half) + 2, "it stays smaller"
    assert not program.events("failed")


async def test_what_is_refused_by_half_too_was_not_too_long(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "an answer " * 40
    program = await stage.program(history={"window_tokens": 1500})
    for n in range(3):
        await ask(stage, program, stage.max, stage.group, f"/gpt question {n} " + "word " * 40)
    asked = len(stage.asked())
    stage.endpoint.responder = refusing_from(0, 400)
    stage.max.says(stage.group, "/gpt the last one")
    assert (await program.tells("failed")).reason == "refused_request"
    assert len(stage.asked()) == asked + 2
    stage.endpoint.responder = lambda _: "well"
    await ask(stage, program, stage.max, stage.group, "/gpt one more")
    assert "question 0" in str(stage.asked()[-1]), "its window is what it was"


async def test_a_short_request_is_not_halved_whatever_it_was_refused_for(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "an answer " * 40
    program = await stage.program()
    for n in range(3):
        await ask(stage, program, stage.max, stage.group, f"/gpt question {n} " + "word " * 40)
    asked = len(stage.asked())
    stage.endpoint.responder = refusing_from(0, 400)
    stage.max.says(stage.group, "/gpt the last one")
    assert (await program.tells("failed")).reason == "refused_request"
    assert len(stage.asked()) == asked + 1


async def test_a_half_that_is_refused_as_too_long_is_shrunk_once_more(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "an answer " * 40
    program = await stage.program(history={"window_tokens": 1500})
    for n in range(3):
        await ask(stage, program, stage.max, stage.group, f"/gpt question {n} " + "word " * 40)
    asked = len(stage.asked())

    def answer(request: dict[str, Any]) -> str:
        tries = len(stage.asked()) - asked
        if tries == 1:
            raise RefusedError(400, "Nope.")
        if tries == 2:
            raise RefusedError(400, "Your prompt is too long for the context window.")
        return "well"

    stage.endpoint.responder = answer
    await ask(stage, program, stage.max, stage.group, "/gpt the last one")
    whole, half, less = stage.asked()[asked:]
    assert len(less) < len(half) < len(whole)
    assert less[-1] == whole[-1]
    await program.tells("notice", reason="shrunk")
    assert not program.events("failed")


async def test_a_cap_that_is_too_high_is_lowered_and_shrinks_no_history(stage: Stage) -> None:
    def answer(request: dict[str, Any]) -> str:
        cap = request.get("max_completion_tokens", 0)
        if cap > 4096:
            told = f"max_tokens is too large: {cap}. This model supports at most 4096 tokens."
            raise RefusedError(400, told)
        return "an answer"

    stage.endpoint.responder = answer
    program = await stage.program(openai={"max_completion_tokens": 100_000})
    await ask(stage, program, stage.max, stage.group, "/gpt hello")
    lowered = await program.tells("notice", reason="parameter_dropped")
    assert "4096" in lowered.detail
    assert not program.events("notice", reason="shrunk")


async def test_a_very_long_answer_does_not_make_the_model_forget_what_it_was_about(
    stage: Stage,
) -> None:
    stage.endpoint.responder = lambda _: "Once upon a time. " + "and so on " * 900 + "The end."
    program = await stage.program(history={"window_tokens": 1000})
    await ask(stage, program, stage.max, stage.group, "/gpt tell me a tale")
    await ask(stage, program, stage.max, stage.group, "/gpt what was it about?")
    _, question, answer, last = stage.asked()[-1]
    assert question["content"] == "Max: tell me a tale"
    assert answer["content"].startswith("Once upon a time.")
    assert answer["content"].endswith("The end.")
    assert last["content"] == "Max: what was it about?"
    assert len(answer["content"]) < 1500


async def test_it_is_asked_again_only_once(stage: Stage) -> None:
    stage.endpoint.faults.add("context_length", times=2)
    program = await stage.program()
    stage.olga.says(stage.olga, "/gpt too long")
    assert (await program.tells("failed")).reason == "context_length"
    assert len(stage.asked()) == 2


async def test_a_conversation_that_was_silent_begins_anew(stage: Stage) -> None:
    program = await stage.program(history={"idle_reset_minutes": 30})
    await ask(stage, program, stage.max, stage.group, "/gpt first")
    stage.telegram.advance(20 * 60)
    await ask(stage, program, stage.max, stage.group, "/gpt second")
    assert "Max: first" in str(stage.asked()[-1])
    stage.telegram.advance(20 * 60)
    await ask(stage, program, stage.max, stage.group, "/gpt third")
    assert "first" not in str(stage.asked()[-1])
    assert "second" not in str(stage.asked()[-1])
