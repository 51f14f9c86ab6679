"""A basic group became a supergroup, mostly while the program was off: nothing of it is lost."""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from tests.harness import Event, Program, Stage, listed
from tests.path.test_answered_once import asked_for, begun
from tests.path.test_live_reply import FAST, streamed
from tests.path.voice.notes import until
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.faults import Drop
from userbot.sandbox.state import Group, Message, Supergroup


def said(stage: Stage, chat: Group) -> list[Message]:
    """What Olga has written in a group, as Max sees it."""
    return [one for one in stage.max.messages(chat) if one.sender is stage.olga and one.text]


async def converse(stage: Stage, program: Program, text: str) -> None:
    """One question of Max's and its answer, in the group before it moved."""
    question = stage.max.says(stage.group, text)
    await program.tells("answered", message=question.id_for(stage.olga))


async def moved_while_away(stage: Stage, program: Program) -> Supergroup:
    await program.stop()
    return stage.telegram.migrate(stage.group)


async def test_a_pending_question_is_answered_in_the_new_group_with_a_quotation(
    stage: Stage,
) -> None:
    chats = [listed(stage.group.id, "all", system="Be brief.")]
    program = await stage.program(chats)
    await converse(stage, program, "remember the keys")
    stage.endpoint.models = ("test", "parrot")
    stage.olga.says(stage.group, "/gpt_model parrot")
    await program.tells("notice", reason="command")
    await program.stop()
    question = await asked_for(stage, chats=chats)
    new = stage.telegram.migrate(stage.group)
    before = len(said(stage, stage.group))
    stage.endpoint.responder = lambda _: "Under the mat."

    program = await stage.program(chats)

    notice = await program.tells("notice", reason="chat_moved")
    assert f"change `id = {stage.group.id}` to `id = {new.id}`" in notice.hint
    answered = await program.tells("answered", message=question.id_for(stage.olga))
    assert answered.chat == new.id
    (answer,) = said(stage, new)
    assert answer.text == "hello\n\nUnder the mat."  # the words that were stored
    assert [type(one).__name__ for one in answer.entities] == ["MessageEntityBlockquote"]
    assert answer.reply_to is None
    assert len(said(stage, stage.group)) == before
    assert stage.endpoint.requests[-1]["model"] == "parrot"
    assert stage.asked()[-1][0]["content"].startswith("Be brief.")
    assert "remember the keys" in str(stage.asked()[-1])
    assert [row.answer for row in stage.history(str(new.id))][-1] == "Under the mat."


async def test_a_later_question_in_the_new_group_continues_the_old_conversation(
    stage: Stage,
) -> None:
    chats = [listed(stage.group.id, "all")]
    program = await stage.program(chats)
    await converse(stage, program, "remember the keys")
    new = await moved_while_away(stage, program)
    program = await stage.program(chats)
    question = stage.max.says(new, "where are they?")
    assert await stage.max.expects(new, reply_to=question)
    assert "remember the keys" in str(stage.asked()[-1])


async def test_an_answer_that_stands_in_the_old_group_is_listed_and_not_given_twice(
    stage: Stage,
) -> None:
    await begun(stage)
    new = stage.telegram.migrate(stage.group)
    asked, written = len(stage.asked()), len(stage.telegram.calls)
    program = await stage.program([listed(stage.group.id, "all")])
    skipped = await program.tells("skipped")
    assert (skipped.reason, skipped.chat) == ("begun_before_move", new.id)
    methods = {call.method for call in stage.telegram.calls[written:]}
    assert not methods & {"messages.sendMessage", "messages.editMessage"}
    assert len(stage.asked()) == asked


async def test_an_answer_that_never_came_into_the_old_group_is_given_in_the_new_one(
    stage: Stage,
) -> None:
    question = await begun(stage, lost="before")
    new = stage.telegram.migrate(stage.group)
    stage.endpoint.responder = lambda _: "Here."
    program = await stage.program([listed(stage.group.id, "all")])
    await program.tells("answered")
    assert [one.text for one in said(stage, new)] == ["hello\n\nHere."]
    assert not [one for one in said(stage, stage.group) if one.reply_to is question]


async def test_where_the_old_group_cannot_be_looked_through_nothing_is_sent(stage: Stage) -> None:
    await begun(stage, lost="before")
    sent = len(stage.writes("sendMessage"))
    stage.telegram.migrate(stage.group)
    stage.telegram.faults.add("messages.getHistory", "CHANNEL_PRIVATE", times=None)
    program = await stage.program([listed(stage.group.id, "all")])
    await program.tells("skipped", reason="in_doubt")
    assert len(stage.writes("sendMessage")) == sent


