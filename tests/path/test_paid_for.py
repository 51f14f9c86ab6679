"""What is paid for is counted once, and not paid for twice, whenever the program was killed."""

from __future__ import annotations

import pytest

from tests.path.test_answered_once import answers, waiting, wrote
from tests.path.voice.notes import until
from tests.questions import authorized
from tests.stage import Stage
from userbot import app
from userbot.events import Answered, Notice, Skipped, Waiting
from userbot.sandbox.endpoint import Reply
from userbot.storage.store import Store
from userbot.types import Finish, Payment, Question, Usage

WHOLE = "All of this was paid for."


REQUEST = Payment("answer", "test", prompt_tokens=70, completion_tokens=1000)


def paying(stage: Stage, ask: Question, payment: Payment) -> int:
    """The last run was killed while it paid for this."""
    with Store.open(stage.folder / "history.db") as store:
        return authorized(store, ask, payment, ask.at)


def came(stage: Stage, ask: Question, text: str = WHOLE) -> None:
    """The last run was killed after the last word of an answer."""
    payment = paying(stage, ask, REQUEST)
    with Store.open(stage.folder / "history.db") as store:
        whole = text, Finish("stop", Usage(80, 7), "test")
        store.ledger.capture(payment, 0, ask.at, usage=Usage(80, 7), whole=whole)


async def test_an_answer_that_had_come_is_given_and_not_asked_for_again(stage: Stage) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    came(stage, waiting(stage, question))
    program = await stage.program()
    answered = await program.tells(Answered)
    assert (answered.prompt_tokens, answered.completion_tokens) == (80, 7)
    assert [one.text for one in answers(stage, question)] == [WHOLE]
    assert not stage.asked()
    assert await program.tells(Notice, reason="answer_kept")
    (day,) = stage.spent()
    assert (day.requests, day.prompt_tokens, day.completion_tokens) == (1, 80, 7)
    assert not day.estimated


async def test_half_of_it_shown_it_is_finished_in_its_own_message(stage: Stage) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    begun = stage.olga.says(stage.group, "All of", reply_to=question)
    ask = waiting(stage, question)
    wrote(stage, ask, "All of", ids=(begun.id_for(stage.olga),))
    came(stage, ask)
    program = await stage.program()
    await program.tells(Answered)
    assert (begun.text, answers(stage, question)) == (WHOLE, [begun])
    assert not stage.asked()


async def test_a_question_that_reads_otherwise_by_now_is_asked(stage: Stage) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    came(stage, waiting(stage, question))
    stage.max.edits(question, "/gpt goodbye")
    stage.endpoint.responder = lambda _: "Bye."
    program = await stage.program()
    await program.tells(Answered)
    assert [one.text for one in answers(stage, question)] == ["Bye."]
    (day,) = stage.spent()
    assert day.requests == 2


async def test_what_had_come_for_a_question_that_was_deleted_is_counted_and_gone(
    stage: Stage,
) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    came(stage, waiting(stage, question))
    stage.max.deletes(question)
    program = await stage.program()
    assert (await program.tells(Skipped)).reason == "deleted"
    (day,) = stage.spent()
    assert (day.requests, day.prompt_tokens, day.completion_tokens) == (1, 80, 7)
    assert WHOLE.encode() not in (stage.folder / "history.db").read_bytes()


async def test_a_request_that_was_under_way_is_counted_by_estimate_and_asked_again(
    stage: Stage,
) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    begun = stage.olga.says(stage.group, "word " * 30, reply_to=question)
    ask = waiting(stage, question)
    wrote(stage, ask, "word " * 30, ids=(begun.id_for(stage.olga),))
    paying(stage, ask, REQUEST)
    stage.endpoint.responder = lambda _: Reply("Yes.", usage=Usage(60, 2))
    for _ in range(2):
        program = await stage.program()
        await until(lambda: begun.text == "Yes.")
        await program.stop()
    (day,) = stage.spent()
    assert (day.requests, day.prompt_tokens, day.completion_tokens) == (2, 130, 52)
    assert day.estimated


async def test_a_transcription_that_was_under_way_is_counted(stage: Stage) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    paying(stage, waiting(stage, question), Payment("audio", "whisper-1", audio_seconds=90))
    program = await stage.program()
    assert await program.tells(Notice, reason="lost_counted")
    assert [day.audio_seconds for day in stage.spent()] == [90]


async def test_what_was_refused_before_it_cost_anything_is_not_owed(stage: Stage) -> None:
    stage.endpoint.faults.add("quota")
    program = await stage.program()
    stage.max.says(stage.group, "/gpt hello")
    await program.stop()
    with Store.open(stage.folder / "history.db") as store:
        assert store.ledger.authorized("run") == []
        assert stage.spent() == []


async def test_an_answer_that_waits_for_telegram_is_not_asked_for_again_after_a_stop(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "DRAIN_SECONDS", 0.1)
    stage.endpoint.responder = lambda _: Reply(WHOLE, usage=Usage(80, 7))
    stage.telegram.faults.add("messages.sendMessage", "FLOOD_WAIT_60")
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells(Waiting, reason="flood_wait")
    await program.stop()
    stage.telegram.faults.clear()
    program = await stage.program()
    await program.tells(Answered)
    assert [one.text for one in answers(stage, question)] == [WHOLE]
    assert len(stage.asked()) == 1
    (day,) = stage.spent()
    assert (day.requests, day.prompt_tokens, day.completion_tokens) == (1, 80, 7)
