"""Answers that wait for the owner's yes: nothing leaves before it, and what he says counts once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telethon.tl import types

from tests.faults import busy_at, watched
from tests.harness import Config, Program, Stage, listed
from tests.path.test_answered_once import CUT_OFF
from tests.path.voice.notes import until
from tests.quick_clock import QuickClock, SteppedClock
from userbot.sandbox.state import Message

ANSWER = "On **Saturday**, at eight."
SHOWN = "On Saturday, at eight."
QUIETLY: Any = {"approvals": {"ring": False}}


def asking(stage: Stage, **more: Any) -> list[Config]:
    return [listed(stage.group.id, answer="ask", **{"draft_after": 0, **more})]


async def requested(stage: Stage, number: int = 1) -> Message:
    """The newest of so many messages in Saved Messages."""
    await until(lambda: len(saved(stage)) >= number)
    return saved(stage)[number - 1]


def saved(stage: Stage) -> list[Message]:
    return stage.olga.messages(stage.olga)


async def begun(stage: Stage, **sections: Any) -> Program:
    stage.endpoint.responder = lambda _: ANSWER
    return await stage.program(asking(stage), **{**QUIETLY, **sections})


async def test_an_answer_waits_for_the_owner_and_leaves_as_a_reply_when_he_says_yes(
    stage: Stage,
) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    asked = await program.tells("asked")
    request = await requested(stage)
    assert stage.answers(question) == []
    assert asked.text == ANSWER
    assert request.text.startswith("❓ Weekend · Max: “when do we meet?”\n")
    assert request.text.endswith(f"\n\n{SHOWN}")
    assert [row.state for row in stage.history()] == ["awaiting"]
    stage.olga.says(stage.olga, "Yes.", reply_to=request)
    await program.tells("answered")
    (answer,) = stage.answers(question)
    assert answer.text == SHOWN
    (row,) = stage.history()
    assert (row.state, row.answer) == ("answered", ANSWER)
    assert len(stage.endpoint.requests) == 1
    assert stage.writes("setTyping") == []


async def test_his_own_words_are_sent_in_its_stead_with_their_formatting(stage: Stage) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    bold = types.MessageEntityBold(3, 6)
    stage.olga.says(stage.olga, "On Sunday! 🎉", reply_to=request, entities=[bold])
    await program.tells("answered")
    (answer,) = stage.answers(question)
    assert answer.text == "On Sunday! 🎉"
    assert [(one.offset, one.length) for one in answer.entities] == [(3, 6)]
    (row,) = stage.history()
    assert (row.state, row.answer) == ("answered", "On Sunday! 🎉")


@pytest.mark.parametrize("word", ["no", "Нет", "-"])
async def test_what_he_does_not_want_is_dropped_and_not_remembered(stage: Stage, word: str) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    stage.olga.says(stage.olga, word, reply_to=await requested(stage))
    await program.tells("skipped", reason="declined")
    stage.max.says(stage.group, "and where?")
    await requested(stage, 3)
    assert stage.answers(question) == []
    assert all("Saturday" not in one["content"] for one in stage.asked()[-1])


async def test_again_has_it_written_anew_as_he_says(stage: Stage) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    stage.endpoint.responder = lambda _: "Sat."
    stage.olga.says(stage.olga, "again: shorter, please", reply_to=request)
    second = await requested(stage, 3)
    asked: str = stage.asked()[-1][-1]["content"]
    assert asked.endswith("wants it written anew: shorter, please]")
    assert stage.answers(question) == []
    stage.olga.says(stage.olga, "yes", reply_to=request)  # that one is gone
    await program.tells("notice", reason="word_late")
    assert stage.answers(question) == []
    stage.olga.says(stage.olga, "да", reply_to=second)
    await program.tells("answered")
    assert [one.text for one in stage.answers(question)] == ["Sat."]


async def test_the_same_answer_written_anew_needs_a_yes_of_its_own(stage: Stage) -> None:
    await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    stage.olga.says(stage.olga, "again", reply_to=await requested(stage))
    await requested(stage, 3)
    assert stage.answers(question) == []
    assert len(stage.asked()) == 2


async def test_of_two_words_the_first_counts(stage: Stage) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    stage.olga.says(stage.olga, "yes", reply_to=request)
    stage.olga.says(stage.olga, "no", reply_to=request)
    stage.olga.says(stage.olga, "something else", reply_to=request)
    await program.tells("answered")
    await until(lambda: len(program.events("notice", reason="word_late")) == 2)
    assert [one.text for one in stage.answers(question)] == [SHOWN]


async def test_while_one_waits_the_conversation_goes_on_and_knows_that_it_is_not_sent(
    stage: Stage,
) -> None:
    program = await begun(stage)
    first = stage.max.says(stage.group, "when do we meet?")
    await requested(stage)
    second = stage.lena.says(stage.group, "and where?")
    request = await requested(stage, 2)
    _system, asked, answered, _now = stage.asked()[-1]
    assert "[Your answer to this was not sent yet" in asked["content"]
    assert answered["content"] == ANSWER
    stage.olga.says(stage.olga, "yes", reply_to=request)
    await program.tells("answered")
    assert len(stage.answers(second)) == 1
    assert stage.answers(first) == []
    assert len(stage.pending()) == 0


async def test_a_reply_to_a_sent_answer_goes_on(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: ANSWER
    program = await stage.program(
        [listed(stage.group.id, "prefix", answer="ask", draft_after=0)], **QUIETLY
    )
    question = stage.max.says(stage.group, "/gpt when do we meet?")
    stage.olga.says(stage.olga, "yes", reply_to=await requested(stage))
    await program.tells("answered")
    (answer,) = stage.answers(question)
    stage.max.says(stage.group, "are you sure?", reply_to=answer)
    await requested(stage, 3)
    assert "are you sure?" in stage.asked()[-1][-1]["content"]


@pytest.mark.parametrize(
    ("act", "reason", "told"),
    [
        ("deletes", "deleted", "Weekend · Max: It was deleted before it was answered."),
        ("edits", "edited", "Weekend · Max: It was edited and is no longer a question."),
        ("writes", "stood_down", "Weekend · Max: You wrote there before it was answered."),
        ("off", "not_allowed", "Weekend · Max: The rules have changed since it was asked."),
        ("forget", "stopped", "Weekend · Max: Stopped."),
    ],
)
async def test_what_makes_an_answer_unwanted_withdraws_it_and_its_request_says_so(
    stage: Stage, act: str, reason: str, told: str
) -> None:
    stage.endpoint.responder = lambda _: ANSWER
    chat = listed(stage.group.id, "prefix", answer="ask", draft_after=0)
    program = await stage.program([chat], **QUIETLY)
    question = stage.max.says(stage.group, "/gpt when do we meet?")
    request = await requested(stage)
    match act:
        case "deletes":
            stage.max.deletes(question)
        case "edits":
            stage.max.edits(question, "never mind")
        case "writes":
            stage.olga.says(stage.group, "On Sunday, Max.")
        case "off":
            stage.olga.says(stage.group, "/gpt_off")
        case "forget":
            stage.olga.says(stage.olga, "/gpt_forget @max_m")
    await program.tells("skipped", reason=reason)
    await until(lambda: request.text == told)
    stage.olga.says(stage.olga, "yes", reply_to=request)
    await program.tells("notice", reason="word_late")
    assert stage.answers(question) == []


async def test_an_edited_question_is_asked_as_it_reads_and_needs_a_yes_of_its_own(
    stage: Stage,
) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    stage.endpoint.responder = lambda _: "At Ben's."
    stage.max.edits(question, "where do we meet?")
    second = await requested(stage, 2)
    assert second.text.endswith("At Ben's.")
    await until(lambda: "The question was changed." in request.text)
    stage.olga.says(stage.olga, "yes", reply_to=request)
    await program.tells("notice", reason="word_late")
    assert stage.answers(question) == []
    stage.olga.says(stage.olga, "yes", reply_to=second)
    await program.tells("answered")
    assert [one.text for one in stage.answers(question)] == ["At Ben's."]


async def test_who_writes_in_pieces_is_answered_once(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: ANSWER
    await stage.program(asking(stage, draft_after=0.6), **QUIETLY)
    stage.max.says(stage.group, "hello")
    await asyncio.sleep(0.2)
    stage.max.says(stage.group, "when do we meet?")
    await requested(stage)
    assert len(stage.asked()) == 1
    assert stage.asked()[0][-1]["content"].endswith("hello\n    when do we meet?")


async def test_without_a_word_in_time_it_is_dropped_and_listed(stage: Stage) -> None:
    clock = QuickClock(60)
    stage.endpoint.responder = lambda _: ANSWER
    sections: Any = {"approvals": {"ring": False, "wait_minutes": 0.01}}
    program = await stage.program(asking(stage), clock=clock, **sections)
    question = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    await program.tells("skipped", reason="no_yes")
    await until(lambda: request.text.startswith("Weekend · Max: You did not say yes in time"))
    assert stage.answers(question) == []
    assert [row.state for row in stage.history()] == ["skipped"]


@pytest.mark.parametrize("written", ["yes", "On Sunday."])
async def test_a_word_that_was_said_while_the_program_was_off_counts(
    stage: Stage, written: str
) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    await program.crash()
    stage.olga.says(stage.olga, written, reply_to=request)
    program = await begun(stage)
    await program.tells("answered")
    assert [one.text for one in stage.answers(question)] == [SHOWN if written == "yes" else written]
    assert len(stage.asked()) == 1


async def test_a_start_sends_nothing_by_itself_and_what_waited_goes_on_waiting(
    stage: Stage,
) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    await program.stop()
    program = await begun(stage)
    await program.tells("asked")
    await asyncio.sleep(0.3)
    assert stage.answers(question) == []
    assert saved(stage) == [request]
    stage.olga.says(stage.olga, "yes", reply_to=request)
    await program.tells("answered")
    assert len(stage.answers(question)) == 1


async def test_a_yes_that_is_found_too_late_sends_nothing(stage: Stage) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    await program.crash()
    stage.olga.says(stage.olga, "yes", reply_to=request)
    stage.telegram.advance(3 * 3600)
    program = await begun(stage, clock=QuickClock(60))
    await program.tells("skipped", reason="no_yes")
    assert stage.answers(question) == []


async def test_what_the_owner_did_not_write_himself_is_no_word(stage: Stage) -> None:
    await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    for marks in ({"via_bot_id": 5}, {"from_scheduled": True}, {"offline": True}):
        stage.olga.says(stage.olga, "yes", reply_to=request, marks=marks)
    stage.olga.says(stage.olga, "yes")
    stage.olga.says(stage.olga, "/gpt_usage", reply_to=request)
    await requested(stage, 6)
    await stage.all_arrives()
    assert stage.answers(question) == []
    assert [row.state for row in stage.history()] == ["awaiting"]


async def test_an_order_for_a_recap_is_no_word_to_the_request_that_it_replies_to(
    stage: Stage,
) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    stage.olga.says(stage.olga, f"/gpt_recap {stage.group.id} 5", reply_to=request)
    await program.tells("answered")
    assert stage.answers(question) == []
    assert [row.state for row in stage.history()] == ["awaiting", "answered"]


async def test_a_request_that_rings_is_scheduled_and_its_word_found_under_its_new_id(
    stage: Stage,
) -> None:
    program = await begun(stage, approvals={"ring": True})
    question = stage.max.says(stage.group, "when do we meet?")
    await program.tells("asked")
    await until(lambda: len(stage.writes("sendMessage")) == 1)
    assert saved(stage) == []
    stage.telegram.advance(20)
    stage.olga.says(stage.olga, "yes", reply_to=await requested(stage))
    await program.tells("answered")
    assert len(stage.answers(question)) == 1


async def test_a_scheduled_request_that_is_withdrawn_never_comes(stage: Stage) -> None:
    program = await begun(stage, approvals={"ring": True})
    question = stage.max.says(stage.group, "when do we meet?")
    await program.tells("asked")
    await until(lambda: len(stage.olga.scheduled(stage.olga)) == 1)
    await stage.all_arrives()
    stage.max.deletes(question)
    await program.tells("skipped", reason="deleted")
    await until(lambda: stage.olga.scheduled(stage.olga) == [])
    stage.telegram.advance(20)
    assert saved(stage) == []


async def test_nothing_is_said_of_a_limit_where_answers_wait(stage: Stage) -> None:
    limits = {"tell": True, "tokens_per_day": 0}
    program = await begun(stage, limits=limits)
    question = stage.max.says(stage.group, "when do we meet?")
    await program.tells("limited")
    await stage.all_arrives()
    assert stage.answers(question) == []


async def test_the_owners_own_question_waits_too(stage: Stage) -> None:
    program = await begun(stage)
    question = stage.olga.says(stage.group, "/gpt when do we meet?")
    request = await requested(stage)
    assert stage.answers(question) == []
    stage.olga.says(stage.olga, "+", reply_to=request)
    await program.tells("answered")
    assert len(stage.answers(question)) == 1


async def test_two_sessions_of_the_owner_say_it_at_once_and_the_first_counts(stage: Stage) -> None:
    program = await begun(stage)
    phone = (await stage.window(stage.olga)).client
    desktop = (await stage.window(stage.olga)).client
    question = stage.max.says(stage.group, "when do we meet?")
    request = (await requested(stage)).id_for(stage.olga)
    text = "On **Sunday**."
    await phone.send_message("me", text, reply_to=request, parse_mode="md")
    await desktop.send_message("me", "yes", reply_to=request)
    await program.tells("answered")
    await program.tells("notice", reason="word_late")
    (answer,) = stage.answers(question)
    assert answer.text == "On Sunday."
    assert [type(one).__name__ for one in answer.entities] == ["MessageEntityBold"]


async def test_a_request_that_was_scheduled_by_a_killed_run_is_found_with_its_word(
    stage: Stage,
) -> None:
    program = await begun(stage, approvals={"ring": True})
    question = stage.max.says(stage.group, "when do we meet?")
    await until(lambda: len(stage.olga.scheduled(stage.olga)) == 1)
    await program.crash()
    stage.telegram.advance(20)
    stage.olga.says(stage.olga, "yes", reply_to=await requested(stage))
    program = await begun(stage, approvals={"ring": True})
    await program.tells("answered")
    assert len(stage.answers(question)) == 1
    assert len(saved(stage)) == 2


async def test_a_word_to_a_request_counts_though_its_run_was_killed_before_it_knew_of_it(
    stage: Stage,
) -> None:
    with watched(busy_at("UPDATE approval_requests SET scheduled")):
        program = await begun(stage, approvals={"ring": True})
        question = stage.max.says(stage.group, "when do we meet?")
        await until(lambda: stage.olga.scheduled(stage.olga))
        await program.tells("waiting", reason="storage_busy")
        await program.crash()
    program = await begun(stage, approvals={"ring": True})
    stage.telegram.advance(20)
    stage.olga.says(stage.olga, "yes", reply_to=await requested(stage))
    await program.tells("answered", timeout=20)
    assert len(stage.answers(question)) == 1
    assert len(saved(stage)) == 2


async def test_a_request_that_was_never_sent_leaves_at_the_next_start(stage: Stage) -> None:
    stage.timings = CUT_OFF
    stage.telegram.faults.add("messages.sendMessage", "FLOOD_WAIT_60")
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    await program.tells("waiting", reason="flood_wait")
    await program.crash()
    stage.telegram.faults.clear()
    stage.telegram.advance(5)
    program = await begun(stage)
    stage.olga.says(stage.olga, "yes", reply_to=await requested(stage))
    await program.tells("answered")
    assert len(stage.answers(question)) == 1


async def test_a_request_that_a_kill_kept_from_leaving_leaves_soon_though_the_start_came_at_once(
    stage: Stage,
) -> None:
    stage.timings = CUT_OFF
    clock = SteppedClock()
    stage.telegram.goes_by(lambda: clock.now().timestamp())
    stage.telegram.faults.add("messages.sendMessage", "FLOOD_WAIT_60")
    async with clock.running(20):
        program = await begun(stage, clock=clock)
        question = stage.max.says(stage.group, "when do we meet?")
        await program.tells("waiting", reason="flood_wait")
        await program.crash()
        stage.telegram.faults.clear()
        program = await begun(stage, clock=clock)
        request = await requested(stage)
        assert request.date - question.date < 20, "it waited for the next look but one"
        stage.olga.says(stage.olga, "yes", reply_to=request)
        await program.tells("answered")


async def test_who_is_killed_before_the_request_is_a_row_asks_for_the_yes_at_the_next_start(
    stage: Stage,
) -> None:
    with watched(busy_at("INSERT INTO approval_requests")):
        program = await begun(stage)
        question = stage.max.says(stage.group, "when do we meet?")
        await program.tells("waiting", reason="storage_busy")
        await program.crash()
    program = await begun(stage)
    async with asyncio.timeout(20):
        stage.olga.says(stage.olga, "yes", reply_to=await requested(stage))
    await program.tells("answered")
    assert len(stage.answers(question)) == 1


async def test_where_saved_messages_take_nothing_it_is_said_on_the_console(stage: Stage) -> None:
    stage.telegram.faults.add("messages.sendMessage", "CHAT_WRITE_FORBIDDEN")
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    await program.tells("notice", reason="request_not_sent")
    stage.command("approvals", "1", "yes")
    await program.tells("answered")
    assert len(stage.answers(question)) == 1


async def test_what_is_not_begun_when_the_program_ends_is_asked_for_by_the_next_start(
    stage: Stage,
) -> None:
    stage.endpoint.responder = lambda _: ANSWER
    program = await stage.program(asking(stage, draft_after=30), **QUIETLY)
    stage.max.says(stage.group, "when do we meet?")
    await program.tells("waiting", reason="draft_after")
    async with asyncio.timeout(5):
        await program.stop()
    assert len(stage.pending()) == 1
    await begun(stage)
    await requested(stage)


async def test_the_owners_own_question_is_not_kept_waiting_for_more(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: ANSWER
    await stage.program(asking(stage, draft_after=600), **QUIETLY)
    stage.olga.says(stage.group, "/gpt when do we meet?")
    await requested(stage)


async def test_a_group_that_became_a_supergroup_is_answered_there_when_he_says_yes(
    stage: Stage,
) -> None:
    program = await begun(stage)
    stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    new = stage.telegram.migrate(stage.group)
    await program.tells("notice", reason="chat_moved")
    stage.olga.says(stage.olga, "yes", reply_to=request)
    await program.tells("answered")
    texts = [one.text for one in stage.max.messages(new) if one.sender is stage.olga]
    assert texts == [f"when do we meet?\n\n{SHOWN}"]
    assert len(stage.asked()) == 1


async def test_what_expires_while_it_waits_is_withdrawn(stage: Stage) -> None:
    stage.group.auto_delete = 5
    program = await begun(stage, clock=QuickClock(60))
    question = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    await program.tells("skipped", reason="deleted")
    await until(lambda: "when do we meet" not in request.text)
    assert stage.answers(question) == []
