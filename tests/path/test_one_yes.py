"""A yes is for one answer to one question: whatever changes around it, another needs its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.harness import Program, Stage, listed
from tests.path.test_approvals import ANSWER, QUIETLY, SHOWN, asking, begun, requested, saved
from tests.path.voice.notes import answered, until
from tests.quick_clock import QuickClock
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Message

EDITS: Any = {"trigger": {"edits": True}}
ASK = "/gpt_on all ask anyone"
OTHER = "At Ben's."


async def ordered(stage: Stage, program: Program) -> None:
    """From now on answers wait."""
    stage.olga.says(stage.group, ASK)
    await program.tells("notice", reason="command")


async def new_request(stage: Stage, text: str) -> Message:
    """The message in Saved Messages that asks for this answer."""
    await until(lambda: any(one.text.endswith(text) for one in saved(stage)))
    return next(one for one in saved(stage) if one.text.endswith(text))


def answers(stage: Stage, question: Message) -> list[str]:
    return [one.text for one in stage.answers(question)]


@pytest.mark.parametrize("asked", [True, False], ids=["with a yes", "before one was needed"])
async def test_what_was_sent_is_written_anew_only_with_a_yes(stage: Stage, asked: bool) -> None:
    stage.endpoint.responder = lambda _: ANSWER
    chats = asking(stage) if asked else [listed(stage.group.id)]
    program = await stage.program(chats, **QUIETLY, **EDITS)
    question = stage.max.says(stage.group, "when do we meet?")
    if asked:
        stage.olga.says(stage.olga, "yes", reply_to=await requested(stage))
    await program.tells("answered")
    if not asked:
        await ordered(stage, program)
    stage.endpoint.responder = lambda _: OTHER
    stage.max.edits(question, "where do we meet?")
    request = await new_request(stage, OTHER)
    assert answers(stage, question) == [SHOWN]
    stage.olga.says(stage.olga, "yes", reply_to=request)
    await answered(program, 2)
    assert answers(stage, question) == [OTHER]


async def test_what_was_sent_stays_as_it_is_where_the_new_answer_fails(stage: Stage) -> None:
    program = await begun(stage, **EDITS)
    question = stage.max.says(stage.group, "when do we meet?")
    stage.olga.says(stage.olga, "yes", reply_to=await requested(stage))
    await program.tells("answered")
    stage.endpoint.responder = lambda _: ""
    stage.max.edits(question, "where do we meet?")
    await program.tells("failed", reason="empty_answer")
    assert answers(stage, question) == [SHOWN]


async def test_what_is_half_written_when_a_yes_becomes_needed_goes_on_but_no_other_in_its_place(
    stage: Stage,
) -> None:
    words = ("one two three. ",) * 60
    stage.endpoint.responder = lambda _: Reply("".join(words), chunks=words, delay=0.05)
    program = await stage.program(
        [listed(stage.group.id)], **QUIETLY, **EDITS, pacing={"edit_seconds": 0.1}
    )
    question = stage.max.says(stage.group, "when do we meet?")
    await until(lambda: bool(stage.answers(question)))
    await ordered(stage, program)
    before = len(answers(stage, question)[0])
    await until(lambda: len(answers(stage, question)[0]) > before + 100)
    stage.endpoint.responder = lambda _: OTHER
    stage.max.edits(question, "where do we meet?")
    request = await new_request(stage, OTHER)
    assert answers(stage, question)[0].startswith("one two")
    stage.olga.says(stage.olga, "yes", reply_to=request)
    await program.tells("answered")
    assert answers(stage, question) == [OTHER]


async def test_a_yes_to_a_question_that_was_edited_meanwhile_sends_nothing_not_even_the_same(
    stage: Stage,
) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "do we meet at eight?")
    request = await requested(stage)
    await program.crash()
    stage.max.edits(question, "do you pay for all?")
    stage.olga.says(stage.olga, "yes", reply_to=request)
    program = await begun(stage)
    await until(lambda: len(saved(stage)) == 3)
    assert "do you pay for all?" in saved(stage)[-1].text
    assert answers(stage, question) == []
    stage.olga.says(stage.olga, "yes", reply_to=saved(stage)[-1])
    await program.tells("answered")
    assert answers(stage, question) == [SHOWN]


async def test_of_two_requests_in_the_same_words_each_is_found_after_a_kill(stage: Stage) -> None:
    program = await begun(stage, approvals={"ring": True})
    first = stage.max.says(stage.group, "when do we meet?")
    second = stage.max.says(stage.group, "when do we meet?")
    await until(lambda: len(stage.olga.scheduled(stage.olga)) == 2)
    await program.crash()
    stage.telegram.advance(20)
    await requested(stage, 2)
    stage.olga.says(stage.olga, "no", reply_to=saved(stage)[0])
    stage.olga.says(stage.olga, "yes", reply_to=saved(stage)[1])
    program = await begun(stage, approvals={"ring": True})
    await program.tells("answered")
    await program.tells("skipped", reason="declined")
    assert (answers(stage, first), answers(stage, second)) == ([], [SHOWN])


async def test_typing_ends_when_answers_are_to_wait(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: Reply("At eight.", delay=1.5)
    program = await stage.program([listed(stage.group.id)], clock=QuickClock(20), **QUIETLY)
    stage.max.says(stage.group, "when do we meet?")
    await until(lambda: len(stage.writes("setTyping")) == 1)
    await ordered(stage, program)
    before = len(stage.writes("setTyping"))
    await until(lambda: bool(saved(stage)) and saved(stage)[-1].text.endswith("At eight."))
    later = stage.writes("setTyping")[before:]
    assert [type(one.action).__name__ for one in later] in ([], ["SendMessageCancelAction"])


async def test_a_request_for_a_message_that_is_gone_says_so_and_keeps_no_word(
    stage: Stage,
) -> None:
    stage.endpoint.responder = lambda _: ANSWER
    program = await stage.program(asking(stage, draft_after=0.5), **QUIETLY)
    stage.max.says(stage.group, "hello")
    last = stage.max.says(stage.group, "when do we meet?")
    request = await requested(stage)
    await program.tells("asked")
    stage.max.deletes(last)
    await requested(stage, 2)
    await until(lambda: request.text == "Weekend · Max: The question was changed.")


async def test_what_is_told_of_a_limit_does_not_leave_once_answers_are_to_wait(
    stage: Stage,
) -> None:
    limits = {"tell": True, "tokens_per_day": 0}
    program = await stage.program([listed(stage.group.id)], limits=limits, **QUIETLY)
    stage.telegram.faults.add("messages.sendMessage", "FLOOD_WAIT_2")
    question = stage.max.says(stage.group, "when do we meet?")
    waiting = await program.tells("waiting", reason="flood_wait")
    await ordered(stage, program)
    await asyncio.sleep(waiting.seconds + 0.5)
    assert answers(stage, question) == []
