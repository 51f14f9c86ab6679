"""A basic group became a supergroup, mostly while the program was off: nothing of it is lost."""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from tests.path.test_answered_once import waiting, wrote
from tests.path.test_live_reply import FAST, streamed
from tests.path.voice.notes import EN
from tests.stage import Program, Stage, listed
from userbot.events import Answered, Answering, Event, Heard, Notice, Skipped
from userbot.rules.random_id import of_answer
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Group, Message, Supergroup
from userbot.settings import Override, VoiceConfig
from userbot.storage.store import Store
from userbot.types import ConversationId, Question


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
        store.overrides.set(stage.group.id, Override(model="parrot"))
    new = stage.telegram.migrate(stage.group)
    before = len(said(stage, stage.group))
    stage.endpoint.responder = lambda _: "Under the mat."

    program = await stage.program(chats)

    notice = await program.tells(Notice, reason="chat_moved")
    assert f"change `id = {stage.group.id}` to `id = {new.id}`" in notice.hint
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
        assert [turn.answer for turn in store.conversations.exchanges(ConversationId(new.id), 5)][
            -1
        ] == "Under the mat."
        assert store.conversations.exchanges(ConversationId(stage.group.id), 5) == []


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
    question = stage.max.says(stage.group, "/gpt hello")
    stage.olga.says(stage.group, "Half an", reply_to=question)
    wrote(stage, waiting(stage, question), "Half an")
    new = stage.telegram.migrate(stage.group)
    program = await stage.program([listed(stage.group.id, "all")])
    skipped = await program.tells(Skipped)
    assert (skipped.reason, skipped.chat) == ("begun_before_move", new.id)
    assert not stage.writes("sendMessage")
    assert not stage.writes("editMessage")
    assert not stage.asked()


async def test_an_answer_that_never_came_into_the_old_group_is_given_in_the_new_one(
    stage: Stage,
) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    wrote(stage, waiting(stage, question), "Half an")
    new = stage.telegram.migrate(stage.group)
    stage.endpoint.responder = lambda _: "Here."
    program = await stage.program([listed(stage.group.id, "all")])
    await program.tells(Answered)
    assert [one.text for one in said(stage, new)] == ["hello\n\nHere."]
    assert not [one for one in said(stage, stage.group) if one.reply_to is question]


async def test_where_the_old_group_cannot_be_looked_through_nothing_is_sent(stage: Stage) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    wrote(stage, waiting(stage, question), "Half an")
    stage.telegram.migrate(stage.group)
    stage.telegram.faults.add("messages.getHistory", "CHANNEL_PRIVATE", times=None)
    program = await stage.program([listed(stage.group.id, "all")])
    await program.tells(Skipped, reason="in_doubt")
    assert not stage.writes("sendMessage")


def killed_in_the_new_group(
    stage: Stage, question: Message, text: str
) -> tuple[Question, Supergroup]:
    """A run that was killed right after it wrote this in the new group, or before."""
    ask = waiting(stage, question)
    new = stage.telegram.migrate(stage.group)
    with Store.open(stage.folder / "history.db") as store:
        store.conversations.migrate(stage.group.id, new.id)
        moved = ask.moved(new.id)
        store.outbound.record(moved, 0, of_answer(store.secret(), moved, 0), text, ask.at)
    return moved, new