@pytest.mark.parametrize("lost", [None, "after", "before"], ids=["known", "unknown", "never there"])
@pytest.mark.parametrize("as_what", ["written", "spoken"])
async def test_cut_off_while_it_answers_a_moved_question_it_finishes_its_own_message(
    stage: Stage, lost: Drop | None, as_what: str
) -> None:
    if (as_what, lost) == ("spoken", None):
        pytest.skip("what is spoken stands as a whole, or not at all")
    chats = [listed(stage.group.id, "all")]
    voice = {"answer_as": "voice"} if as_what == "spoken" else {}
    question = await asked_for(stage)
    new = stage.telegram.migrate(stage.group)
    send = "messages.sendMedia" if as_what == "spoken" else "messages.sendMessage"
    fault = stage.telegram.faults.add(send, drop=lost) if lost else None
    looking = stage.telegram.faults.add("messages.getHistory", delay=60, chat=new, times=None)
    stage.endpoint.responder = lambda _: Reply("Here it is.", chunks=("Here ", "it is."))
    if as_what == "written":
        stage.endpoint.faults.add("stall", after=1)
    program = await stage.program(chats, voice=voice)
    await until(lambda: looking.happened if fault else said(stage, new))
    await stage.all_arrives()
    await program.crash()
    stage.telegram.faults.clear()
    before = said(stage, new)
    assert len(before) == (lost != "before")
    stage.lena.says(new, "talk")
    program = await stage.program(chats, voice=voice)
    await program.tells("answered", message=question.id_for(stage.olga))
    (answer,) = said(stage, new)
    assert answer.text == "hello\n\nHere it is."
    assert (answer.media is not None) == (as_what == "spoken")
    assert before in ([], [answer])


@pytest.mark.parametrize("tells", [True, False], ids=["told", "not-told"])
async def test_what_was_asked_around_the_move_while_away_is_answered(
    stage: Stage, tells: bool
) -> None:
    chats = [listed(stage.group.id, "all")]
    program = await stage.program(chats)
    await converse(stage, program, "remember the keys")
    await program.stop()
    if not tells:
        stage.telegram.tells_at_most(0)
    last = stage.max.says(stage.group, "a last one before it")
    new = stage.telegram.migrate(stage.group)
    first = stage.max.says(new, "a first one after it")
    program = await stage.program(chats)
    await program.tells("answered", message=last.id_for(stage.olga))
    assert await stage.max.expects(new, reply_to=first)
    assert len(program.events("heard")) == len(said(stage, new)) == 2
    await program.stop()
    program = await stage.program(chats)
    await asyncio.sleep(0.3)
    assert not program.events("heard")


async def test_the_old_group_is_asked_for_what_became_of_the_question(stage: Stage) -> None:
    deleted = await asked_for(stage)
    answered = stage.max.says(stage.group, "/gpt hello again")
    stage.olga.says(stage.group, "It is me.", reply_to=answered)
    stage.max.deletes(deleted)
    new = stage.telegram.migrate(stage.group)
    for number in range(8):  # messages of the new group have the ids that these have in the old
        stage.lena.says(new, f"talk {number}")
    program = await stage.program()
    await program.tells("skipped", reason="deleted")
    await program.tells("skipped", reason="owner_answered")
    assert not said(stage, new)


async def test_a_group_that_telegram_does_not_know_keeps_nobody_from_the_others(
    stage: Stage,
) -> None:
    new = stage.telegram.migrate(stage.group)
    program = await stage.program([listed(-4_242_424), listed(stage.group.id, "all")])
    await program.tells("notice", reason="chat_moved")
    question = stage.max.says(new, "hello")
    assert await stage.max.expects(new, reply_to=question)


async def test_a_question_that_waits_while_the_group_moves_is_answered_there(
    stage: Stage,
) -> None:
    go_on = asyncio.Event()

    async def answer(request: dict[str, list[dict[str, str]]]) -> str:
        if "first" in request["messages"][-1]["content"]:
            await go_on.wait()
        return "Here."

    stage.endpoint.responder = answer
    program = await stage.program([listed(stage.group.id, "all")])
    stage.max.says(stage.group, "first")
    await program.tells("heard", text="first")
    second = stage.max.says(stage.group, "second")
    await program.tells("heard", text="second")
    new = stage.telegram.migrate(stage.group)
    await program.tells("notice", reason="chat_moved")
    go_on.set()
    answered = await program.tells("answered", message=second.id_for(stage.olga))
    assert answered.chat == new.id
    assert "second\n\nHere." in [one.text for one in said(stage, new)]


TELLS = pytest.mark.parametrize("tells", [True, False], ids=["told", "not-told"])


