"""The contract's table of what Telegram says and what the program does, row by row."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from telethon.tl import types

from tests.harness import Program, ProgramError, Stage
from tests.quick_clock import QuickClock, SteppedClock
from userbot.sandbox.endpoint import Reply

SENTENCES = tuple(f"Sentence number {n} says a little more than the last. " for n in range(30))
WHOLE = "".join(SENTENCES).strip()
SEND, EDIT = "messages.sendMessage", "messages.editMessage"
ATTEMPTS = 5
"""So often a request is made in all."""
QUICK = QuickClock(10)
"""Ten seconds of the program's are one of ours."""
PACING = {"writes_per_second": 1000, "burst": 1000, "edit_seconds": 1, "max_previews": 12}


async def start(stage: Stage, clock: Any = QUICK) -> Program:
    """The program on a quick clock, with a model that takes 0.6 s for an answer."""
    stage.endpoint.responder = lambda _: Reply(WHOLE, chunks=SENTENCES, delay=0.02)
    return await stage.program(pacing=PACING, clock=clock)


async def test_a_flood_wait_on_edits_stops_previews_and_the_end_comes_after_it(
    stage: Stage,
) -> None:
    stage.telegram.faults.add(EDIT, "FLOOD_WAIT_30", chat=stage.group)
    program = await start(stage)
    stage.max.says(stage.group, "/gpt tell me")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    async with asyncio.timeout(60):
        while not stage.writes("editMessage"):
            await asyncio.sleep(0.01)
    shown = answer.text
    waiting = await program.tells("waiting", reason="flood_wait")
    assert waiting.chat == stage.group.id
    assert 0 < waiting.seconds <= 30.5
    assert answer.text == shown  # the model has finished, and nothing was edited meanwhile
    elsewhere = stage.lena.says(stage.club, "/gpt and here?")
    other = await stage.lena.expects(stage.club, reply_to=elsewhere)
    await program.tells("answered", chat=stage.club.id)
    assert other.text == WHOLE
    assert len(other.edits) > 1  # another chat's previews go on
    await program.tells("answered", chat=stage.group.id)
    assert answer.text == WHOLE
    here = [edit for edit in stage.writes("editMessage") if edit.peer.to_dict().get("chat_id")]
    assert len(here) == 2  # the one that was flooded, and the end


async def test_an_end_that_telegram_does_not_take_at_first_is_brought_again(stage: Stage) -> None:
    stage.telegram.faults.add(EDIT, "MSG_WAIT_FAILED", times=3)
    program = await start(stage)
    stage.max.says(stage.group, "/gpt tell me")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    waiting = await program.tells("waiting", reason="edit_again")
    assert waiting.chat == stage.group.id
    assert "MSG_WAIT_FAILED" in waiting.detail
    await program.tells("answered")
    assert answer.text == WHOLE
    assert not program.events("failed")


async def test_who_stops_the_program_does_not_wait_for_the_next_try_and_the_next_start_makes_it(
    stage: Stage,
) -> None:
    stage.telegram.faults.add(EDIT, "MSG_WAIT_FAILED", times=1 + 3)
    program = await start(stage)
    stage.max.says(stage.group, "/gpt tell me")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    await program.tells("waiting", reason="edit_again", seconds=4.0)
    await program.stop()
    tries = [wait.seconds for wait in program.events("waiting") if wait.reason == "edit_again"]
    assert tries == [1.0, 2.0, 4.0]
    assert not program.events("failed")
    assert program.events("stopped")[0].pending == 1
    half = answer.text
    assert WHOLE.startswith(half)
    assert half != WHOLE
    again = await start(stage)
    await again.tells("answered")
    assert answer.text == WHOLE
    assert sum(one.sender is stage.olga for one in stage.max.messages(stage.group)) == 1


async def test_an_end_that_telegram_never_takes_leaves_no_half_answer_as_if_it_were_whole(
    stage: Stage,
) -> None:
    program = await start(stage)
    stage.max.says(stage.group, "/gpt tell me")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    stage.telegram.faults.add(EDIT, "ENTITY_BOUNDS_INVALID", times=1 + ATTEMPTS)
    failed = await program.tells("failed")
    assert failed.reason == "entity_bounds_invalid"
    assert answer.text.endswith(". …")
    assert WHOLE.startswith(answer.text.removesuffix(" …"))


