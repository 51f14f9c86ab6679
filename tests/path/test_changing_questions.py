"""Questions that are edited, or that the owner answers himself, over real sockets."""

from __future__ import annotations

import asyncio

import pytest

from tests.harness import Stage, listed
from tests.path.test_bursts import BURSTS, asked, questions, quiet, slowly
from tests.path.test_live_reply import FAST, streamed

PLAIN = BURSTS | {"burst_seconds": 0}


async def test_a_question_edited_before_its_answer_shows_is_answered_as_edited(
    stage: Stage,
) -> None:
    stage.endpoint.responder = slowly(0.3)
    program = await stage.program(trigger=PLAIN)
    question = stage.max.says(stage.group, "/gpt what is bleu?")
    await asked(stage, 1)
    stage.max.edits(question, "/gpt what is blue?")
    await quiet(program, 1)
    reply = await stage.max.expects(stage.group, reply_to=question)
    assert reply.text == "You said: Max: what is blue?"
    assert questions(stage) == ["Max: what is bleu?", "Max: what is blue?"]
    assert len(program.events("answered")) == 1
    assert [one.reason for one in program.events("notice")] == ["question_edited"]


async def test_a_question_that_waits_is_asked_as_edited(stage: Stage) -> None:
    stage.endpoint.responder = slowly(0.3)
    program = await stage.program(trigger=PLAIN)
    stage.lena.says(stage.group, "/gpt first")
    await asked(stage, 1)
    question = stage.max.says(stage.group, "/gpt bleu?")
    await asyncio.sleep(0.05)
    stage.max.edits(question, "/gpt blue?")
    await quiet(program, 2)
    assert questions(stage) == ["Lena: first", "Max: blue?"]


async def test_of_a_burst_one_message_may_be_edited(stage: Stage) -> None:
    stage.endpoint.responder = slowly(0.4)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    first = stage.max.says(stage.olga, "How do I mned")
    await asked(stage, 1)
    stage.max.says(stage.olga, "my bike?")
    await asked(stage, 2)
    stage.max.edits(first, "How do I mend")
    await quiet(program, 1)
    assert questions(stage)[-1] == "How do I mend\nmy bike?"
    assert len(program.events("answered")) == 1


async def test_a_question_edited_away_is_not_answered(stage: Stage) -> None:
    stage.endpoint.responder = slowly(0.3)
    program = await stage.program(trigger=PLAIN)
    question = stage.max.says(stage.group, "/gpt what is blue?")
    await asked(stage, 1)
    stage.max.edits(question, "never mind")
    await program.tells("skipped", reason="edited")
    await asyncio.sleep(0.4)
    assert not program.events("answered")
    assert not stage.writes("sendMessage")


async def test_an_edit_that_changes_no_word_changes_nothing(stage: Stage) -> None:
    stage.endpoint.responder = slowly(0.3)
    program = await stage.program(trigger=PLAIN)
    question = stage.max.says(stage.group, "/gpt what is blue?")
    await asked(stage, 1)
    stage.max.edits(question, "/gpt  what is blue?")
    await quiet(program, 1)
    assert len(stage.asked()) == 1


@pytest.mark.parametrize("when", ["shown", "answered"])
async def test_by_default_an_edit_after_that_changes_nothing(stage: Stage, when: str) -> None:
    stage.endpoint.responder = lambda _: streamed("A whole sentence. ", *["and "] * 20, delay=0.02)
    program = await stage.program(trigger=PLAIN, pacing=FAST)
    question = stage.max.says(stage.group, "/gpt one")
    await stage.max.expects(stage.group, reply_to=question)
    if when == "answered":
        await program.tells("answered")
    stage.max.edits(question, "/gpt two")
    await quiet(program, 1)
    assert questions(stage) == ["Max: one"]


