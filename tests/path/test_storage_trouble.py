"""What becomes of questions while the database is busy, and when it is damaged."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.database_lock import held
from tests.faults import Call, busy, damaged, watched
from tests.harness import Program, ProgramError, Stage, listed
from tests.path.voice.notes import until
from tests.quick_clock import QuickClock
from userbot.sandbox.endpoint import Reply


async def lag(stop: asyncio.Event) -> float:
    """The longest that the event loop was held up, in seconds."""
    longest, before = 0.0, time.monotonic()
    while not stop.is_set():
        await asyncio.sleep(0)
        now = time.monotonic()
        longest, before = max(longest, now - before), now
    return longest


async def test_questions_wait_in_order_for_a_busy_database_and_none_is_lost(stage: Stage) -> None:
    program = await stage.program()
    stage.max.says(stage.group, "/gpt number 0")
    await program.tells("answered")
    stop = asyncio.Event()
    with held(stage.folder / "history.db") as lock:
        watching = asyncio.create_task(lag(stop))
        questions = [stage.max.says(stage.group, f"/gpt number {n}") for n in range(1, 5)]
        waiting = await program.tells("waiting", reason="storage_busy")
        assert "another program" in waiting.detail
        await asyncio.sleep(1)
        stop.set()
        assert await watching < 0.3, "everything else goes on meanwhile"
        assert len(program.events("heard")) == 1
        lock.free()
    for question in questions:
        assert await stage.max.expects(stage.group, reply_to=question)
    assert [heard.text for heard in program.events("heard")] == [f"number {n}" for n in range(5)]
    assert len(program.events("waiting")) == 1, "one trouble is one line"
    assert not program.events("failed")
    await program.stop()
    assert [one.state for one in stage.history()] == ["answered"] * 5


async def test_what_the_store_did_not_take_is_answered_once_in_every_chat_and_in_its_order(
    stage: Stage,
) -> None:
    chats = [listed(stage.club.id)]
    program = await stage.program(chats)
    stage.max.says(stage.club, "number 0")
    await program.tells("answered")
    await asyncio.sleep(0.2)
    with held(stage.folder / "history.db"):
        asked = [
            stage.max.says(where, f"/gpt number {number}")
            for number in range(1, 5)
            for where in (stage.club, stage.group, stage.olga)
        ]
        await program.tells("waiting", reason="storage_busy")
        await asyncio.sleep(0.3)
        assert len(program.events("heard")) == 1
    for _ in range(100):
        if len(program.events("answered")) == 1 + len(asked):
            break
        await asyncio.sleep(0.05)
    await program.stop()
    assert not program.events("failed")
    assert sorted(one.text for one in stage.history() if one.text != "number 0") == sorted(
        question.text.removeprefix("/gpt ") for question in asked
    )
    assert {one.state for one in stage.history()} == {"answered"}
    assert len(stage.writes("sendMessage")) == 1 + len(asked)


@pytest.mark.parametrize("elsewhere", [False, True], ids=["selected", "not selected"])
async def test_a_question_that_was_held_when_the_program_ended_is_answered_by_the_next_one(
    stage: Stage, elsewhere: bool
) -> None:
    program = await stage.program([listed(stage.club.id)])
    stage.max.says(stage.club, "first")
    await program.tells("answered")
    await asyncio.sleep(0.2)
    with held(stage.folder / "history.db"):
        where = stage.olga if elsewhere else stage.club
        question = stage.max.says(where, "/gpt second")
        await program.tells("waiting", reason="storage_busy")
        await program.stop()
    await stage.program([listed(stage.club.id)])
    assert await stage.max.expects(where, reply_to=question)
    assert len(stage.writes("sendMessage")) == 2


@pytest.mark.parametrize("private", [False, True], ids=["group", "private chat"])
async def test_a_question_that_is_edited_while_it_is_held_is_asked_as_it_reads(
    stage: Stage, private: bool
) -> None:
    program = await stage.program()
    where = stage.olga if private else stage.group
    with held(stage.folder / "history.db"):
        question = stage.max.says(where, "/gpt frist")
        none = stage.max.says(where, "/gpt never mind")
        await program.tells("waiting", reason="storage_busy")
        stage.max.edits(question, "/gpt first")
        stage.max.edits(none, "never mind")
        await stage.all_arrives()
    assert await stage.max.expects(where, reply_to=question)
    await program.stop()
    assert [(one.text, one.state) for one in stage.history()] == [("first", "answered")]


async def test_an_edit_that_waited_for_the_database_does_not_undo_the_one_after_it(
    stage: Stage,
) -> None:
    asked, go_on = answers_when_told(stage)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt one")
    await asked.wait()
    with held(stage.folder / "history.db"):
        stage.max.edits(question, "/gpt two")
        await program.tells("waiting", reason="storage_busy")
    stage.max.edits(question, "/gpt three")
    await program.tells("notice", reason="question_edited")
    await asyncio.sleep(1.5)  # what waits is tried again
    go_on.set()
    await program.tells("answered")
    await program.stop()
    assert [one.text for one in stage.history()] == ["three"]


@pytest.mark.parametrize("private", [False, True], ids=["group", "private chat"])
async def test_a_question_that_is_deleted_while_it_is_held_was_never_asked(
    stage: Stage, private: bool
) -> None:
    program = await stage.program()
    where = stage.olga if private else stage.group
    with held(stage.folder / "history.db"):
        first = stage.max.says(where, "/gpt first")
        second = stage.max.says(where, "/gpt second")
        third = stage.max.says(where, "/gpt third")
        await program.tells("waiting", reason="storage_busy")
        stage.max.deletes(first, second)
        await stage.all_arrives()
    assert await stage.max.expects(where, reply_to=third)
    await program.stop()
    assert [one.text for one in stage.history()] == ["third"]


async def test_what_waits_longer_than_anybody_waits_for_an_answer_is_not_given_up(
    stage: Stage,
) -> None:
    program = await stage.program(clock=QuickClock(1000))
    with held(stage.folder / "history.db"):
        question = stage.max.says(stage.group, "/gpt first")
        await asyncio.sleep(1.5)  # 25 minutes of its time
        assert program.events("failed")[0].reason == "storage_busy"
    assert await stage.max.expects(stage.group, reply_to=question)


def answers_when_told(stage: Stage) -> tuple[asyncio.Event, asyncio.Event]:
    """The model has been asked; and what it waits for before it answers."""
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def answer(_: Any) -> Reply:
        asked.set()
        await go_on.wait()
        return Reply("here you are")

    stage.endpoint.responder = answer
    return asked, go_on


async def test_an_answer_under_way_waits_for_a_busy_database_and_is_neither_lost_nor_repeated(
    stage: Stage,
) -> None:
    asked, go_on = answers_when_told(stage)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt first")
    await program.tells("answering")
    await asked.wait()
    with held(stage.folder / "history.db") as lock:
        go_on.set()
        await program.tells("waiting", reason="storage_busy")
        assert not stage.writes("sendMessage"), "what is not recorded does not leave"
        lock.free()
    assert (await stage.max.expects(stage.group, reply_to=question)).text == "here you are"
    await program.tells("answered")
    await program.stop()
    assert len(stage.writes("sendMessage")) == 1
    (exchange,) = stage.history()
    assert (exchange.state, exchange.answer) == ("answered", "here you are")
    assert exchange.completion_tokens is not None


async def test_stopped_while_the_database_is_busy_nothing_is_said_and_nothing_is_torn(
    stage: Stage,
) -> None:
    asked, go_on = answers_when_told(stage)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt first")
    await asked.wait()
    with held(stage.folder / "history.db"):
        go_on.set()
        await program.tells("waiting", reason="storage_busy")
        await asyncio.wait_for(program.stop(), 30)
    assert program.events("stopped")[0].pending == 1
    assert not stage.writes("sendMessage")
    await stage.program()
    assert (await stage.max.expects(stage.group, reply_to=question)).text == "here you are"


def spoil(path: Path) -> None:
    """Write over every page but the first, as a broken disk does."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        # Another program's write, after which nobody trusts what he read before.
        db.execute("CREATE TABLE spoilt (words)")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(2048)
        file.write(b"\xa5" * (size - 2048))


