"""`userbot run` as a process: it answers by its config, tells what happens, and ends in order."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.house import House, look_through
from tests.cli.processes import Process
from tests.cli.test_login import QR_END, shown_link
from tests.path.voice.notes import until
from userbot.sandbox.endpoint import Reply

ANYONE = '[trigger]\nfrom = "anyone"\n[pacing]\nwrites_per_second = 100\n'
EVENTS = {
    "ready",
    "heard",
    "ignored",
    "transcribed",
    "answering",
    "answered",
    "failed",
    "waiting",
    "limited",
    "skipped",
    "notice",
    "stopped",
}


async def test_it_answers_and_tells_each_event_as_a_line_of_json(house: House) -> None:
    house.write_config(ANYONE)
    house.log_in()
    stage = house.stage
    running = await house.start("run", "--json", "-v", warm=False)
    ready = await running.event("ready")
    assert (ready["account"], ready["model"]) == ("Olga", "sandbox")
    question = stage.max.says(stage.group, "/gpt hello")
    stage.lena.says(stage.group, "not a question")
    answer = await stage.max.expects(stage.group, reply_to=question)
    answered = await running.event("answered")
    ended = await running.stop(signal.SIGTERM)
    assert (ended.code, ended.err) == (0, "")

    rows = [json.loads(line) for line in ended.out.splitlines()]
    now = datetime.now(UTC)
    for row in rows:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["at"])
        assert abs(datetime.fromisoformat(row["at"]) - now) < timedelta(minutes=1)
        assert row["event"] in EVENTS
        for name in {"chat", "message", "person"} & set(row):
            assert type(row[name]) is int
        assert re.fullmatch(r"[a-z_]*", row.get("reason", ""))
    (heard,) = (row for row in rows if row["event"] == "heard")
    where = {"chat": stage.group.id, "message": question.id_for(stage.olga), "person": stage.max.id}
    assert where.items() <= heard.items()
    assert where.items() <= answered.items()
    assert answered["answers"] == [answer.id_for(stage.olga)]
    (ignored,) = (row for row in rows if row["event"] == "ignored")
    assert (ignored["person"], ignored["reason"]) == (stage.lena.id, "not_listed")
    assert (rows[-1]["event"], rows[-1]["reason"]) == ("stopped", "terminated")


async def test_plain_lines_have_a_time_a_word_and_no_colours(house: House) -> None:
    house.write_config(ANYONE)
    house.log_in()
    screen = await house.terminal("run", "--plain")
    await screen.shows("ready  Olga · sandbox")
    question = house.stage.max.says(house.stage.group, "/gpt hello")
    await house.stage.max.expects(house.stage.group, reply_to=question)
    await screen.shows("answered  Weekend · Max · ")
    screen.types("\x03")
    assert await screen.ends() == 130
    assert "\x1b" not in screen.text
    shown = [line for line in screen.plain.splitlines() if line and line != "^C"]
    assert all(re.match(r"(\^C)?\d\d:\d\d:\d\d \w+  ", line) for line in shown)


async def test_ctrl_c_lets_the_answer_being_written_finish_and_a_second_one_does_not_wait(
    house: House,
) -> None:
    begun = asyncio.Event()
    seconds = 0.5

    async def answer(_: object) -> Reply:
        begun.set()
        await asyncio.sleep(seconds)
        return Reply("here you are")

    stage = house.stage
    stage.endpoint.responder = answer
    house.write_config(ANYONE)
    house.log_in()
    running = await house.start("run", "--json")
    await running.event("ready")
    question = stage.max.says(stage.group, "/gpt first")
    await asyncio.wait_for(begun.wait(), 60)
    ended = await running.stop(signal.SIGINT)
    assert (ended.code, ended.err) == (130, "")
    reply = await stage.max.expects(stage.group, reply_to=question)
    assert reply.text == "here you are"
    last = json.loads(ended.out.splitlines()[-1])
    assert (last["event"], last["reason"], last["answered"]) == ("stopped", "interrupted", 1)

    seconds = 600
    begun.clear()
    running = await house.start("run", "--json")
    await running.event("ready")
    stage.max.says(stage.group, "/gpt second")
    await asyncio.wait_for(begun.wait(), 60)
    running.process.send_signal(signal.SIGINT)
    await asyncio.sleep(0.2)
    assert running.process.returncode is None
    # It would wait for the answer for ten seconds.
    assert (await running.stop(signal.SIGINT, timeout=9)).code == 130


async def test_in_a_terminal_without_a_login_it_leads_through_one_and_goes_on(
    house: House,
) -> None:
    house.write_config(ANYONE)
    screen = await house.terminal("run")
    await screen.shows("You are not logged in yet.")
    await screen.shows(QR_END)
    house.stage.olga.scans(shown_link(house.stage))
    await screen.shows("Logged in as Olga.")
    await screen.shows("● Olga · sandbox")
    question = house.stage.max.says(house.stage.group, "/gpt hello")
    assert await house.stage.max.expects(house.stage.group, reply_to=question)
    await screen.shows("answered")
    screen.types("\x03")
    assert await screen.ends() == 130
    assert screen.text.rfind("\x1b[?25h") > screen.text.rfind("\x1b[?25l")  # the cursor is back


@pytest.mark.parametrize("flag", ["--json", "--plain"])
async def test_a_reader_that_goes_away_does_not_break_it(house: House, flag: str) -> None:
    """As in `userbot run --json | head -1`: the next line it writes ends it quietly."""
    house.write_config(ANYONE)
    house.log_in()
    running = await house.start("run", flag)
    await running.line()
    assert isinstance(running.process, Process)
    running.process.close_output()
    house.stage.max.says(house.stage.group, "/gpt hello")
    await until(lambda: running.process.returncode is not None)
    assert running.process.stderr is not None
    err = (await running.process.stderr.read()).decode()
    look_through(err)
    assert running.process.returncode in (0, 130)
