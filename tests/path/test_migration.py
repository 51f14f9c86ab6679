"""A basic group became a supergroup, mostly while the program was off: nothing of it is lost."""

from __future__ import annotations

import asyncio

import pytest

from tests.path.test_answered_once import waiting, wrote
from tests.stage import Program, Stage, listed
from userbot.activity import Answered, Heard, Notice, Skipped
from userbot.messages import Place
from userbot.sandbox.chats import Group, Supergroup
from userbot.sandbox.messages import Message
from userbot.settings import Override
from userbot.storage.store import Store


def said(stage: Stage, chat: Group) -> list[Message]:
    """What Olga has written in a group, as Max sees it."""
    return [one for one in stage.max.messages(chat) if one.sender is stage.olga and one.text]


async def converse(stage: Stage, program: Program, text: str) -> None:
    """One question of Max's and its answer, in the group before it moved."""
    question = stage.max.says(stage.group, text)
    await program.tells(Answered, message=question.id_for(stage.olga))


async def moved_while_away(stage: Stage, program: Program) -> Supergroup:
    await program.stop()
    return stage.telegram.migrate(stage.group)


async def test_a_pending_question_is_answered_in_the_new_group_with_a_quotation(
    stage: Stage,
) -> None:
    chats = [listed(stage.group.id, "all", system="Be brief.")]
    program = await stage.program(chats)
    await converse(stage, program, "remember the keys")
    await program.stop()
    question = stage.max.says(stage.group, "where are they?")
    ask = waiting(stage, question)
    with Store.open(stage.folder / "history.db") as store:
        store.override(stage.group.id, Override(model="parrot"))
    new = stage.telegram.migrate(stage.group)
    before = len(said(stage, stage.group))
    stage.endpoint.responder = lambda _: "Under the mat."

    program = await stage.program(chats)

    notice = await program.tells(Notice, reason="chat_moved")
    assert f"Change id = {stage.group.id} to id = {new.id}" in notice.hint
    answered = await program.tells(Answered, message=ask.message)
    assert answered.chat == new.id
    (answer,) = said(stage, new)
    assert answer.text == "hello\n\nUnder the mat."  # the words that were stored
    assert [type(one).__name__ for one in answer.entities] == ["MessageEntityBlockquote"]
    assert answer.reply_to is None
    assert len(said(stage, stage.group)) == before
    assert stage.endpoint.requests[-1]["model"] == "parrot"
    assert stage.asked()[-1][0]["content"].startswith("Be brief.")
    assert "remember the keys" in str(stage.asked()[-1])
    with Store.open(stage.folder / "history.db") as store:
        assert [turn.answer for turn in store.turns(Place(new.id), 5)][-1] == "Under the mat."
        assert store.turns(Place(stage.group.id), 5) == []


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


@pytest.mark.parametrize("stands", [True, False], ids=["it-stands", "it-does-not"])
async def test_a_write_whose_fate_is_unknown_is_listed_and_not_sent_again(
    stage: Stage, stands: bool
) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    if stands:
        stage.olga.says(stage.group, "Half an", reply_to=question)
    wrote(stage, waiting(stage, question), "Half an")
    new = stage.telegram.migrate(stage.group)
    program = await stage.program([listed(stage.group.id, "all")])
    skipped = await program.tells(Skipped)
    assert (skipped.reason, skipped.chat) == ("in_doubt", new.id)
    assert not stage.writes("sendMessage")
    assert not stage.writes("editMessage")
    assert not stage.asked()


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
    await program.tells(Answered, message=last.id_for(stage.olga))
    assert await stage.max.expects(new, reply_to=first)
    assert len(program.events(Heard)) == len(said(stage, new)) == 2
    await program.stop()
    program = await stage.program(chats)
    await asyncio.sleep(0.3)
    assert not program.events(Heard)


async def test_the_old_group_is_asked_for_what_became_of_the_question(stage: Stage) -> None:
    deleted = stage.max.says(stage.group, "/gpt hello")
    waiting(stage, deleted)
    answered = stage.max.says(stage.group, "/gpt hello")
    stage.olga.says(stage.group, "It is me.", reply_to=answered)
    waiting(stage, answered)
    stage.max.deletes(deleted)
    new = stage.telegram.migrate(stage.group)
    for number in range(8):  # messages of the new group have the ids that these have in the old
        stage.lena.says(new, f"talk {number}")
    program = await stage.program()
    await program.tells(Skipped, reason="deleted")
    await program.tells(Skipped, reason="owner_answered")
    assert not said(stage, new)


async def test_a_group_that_telegram_does_not_know_keeps_nobody_from_the_others(
    stage: Stage,
) -> None:
    new = stage.telegram.migrate(stage.group)
    program = await stage.program([listed(-4_242_424), listed(stage.group.id, "all")])
    await program.tells(Notice, reason="chat_moved")
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
    await program.tells(Heard, text="first")
    second = stage.max.says(stage.group, "second")
    await program.tells(Heard, text="second")
    new = stage.telegram.migrate(stage.group)
    await program.tells(Notice, reason="chat_moved")
    go_on.set()
    answered = await program.tells(Answered, message=second.id_for(stage.olga))
    assert answered.chat == new.id
    assert "second\n\nHere." in [one.text for one in said(stage, new)]