async def test_a_database_that_is_damaged_at_run_time_ends_the_program_without_an_answer(
    stage: Stage,
) -> None:
    program = await stage.program()
    stage.max.says(stage.group, "/gpt first")
    await program.tells("answered")
    spoil(stage.folder / "history.db")
    stage.max.says(stage.group, "/gpt second")
    with pytest.raises(ProgramError) as caught:
        await program.ends()
    assert caught.value.reason == "storage_damaged"
    assert caught.value.code == 1
    assert "backup" in caught.value.hint
    assert len(stage.writes("sendMessage")) == 1


async def test_damage_met_while_an_answer_is_written_ends_the_program_before_it_is_said(
    stage: Stage,
) -> None:
    asked, go_on = answers_when_told(stage)
    program = await stage.program()
    stage.max.says(stage.group, "/gpt first")
    await asked.wait()
    spoil(stage.folder / "history.db")
    go_on.set()
    with pytest.raises(ProgramError):
        await program.ends()
    assert not stage.writes("sendMessage")


class Unreadable:
    """The history cannot be read, once the first question was heard, until `over`."""

    def __init__(self, trouble: Callable[[], Exception]) -> None:
        self.trouble = trouble
        self.program: Program | None = None
        self.over = False

    def before(self, call: Call) -> None:
        heard = self.program is not None and self.program.events("heard")
        if heard and not self.over and call.where == "store" and not call.writes:
            raise self.trouble()


