"""Starting, being away, and stopping: over real sockets and real files."""

from __future__ import annotations

import asyncio
import re
import stat
from datetime import UTC, datetime, timedelta

import pytest

from tests.harness import ProgramError, Stage, Timings, listed
from userbot.cli.login import online
from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Group
from userbot.storage.store import Store
from userbot.telegram.names import dialogs
from userbot.types import ChatKind, ConversationId, Person, Question


async def test_without_a_login_it_says_so(stage: Stage) -> None:
    (stage.folder / "me.session").unlink()
    with pytest.raises(ProgramError) as caught:
        await stage.program()
    assert caught.value.code == 4
    assert "userbot login" in caught.value.hint


async def test_a_second_process_on_the_session_is_refused(stage: Stage) -> None:
    await stage.program()
    with pytest.raises(ProgramError) as caught:
        await stage.program()
    assert caught.value.code == 5


async def test_a_name_that_nobody_has_is_an_error_at_the_start(stage: Stage) -> None:
    with pytest.raises(ProgramError) as caught:
        await stage.program([listed("@nobody_at_all"), listed("@nobody_else")])
    assert re.findall(r"nobody has the name @\w+", str(caught.value)) == [
        "nobody has the name @nobody_at_all",
        "nobody has the name @nobody_else",
    ]


async def test_a_chat_whose_name_telegram_refuses_is_left_out_and_the_rest_goes_on(
    stage: Stage,
) -> None:
    stage.telegram.faults.add("contacts.resolveUsername", "BOT_METHOD_INVALID")
    chats = [listed("@max_m", "all"), listed(stage.group.id, "all")]
    program = await stage.program(chats, trigger={"from": "anyone"})
    (warning,) = program.events("notice", reason="config")
    assert warning.detail.startswith("[[chats]] number 1: Telegram refused")
    assert "is left out until the next start" in warning.detail
    stage.max.says(stage.group, "hello")
    await program.tells("answered", chat=stage.group.id)
    stage.max.says(stage.club, "/gpt hello")
    await program.tells("ignored", chat=stage.club.id, reason="not_allowed")


async def test_somebody_whose_name_telegram_refuses_may_not_ask_and_all_others_may(
    stage: Stage,
) -> None:
    stage.telegram.faults.add("contacts.resolveUsername", "BOT_METHOD_INVALID")
    program = await stage.program(trigger={"from": ["@max_m", "@lena_l"]})
    (warning,) = program.events("notice", reason="config")
    assert warning.detail.startswith("trigger.from: @max_m: Telegram refused")
    assert "Nobody may ask by this name until the next start." in warning.detail
    asked = stage.lena.says(stage.group, "/gpt hello")
    await stage.lena.expects(stage.group, reply_to=asked)
    stage.max.says(stage.group, "/gpt hello")
    await program.tells("ignored", person=stage.max.id, reason="not_allowed")


async def test_limits_of_somebody_whose_name_telegram_refuses_hold_for_whoever_it_may_be(
    stage: Stage,
) -> None:
    stage.telegram.faults.add("contacts.resolveUsername", "BOT_METHOD_INVALID")
    people = {"@max_m": {"requests_per_minute": 0}, "@lena_l": {"requests_per_minute": 5}}
    program = await stage.program(trigger={"from": "anyone"}, limits={"people": people})
    (warning,) = program.events("notice", reason="config")
    assert warning.detail.startswith("[limits.people]: @max_m: Telegram refused")
    stage.max.says(stage.group, "/gpt hello")
    await program.tells("limited", person=stage.max.id, reason="requests_per_minute")
    asked = stage.lena.says(stage.group, "/gpt hello")
    await stage.lena.expects(stage.group, reply_to=asked)


async def test_a_selected_chat_that_the_account_is_not_in_is_told_at_the_start(
    stage: Stage,
) -> None:
    program = await stage.program([listed(-1009999999999, "all"), listed(stage.group.id)])
    (notice,) = program.events("notice", reason="not_joined")
    assert notice.chat == -1009999999999
    assert "not among your chats" in notice.detail


@pytest.mark.parametrize("silent", [True, False])
async def test_a_public_chat_is_told_at_each_start_until_the_account_is_in_it(
    stage: Stage, silent: bool
) -> None:
    town = stage.telegram.add_supergroup("Town", creator=stage.max, username="open_town")
    if not silent:
        stage.max.says(town, "hello all")
    for start in range(2):
        program = await stage.program([listed("@open_town", "all"), listed(stage.group.id)])
        notice = await program.tells("notice", reason="not_joined")
        assert notice.chat == town.id, start
        stage.max.says(stage.group, f"/gpt {start}")
        await program.tells("answered")
        await program.stop()
    stage.max.invites(stage.olga, town)
    program = await stage.program([listed("@open_town", "all")])
    assert not program.events("notice", reason="not_joined")
    stage.max.says(town, "and now?")
    await program.tells("answered", chat=town.id)


