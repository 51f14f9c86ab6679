"""Answered once: what left is recorded, what may stand is looked for, what stands is finished."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.harness import Stage, Timings
from tests.path.voice.notes import until
from tests.quick_clock import QuickClock
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.faults import Drop
from userbot.sandbox.state import Message
from userbot.sandbox.telegram import RandomIdBehaviour

SEND, EDIT = "messages.sendMessage", "messages.editMessage"
WHOLE = "Half an answer."
CUT_OFF = Timings(drain_seconds=0)
"""Whoever is cut off finishes nothing."""
BEHAVIOURS: list[RandomIdBehaviour] = ["duplicate", "original", "silent", "forget"]
CHATS = ["private", "group", "supergroup"]


def conversation(stage: Stage, chat: str) -> Any:
    return {"private": stage.olga, "group": stage.group, "supergroup": stage.club}[chat]


async def asked_for(stage: Stage, chat: str = "group", **config: Any) -> Message:
    """A question of Max's, whose run was cut off while the model was asked for the answer."""
    stage.timings = CUT_OFF
    asked = asyncio.Event()

    async def never(_: object) -> str:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    stage.endpoint.responder = never
    program = await stage.program(**config)
    question = stage.max.says(conversation(stage, chat), "/gpt hello")
    await asked.wait()
    await program.crash()
    stage.endpoint.responder = lambda _: WHOLE
    return question


async def begun(
    stage: Stage, chat: str = "group", *, lost: Drop | None = None, **config: Any
) -> Message:
    """A question of Max's, whose run was cut off when the first words of the answer had left.

    `lost`: the connection was lost before, or after, they were carried out.
    """
    stage.timings = CUT_OFF
    stage.endpoint.responder = lambda _: Reply(WHOLE, chunks=("Half an ", "answer."))
    stage.endpoint.faults.add("stall", after=1)
    program = await stage.program(**config)
    fault = stage.telegram.faults.add(SEND, drop=lost) if lost else None
    looking = stage.telegram.faults.add("messages.getHistory", delay=60, times=None)
    question = stage.max.says(conversation(stage, chat), "/gpt hello")
    await until(lambda: looking.happened if fault else stage.answers(question))
    await stage.all_arrives()
    await program.crash()
    stage.telegram.faults.clear()
    stage.endpoint.responder = lambda _: WHOLE
    return question


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_a_message_whose_connection_was_lost_after_it_left_stands_once(
    stage: Stage, chat: str, behaviour: RandomIdBehaviour
) -> None:
    stage.telegram.random_id_behaviour = behaviour
    program = await stage.program()
    stage.telegram.faults.add(SEND, drop="after")
    question = stage.max.says(conversation(stage, chat), "/gpt hello")
    answered = await program.tells("answered")
    assert len(stage.answers(question)) == len(answered.answers) == 1
    assert len(stage.writes("sendMessage")) == 1
    assert await program.tells("notice", reason="looked_for")


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_a_message_that_is_carried_out_after_its_connection_was_lost_is_not_the_owners(
    stage: Stage, behaviour: RandomIdBehaviour
) -> None:
    stage.telegram.random_id_behaviour = behaviour
    program = await stage.program()
    slow = stage.telegram.faults.add(SEND, delay=0.4)
    question = stage.max.says(stage.group, "/gpt hello")
    while not slow.happened:
        await asyncio.sleep(0.01)
    stage.telegram.drop_connections(stage.olga)
    answered = await program.tells("answered")
    assert len(answered.answers) == 1
    if behaviour != "forget":  # then it left again before the first one was carried out
        assert len(stage.answers(question)) == 1


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_a_message_that_never_arrived_leaves_again_under_its_random_id(
    stage: Stage, behaviour: RandomIdBehaviour
) -> None:
    stage.telegram.random_id_behaviour = behaviour
    program = await stage.program()
    stage.telegram.faults.add(SEND, drop="before")
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells("answered")
    assert len(stage.answers(question)) == 1
    assert len({send.random_id for send in stage.writes("sendMessage")}) == 1


@pytest.mark.parametrize("error", ["RPC_CALL_FAIL", "TIMEOUT"])
async def test_trouble_of_telegrams_own_is_looked_into_and_not_sat_out(
    stage: Stage, error: str
) -> None:
    program = await stage.program()
    stage.telegram.faults.add(SEND, error)
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells("answered")
    assert len(stage.answers(question)) == 1
    assert len(stage.writes("sendMessage")) == 2


async def test_a_used_random_id_with_nothing_in_the_chat_is_listed_at_once(stage: Stage) -> None:
    program = await stage.program()
    stage.telegram.faults.add(SEND, "RANDOM_ID_DUPLICATE")
    stage.max.says(stage.group, "/gpt what is in doubt?")
    skipped = await program.tells("skipped")  # Telethon alone would try for 12 s
    assert (skipped.reason, skipped.text) == ("in_doubt", "what is in doubt?")
    assert "/gpt_retry" in skipped.hint
    assert len(stage.writes("sendMessage")) == 1