@TELLS
@pytest.mark.parametrize("shown", [False, True], ids=["nothing-shown", "half-of-it-shown"])
@pytest.mark.parametrize("as_what", ["written", "spoken"])
async def test_an_answer_that_does_not_show_yet_while_the_group_moves_is_given_whole_in_the_new_one(
    stage: Stage, tells: bool, shown: bool, as_what: str
) -> None:
    go_on = asyncio.Event()
    pieces = ("A whole sentence of it. ", *["and more "] * 15, "in the end.")

    async def answer(_: object) -> Reply:
        if not shown:
            await go_on.wait()
        return streamed(*pieces)

    stage.endpoint.responder = answer
    words = "".join(pieces)
    voice = {"answer_as": "voice"} if as_what == "spoken" else {}
    program = await stage.program([listed(stage.group.id, "all")], pacing=FAST, voice=voice)
    question = stage.max.says(stage.group, "how is it?")
    await program.tells("answering")
    if shown and as_what == "written":
        await stage.max.expects(stage.group, reply_to=question)
    if not tells:
        stage.telegram.faults.add(account=stage.olga, push="lose", times=None)
    new = stage.telegram.migrate(stage.group)
    if tells:
        await program.tells("notice", reason="answer_moved")
    go_on.set()
    if shown and as_what == "written":
        # Half of it stands where nobody can write any more.
        await program.tells("skipped", reason="begun_before_move")
        assert said(stage, new) == []
        return
    answered = await program.tells("answered")
    assert (answered.chat, answered.reason) == (new.id, "")
    (answer_there,) = said(stage, new)
    assert answer_there.text == f"how is it?\n\n{words}"
    assert (answer_there.media is not None) == (as_what == "spoken")
    assert await program.tells("notice", reason="answer_moved")
    assert [row.answer for row in stage.history(str(new.id))] == [words]


async def test_stop_in_the_new_group_stops_what_was_asked_in_the_old_one(stage: Stage) -> None:
    stage.endpoint.chunk_delay = 0.1
    stage.endpoint.responder = lambda _: "A whole sentence of it. " + "And more. " * 30
    program = await stage.program([listed(stage.group.id, "all")], pacing=FAST)
    stage.max.says(stage.group, "how is it?")
    await program.tells("answering")
    new = stage.telegram.migrate(stage.group)
    await program.tells("notice", reason="answer_moved")
    await stage.max.expects(new, from_=stage.olga)
    stage.olga.says(new, "/gpt_stop")
    answered = await program.tells("answered")
    assert (answered.reason, answered.chat) == ("stopped", new.id)
    assert len(answered.answers) == 1


async def test_a_long_spoken_answer_to_a_moved_question_quotes_it(stage: Stage) -> None:
    chats = [listed(stage.group.id, "all")]
    await asked_for(stage)
    new = stage.telegram.migrate(stage.group)
    stage.endpoint.responder = lambda _: "word " * 300
    program = await stage.program(chats, voice={"answer_as": "voice"})
    await program.tells("answered")
    (answer,) = said(stage, new)
    assert answer.text == "hello"
    assert answer.media is not None
    assert stage.endpoint.speeches[-1]["input"] == ("word " * 300).strip()


@pytest.mark.parametrize("seed", range(8))
async def test_whenever_the_group_moves_the_answer_stands_whole_and_once(
    stage: Stage, seed: int
) -> None:
    pick = random.Random(int(os.environ.get("MOVE_SEED", 0)) * 1000 + seed)
    stage.endpoint.chunk_delay = 0.01
    words = "A whole sentence of it. " + " ".join(f"word{n}" for n in range(20)) + " the end."
    stage.endpoint.responder = lambda _: words
    program = await stage.program([listed(stage.group.id, "all")], pacing=FAST)
    question = stage.max.says(stage.group, "how is it?")
    await asyncio.sleep(pick.uniform(0, 0.4))
    if pick.random() < 0.4:
        stage.telegram.faults.add(account=stage.olga, push="lose", times=None)
    if pick.random() < 0.3:
        stage.telegram.drop_connections(stage.olga)
    new = stage.telegram.migrate(stage.group)
    ended = await first_of(program, "answered", "skipped")
    await asyncio.sleep(0.3)
    whole = [one for one in said(stage, stage.group) if one.text == words]
    whole += [one for one in said(stage, new) if one.text == f"how is it?\n\n{words}"]
    if ended.event == "answered":
        assert len(whole) == 1
    else:
        assert ended.event == "skipped"
        assert ended.reason in ("begun_before_move", "in_doubt")
        assert [one for one in said(stage, stage.group) if one.reply_to is question]
    assert len(said(stage, new)) <= 1


async def first_of(program: Program, *kinds: str) -> Event:
    async with asyncio.timeout(60):
        while True:
            for one in program.told:
                if one.event in kinds:
                    return one
            await asyncio.sleep(0.01)