async def test_a_flood_wait_on_sends_is_waited_for_and_shown(stage: Stage) -> None:
    stage.telegram.faults.add(SEND, "FLOOD_WAIT_12", chat=stage.group)
    program = await start(stage)
    began = time.monotonic()
    question = stage.max.says(stage.group, "/gpt tell me")
    assert (await program.tells("waiting", reason="flood_wait")).chat == stage.group.id
    stage.lena.says(stage.club, "/gpt and here?")
    await stage.lena.expects(stage.club, from_=stage.olga)
    answer = await stage.max.expects(stage.group, reply_to=question)
    assert time.monotonic() - began >= 1.2
    assert (answer.text, answer.edits) == (WHOLE, [])
    here = [send for send in stage.writes("sendMessage") if send.peer.to_dict().get("chat_id")]
    assert len({send.random_id for send in here}) == 1
    assert len(here) == 2


@pytest.mark.long
async def test_a_second_chat_flooded_meanwhile_makes_it_account_wide(stage: Stage) -> None:
    stage.telegram.faults.add(SEND, "FLOOD_WAIT_60", chat=stage.group)
    stage.telegram.faults.add(SEND, "FLOOD_WAIT_5", chat=stage.club)
    clock = SteppedClock()
    program = await start(stage, clock)
    began = clock.monotonic()
    async with clock.running(1):
        stage.max.says(stage.group, "/gpt tell me")
        await program.tells("waiting", chat=stage.group.id)
        stage.lena.says(stage.club, "/gpt and here?")
        assert (await program.tells("waiting", chat=stage.club.id)).detail == "account"
        question = stage.vera.says(stage.olga, "/gpt psst")
        assert (await program.tells("waiting", chat=stage.vera.id)).detail == "account"
    async with clock.running(20):
        await stage.vera.expects(stage.olga, reply_to=question)
    assert clock.monotonic() - began >= 20


async def test_in_slow_mode_an_answer_waits_and_is_one_message_there(stage: Stage) -> None:
    long = "\n\n".join(f"Paragraph {n}. " + "word " * 60 for n in range(30))
    stage.telegram.faults.add(SEND, "SLOWMODE_WAIT_8", chat=stage.club)
    program = await start(stage)
    stage.endpoint.responder = lambda _: long
    began = time.monotonic()
    stage.max.says(stage.club, "/gpt a lot")
    assert (await program.tells("waiting", reason="slow_mode")).chat == stage.club.id
    answered = await program.tells("answered")
    assert time.monotonic() - began >= 0.8
    assert len(answered.answers) == 1
    notice = await program.tells("notice", reason="slow_mode_rest")
    assert notice.message == answered.message
    stage.max.says(stage.group, "/gpt and here?")  # other chats know nothing of it
    assert len((await program.tells("answered", chat=stage.group.id)).answers) > 1


async def test_slow_mode_that_begins_within_an_answer_keeps_its_first_message(
    stage: Stage,
) -> None:
    long = "\n\n".join(f"Paragraph {n}. " + "word " * 60 for n in range(30))
    program = await start(stage)
    stage.endpoint.responder = lambda _: long
    stage.max.says(stage.club, "/gpt hello")
    await program.tells("answered")
    stage.telegram.faults.add(SEND, chat=stage.club)
    stage.telegram.faults.add(SEND, "SLOWMODE_WAIT_600", chat=stage.club)
    question = stage.lena.says(stage.club, "/gpt a lot")
    answered = await program.tells("answered", message=question.id_for(stage.olga))
    assert len(answered.answers) == 1
    assert await program.tells("notice", reason="slow_mode_rest")


RESTS = [
    "CHAT_WRITE_FORBIDDEN",
    "CHAT_SEND_PLAIN_FORBIDDEN",
    "CHAT_SEND_GIFS_FORBIDDEN",
    "USER_BANNED_IN_CHANNEL",
    "TOPIC_CLOSED",
    "USER_IS_BLOCKED",
    "CHANNEL_PRIVATE",
    "ALLOW_PAYMENT_REQUIRED_15",
    "PREMIUM_ACCOUNT_REQUIRED",
    "PRIVACY_PREMIUM_REQUIRED",
]


@pytest.mark.parametrize("error", RESTS)
async def test_a_chat_that_refuses_rests(stage: Stage, error: str) -> None:
    stage.telegram.faults.add(SEND, error, chat=stage.club)
    program = await start(stage)
    stage.endpoint.responder = lambda _: "Here you are."
    stage.max.says(stage.club, "/gpt first")
    skipped = await program.tells("skipped")
    assert skipped.reason == error.lower()
    second = stage.max.says(stage.club, "/gpt second")
    await program.tells("skipped", message=second.id_for(stage.olga))
    elsewhere = stage.max.says(stage.group, "/gpt third")
    assert await stage.max.expects(stage.group, reply_to=elsewhere)
    assert len(stage.writes("sendMessage")) == 2
    # A model is not even asked for what cannot be said.
    assert ["second" in str(asked) for asked in stage.asked()] == [False, False]
    await program.stop()
    program = await start(stage)
    again = stage.max.says(stage.club, "/gpt fourth")
    assert await stage.max.expects(stage.club, reply_to=again)