@pytest.mark.parametrize("error", ["SESSION_REVOKED", "AUTH_KEY_UNREGISTERED"])
async def test_a_login_that_is_ended_elsewhere_ends_the_program(stage: Stage, error: str) -> None:
    program = await stage.program()
    stage.telegram.revoke(stage.olga, error=error)
    with pytest.raises(ProgramError):
        await program.ends()
    assert program.events("stopped")


@pytest.mark.parametrize("where", ["private", "group", "club"])
async def test_what_arrived_while_away_is_answered_at_the_next_start(
    stage: Stage, where: str
) -> None:
    chats: dict[str, Account | Group] = {
        "private": stage.olga,
        "group": stage.group,
        "club": stage.club,
    }
    chat = chats[where]
    program = await stage.program()
    first = stage.max.says(chat, "/gpt first")
    await stage.max.expects(chat, reply_to=first)
    await program.stop()
    missed = [stage.max.says(chat, f"/gpt missed {n}") for n in range(3)]
    program = await stage.program()
    for question in missed:
        assert await stage.max.expects(chat, reply_to=question)


async def test_a_long_absence_brings_everything_in_order(stage: Stage) -> None:
    program = await stage.program()
    first = stage.max.says(stage.group, "/gpt first")
    await stage.max.expects(stage.group, reply_to=first)
    await program.stop()
    for n in range(250):
        stage.lena.says(stage.group, f"talk {n}")
    missed = [stage.max.says(stage.group, f"/gpt missed {n}") for n in range(5)]
    await stage.program()
    answers = [await stage.max.expects(stage.group, from_=stage.olga) for _ in missed]
    assert [answer.reply_to for answer in answers] == missed


async def test_what_is_too_old_is_listed_and_not_answered(stage: Stage) -> None:
    hours_ago = datetime.now(UTC) - timedelta(hours=2)
    with Store.open(stage.folder / "history.db") as store:
        store.began(hours_ago)
    program = await stage.program()
    first = stage.max.says(stage.group, "/gpt first")
    await stage.max.expects(stage.group, reply_to=first)
    await program.stop()
    stage.telegram.advance(-3600)
    stage.max.says(stage.group, "/gpt an hour ago")
    stage.telegram.advance(3600)
    program = await stage.program()
    assert (await program.tells("skipped")).reason == "too_old"
    fresh = stage.max.says(stage.group, "/gpt now")
    await stage.max.expects(stage.group, reply_to=fresh)
    assert len(stage.asked()) == 2


async def test_after_a_lost_connection_what_was_missed_is_caught_up_with(stage: Stage) -> None:
    program = await stage.program()
    stage.telegram.drop_connections()
    question = stage.max.says(stage.group, "/gpt are you there?")
    assert await stage.max.expects(stage.group, reply_to=question)
    assert await program.tells("notice", reason="reconnected")


async def test_its_own_answers_coming_back_are_never_questions(stage: Stage) -> None:
    # The answer is carried out, but the connection ends before the program learns of it: its own
    # message comes back by the difference.
    stage.endpoint.responder = lambda _: "/gpt ask yourself"
    stage.telegram.random_id_behaviour = "original"
    stage.telegram.faults.add("messages.sendMessage", drop="after")
    program = await stage.program([listed(stage.group.id, "all")])
    question = stage.max.says(stage.group, "/gpt loop?")
    await stage.max.expects(stage.group, reply_to=question)
    await program.tells("notice", reason="reconnected")
    again = stage.max.says(stage.group, "still there?")
    await stage.max.expects(stage.group, reply_to=again)
    assert len(stage.asked()) == 2