@pytest.mark.parametrize("when", ["shown", "answered"])
async def test_with_edits_a_question_is_answered_anew_in_place(stage: Stage, when: str) -> None:
    stage.endpoint.responder = lambda request: streamed(
        f"You said {request['messages'][-1]['content']}. ", *["and "] * 20, "end.", delay=0.02
    )
    trigger = PLAIN | {"edits": True}
    program = await stage.program([listed(stage.max.id)], trigger=trigger, pacing=FAST)
    stage.max.says(stage.olga, "before")
    await program.tells("answered")
    question = stage.max.says(stage.olga, "one")
    reply = await stage.max.expects(stage.olga, reply_to=question)
    if when == "answered":
        await quiet(program, 2)
    stage.max.edits(question, "two")
    await quiet(program, 3 if when == "answered" else 2)
    assert reply.text.startswith("You said two. and")
    assert reply.text.endswith("end.")
    assert [one for one in stage.max.messages(stage.olga) if one.reply_to is question] == [reply]
    stage.max.says(stage.olga, "three")
    await quiet(program, 4 if when == "answered" else 3)
    said = [message["content"] for message in stage.asked()[-1][1:]]
    assert [words for words in said if not words.startswith("You said")] == [
        "before",
        "two",
        "three",
    ]
    assert said[3].startswith("You said two.")


@pytest.mark.parametrize(
    "why", ["the limit", "no right any more", "blocked", "no other words", "no question"]
)
async def test_an_edit_is_not_answered_anew(stage: Stage, why: str) -> None:
    limits = {"requests_per_minute": 1 if why == "the limit" else 9}
    trigger = PLAIN | {"edits": True}
    program = await stage.program(trigger=trigger, limits=limits)
    question = stage.max.says(stage.group, "/gpt one")
    await program.tells("answered")
    if why == "no right any more":
        stage.olga.says(stage.group, "/gpt_off")
        await asyncio.sleep(0.1)
    if why == "blocked":
        stage.olga.blocks(stage.max)
        await asyncio.sleep(0.1)
    texts = {"no other words": "/gpt   one", "no question": "never mind"}
    stage.max.edits(question, texts.get(why, "/gpt two"))
    if why == "the limit":
        await program.tells("limited")
    await asyncio.sleep(0.2)
    assert questions(stage) == ["Max: one"]
    (reply,) = (one for one in stage.max.messages(stage.group) if one.sender is stage.olga)
    assert reply.text == "You asked: Max: one"


async def test_what_the_owner_writes_himself_drops_what_others_wait_for(stage: Stage) -> None:
    stage.endpoint.responder = slowly(0.3)
    program = await stage.program(trigger=PLAIN | {"stand_down": True})
    stage.max.says(stage.group, "/gpt one")
    stage.lena.says(stage.group, "/gpt two")
    elsewhere = stage.max.says(stage.club, "/gpt three")
    await asked(stage, 2)
    stage.olga.says(stage.group, "I'll tell you.")
    await quiet(program, 1)
    assert {(one.reason, one.person) for one in program.events("skipped")} == {
        ("stood_down", stage.max.id),
        ("stood_down", stage.lena.id),
    }
    assert len(program.events("skipped")) == 2
    assert (await stage.max.expects(stage.club, reply_to=elsewhere)).text


@pytest.mark.parametrize("why", ["off", "her own question", "shown", "another question of hers"])
async def test_what_the_owner_writes_leaves_the_rest_alone(stage: Stage, why: str) -> None:
    stage.endpoint.responder = lambda _: streamed("A whole sentence. ", *["and "] * 20, delay=0.02)
    trigger = PLAIN | {"stand_down": why != "off"}
    program = await stage.program(trigger=trigger, pacing=FAST)
    asker = stage.olga if why == "her own question" else stage.max
    question = asker.says(stage.group, "/gpt one")
    await asked(stage, 1)
    if why == "shown":
        await stage.lena.expects(stage.group, reply_to=question)
    stage.olga.says(stage.group, "/gpt more" if why == "another question of hers" else "So.")
    await quiet(program, 2 if why == "another question of hers" else 1)
    assert not program.events("skipped")


async def test_a_typo_in_the_prefix_that_is_mended_at_once_is_a_question(stage: Stage) -> None:
    program = await stage.program()
    said = stage.max.says(stage.group, "/gtp hello")
    await program.tells("ignored", message=said.id_for(stage.olga))
    stage.max.edits(said, "/gpt hello")
    assert await stage.max.expects(stage.group, reply_to=said)
    stage.max.edits(said, "/gpt hello!")
    await stage.all_arrives()
    assert len(stage.asked()) == 1
