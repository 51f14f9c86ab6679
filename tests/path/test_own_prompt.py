"""`own_prompt = "edit"`: the owner's message becomes prompt and answer, as another sees it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telethon.tl import types

from tests.harness import Stage, Timings, listed
from tests.path.test_live_reply import FAST, SENTENCES, streamed
from userbot.sandbox.endpoint import Reply

EDIT = {"from": "anyone", "own_prompt": "edit"}
PHOTO = b"\xff\xd8\xff\xe0 a photo"


async def until_text(message: Any, text: str) -> None:
    """Until a message shows exactly this."""
    async with asyncio.timeout(60):
        while message.text != text:
            await asyncio.sleep(0.01)


async def test_the_owners_message_keeps_the_prompt_and_grows_the_answer(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: streamed(*SENTENCES[:20])
    program = await stage.program(trigger=EDIT, pacing=FAST)
    window = await stage.window(stage.max)
    question = stage.olga.says(stage.club, "/gpt tell *me*\nmore")
    answered = await program.tells("answered")
    whole = "".join(SENTENCES[:20]).strip()
    await until_text(question, f"tell *me*\nmore\n\n{whole}")
    assert answered.answers == (question.id_for(stage.olga),)
    assert answered.text.startswith("Sentence number 0")
    assert not stage.writes("sendMessage")
    sights = window.of(question.id_for(stage.max))
    assert all(sight.text.startswith("tell *me*\nmore\n\nSentence") for sight in sights[1:])
    assert len(sights) >= 4
    quote = sights[-1].entities[0]
    assert isinstance(quote, types.MessageEntityBlockquote)
    assert (quote.offset, quote.length) == (0, len("tell *me*\nmore"))
    assert all(request.no_webpage for request in stage.writes("editMessage"))


async def test_the_edited_message_is_no_new_question_and_can_be_replied_to(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "It is blue."
    await stage.program(trigger=EDIT | {"edits": True})
    # Without its prefix this prompt begins like a question.
    question = stage.olga.says(stage.max, "/gpt /gpt what is blue?")
    await until_text(question, "Quote:\n/gpt what is blue?\n\nIt is blue.")
    more = stage.max.says(stage.olga, "/gpt and green?", reply_to=question)
    await stage.max.expects(stage.olga, reply_to=more)
    assert len(stage.asked()) == 2
    assert [message["content"] for message in stage.asked()[1][1:]] == [
        "/gpt what is blue?",
        "It is blue.",
        "and green?",
    ]


async def test_what_does_not_fit_goes_on_in_replies(stage: Stage) -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "word " * 60 for n in range(20))
    stage.endpoint.responder = lambda _: text
    program = await stage.program(trigger=EDIT)
    question = stage.olga.says(stage.group, "/gpt a lot")
    answered = await program.tells("answered")
    rest = await stage.max.expects(stage.group, reply_to=question)
    await until_text(question, question.text)
    assert question.text.startswith("a lot\n\nParagraph 0.")
    assert answered.answers == tuple(one.id_for(stage.olga) for one in (question, rest))
    said = question.text.removeprefix("a lot") + rest.text
    assert "".join(said.split()) == "".join(text.split())


async def test_a_bare_prefix_under_a_message_becomes_the_answer(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "Blue."
    await stage.program(trigger=EDIT)
    riddle = stage.max.says(stage.group, "What colour is the sky?")
    question = stage.olga.says(stage.group, "/gpt", reply_to=riddle)
    await until_text(question, "Blue.")


@pytest.mark.parametrize("why", ["photo", "long", "forwarded", "somebody else"])
async def test_what_cannot_hold_its_answer_is_replied_to(stage: Stage, why: str) -> None:
    stage.endpoint.responder = lambda _: "Here."
    program = await stage.program([listed("saved")], trigger=EDIT)
    where: Any = stage.group
    if why == "photo":
        question = stage.olga.sends_photo(where, PHOTO, caption="/gpt look")
    elif why == "long":
        question = stage.olga.says(where, "/gpt " + "very " * 300)
    elif why == "forwarded":
        where = stage.olga
        question = stage.olga.forwards(stage.max.says(stage.group, "a thought"), where)
    else:
        question = stage.max.says(where, "/gpt hello")
    before = question.text
    await program.tells("answered")
    assert question.text == before
    (reply,) = (one for one in stage.olga.messages(where) if one.reply_to is question)
    assert reply.text == "Here."


async def test_an_edit_that_is_refused_becomes_a_reply(stage: Stage) -> None:
    stage.telegram.faults.add("messages.editMessage", error="MESSAGE_EDIT_TIME_EXPIRED")
    stage.endpoint.responder = lambda _: streamed(*SENTENCES[:20])
    program = await stage.program(trigger=EDIT, pacing=FAST)
    question = stage.olga.says(stage.group, "/gpt tell me")
    reply = await stage.max.expects(stage.group, reply_to=question)
    answered = await program.tells("answered")
    assert question.text == "/gpt tell me"
    assert reply.text == "".join(SENTENCES[:20]).strip()
    assert answered.answers == (reply.id_for(stage.olga),)


async def test_a_failure_leaves_the_prompt_and_tells_the_owner_below_it(stage: Stage) -> None:
    stage.endpoint.faults.add("unauthorized")
    program = await stage.program([listed("saved")], trigger=EDIT)
    question = stage.olga.says(stage.olga, "hello_you_there")
    failed = await program.tells("failed")
    assert question.text == f"hello_you_there\n\n⚠️ {failed.error}"


async def test_stopped_the_history_keeps_the_answer_without_the_prompt(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: streamed(*SENTENCES, delay=0.05)
    program = await stage.program(trigger=EDIT, pacing=FAST)
    question = stage.olga.says(stage.club, "/gpt tell me")
    async with asyncio.timeout(60):
        while not question.edits:
            await asyncio.sleep(0.01)
    stage.olga.says(stage.club, "/gpt_stop")
    answered = await program.tells("answered", reason="stopped")
    assert answered.chat is not None
    await program.stop()
    (row,) = stage.history()
    assert row.text == "tell me"
    assert question.text == f"tell me\n\n{row.answer}"


async def test_after_a_crash_the_own_message_is_not_asked_again(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: streamed(*SENTENCES, delay=0.05)
    program = await stage.program(trigger=EDIT, pacing=FAST)
    question = stage.olga.says(stage.club, "/gpt tell me")
    async with asyncio.timeout(60):
        while not question.edits:
            await asyncio.sleep(0.01)
    await program.stop()
    sends = len(stage.writes("sendMessage"))
    again = await stage.program(trigger=EDIT, pacing=FAST)
    await asyncio.sleep(0.2)
    assert not again.events("failed")
    assert not [one for one in again.events("skipped") if one.reason == "too_old"]
    assert len(stage.writes("sendMessage")) == sends
    assert question.text.startswith("tell me\n\nSentence")


async def test_an_answer_begun_in_the_prompt_keeps_it_there_when_the_config_says_otherwise_by_now(
    stage: Stage,
) -> None:
    stage.timings = Timings(drain_seconds=0)
    stage.endpoint.responder = lambda _: Reply("It is blue.", chunks=("It is ", "blue."))
    stage.endpoint.faults.add("stall", after=1)
    program = await stage.program(trigger=EDIT, pacing=FAST)
    question = stage.olga.says(stage.group, "/gpt what is blue?")
    await until_text(question, "what is blue?\n\nIt is")
    await program.crash()
    program = await stage.program()  # own_prompt = "reply"
    answered = await program.tells("answered")
    assert question.text == "what is blue?\n\nIt is blue."
    assert answered.text == "It is blue."