@pytest.mark.parametrize("stands", ["and its id is known", "nobody knows its id", "never arrived"])
@pytest.mark.parametrize("as_what", ["written", "spoken"])
async def test_killed_while_it_answers_a_moved_question_it_finishes_its_own_message(
    stage: Stage, stands: str, as_what: str
) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    text = "hello\n\nA whole" if as_what == "written" else "hello\n\nHere."
    ask, new = killed_in_the_new_group(stage, question, text)
    stage.lena.says(new, "talk")
    if stands != "never arrived":
        if as_what == "written":
            begun = stage.olga.says(new, text)
        else:
            begun = stage.olga.sends_voice(new, EN, caption=text)
        if stands == "and its id is known":
            with Store.open(stage.folder / "history.db") as store:
                store.outbound.confirm(of_answer(store.secret(), ask, 0), begun.id_for(stage.olga))
    stage.endpoint.responder = lambda _: "Here."
    voice = VoiceConfig(answer_as="voice") if as_what == "spoken" else VoiceConfig()
    program = await stage.program([listed(stage.group.id, "all")], voice=voice)
    await program.tells(Answered, message=ask.message)
    (answer,) = said(stage, new)
    assert answer.text == "hello\n\nHere."
    if stands == "never arrived":
        assert (answer.media is not None) == (as_what == "spoken")
    else:
        assert answer is begun


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
    voice = VoiceConfig(answer_as="voice") if as_what == "spoken" else VoiceConfig()
    program = await stage.program([listed(stage.group.id, "all")], pacing=FAST, voice=voice)
    question = stage.max.says(stage.group, "how is it?")
    await program.tells(Answering)
    if shown and as_what == "written":
        await stage.max.expects(stage.group, reply_to=question)
    if not tells:
        stage.telegram.faults.add(account=stage.olga, push="lose", times=None)
    new = stage.telegram.migrate(stage.group)
    if tells:
        await program.tells(Notice, reason="answer_moved")
    go_on.set()
    if shown and as_what == "written":
        # Half of it stands where nobody can write any more.
        await program.tells(Skipped, reason="begun_before_move")
        assert said(stage, new) == []
        return
    answered = await program.tells(Answered)
    assert (answered.chat, answered.reason) == (new.id, "")
    (answer_there,) = said(stage, new)
    assert answer_there.text == f"how is it?\n\n{words}"
    assert (answer_there.media is not None) == (as_what == "spoken")
    assert await program.tells(Notice, reason="answer_moved")
    with Store.open(stage.folder / "history.db") as store:
        (turn,) = store.conversations.exchanges(ConversationId(new.id), 5)
    assert turn.answer == words


async def test_stop_in_the_new_group_stops_what_was_asked_in_the_old_one(stage: Stage) -> None:
    stage.endpoint.chunk_delay = 0.1
    stage.endpoint.responder = lambda _: "A whole sentence of it. " + "And more. " * 30
    program = await stage.program([listed(stage.group.id, "all")], pacing=FAST)
    stage.max.says(stage.group, "how is it?")
    await program.tells(Answering)
    new = stage.telegram.migrate(stage.group)
    await program.tells(Notice, reason="answer_moved")
    await stage.max.expects(new, from_=stage.olga)
    stage.olga.says(new, "/gpt_stop")
    answered = await program.tells(Answered)
    assert (answered.reason, answered.chat) == ("stopped", new.id)
    assert len(answered.answers) == 1


async def test_a_long_spoken_answer_to_a_moved_question_quotes_it(stage: Stage) -> None:
    chats = [listed(stage.group.id, "all")]
    question = stage.max.says(stage.group, "/gpt hello")
    waiting(stage, question)
    new = stage.telegram.migrate(stage.group)
    stage.endpoint.responder = lambda _: "word " * 300
    program = await stage.program(chats, voice=VoiceConfig(answer_as="voice"))
    await program.tells(Answered)
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
    ended = await first_of(program, Answered, Skipped)
    await asyncio.sleep(0.3)
    whole = [one for one in said(stage, stage.group) if one.text == words]
    whole += [one for one in said(stage, new) if one.text == f"how is it?\n\n{words}"]
    if isinstance(ended, Answered):
        assert len(whole) == 1
    else:
        assert isinstance(ended, Skipped)
        assert ended.reason in ("begun_before_move", "in_doubt")
        assert [one for one in said(stage, stage.group) if one.reply_to is question]
    assert len(said(stage, new)) <= 1


async def first_of(program: Program, *kinds: type[Event]) -> Event:
    async with asyncio.timeout(60):
        while True:
            for one in program.told:
                if isinstance(one, kinds):
                    return one
            await asyncio.sleep(0.01)
