"""Only who may: names stay with whom they were given to, contacts and blocks are what they are."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import Any

import pytest
from telethon.tl import types

from tests.harness import Program, ProgramError, Stage, listed
from tests.quick_clock import QuickClock
from userbot.sandbox.accounts import Account


def sends(stage: Stage) -> int:
    return sum("send" in call.method for call in stage.telegram.calls)


async def refused(stage: Stage, program: Program, who: Account, reason: str) -> None:
    before = len(program.events("ignored"))
    said = who.says(stage.group, "/gpt may I?")
    number = said.id_for(stage.olga)
    ignored = await program.tells("ignored", message=number)
    assert ignored.reason == reason, before


async def let_in(stage: Stage, who: Account) -> None:
    question = who.says(stage.group, "/gpt may I?")
    assert await who.expects(stage.group, reply_to=question)


async def test_somebody_who_takes_over_a_name_does_not_take_over_its_right(stage: Stage) -> None:
    chats = [listed(stage.group.id, from_=("@max_m",))]
    program = await stage.program(chats)
    await let_in(stage, stage.max)
    await program.stop()
    stage.max.is_renamed("max_new")
    stage.vera.is_renamed("max_m")
    program = await stage.program(chats)
    await refused(stage, program, stage.vera, "not_allowed")
    await let_in(stage, stage.max)
    moved = await program.tells("notice", reason="name_moved")
    assert "@max_m" in moved.detail


async def test_a_name_is_resolved_once_and_then_never_asked_for_again(stage: Stage) -> None:
    chats = [listed(stage.group.id, from_=("@max_m", "@MAX_M", "@lena_l"))]
    program = await stage.program(chats)
    await program.stop()
    asked = [call for call in stage.telegram.calls if "resolveUsername" in call.method]
    assert len(asked) == 2
    stage.telegram.faults.add("contacts.resolveUsername", "FLOOD_WAIT_9000", times=None)
    program = await stage.program(chats)
    await let_in(stage, stage.lena)


async def test_a_new_login_still_reaches_a_chat_that_was_named_once(stage: Stage) -> None:
    named = stage.telegram.add_supergroup(
        "Public", creator=stage.max, members=[stage.olga, stage.max], username="public_group"
    )
    program = await stage.program([listed("@public_group")])
    await program.stop()
    (stage.folder / "me.session").unlink()
    stage.telegram.seed_session(stage.folder / "me.session", stage.olga)
    program = await stage.program([listed("@public_group")])
    question = stage.max.says(named, "hello?")
    assert await stage.max.expects(named, reply_to=question)


async def test_a_name_in_the_limits_that_nobody_has_is_an_error_at_the_start(stage: Stage) -> None:

    with pytest.raises(ProgramError, match="nobody has the name @nobody_at_all"):
        await stage.program(limits={"people": {"@nobody_at_all": {}}})


async def test_contacts_are_those_of_the_account_as_they_change(stage: Stage) -> None:
    stage.olga.knows(stage.max)
    program = await stage.program(trigger={"from": "contacts"})
    await let_in(stage, stage.max)
    await refused(stage, program, stage.lena, "not_allowed")
    stage.olga.knows(stage.lena)
    stage.olga.knows(stage.max, False)
    await asyncio.sleep(0.1)
    await let_in(stage, stage.lena)
    await refused(stage, program, stage.max, "not_allowed")


async def test_whoever_is_blocked_is_not_heard_and_is_heard_again_when_let_in(stage: Stage) -> None:
    stage.olga.blocks(stage.max)
    program = await stage.program([listed(stage.group.id)])
    await refused(stage, program, stage.max, "blocked")
    stage.olga.blocks(stage.vera)
    stage.olga.blocks(stage.max, False)
    await asyncio.sleep(0.1)
    await refused(stage, program, stage.vera, "blocked")
    await let_in(stage, stage.max)


async def test_a_long_list_of_blocked_people_is_read_to_its_end(stage: Stage) -> None:
    for number in range(120):
        stage.olga.blocks(stage.telegram.add_account(f"Spammer {number}"))
    stage.olga.blocks(stage.max)
    program = await stage.program([listed(stage.group.id)])
    await refused(stage, program, stage.max, "blocked")


async def test_a_list_of_contacts_that_telegram_refuses_is_told_and_nothing_else_stops(
    stage: Stage,
) -> None:
    stage.telegram.faults.add("contacts.getContacts", "INPUT_FETCH_FAIL", times=None)
    program = await stage.program()
    assert (await program.tells("notice")).reason == "contacts_unknown"
    await let_in(stage, stage.max)


@pytest.mark.parametrize("error", ["INPUT_FETCH_FAIL", "METHOD_INVALID"])
async def test_while_telegram_does_not_say_who_is_blocked_only_the_owner_is_answered(
    stage: Stage, error: str
) -> None:
    stage.olga.blocks(stage.max)
    fault = stage.telegram.faults.add("contacts.getBlocked", error, times=None)
    clock = QuickClock(20)
    program = await stage.program([listed(stage.group.id)], clock=clock)
    assert (await program.tells("notice")).reason == "blocked_unknown"
    assert await program.tells("waiting", reason="blocked_unknown")
    await refused(stage, program, stage.max, "blocked")
    own = stage.olga.says(stage.group, "/gpt and I?")
    assert await program.tells("answered", message=own.id_for(stage.olga))
    fault.cancel()
    calls = stage.telegram.calls
    before = sum(call.method == "contacts.getBlocked" for call in calls)
    while sum(call.method == "contacts.getBlocked" for call in calls) == before:
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)
    await let_in(stage, stage.lena)
    await refused(stage, program, stage.max, "blocked")


async def test_deleted_words_are_not_shown_to_the_model_again(stage: Stage) -> None:
    program = await stage.program()
    for where, who in ((stage.group, stage.max), (stage.club, stage.max), (stage.olga, stage.max)):
        secret = who.says(where, "/gpt the code is 4711")
        await who.expects(where, reply_to=secret)
        who.deletes(secret)
        await asyncio.sleep(0.1)
        question = who.says(where, "/gpt which code?")
        await who.expects(where, reply_to=question)
        assert "4711" not in str(stage.asked()[-1])
    await program.stop()
    assert b"4711" not in (stage.folder / "history.db").read_bytes()


async def test_an_answer_that_is_deleted_leaves_the_history_too(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "the code is 4711"
    await stage.program()
    question = stage.max.says(stage.group, "/gpt code?")
    answer = await stage.max.expects(stage.group, reply_to=question)
    stage.olga.deletes(answer)
    await asyncio.sleep(0.1)
    question = stage.max.says(stage.group, "/gpt again?")
    await stage.max.expects(stage.group, reply_to=question)
    assert "4711" not in str(stage.asked()[-1])


async def test_a_question_deleted_while_it_waits_is_not_answered(stage: Stage) -> None:

    held = asyncio.Event()

    async def answer(_: object) -> str:
        await held.wait()
        return "done"

    stage.endpoint.responder = answer
    program = await stage.program()
    first = stage.max.says(stage.group, "/gpt first")
    second = stage.max.says(stage.group, "/gpt second")
    await asyncio.sleep(0.1)
    stage.max.deletes(second)
    await asyncio.sleep(0.1)
    held.set()
    assert await stage.max.expects(stage.group, reply_to=first)
    assert (await program.tells("skipped")).reason == "deleted"
    assert len(stage.asked()) == 1


async def test_in_a_chat_that_deletes_by_itself_words_expire(stage: Stage) -> None:
    stage.group.auto_delete = 1
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt the code is 4711")
    await stage.max.expects(stage.group, reply_to=question)
    await program.tells("answered")
    await program.stop()
    await asyncio.sleep(1.1)
    program = await stage.program()
    await program.stop()
    assert b"4711" not in (stage.folder / "history.db").read_bytes()


async def test_a_quoted_message_expires_when_its_chat_deletes_it_and_the_question_stays(
    stage: Stage,
) -> None:
    stage.endpoint.responder = lambda _: "Quite."
    program = await stage.program()
    secret = stage.lena.says(stage.group, "the code is 4711")
    question = stage.max.says(stage.group, "/gpt is that safe?", reply_to=secret)
    stage.group.auto_delete = 1  # of what is read from now on
    await stage.max.expects(stage.group, reply_to=question)
    await program.tells("answered")
    assert "4711" in str(stage.asked()[-1])
    await program.stop()
    await asyncio.sleep(1.1)
    program = await stage.program()
    await program.stop()
    kept = (stage.folder / "history.db").read_bytes()
    assert b"4711" not in kept
    assert b"is that safe?" in kept


async def test_what_may_not_be_copied_is_not_asked_about(stage: Stage) -> None:

    program = await stage.program()
    stage.club.noforwards = True
    secret = stage.lena.says(stage.club, "the code is 4711")
    stage.max.says(stage.club, "/gpt", reply_to=secret)
    assert (await program.tells("ignored", message=3)).reason == "protected"
    stage.max.says(stage.club, "/gpt what is this?", reply_to=secret)
    assert (await program.tells("ignored", message=4)).reason == "protected"
    assert "4711" not in str(stage.asked())


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("/gpt_retry", "blocked"),
        ("/gpt_retry", "not_allowed"),
        *product(("userbot retry", "at a start"), ("blocked", "not_allowed", "deleted")),
    ],
)
async def test_who_asked_and_what_is_looked_at_anew_before_a_question_is_asked_again(
    stage: Stage, how: str, why: str
) -> None:
    stage.olga.knows(stage.max)
    trigger = {"from": "contacts", "burst_seconds": 0}
    program = await stage.program(trigger=trigger)
    stage.endpoint.faults.add("quota")
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells("failed")
    if how == "at a start":
        await program.stop()
    stage.telegram.tells_at_most(0)
    if why == "blocked":
        stage.olga.blocks(stage.max)
    elif why == "not_allowed":
        stage.olga.knows(stage.max, False)
    else:
        stage.telegram.faults.add(account=stage.olga, push="lose")
        stage.max.deletes(question)
    await asyncio.sleep(0.1)
    if how == "/gpt_retry":
        stage.olga.says(stage.group, "/gpt_retry", reply_to=question)
    else:
        stage.command("retry")
    if how == "at a start":
        program = await stage.program(trigger=trigger)
    await program.tells("skipped", reason=why)
    await asyncio.sleep(0.2)
    assert len(stage.asked()) == 1
    assert not program.events("answered")


@pytest.mark.parametrize(
    ("marks", "reason"),
    [
        pytest.param({"via_business_bot_id": 7}, "via_business_bot", id="a-connected-bot"),
        pytest.param({"via_bot_id": 7}, "via_bot", id="an-inline-bot"),
        pytest.param({"guestchat_via_from": types.PeerUser(7)}, "via_bot", id="a-guest-bot"),
        pytest.param({"offline": True}, "away", id="an-away-text"),
    ],
)
async def test_what_the_owner_did_not_write_himself_orders_and_asks_nothing(
    stage: Stage, marks: dict[str, Any], reason: str
) -> None:
    program = await stage.program()
    for text in ("/gpt_on all anyone", "/gpt hello"):
        stage.olga.says(stage.club, text, marks=marks)
    stage.olga.says(stage.club, "/gpt mine", marks={"from_scheduled": True})
    await program.tells("answered")
    assert [one.reason for one in program.events("ignored")] == [reason] * 2
    assert len(stage.asked()) == 1
    assert stage.olga.messages(stage.olga) == []


async def test_words_of_a_protected_chat_never_reach_the_model(stage: Stage) -> None:
    stage.group.noforwards = True
    program = await stage.program([listed(stage.group.id), listed(stage.club.id)])
    stage.max.says(stage.group, "the code is 1234")
    await program.tells("ignored", reason="protected")
    stage.max.says(stage.club, "hello")
    await program.tells("answered")
    assert "1234" not in str(stage.asked())