async def test_what_arrives_while_the_last_answer_is_written_waits_for_the_next_start(
    stage: Stage,
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def answer(_: object) -> Reply:
        begun.set()
        await go_on.wait()
        return Reply("here you are")

    stage.endpoint.responder = answer
    program = await stage.program()
    stage.max.says(stage.group, "/gpt first")
    await begun.wait()
    stopping = asyncio.create_task(program.stop())
    await asyncio.sleep(0.1)
    late = stage.lena.says(stage.club, "/gpt am I too late?")
    await asyncio.sleep(0.1)
    go_on.set()
    await stopping
    await stage.program()
    assert await stage.lena.expects(stage.club, reply_to=late)


async def test_a_look_at_the_chats_between_two_runs_loses_nothing(stage: Stage) -> None:
    program = await stage.program()
    first = stage.max.says(stage.group, "/gpt first")
    await stage.max.expects(stage.group, reply_to=first)
    await program.stop()
    missed = stage.max.says(stage.group, "/gpt are you there?")
    async with online(stage.settings().telegram) as client:
        assert await dialogs(client, stage.olga.id)
    await stage.program()
    assert await stage.max.expects(stage.group, reply_to=missed)


async def test_a_start_that_fails_loses_nothing(stage: Stage) -> None:
    program = await stage.program()
    first = stage.max.says(stage.group, "/gpt first")
    await stage.max.expects(stage.group, reply_to=first)
    await program.stop()
    missed = stage.max.says(stage.group, "/gpt are you there?")
    with pytest.raises(ProgramError):
        await stage.program([listed("@nobody_at_all")])
    await stage.program()
    assert await stage.max.expects(stage.group, reply_to=missed)


async def test_a_pending_question_of_somebody_who_may_not_ask_any_more_is_skipped(
    stage: Stage,
) -> None:
    now = datetime.now(UTC)
    with Store.open(stage.folder / "history.db") as store:
        assert store.questions.add(question(chat=stage.group.id, message=900, at=now), now)
    program = await stage.program([listed(stage.group.id, "all", from_="me")])
    assert (await program.tells("skipped")).reason == "not_allowed"
    assert not stage.asked()


async def test_stopping_lets_the_answer_being_written_finish_and_keeps_the_rest(
    stage: Stage,
) -> None:
    begun = asyncio.Event()

    async def answer(_: object) -> Reply:
        begun.set()
        await asyncio.sleep(0.3)
        return Reply("here you are")

    stage.endpoint.responder = answer
    program = await stage.program()
    first = stage.max.says(stage.group, "/gpt first")
    second = stage.max.says(stage.group, "/gpt second")
    await begun.wait()
    while len(program.events("heard")) < 2:
        await asyncio.sleep(0.01)
    assert await program.stop() == "interrupted"
    assert await stage.max.expects(stage.group, reply_to=first)
    stopped = program.events("stopped")[0]
    assert (stopped.answered, stopped.pending) == (1, 1)
    await stage.program()
    assert await stage.max.expects(stage.group, reply_to=second)


async def test_answers_and_results_share_the_last_seconds(stage: Stage) -> None:
    async def never(_: object) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    stage.timings = Timings(drain_seconds=4.0)
    stage.endpoint.responder = never
    program = await stage.program()
    stage.max.says(stage.group, "/gpt first")
    await program.tells("answering")
    stage.telegram.faults.add("messages.sendMessage", "FLOOD_WAIT_60", times=None)
    stage.olga.says(stage.olga, "/gpt_usage")
    await program.tells("waiting", reason="flood_wait")
    await asyncio.wait_for(program.stop(), 7.5)  # one after the other they would take eight


@pytest.mark.parametrize(
    "paused",
    [
        pytest.param({"contacts.getBlocked": 9}, id="the list of who is blocked"),
        pytest.param(
            {"contacts.getContacts": 60, "contacts.resolveUsername": 60}, id="contacts and a name"
        ),
    ],
)
async def test_a_pause_during_the_start_ends_with_the_program(
    stage: Stage, paused: dict[str, int]
) -> None:
    for method, seconds in paused.items():
        stage.telegram.faults.add(method, f"FLOOD_WAIT_{seconds}", times=None)
    starting = asyncio.create_task(stage.program([listed("@max_m")]))
    while not stage.programs:
        await asyncio.sleep(0.01)
    program = stage.programs[-1]
    while len(program.events("waiting", reason="flood_wait")) < len(paused):
        await asyncio.sleep(0.01)
    stopping = asyncio.create_task(program.stop())
    await asyncio.wait({stopping}, timeout=5)
    assert stopping.done(), "it waits for nobody"
    await asyncio.wait({starting})


async def test_files_are_the_owners_alone(stage: Stage) -> None:
    program = await stage.program()
    stage.max.says(stage.group, "/gpt hello")
    await program.tells("answered")
    for name in ("history.db", "history.db-wal", "me.session"):
        assert stat.S_IMODE((stage.folder / name).stat().st_mode) == 0o600, name


def question(*, chat: int, message: int, at: datetime) -> Question:
    """A question of Max's, as the store has it."""
    return Question(
        conversation=ConversationId(chat),
        source=chat,
        message=message,
        kind=ChatKind.GROUP,
        title="Weekend",
        sender=Person(id=7_000_000_002, name="Max"),
        text="hello",
        at=at,
        by_owner=False,
    )
