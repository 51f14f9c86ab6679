"""A conversation that is too long for the model, or was silent too long."""

from __future__ import annotations

from tests.harness import Stage
from tests.path.test_remembering import ask


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
