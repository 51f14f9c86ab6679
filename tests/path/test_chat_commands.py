"""The owner's commands, over real sockets: what they do, and that nobody else sees them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.faults import Call, busy, watched
from tests.harness import DEFAULT_PACING, Program, Stage, Timings, listed
from tests.path.test_remembering import ask
from tests.path.test_what_telegram_says import QUICK
from tests.quick_clock import QuickClock
from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Group, Message


async def result(stage: Stage, number: int = 1) -> str:
    """The text of the newest message in Saved Messages, once there are so many."""
    async with asyncio.timeout(60):
        while len(saved := stage.olga.messages(stage.olga)) < number:
            await asyncio.sleep(0.005)
    return saved[-1].text


async def orders(stage: Stage, where: Account | Group, text: str, **more: Any) -> str:
    """The owner gives a command in a chat; gives what Saved Messages then says."""
    before = len(stage.olga.messages(stage.olga))
    said = stage.olga.says(where, text, **more)
    told = await result(stage, before + 1)
    async with asyncio.timeout(60):
        while not said.deleted:
            await asyncio.sleep(0.005)
    return told


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages if not message.action]


@pytest.mark.parametrize("where", ["group", "club", "max"])
async def test_a_command_disappears_for_all_and_its_result_is_in_saved_messages(
    stage: Stage, where: str
) -> None:
    await stage.program()
    chat = getattr(stage, where)
    told = await orders(stage, chat, "/gpt_help")
    title = {"group": "Weekend", "club": "Club", "max": "Max"}[where]
    assert told.startswith(f"{title} · /gpt_help\n")
    assert "/gpt_forget @name" in told
    assert texts(stage.max.messages(stage.olga if where == "max" else chat)) == []


async def test_a_commands_waits_name_the_chat_that_waits(stage: Stage) -> None:
    program = await stage.program(clock=QUICK)
    stage.telegram.faults.add("channels.deleteMessages", "FLOOD_WAIT_5", chat=stage.club)
    stage.telegram.faults.add("messages.sendMessage", "FLOOD_WAIT_5", chat=stage.olga)
    await orders(stage, stage.club, "/gpt_help")
    assert [waiting.chat for waiting in program.events("waiting")] == [
        stage.club.id,
        stage.olga.id,
    ]


async def test_a_command_that_the_end_of_the_program_cuts_off_is_named(stage: Stage) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    program = await stage.program()
    stage.telegram.faults.add("channels.deleteMessages", "FLOOD_WAIT_60", chat=stage.club)
    stage.olga.says(stage.club, "/gpt_usage")
    await program.tells("waiting", reason="flood_wait")
    assert program.events("failed") == []
    await program.stop()
    assert program.events("notice")[-1].reason == "stopping_commands"
    assert program.events("notice")[-1].count == 1
    (cut,) = program.events("failed")
    assert (cut.reason, cut.chat) == ("command_cut_off", stage.club.id)
    assert "/gpt_usage" in cut.error


async def cut_off(stage: Stage, text: str, method: str, where: Account | Group) -> Message:
    """A command whose deletion or result ("deleteMessages", "sendMessage") the end cut off."""
    program = await stage.program()
    stage.telegram.faults.add(method, "FLOOD_WAIT_60", chat=where)
    said = stage.olga.says(stage.club, text)
    await program.tells("waiting", reason="flood_wait")
    await program.stop()
    assert program.events("failed")[-1].reason == "command_cut_off"
    return said


@pytest.mark.parametrize("method", ["channels.deleteMessages", "messages.sendMessage"])
async def test_the_next_start_finishes_a_command_that_was_cut_off(
    stage: Stage, method: str
) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    where = stage.club if "delete" in method else stage.olga
    said = await cut_off(stage, "/gpt_off", method, where)
    assert texts(stage.olga.messages(stage.olga)) == []
    program = await stage.program()
    assert "Answers are off" in await result(stage)
    assert said.deleted
    assert [told.reason for told in program.events("notice")] == ["command_taken_up"]
    await program.stop()
    program = await stage.program()
    assert program.events("notice") == []
    assert len(stage.olga.messages(stage.olga)) == 1


async def without_result(stage: Stage) -> Message:
    """A command whose program was cut off when it knew of it, and could store no result."""
    stage.timings = Timings(drain_seconds=0)
    program: Program | None = None

    def lost(call: Call) -> None:
        if call.writes and program is not None and program.events("notice", reason="command"):
            raise busy()

    stage.telegram.faults.add("channels.deleteMessages", delay=60)
    with watched(lost):
        program = await stage.program()
        said = stage.olga.says(stage.club, "/gpt_usage")
        await program.tells("waiting", reason="storage_busy")
        await program.crash()
    stage.telegram.faults.clear()
    return said


async def test_a_command_without_a_result_is_said_to_be_cut_off(stage: Stage) -> None:
    said = await without_result(stage)
    await stage.program()
    told = await result(stage)
    assert told.startswith("Club · /gpt_usage\nThe program stopped before")
    assert said.deleted


async def test_a_command_that_was_cut_off_long_ago_is_only_told_of(stage: Stage) -> None:
    said = await without_result(stage)
    stage.telegram.advance(11 * 60)
    program = await stage.program(clock=QuickClock(1, timedelta(minutes=11)))
    (failed,) = program.events("failed")
    assert failed.reason == "command_cut_off"
    assert "delete it there" in failed.hint
    await program.stop()
    assert not said.deleted
    assert texts(stage.olga.messages(stage.olga)) == []


async def test_a_question_does_not_wait_behind_the_commands_before_it(stage: Stage) -> None:
    program = await stage.program(clock=QUICK, pacing=DEFAULT_PACING)
    said = [stage.olga.says(stage.group, "/gpt_usage") for _ in range(12)]
    await program.tells("waiting", reason="governor", chat=stage.group.id)
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells("answered", message=question.id_for(stage.olga))
    assert not all(one.deleted for one in said), "they would have been first"
    await result(stage, 12)
    assert all(one.deleted for one in said)


async def test_in_saved_messages_the_result_is_a_reply_and_the_command_stays(stage: Stage) -> None:
    await stage.program()
    said = stage.olga.says(stage.olga, "/gpt_help")
    await result(stage, 2)
    command, reply = stage.olga.messages(stage.olga)
    assert command is said
    assert reply.reply_to is said


async def test_a_bare_prefix_of_the_owner_shows_help(stage: Stage) -> None:
    await stage.program()
    assert (await orders(stage, stage.group, "/gpt")).startswith("Weekend · /gpt_help\n")


async def test_a_result_is_not_answered_where_saved_messages_answer_everything(
    stage: Stage,
) -> None:
    program = await stage.program([listed("saved", "all")])
    await orders(stage, stage.group, "/gpt_help")
    stage.telegram.drop_connections(stage.olga)
    said = stage.olga.says(stage.olga, "hello")
    await program.tells("answered", message=said.id_for(stage.olga))
    assert len(program.events("heard")) == 1


async def test_commands_follow_the_prefix(stage: Stage) -> None:
    await stage.program(trigger={"prefix": "/ai"})
    told = await orders(stage, stage.group, "/ai_help")
    assert "/ai_new" in told
    assert "/gpt" not in told


async def test_commands_of_others_are_ignored(stage: Stage) -> None:
    program = await stage.program()
    stage.max.says(stage.group, "/gpt_off")
    await program.tells("ignored", reason="not_owner_command")
    await ask(stage, program, stage.max, stage.group, "/gpt still there?")


async def test_an_unknown_command_is_told_with_a_suggestion(stage: Stage) -> None:
    await stage.program()
    told = await orders(stage, stage.group, "/gpt_histroy")
    assert "No such command: /gpt_histroy. Did you mean /gpt_history?" in told


async def test_the_owner_reads_russian_if_he_said_so(stage: Stage) -> None:

    await stage.program(console={"language": "ru"})
    assert "Может быть, /gpt_history?" in await orders(stage, stage.group, "/gpt_histroy")


async def test_new_forgets_the_conversation_here_and_nowhere_else(stage: Stage) -> None:
    program = await stage.program()
    await ask(stage, program, stage.max, stage.group, "/gpt first here")
    await ask(stage, program, stage.max, stage.club, "/gpt first there")
    assert "forgotten" in await orders(stage, stage.group, "/gpt_new")
    await ask(stage, program, stage.max, stage.group, "/gpt second here")
    assert "first here" not in str(stage.asked()[-1])
    await ask(stage, program, stage.max, stage.club, "/gpt second there")
    assert "first there" in str(stage.asked()[-1])
    await program.stop()
    program = await stage.program()
    await ask(stage, program, stage.max, stage.group, "/gpt third here")
    assert "second here" in str(stage.asked()[-1])
    assert "first here" not in str(stage.asked()[-1])


async def test_history_shows_the_last_exchanges(stage: Stage) -> None:
    stage.endpoint.responder = lambda request: "because " + request["messages"][-1]["content"][-1]
    program = await stage.program()
    assert "Nothing has been asked" in await orders(stage, stage.group, "/gpt_history")
    for n in range(4):
        await ask(stage, program, stage.max, stage.group, f"/gpt why {n}")
    told = await orders(stage, stage.group, "/gpt_history 2")
    assert "Max: why 2\n→ because 2\n\nMax: why 3\n→ because 3" in told
    assert "why 1" not in told


async def test_a_long_result_comes_in_parts(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "слово " * 200
    program = await stage.program()
    for n in range(20):
        await ask(stage, program, stage.max, stage.group, f"/gpt why {n}")
    await orders(stage, stage.group, "/gpt_history 20")
    await result(stage, 4)
    assert all(len(message.text) <= 4096 for message in stage.olga.messages(stage.olga))


async def test_system_and_model_of_a_chat_are_set_shown_and_reset(stage: Stage) -> None:
    stage.endpoint.models = ("test", "parrot")
    program = await stage.program([listed(stage.group.id, system="You are brief.")])
    assert "here:\nYou are brief." in await orders(stage, stage.group, "/gpt_system")
    await orders(stage, stage.group, "/gpt_system You are a pirate.")
    await orders(stage, stage.group, "/gpt_model parrot")
    assert "(set by command):\nYou are a pirate." in await orders(stage, stage.group, "/gpt_system")
    await program.stop()
    program = await stage.program([listed(stage.group.id, system="You are brief.")])
    await ask(stage, program, stage.max, stage.group, "ahoy")
    assert stage.asked()[-1][0]["content"].startswith("You are a pirate.")
    assert stage.endpoint.requests[-1]["model"] == "parrot"
    await orders(stage, stage.group, "/gpt_system default")
    assert "back to config.toml: test" in await orders(stage, stage.group, "/gpt_model -")
    await ask(stage, program, stage.max, stage.group, "hello")
    assert stage.asked()[-1][0]["content"].startswith("You are brief.")
    assert stage.endpoint.requests[-1]["model"] == "test"


async def test_a_model_that_the_server_does_not_list_is_refused_with_those_like_it(
    stage: Stage,
) -> None:
    stage.endpoint.models = ("test", "parrot-large", "parrot-small")
    program = await stage.program()
    told = await orders(stage, stage.group, "/gpt_model parot-small")
    assert "has no “parot-small”; nothing was changed. It has, for example: parrot-small" in told
    (notice,) = program.events("notice", reason="command")
    assert "parrot-small" in notice.detail, "the console says so, too"
    assert "Model here: test" in await orders(stage, stage.group, "/gpt_model")


async def test_a_model_that_cannot_be_checked_is_set_and_that_is_said(stage: Stage) -> None:
    stage.endpoint.faults.add("unsupported_parameter", on="/models", times=None)
    program = await stage.program()
    told = await orders(stage, stage.group, "/gpt_model anything")
    assert "now uses anything. Whether the model's server has anything could not be" in told
    (notice,) = program.events("notice", reason="command")
    assert "could not be checked" in notice.detail


async def test_of_two_models_ordered_at_once_the_newer_one_is_set(stage: Stage) -> None:
    stage.endpoint.models = ("test", "parrot")
    program = await stage.program()
    stage.olga.says(stage.group, "/gpt_model parrot")
    await orders(stage, stage.group, "/gpt_model default")
    await result(stage, 2)
    await ask(stage, program, stage.max, stage.group, "/gpt hello")
    assert stage.endpoint.requests[-1]["model"] == "test"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "/gpt_on sometimes",
            "/gpt_on takes [all|mention|prefix] [ask|send] [me|contacts|anyone], or default.",
        ),
        ("/gpt_history x", "/gpt_history takes a number from 1 to 20."),
        ("/gpt_forget @nobody_here", "Nobody has the name @nobody_here."),
        ("/gpt_forget", "Say who: /gpt_forget @name"),
        ("/gpt_new now", "takes no argument"),
    ],
)
async def test_what_is_wrong_with_a_command_is_one_line_of_the_console(
    stage: Stage, text: str, says: str
) -> None:
    program = await stage.program()
    assert says in await orders(stage, stage.group, text)
    (notice,) = program.events("notice", reason="command")
    assert says in notice.detail
    assert notice.detail.count(text.split()[0]) == 1, "the command is named once"


async def test_of_a_list_the_console_has_the_command_alone(stage: Stage) -> None:
    program = await stage.program()
    assert "What you can write:" in await orders(stage, stage.group, "/gpt_help")
    (notice,) = program.events("notice", reason="command")
    assert notice.detail == "/gpt_help"


async def test_the_owners_commands_work_where_content_is_protected(stage: Stage) -> None:
    stage.club.noforwards = True
    program = await stage.program()
    told = await orders(stage, stage.club, "/gpt_on all anyone")
    assert "Answers are on: respond all, from anyone.\nBut messages here are protected" in told
    assert "Answers are off" in await orders(stage, stage.club, "/gpt_off")
    stage.olga.says(stage.club, "/gpt hello")
    await program.tells("ignored", reason="protected")
    stage.max.says(stage.club, "/gpt_new")
    await program.tells("ignored", reason="not_owner_command")
    assert not stage.asked()


async def test_a_model_may_be_set_in_a_chat_that_is_not_listed(stage: Stage) -> None:
    stage.endpoint.models = ("test", "parrot")
    program = await stage.program()
    await orders(stage, stage.group, "/gpt_model parrot")
    stage.max.says(stage.group, "just talking")
    await program.tells("ignored", reason="not_listed")
    await ask(stage, program, stage.max, stage.group, "/gpt who is there")
    assert stage.endpoint.requests[-1]["model"] == "parrot"


async def test_on_and_off_beat_the_file_and_survive_a_restart(stage: Stage) -> None:
    program = await stage.program(trigger={"from": "me"})
    told = await orders(stage, stage.group, "/gpt_on all anyone")
    assert "respond all, from anyone" in told
    await ask(stage, program, stage.max, stage.group, "anybody there?")
    await program.stop()
    program = await stage.program(trigger={"from": "me"})
    await ask(stage, program, stage.max, stage.group, "still there?")
    await orders(stage, stage.group, "/gpt_off")
    stage.max.says(stage.group, "and now?")
    await program.tells("ignored", reason="off")
    await ask(stage, program, stage.olga, stage.group, "/gpt but for me?")
    await orders(stage, stage.group, "/gpt_on default")
    stage.max.says(stage.group, "/gpt and now?")
    await program.tells("ignored", reason="not_allowed")


async def test_on_without_more_means_mention_and_me(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id, "all", "anyone")])
    assert "respond mention, from me" in await orders(stage, stage.group, "/gpt_on")
    stage.max.says(stage.group, "@olga hello")
    await program.tells("ignored", reason="not_allowed")


async def test_usage_tells_what_was_spent(stage: Stage) -> None:
    program = await stage.program()
    await ask(stage, program, stage.max, stage.group, "/gpt one")
    await ask(stage, program, stage.max, stage.club, "/gpt two")
    told = await orders(stage, stage.group, "/gpt_usage")
    _, today, here, month, _ = told.splitlines()
    assert today.startswith("Today: 2 answers, ")
    assert here.startswith("In this chat: 1 answer, ")
    assert month.startswith("Last 30 days: 2 answers, ")


async def test_retry_asks_a_failed_question_again(stage: Stage) -> None:
    stage.endpoint.faults.add("quota")
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells("failed")
    told = await orders(stage, stage.group, "/gpt_retry", reply_to=question)
    assert "Retrying." in told
    assert (await stage.max.expects(stage.group, from_=stage.olga)).reply_to is question
    await program.tells("answered")
    told = await orders(stage, stage.group, "/gpt_retry", reply_to=question)
    assert "already been answered" in told
    talk = stage.max.says(stage.group, "just talking")
    assert "not a known question" in await orders(stage, stage.group, "/gpt_retry", reply_to=talk)
    assert "as a reply" in await orders(stage, stage.group, "/gpt_retry")


async def test_retry_asks_nothing_again_for_who_may_not_ask_any_more(stage: Stage) -> None:
    stage.endpoint.faults.add("quota")
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells("failed")
    await orders(stage, stage.group, "/gpt_on all me")
    told = await orders(stage, stage.group, "/gpt_retry", reply_to=question)
    assert "may no longer ask here" in told
    assert (await program.tells("skipped")).reason == "not_allowed"
    await orders(stage, stage.group, "/gpt_on all anyone")
    assert "Retrying." in await orders(stage, stage.group, "/gpt_retry", reply_to=question)
    assert await stage.max.expects(stage.group, reply_to=question)


async def test_retry_asks_nothing_again_beyond_a_limit(stage: Stage) -> None:
    stage.endpoint.faults.add("quota")
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells("failed")
    await program.stop()
    program = await stage.program(limits={"tokens_per_day": 0})
    told = await orders(stage, stage.group, "/gpt_retry", reply_to=question)
    assert "A limit is reached" in told
    assert (await program.tells("limited")).reason == "tokens_per_day"
    assert len(stage.asked()) == 1


async def begun(stage: Stage, program: Program, held: asyncio.Event) -> Message:
    """A question whose answer has begun and waits for `held`."""

    async def answer(request: dict[str, Any]) -> Reply:
        if "slow" in request["messages"][-1]["content"]:
            await held.wait()
        return Reply("done")

    stage.endpoint.responder = answer
    question = stage.max.says(stage.group, "/gpt slow")
    await program.tells("answering")
    return question


async def test_stop_ends_the_answer_being_written_and_the_next_one_goes_on(stage: Stage) -> None:
    held = asyncio.Event()
    program = await stage.program()
    await begun(stage, program, held)
    second = stage.max.says(stage.group, "/gpt quick")
    assert "Stopped." in await orders(stage, stage.group, "/gpt_stop")
    assert await stage.max.expects(stage.group, reply_to=second)
    assert (await program.tells("skipped")).reason == "stopped"
    await program.tells("answered")
    assert "No answer" in await orders(stage, stage.group, "/gpt_stop")
    held.set()


async def test_off_holds_for_what_waits_already_too(stage: Stage) -> None:
    held = asyncio.Event()
    program = await stage.program()
    first = await begun(stage, program, held)
    second = stage.max.says(stage.group, "/gpt quick")
    own = stage.olga.says(stage.group, "/gpt mine")
    await orders(stage, stage.group, "/gpt_off")
    for question in (first, second):
        skipped = await program.tells("skipped", message=question.id_for(stage.olga))
        assert skipped.reason == "not_allowed"
    held.set()
    await program.tells("answered", message=own.id_for(stage.olga))
    replies = {one.reply_to for one in stage.max.messages(stage.group)}
    assert not replies & {first, second}


async def test_an_answer_in_another_chat_is_not_stopped(stage: Stage) -> None:
    held = asyncio.Event()
    program = await stage.program()
    question = await begun(stage, program, held)
    assert "No answer" in await orders(stage, stage.club, "/gpt_stop")
    held.set()
    assert await stage.max.expects(stage.group, reply_to=question)


@pytest.mark.parametrize("where", ["group", "club", "olga"])
async def test_deleting_the_question_stops_its_answer(stage: Stage, where: str) -> None:
    held = asyncio.Event()

    async def answer(request: dict[str, Any]) -> Reply:
        await held.wait()
        return Reply("done")

    stage.endpoint.responder = answer
    program = await stage.program()
    question = stage.max.says(getattr(stage, where), "/gpt slow")
    await program.tells("answering")
    waiting = stage.max.says(getattr(stage, where), "/gpt behind it")
    await program.tells("heard", text="behind it")
    stage.max.deletes(waiting)
    stage.max.deletes(question)
    for gone in (waiting, question):
        await program.tells("skipped", message=gone.id_for(stage.olga), reason="deleted")
    held.set()


async def test_forget_deletes_a_persons_words_and_keeps_them_out(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    await ask(stage, program, stage.vera, stage.group, "my secret is cherries")
    await ask(stage, program, stage.max, stage.group, "something else")
    told = await orders(stage, stage.group, "/gpt_forget @vera_v")
    assert "@vera_v is forgotten; questions deleted with their answers: 1." in told
    stage.vera.says(stage.group, "and one more thing")
    await program.tells("ignored", reason="forgotten")
    await ask(stage, program, stage.max, stage.group, "what do you remember?")
    assert "cherries" not in str(stage.asked()[-1])
    assert "something else" in str(stage.asked()[-1])
    assert "already forgotten" in await orders(stage, stage.group, "/gpt_forget @vera_v")
    await program.stop()
    for file in stage.folder.glob("history.db*"):
        assert b"cherries" not in file.read_bytes()
    program = await stage.program([listed(stage.group.id)])
    stage.vera.says(stage.group, "hello?")
    await program.tells("ignored", reason="forgotten")


async def test_forget_means_who_bears_the_name_now(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    await ask(stage, program, stage.vera, stage.group, "mine")
    await ask(stage, program, stage.max, stage.group, "his")
    stage.vera.is_renamed(None)
    stage.lena.is_renamed("vera_v")
    told = await orders(stage, stage.group, "/gpt_forget @vera_v")
    assert "questions deleted with their answers: 0." in told
    await ask(stage, program, stage.max, stage.group, "what do you remember?")
    assert "mine" in str(stage.asked()[-1])


async def test_forget_wants_somebody_who_exists(stage: Stage) -> None:
    await stage.program()
    assert "Nobody has the name @nobody" in await orders(stage, stage.group, "/gpt_forget @nobody")
    assert "That is you" in await orders(stage, stage.group, "/gpt_forget @olga")
    assert "Say who" in await orders(stage, stage.group, "/gpt_forget Vera")


async def test_only_the_commands_own_messages_are_ever_deleted(stage: Stage) -> None:
    program = await stage.program()
    await ask(stage, program, stage.max, stage.group, "/gpt hello")
    command = stage.olga.says(stage.group, "/gpt_new")
    await result(stage)
    deletions = [call for call in stage.telegram.calls if "deleteMessages" in call.method]
    assert [call.request.id for call in deletions] == [[command.id_for(stage.olga)]]


async def test_a_command_that_telegram_brings_twice_is_carried_out_once(stage: Stage) -> None:
    stage.telegram.faults.add(push="duplicate", times=None)
    await stage.program()
    await orders(stage, stage.group, "/gpt_help")
    await orders(stage, stage.group, "/gpt_usage")
    assert len(stage.olga.messages(stage.olga)) == 2


async def test_what_stands_when_it_is_stopped_is_kept_and_remembered(stage: Stage) -> None:
    chunks = tuple(f"Sentence number {n}. " for n in range(200))
    stage.endpoint.responder = lambda _: Reply("".join(chunks), chunks=chunks, delay=0.02)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt tell me a story")
    shown = await stage.max.expects(stage.group, reply_to=question)
    assert "Stopped." in await orders(stage, stage.group, "/gpt_stop")
    answered = await program.tells("answered")
    assert answered.reason == "stopped"
    assert answered.estimated
    assert answered.seconds > 0
    text = shown.text
    assert text.startswith("Sentence number 0.")
    assert "number 199" not in text
    stage.endpoint.responder = lambda _: "fine"
    await ask(stage, program, stage.max, stage.group, "/gpt go on")
    assert shown.text == text, "nothing is written into it after it was stopped"
    assert {"role": "assistant", "content": text} in stage.asked()[-1]
    assert "already been answered" in await orders(
        stage, stage.group, "/gpt_retry", reply_to=question
    )


async def test_a_bare_on_after_off_brings_back_what_the_file_says(stage: Stage) -> None:
    await stage.program([listed(stage.group.id, "all", "anyone")])
    await orders(stage, stage.group, "/gpt_off")
    assert "respond all, from anyone" in await orders(stage, stage.group, "/gpt_on")
    await orders(stage, stage.club, "/gpt_off")
    assert "respond mention, from me" in await orders(stage, stage.club, "/gpt_on")


async def test_where_askers_may_search_everybody_is_not_let_in_and_searching_is_offered(
    stage: Stage,
) -> None:
    searched = listed(stage.group.id, "all", "contacts", search="askers")
    program = await stage.program([searched], trigger={"from": "me"})
    told = await orders(stage, stage.group, "/gpt_on all anyone")
    assert "Nothing was changed: whoever asks here may search this chat" in told
    stage.vera.says(stage.group, "/gpt hello")
    assert (await program.tells("ignored", person=stage.vera.id)).reason == "not_allowed"
    told = await orders(stage, stage.group, "/gpt_on all contacts")
    assert "search" not in told
    told = await orders(stage, stage.club, "/gpt_on all anyone")
    assert "Answers are on: respond all, from anyone." in told
    assert "What is found goes to the model's endpoint, for that answer only." in told
