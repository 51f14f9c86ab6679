"""How a command ends before its time: Ctrl-C, a closed terminal, a reader that goes away."""

from __future__ import annotations

import asyncio
import json
import re
import signal

import pytest

from tests.cli.house import House, before_ours
from tests.cli.processes import Process
from tests.cli.test_run import ANYONE
from tests.path.voice.notes import until
from userbot.sandbox.endpoint import Reply


async def _slow(_: object) -> Reply:
    await asyncio.sleep(30)
    return Reply("never")


async def test_ctrl_c_says_that_answers_are_waited_for_and_a_second_one_leaves_the_terminal_tidy(
    house: House,
) -> None:
    house.stage.endpoint.responder = _slow
    house.write_config(ANYONE + '[console]\nlanguage = "ru"')
    house.log_in()
    screen = await house.terminal("run")
    await screen.shows("● на связи")
    house.stage.max.says(house.stage.group, "/gpt hello")
    await screen.shows("Weekend · Max +думает \\d")
    screen.types("\x03")
    await screen.shows("жду 1 ответ. Ещё раз Ctrl-C — сразу.")
    screen.types("\x03")
    assert await screen.ends() == 130
    assert screen.text.rfind("\x1b[?25h") > screen.text.rfind("\x1b[?25l")  # the cursor is back
    assert "Weekend" not in screen.text.rpartition("\x1b[J")[2]  # the rows at the bottom are gone


async def test_a_program_that_reads_json_is_told_how_many_answers_are_waited_for(
    house: House,
) -> None:
    house.stage.endpoint.responder = _slow
    house.write_config(ANYONE)
    house.log_in()
    running = await house.start("run", "--json")
    await running.event("ready")
    house.stage.max.says(house.stage.group, "/gpt hello")
    house.stage.max.says(house.stage.club, "/gpt hello")
    await running.event("answering")
    await running.event("answering")
    running.process.send_signal(signal.SIGTERM)
    notice = await running.event("notice")
    assert (notice["reason"], notice["count"]) == ("stopping", 2)


async def test_a_closed_terminal_ends_it_in_order(house: House) -> None:
    house.write_config(ANYONE)
    house.log_in()
    running = await house.start("run", "--json")
    await running.event("ready")
    ended = await running.stop(signal.SIGHUP)
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out.splitlines()[-1])["reason"] == "terminated"


@pytest.mark.parametrize("command", ["run", "demo", "sandbox"])
async def test_ctrl_c_while_it_starts_ends_it_without_a_word(house: House, command: str) -> None:
    house.write_config()
    house.log_in()
    for seconds in (0.2, 0.3, 0.4, 0.5):
        running = await house.start(command, "--json", warm=False)
        await asyncio.sleep(seconds)
        try:
            ended = await running.stop(signal.SIGINT)
        except AssertionError as printed:
            if before_ours(printed):
                continue
            raise
        assert ended.code in (130, -signal.SIGINT), ended  # Python itself was not yet up
        assert not ended.err.strip()


async def test_the_demo_ends_when_nobody_reads_it_any_more(house: House) -> None:
    """As in `userbot demo --json | head -1`."""
    running = await house.start("demo", "--json")
    assert isinstance(running.process, Process)
    await running.line()
    running.process.close_output()
    await until(lambda: running.process.returncode is not None)
    assert running.process.returncode == 0
    assert await running.process.stderr.read() == b""


@pytest.mark.long
async def test_the_demo_plays_the_lines_that_are_piped_in(house: House) -> None:
    ended = await house.run("demo", "--plain", lines="/gpt and on Sunday?\nfine\n", timeout=60)
    assert ended.code == 0
    question = ended.out.index("    | /gpt and on Sunday?")
    answer = ended.out.index("    | You asked: “and on Sunday?”")
    assert question < answer < ended.out.index("What happened")
    shown = re.findall(r"^\d\d:\d\d:\d\d ignored ", ended.out, re.MULTILINE)
    assert f"\nignored\t{len(shown)}\n" in ended.out, "the table counts what was shown"


async def test_a_command_that_a_kill_cut_off_is_finished_by_the_next_start(house: House) -> None:
    stage = house.stage
    house.write_config(ANYONE)
    house.log_in()
    running = await house.start("run", "--json")
    await running.event("ready")
    stage.telegram.faults.add("channels.deleteMessages", "FLOOD_WAIT_60", chat=stage.club)
    command = stage.olga.says(stage.club, "/gpt_usage")
    await running.event("waiting")
    await running.stop(signal.SIGKILL)
    running = await house.start("run", "--json")
    assert (await running.event("notice"))["reason"] == "command_taken_up"
    await until(lambda: len(stage.olga.messages(stage.olga)) == 1)
    assert command.deleted
    assert stage.olga.messages(stage.olga)[0].text.startswith("Club · /gpt_usage\nToday: ")
    await running.stop(signal.SIGINT)


@pytest.mark.long
async def test_what_is_typed_while_the_demo_plays_spoils_no_row_and_waits_for_its_turn(
    house: House,
) -> None:
    screen = await house.terminal("demo")
    await screen.shows("waiting 0 s|thinking 0 s|writing 0 s")
    await until(lambda: not screen.echoes)
    screen.types("/gpt \x1b[Aand on Sunday?")  # an arrow is no letter
    await screen.shows(r"Max ❯ /gpt and on Sunday\?$")
    screen.types("\n")
    await screen.shows(r"▌ Max\s+▌ /gpt and on Sunday\?")
    await screen.shows(r"in reply to Max(?s:.*)Max ❯ $")
    screen.types("\x04")
    assert await screen.ends() == 0
    assert screen.echoes
    assert "What next?" in screen.plain
