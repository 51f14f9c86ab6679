"""`-q` and `-c`: answered in Saved Messages, about another chat; the question is seen by nobody."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.harness import Stage, ToolCall, listed
from tests.path.test_answered_once import CUT_OFF
from tests.path.test_chat_commands import result, texts
from tests.path.test_first_look import bury
from tests.path.test_pictures import JPEG
from tests.path.voice.notes import EN, answered, until
from tests.quick_clock import QuickClock
from userbot.sandbox.endpoint import Reply

ANSWER = "On Saturday."


def question(stage: Stage) -> str:
    """What the model was asked last."""
    asked: str = stage.asked()[-1][-1]["content"]
    return asked


@pytest.mark.parametrize("where", ["group", "club", "max"])
async def test_a_quiet_question_is_answered_in_saved_messages_and_leaves_its_chat(
    stage: Stage, where: str
) -> None:
    stage.endpoint.responder = lambda _: ANSWER
    program = await stage.program()
    chat = getattr(stage, where)
    said = stage.olga.says(chat, "/gpt –q when do we meet?")
    await program.tells("answered")
    await until(lambda: said.deleted)
    title = {"group": "Weekend", "club": "Club", "max": "Max"}[where]
    assert await result(stage) == f"{title} · when do we meet?\n\n{ANSWER}"
    assert texts(stage.max.messages(stage.olga if where == "max" else chat)) == []
    assert question(stage) == "when do we meet?"
    (row,) = stage.history()
    assert (row.state, row.about, row.text) == ("answered", title, "when do we meet?")


async def test_its_own_deletion_does_not_take_a_quiet_question_back(stage: Stage) -> None:
    go_on = asyncio.Event()

    async def later(_: object) -> str:
        await go_on.wait()
        return ANSWER

    stage.endpoint.responder = later
    program = await stage.program()
    said = stage.olga.says(stage.group, "/gpt -q when?")
    await until(lambda: said.deleted)
    await stage.all_arrives()
    go_on.set()
    await program.tells("answered")
    assert [row.text for row in stage.history()] == ["when?"], "nor its words"


async def test_the_switches_of_others_and_about_a_chat_elsewhere_do_nothing(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    for number, (who, text) in enumerate(
        [
            (stage.max, "/gpt -q -c Club when?"),
            (stage.olga, "/gpt -c Club when?"),
        ],
        1,
    ):
        said = who.says(stage.group, text)
        await answered(program, number)
        assert question(stage).endswith("when?")
        assert "Club" not in question(stage)
        assert not said.deleted
        assert len(stage.answers(said)) == 1
    assert stage.olga.messages(stage.olga) == []


async def test_a_quiet_question_is_about_the_message_it_replies_to(stage: Stage) -> None:
    program = await stage.program()
    before = stage.lena.says(stage.group, "We meet at Ben's.")
    stage.olga.says(stage.group, "/gpt -q who is that?", reply_to=before)
    await program.tells("answered")
    assert "> We meet at Ben's." in question(stage)
    assert question(stage).endswith("who is that?")


async def test_a_quiet_picture_is_seen_before_it_is_deleted(stage: Stage) -> None:
    program = await stage.program()
    said = stage.olga.sends_photo(stage.group, JPEG, caption="/gpt -q what is this?")
    await program.tells("answered")
    await until(lambda: said.deleted)
    assert [part["type"] for part in stage.asked()[-1][-1]["content"]] == ["text", "image_url"]


async def test_a_quiet_question_outlives_a_kill_and_its_message_does_not(stage: Stage) -> None:
    stage.timings = CUT_OFF
    asked = asyncio.Event()

    async def never(_: object) -> str:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    stage.endpoint.responder = never
    program = await stage.program()
    stage.telegram.faults.add("channels.deleteMessages", "FLOOD_WAIT_60")
    said = stage.olga.says(stage.club, "/gpt -q when?")
    await asked.wait()
    await program.tells("waiting", reason="flood_wait")
    assert not said.deleted
    await program.crash()
    stage.telegram.faults.clear()
    stage.endpoint.responder = lambda _: ANSWER
    program = await stage.program()
    await program.tells("answered")
    await until(lambda: said.deleted)
    assert await result(stage) == f"Club · when?\n\n{ANSWER}"


async def test_half_a_quiet_answer_is_finished_in_its_own_message(stage: Stage) -> None:
    stage.timings = CUT_OFF
    stage.endpoint.responder = lambda _: Reply(ANSWER, chunks=("On ", "Saturday."))
    stage.endpoint.faults.add("stall", after=1)
    program = await stage.program()
    said = stage.olga.says(stage.group, "/gpt -q when?")
    await until(lambda: said.deleted and len(stage.olga.messages(stage.olga)) == 1)
    await program.crash()
    program = await stage.program()
    await program.tells("answered")
    (answer,) = stage.olga.messages(stage.olga)
    assert answer.text == f"Weekend · when?\n\n{ANSWER}"


async def test_an_edit_that_makes_a_question_quiet_takes_it_back(stage: Stage) -> None:
    go_on = asyncio.Event()

    async def later(_: object) -> str:
        await go_on.wait()
        return ANSWER

    stage.endpoint.responder = later
    program = await stage.program()
    said = stage.olga.says(stage.group, "/gpt when?")
    await until(lambda: len(stage.endpoint.requests) == 1)
    stage.olga.edits(said, "/gpt -q when?")
    await program.tells("skipped", reason="edited")
    go_on.set()
    assert stage.answers(said) == []


SEARCHES: Any = {"reading": {"search": "me"}, "trigger": {"from": "me"}}


@pytest.mark.parametrize("named", ["Club", '"club"', "“Clu”"])
async def test_a_question_in_saved_messages_names_the_chat_that_it_is_about(
    stage: Stage, named: str
) -> None:
    program = await stage.program(**SEARCHES)
    said = stage.olga.says(stage.olga, f"/gpt -c {named} when do we meet?")
    await program.tells("answered")
    assert question(stage) == "when do we meet?"
    assert len(stage.answers(said)) == 1
    (row,) = stage.history()
    assert row.about == named.strip('"“”')
    assert row.about_chat == stage.club.id


@pytest.mark.parametrize(
    ("named", "told"),
    [
        pytest.param("Clubs", "None of your chats is called “Clubs”.", id="nobody's"),
        pytest.param("@nobody", "None of your chats is called “@nobody”.", id="no such name"),
        pytest.param("-q", "None of your chats is called “-c”.", id="none named"),
        pytest.param("e", "“e” may be several of your chats: ", id="several"),
    ],
)
async def test_a_chat_that_is_none_of_his_is_told_the_owner_and_no_model_is_asked(
    stage: Stage, named: str, told: str
) -> None:
    program = await stage.program(**SEARCHES)
    stage.olga.says(stage.olga, f"/gpt -c {named} when do we meet?")
    await program.tells("failed", reason="no_such_chat")
    assert [one.text for one in stage.olga.messages(stage.olga) if told in one.text]
    assert stage.endpoint.requests == []


async def test_where_nothing_may_be_looked_up_the_owner_is_told_how_to_allow_it(
    stage: Stage,
) -> None:
    program = await stage.program()
    stage.olga.says(stage.olga, "/gpt -c Club when do we meet?")
    failed = await program.tells("failed", reason="no_such_chat")
    assert 'search = "me"' in failed.hint
    assert stage.endpoint.requests == []


async def test_a_chat_below_the_newest_hundred_is_found_by_its_title(stage: Stage) -> None:
    stage.telegram.advance(-100)
    stage.max.says(stage.club, "long ago")
    stage.telegram.advance(100)
    bury(stage)
    program = await stage.program(clock=QuickClock(20), **SEARCHES)
    stage.olga.says(stage.olga, "/gpt -c Club when do we meet?")
    await program.tells("answered")
    assert [row.about_chat for row in stage.history()] == [stage.club.id]


async def test_a_group_that_became_a_supergroup_is_one_chat(stage: Stage) -> None:
    new = stage.telegram.migrate(stage.group)
    program = await stage.program(**SEARCHES)
    stage.olga.says(stage.olga, "/gpt -c Weekend when do we meet?")
    await program.tells("answered")
    assert [row.about_chat for row in stage.history()] == [new.id]


CALL = ToolCall("a1", "search_chat", '{"words": ["Saturday"]}')


def looks_it_up(request: dict[str, Any]) -> Reply:
    """A model that searches once, then cites what it was given first."""
    if any(one["role"] == "tool" for one in request["messages"]):
        return Reply("They agreed on it [1].")
    return Reply("", calls=(CALL,))


@pytest.mark.parametrize("asked", ["/gpt -c Club when?", "/gpt -q when?"])
async def test_what_is_asked_from_afar_is_looked_up_there_and_nowhere_else(
    stage: Stage, asked: str
) -> None:
    stage.endpoint.responder = looks_it_up
    stage.lena.says(stage.group, "Saturday is wrong.")
    stage.olga.says(stage.olga, "Saturday is a secret.")
    found = stage.lena.says(stage.club, "Let us say Saturday.")
    program = await stage.program(**SEARCHES)
    stage.olga.says(stage.olga if "-c" in asked else stage.club, asked)
    await program.tells("answered")
    (result,) = [one["content"] for one in stage.asked()[-1] if one["role"] == "tool"]
    assert "Let us say Saturday." in result
    assert "wrong" not in result
    assert "secret" not in result
    assert {one.peer.channel_id for one in stage.writes("messages.search")} == {
        int(str(stage.club.id).removeprefix("-100"))
    }
    answer = stage.olga.messages(stage.olga)[-1]
    assert [one.url for one in answer.entities if hasattr(one, "url")] == [
        f"https://t.me/c/{str(stage.club.id).removeprefix('-100')}/{found.id_for(stage.olga)}"
    ]


@pytest.mark.parametrize("how", ["deleted", "forgotten"])
async def test_an_answer_goes_from_the_history_with_what_it_cites(stage: Stage, how: str) -> None:
    stage.endpoint.responder = looks_it_up
    found = stage.lena.says(stage.club, "Let us say Saturday.")
    program = await stage.program(**SEARCHES)
    stage.olga.says(stage.olga, "/gpt -c Club when?")
    await program.tells("answered")
    (row,) = stage.history()
    assert "They agreed on it" in row.answer
    if how == "deleted":
        stage.lena.deletes(found)
    else:
        stage.olga.says(stage.olga, "/gpt_forget @lena_l")
    await until(lambda: not stage.history("saved")[0].answer)
    database = b"".join(file.read_bytes() for file in stage.folder.glob("history.db*"))
    assert b"They agreed" not in database


async def test_a_quiet_question_in_saved_messages_leaves_them(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: ANSWER
    program = await stage.program()
    said = stage.olga.says(stage.olga, "/gpt -q when?")
    await program.tells("answered")
    await until(lambda: said.deleted)
    assert texts(stage.olga.messages(stage.olga)) == [f"when?\n\n{ANSWER}"]


async def test_quiet_messages_in_a_row_are_one_question_and_all_of_them_go(stage: Stage) -> None:
    program = await stage.program(trigger={"burst_seconds": 1.5})
    first = stage.olga.says(stage.group, "/gpt -q when do we meet,")
    second = stage.olga.says(stage.group, "/gpt -q and where?")
    loud = stage.olga.says(stage.group, "/gpt hello")
    await answered(program, 2)
    await until(lambda: first.deleted and second.deleted)
    asked = {messages[-1]["content"] for messages in stage.asked()}
    assert asked == {"when do we meet,\nand where?", "Olga: hello"}
    assert not loud.deleted


async def test_a_quiet_question_that_failed_is_asked_again_quietly(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: ANSWER
    program = await stage.program()
    stage.endpoint.faults.add("unauthorized")
    said = stage.olga.says(stage.group, "/gpt -q when?")
    await program.tells("failed")
    await until(lambda: said.deleted and len(stage.olga.messages(stage.olga)) == 1)
    (told,) = stage.olga.messages(stage.olga)
    assert told.text.startswith("Weekend · when?\n\n⚠️ "), "its own message is gone"
    stage.olga.says(stage.olga, "/gpt_retry", reply_to=told)
    await program.tells("answered")
    assert f"Weekend · when?\n\n{ANSWER}" in texts(stage.olga.messages(stage.olga))
    assert texts(stage.olga.messages(stage.group)) == []


async def test_a_quiet_voice_note_is_heard_before_it_is_deleted(stage: Stage) -> None:
    stage.endpoint.understands(EN, "when do we meet?")
    program = await stage.program()
    said = stage.olga.sends_voice(stage.group, EN, caption="/gpt -q")
    await program.tells("answered")
    await until(lambda: said.deleted)
    assert question(stage) == "when do we meet?"
