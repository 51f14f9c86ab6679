"""What is paid for is counted once, and not paid for twice, whenever the program was cut off."""

from __future__ import annotations

from tests.harness import Event, Stage, Usage, listed
from tests.path.test_answered_once import CUT_OFF, EDIT, SEND, WHOLE, begun
from tests.path.voice.notes import EN, until
from userbot.sandbox import ogg
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Message


async def came(stage: Stage, *, shown: bool = False) -> Message:
    """A question whose run was cut off after the last word of its answer, which cannot leave.

    `shown`: half of it stands already.
    """
    stage.timings = CUT_OFF
    chunks, delay = (("Half an ", "answer."), 0.7) if shown else ((WHOLE,), 0.0)
    stage.endpoint.responder = lambda _: Reply(
        WHOLE, chunks=chunks, delay=delay, usage=Usage(80, 7)
    )
    stage.telegram.faults.add(EDIT if shown else SEND, "FLOOD_WAIT_60", times=None)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells("waiting", reason="flood_wait")
    await program.crash()
    stage.telegram.faults.clear()
    return question


def paid(stage: Stage) -> Event:
    """What was spent today."""
    (day,) = stage.spent()
    return day


async def test_an_answer_that_had_come_is_given_and_not_asked_for_again(stage: Stage) -> None:
    question = await came(stage)
    program = await stage.program()
    answered = await program.tells("answered")
    assert (answered.prompt_tokens, answered.completion_tokens) == (80, 7)
    assert [one.text for one in stage.answers(question)] == [WHOLE]
    assert len(stage.asked()) == 1
    assert await program.tells("notice", reason="answer_kept")
    day = paid(stage)
    assert (day.requests, day.prompt_tokens, day.completion_tokens) == (1, 80, 7)
    assert not day.estimated


async def test_half_of_it_shown_it_is_finished_in_its_own_message(stage: Stage) -> None:
    question = await came(stage, shown=True)
    (half,) = stage.answers(question)
    assert half.text == "Half an"
    program = await stage.program()
    await program.tells("answered")
    assert (half.text, stage.answers(question)) == (WHOLE, [half])
    assert len(stage.asked()) == 1


async def test_a_question_that_reads_otherwise_by_now_is_asked(stage: Stage) -> None:
    question = await came(stage)
    stage.max.edits(question, "/gpt goodbye")
    stage.endpoint.responder = lambda _: "Bye."
    program = await stage.program()
    await program.tells("answered")
    assert [one.text for one in stage.answers(question)] == ["Bye."]
    assert paid(stage).requests == 2


async def test_what_had_come_for_a_question_that_was_deleted_is_counted_and_gone(
    stage: Stage,
) -> None:
    question = await came(stage)
    stage.max.deletes(question)
    program = await stage.program()
    assert (await program.tells("skipped")).reason == "deleted"
    day = paid(stage)
    assert (day.requests, day.prompt_tokens, day.completion_tokens) == (1, 80, 7)
    assert WHOLE.encode() not in (stage.folder / "history.db").read_bytes()


async def test_a_request_that_was_under_way_is_counted_by_estimate_and_asked_again(
    stage: Stage,
) -> None:
    question = await begun(stage)
    stage.endpoint.responder = lambda _: Reply("Yes.", usage=Usage(60, 2))
    counted = []
    for _ in range(2):
        program = await stage.program()
        await until(lambda: [one.text for one in stage.answers(question)] == ["Yes."])
        await program.stop()
        counted.append(paid(stage))
    first, second = ((day.requests, day.prompt_tokens, day.completion_tokens) for day in counted)
    assert first == second, "it is counted once"
    requests, prompt, completion = first
    assert requests == 2
    assert prompt > 60
    assert completion > 2
    assert counted[0].estimated


async def test_a_transcription_that_was_under_way_is_counted(stage: Stage) -> None:
    chats = [listed(stage.group.id)]
    stage.endpoint.faults.add("stall", on="/audio/transcriptions")
    killed = await stage.process(chats)
    stage.max.sends_voice(stage.group, EN)
    await until(lambda: stage.endpoint.transcriptions)
    await killed.kill()
    program = await stage.program(chats)
    assert await program.tells("notice", reason="lost_counted")
    await program.tells("answered")
    seconds = ogg.duration(EN)
    assert seconds is not None
    assert paid(stage).audio_minutes * 60 > 1.5 * seconds


async def test_what_was_refused_before_it_cost_anything_is_not_owed(stage: Stage) -> None:
    stage.endpoint.faults.add("quota")
    program = await stage.program()
    stage.max.says(stage.group, "/gpt hello")
    await program.tells("failed", reason="quota")
    await program.stop()
    program = await stage.program()
    assert not program.events("notice", reason="lost_counted")
    assert stage.spent() == []