async def test_what_waits_for_telegrams_pause_has_not_left(stage: Stage) -> None:
    stage.timings = CUT_OFF
    program = await stage.program()
    stage.telegram.faults.add(SEND, "FLOOD_WAIT_60")
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells("waiting", reason="flood_wait")
    await program.crash()
    program = await stage.program()
    await program.tells("answered")
    assert len(stage.answers(question)) == 1
    assert not program.events("notice", reason="taken_up")
    assert not program.events("notice", reason="looked_for")


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("known", [True, False], ids=["id-known", "id-unknown"])
async def test_a_half_written_answer_is_finished_in_its_own_message(
    stage: Stage, chat: str, known: bool
) -> None:
    question = await begun(stage, chat, lost=None if known else "after")
    (half,) = stage.answers(question)
    assert half.text == "Half an"
    program = await stage.program()
    answered = await program.tells("answered")
    assert answered.answers == (half.id_for(stage.olga),)
    assert half.text == WHOLE
    assert stage.answers(question) == [half]
    assert len(stage.writes("sendMessage")) == 1
    assert await program.tells("notice", reason="taken_up")


async def test_an_edit_that_was_cut_off_is_made_again(stage: Stage) -> None:
    stage.timings = CUT_OFF
    stage.endpoint.responder = lambda _: Reply(WHOLE, chunks=("Half an ", "answer."), delay=0.7)
    stage.telegram.faults.add(EDIT, drop="before", times=None)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt hello")
    await until(lambda: stage.writes("editMessage"))
    await program.crash()
    stage.telegram.faults.clear()
    (half,) = stage.answers(question)
    assert half.text == "Half an"
    program = await stage.program()
    await program.tells("answered")
    assert half.text == WHOLE


async def test_all_parts_of_a_long_answer_are_taken_up(stage: Stage) -> None:
    stage.timings = CUT_OFF
    long = "\n\n".join(f"Paragraph {n}. " + "word " * 60 for n in range(20))
    stage.endpoint.responder = lambda _: Reply(long, chunks=(long, "and more"))
    stage.endpoint.faults.add("stall", after=1)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt hello")
    await until(lambda: len(stage.writes("sendMessage")) == 2)
    stage.max.says(stage.group, "meanwhile")
    await stage.all_arrives()
    await program.crash()
    stage.endpoint.responder = lambda _: long
    program = await stage.program()
    answered = await program.tells("answered")
    (first,) = stage.answers(question)
    (second,) = (one for one in stage.olga.messages(stage.group) if one.reply_to is first)
    assert answered.answers == (first.id_for(stage.olga), second.id_for(stage.olga))
    assert first.text.startswith("Paragraph 0")
    assert second.text.endswith("word")


@pytest.mark.parametrize("recorded", [False, True], ids=["nothing", "a-write"])
async def test_what_the_owner_answered_by_hand_is_left_alone(stage: Stage, recorded: bool) -> None:
    question = await (begun(stage, lost="before") if recorded else asked_for(stage))
    by_hand = stage.olga.says(stage.group, "Hi Max, it is me.", reply_to=question)
    asked = len(stage.asked())
    program = await stage.program()
    assert (await program.tells("skipped")).reason == "owner_answered"
    assert (by_hand.text, by_hand.edits) == ("Hi Max, it is me.", [])
    assert stage.answers(question) == [by_hand]
    assert len(stage.asked()) == asked


async def test_what_arrived_while_away_and_was_answered_by_hand_is_skipped(stage: Stage) -> None:
    program = await stage.program()
    first = stage.max.says(stage.group, "/gpt first")
    await stage.max.expects(stage.group, reply_to=first)
    await program.stop()
    missed = stage.max.says(stage.group, "/gpt missed")
    stage.olga.says(stage.group, "Later!", reply_to=missed)
    program = await stage.program()
    assert (await program.tells("skipped")).reason == "owner_answered"
    assert len(stage.asked()) == 1


async def test_the_same_words_typed_on_the_phone_are_the_owners(stage: Stage) -> None:
    stage.timings = CUT_OFF
    go_on = asyncio.Event()

    async def answer(_: object) -> str:
        await go_on.wait()
        return "Hello!"

    stage.endpoint.responder = answer
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt hello")
    await until(stage.asked)
    typed = stage.olga.says(stage.group, "Hello!", reply_to=question)
    await stage.all_arrives()
    sending = stage.telegram.faults.add(SEND, drop="before")
    looking = stage.telegram.faults.add("messages.getHistory", delay=60, times=None)
    go_on.set()
    await until(lambda: sending.happened and looking.happened)
    await program.crash()
    stage.telegram.faults.clear()
    stage.endpoint.responder = lambda _: "Hello to you!"
    program = await stage.program()
    assert (await program.tells("skipped")).reason == "owner_answered"
    assert typed.text == "Hello!"