async def test_damage_that_is_met_while_reading_ends_the_program_too(
    stage: Stage,
) -> None:
    unreadable = Unreadable(damaged)
    with watched(unreadable.before):
        program = unreadable.program = await stage.program()
        stage.max.says(stage.group, "/gpt first")
        with pytest.raises(ProgramError):
            await program.ends()
    assert not stage.writes("sendMessage")


async def test_what_cannot_be_read_for_a_while_is_waited_for_like_what_cannot_be_written(
    stage: Stage,
) -> None:
    unreadable = Unreadable(busy)
    with watched(unreadable.before):
        program = unreadable.program = await stage.program()
        question = stage.max.says(stage.group, "/gpt first")
        await program.tells("waiting", reason="storage_busy")
        assert not stage.asked(), "without memory the model is not asked"
        unreadable.over = True
    assert await stage.max.expects(stage.group, reply_to=question)
    assert not program.events("failed")


async def test_a_question_that_waits_for_the_next_start_is_told_and_answered_then(
    stage: Stage,
) -> None:
    unreadable = Unreadable(busy)
    with watched(unreadable.before):
        program = unreadable.program = await stage.program(clock=QuickClock(2000))
        question = stage.max.says(stage.group, "/gpt first")
        message = question.id_for(stage.olga)
        failed = await program.tells("failed", reason="storage_busy", message=message)
        unreadable.over = True
        await program.stop()
    assert len(program.events("failed", message=failed.message)) == 1
    await stage.program()
    assert await stage.max.expects(stage.group, reply_to=question)


async def test_while_nobody_writes_to_it_and_nothing_waits_no_row_of_the_store_is_read(
    stage: Stage,
) -> None:
    read: list[str] = []
    with watched(lambda call: read.append(call.what)):
        await stage.program(clock=QuickClock(20))
        await until(lambda: read[-3:] == ["PRAGMA data_version"] * 3)


async def test_what_another_process_wants_asked_again_while_the_program_starts_is_not_overlooked(
    stage: Stage,
) -> None:
    stage.endpoint.faults.add("quota", times=1)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt first")
    await program.tells("failed", reason="quota")
    await program.stop()
    wished: list[str] = []

    def retry(call: Call) -> None:
        """In the moment in which it begins to listen."""
        idle = call.connection is not None and not call.connection.in_transaction
        if idle and not wished and stage.programs[-1].events("ready"):
            wished.append(call.what)
            stage.command("retry")

    with watched(retry):
        await stage.program()
    assert wished
    assert await stage.max.expects(stage.group, reply_to=question)