async def test_a_chat_that_refused_is_tried_again_after_a_while(stage: Stage) -> None:
    stage.telegram.faults.add(SEND, "CHAT_SEND_PLAIN_FORBIDDEN", chat=stage.club)
    program = await stage.program(pacing=PACING, clock=QuickClock(600))
    stage.endpoint.responder = lambda _: "Here you are."
    stage.max.says(stage.club, "/gpt first")
    await program.tells("skipped")
    await asyncio.sleep(1.1)  # eleven minutes of its time: the first rest is ten
    again = stage.max.says(stage.club, "/gpt second")
    assert await stage.max.expects(stage.club, reply_to=again)


async def test_peer_flood_ends_all_writes_but_not_the_program(stage: Stage) -> None:
    stage.telegram.faults.add(SEND, "PEER_FLOOD", chat=stage.group)
    program = await start(stage)
    stage.max.says(stage.group, "/gpt first")
    assert "PEER_FLOOD" in (await program.tells("notice", reason="peer_flood")).detail
    await program.tells("failed", reason="peer_flood")
    before = len(stage.telegram.calls)
    second = stage.lena.says(stage.club, "/gpt second")
    await program.tells("failed", message=second.id_for(stage.olga))
    written = {call.method for call in stage.telegram.calls[before:]}
    assert not written & {SEND, EDIT, "messages.setTyping"}
    assert len(stage.asked()) == 1
    assert await program.stop() == "interrupted"
    (stopped,) = program.events("stopped")
    assert stopped.restricted == "peer_flood"


@pytest.mark.parametrize("method", [SEND, EDIT])
@pytest.mark.parametrize(
    "error", ["FROZEN_METHOD_INVALID", "FROZEN_PARTICIPANT_MISSING", "USER_DEACTIVATED_BAN"]
)
async def test_a_frozen_account_ends_the_program(stage: Stage, error: str, method: str) -> None:
    stage.telegram.faults.add(method, error)
    program = await start(stage)
    stage.max.says(stage.group, "/gpt first")
    with pytest.raises(ProgramError) as caught:
        await program.ends()
    assert caught.value.code == 1
    assert "official app" in caught.value.hint


@pytest.mark.parametrize(
    "error", ["AUTH_KEY_UNREGISTERED", "AUTH_KEY_DUPLICATED", "SESSION_REVOKED"]
)
async def test_a_login_that_ended_ends_the_program_with_why(stage: Stage, error: str) -> None:
    stage.telegram.faults.add(SEND, error)
    program = await start(stage)
    stage.max.says(stage.group, "/gpt first")
    with pytest.raises(ProgramError) as caught:
        await program.ends()
    assert caught.value.code == 4


async def test_a_text_that_stands_already_is_no_failure(stage: Stage) -> None:
    stage.telegram.faults.add(EDIT, "MESSAGE_NOT_MODIFIED", times=None)
    program = await start(stage)
    stage.max.says(stage.group, "/gpt first")
    await program.tells("answered")
    assert not program.events("failed")


async def test_a_wait_for_the_governor_is_shown(stage: Stage) -> None:
    program = await stage.program(pacing=PACING | {"writes_per_second": 1, "burst": 1}, clock=QUICK)
    for person in (stage.max, stage.lena, stage.vera):
        person.says(stage.olga, "/gpt hello")
    assert (await program.tells("waiting", reason="governor")).seconds >= 1
    for person in (stage.max, stage.lena, stage.vera):
        assert await person.expects(stage.olga)


async def test_a_chat_that_refused_is_tried_again_when_rights_there_change(stage: Stage) -> None:
    program = await stage.program()
    stage.telegram.faults.add("messages.sendMessage", "CHAT_SEND_PLAIN_FORBIDDEN", chat=stage.club)
    stage.max.says(stage.club, "/gpt one")
    await program.tells("skipped")
    stage.telegram._world.hint(stage.olga, types.UpdateChannel(stage.club.number))
    await stage.all_arrives()
    assert await stage.max.expects(stage.club, reply_to=stage.max.says(stage.club, "/gpt two"))