async def test_nothing_found_leaves_again_where_telegram_never_had_it(stage: Stage) -> None:
    question = await begun(stage, lost="before")
    program = await stage.program()
    await program.tells("answered")
    assert len(stage.answers(question)) == 1
    first, second = stage.writes("sendMessage")
    assert first.random_id == second.random_id


async def test_a_question_deleted_meanwhile_is_not_answered(stage: Stage) -> None:
    question = await asked_for(stage)
    asked = len(stage.asked())
    stage.max.deletes(question)
    program = await stage.program()
    assert (await program.tells("skipped")).reason == "deleted"
    assert len(stage.asked()) == asked


async def test_an_answer_that_was_deleted_meanwhile_is_not_given_again(stage: Stage) -> None:
    question = await begun(stage)
    asked = len(stage.asked())
    stage.olga.deletes(*stage.answers(question))
    program = await stage.program()
    assert (await program.tells("skipped")).reason == "answer_gone"
    assert len(stage.asked()) == asked


async def test_where_the_chat_cannot_be_looked_through_nothing_is_sent(stage: Stage) -> None:
    await begun(stage, lost="before")
    sent = len(stage.writes("sendMessage"))
    stage.telegram.faults.add("messages.getHistory", "CHANNEL_PRIVATE", chat=stage.group)
    program = await stage.program()
    assert (await program.tells("skipped")).reason == "in_doubt"
    assert len(stage.writes("sendMessage")) == sent


async def test_a_model_that_fails_leaves_what_stood_closed(stage: Stage) -> None:
    question = await begun(stage)
    stage.endpoint.faults.add("quota")
    program = await stage.program()
    await program.tells("failed")
    assert [one.text for one in stage.answers(question)] == ["Half an …"]


async def test_a_limit_that_is_reached_at_a_restart_leaves_what_stood_closed(stage: Stage) -> None:
    question = await begun(stage)
    prices = {"input": 1000, "output": 1000}
    program = await stage.program(limits={"cost_per_day": 0.001, "prices": prices})
    assert (await program.tells("limited")).reason == "cost_per_day"
    assert [one.text for one in stage.answers(question)] == ["Half an …"]


@pytest.mark.parametrize("lost", [1, 3, 4])
async def test_a_message_that_is_lost_on_its_way_again_and_again_is_said_once(
    stage: Stage, lost: int
) -> None:
    program = await stage.program(clock=QuickClock(20))
    stage.telegram.faults.add("messages.sendMessage", drop="before", times=lost)
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells("answered")
    assert len(stage.answers(question)) == 1


async def test_a_message_that_is_carried_out_late_is_found_in_the_end(stage: Stage) -> None:
    program = await stage.program(clock=QuickClock(20))
    stage.telegram.faults.add("messages.sendMessage", drop="before", times=4)
    late = stage.telegram.faults.add("messages.sendMessage", delay=0.5)
    question = stage.max.says(stage.group, "/gpt hello")
    async with asyncio.timeout(60):
        while not late.happened:
            await asyncio.sleep(0.01)
    stage.telegram.drop_connections(stage.olga)
    await program.tells("answered")
    assert len(stage.answers(question)) == len(stage.writes("sendMessage")) - 4 == 1


async def test_what_waits_while_the_connection_is_lost_is_looked_up_before_it_is_answered(
    stage: Stage,
) -> None:
    async def answer(request: dict[str, list[dict[str, str]]]) -> Reply:
        if "first" in request["messages"][-1]["content"]:
            await go_on.wait()
        return Reply("here you are")

    go_on = asyncio.Event()
    stage.endpoint.responder = answer
    program = await stage.program()
    first = stage.max.says(stage.group, "/gpt first")
    await program.tells("answering")
    second = stage.max.says(stage.group, "/gpt second")
    third = stage.max.says(stage.group, "/gpt third")
    await program.tells("heard", text="third")
    stage.telegram.faults.add(push="lose", account=stage.olga)
    stage.olga.says(stage.group, "I know that one.", reply_to=second)
    stage.telegram.drop_connections(stage.olga)
    await program.tells("notice", reason="reconnected")
    go_on.set()
    assert await stage.max.expects(stage.group, reply_to=third)
    (skipped,) = program.events("skipped")
    assert (skipped.message, skipped.reason) == (second.id_for(stage.olga), "owner_answered")
    assert len(stage.answers(first)) == len(stage.answers(second)) == 1
