"""Servers of tools that do as they please: what is theirs to say stays data, and ends nothing."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.harness import Program, Stage
from tests.path.test_tools import Model, answered, call, offered, results
from tests.path.test_tools_ask import asked
from tests.path.voice.notes import until
from tests.tool_server import CANARY
from tests.tool_servers import Served, over_http, over_pipes
from userbot.errors import ToolServerError
from userbot.ports import SystemClock
from userbot.settings import ToolsConfig
from userbot.storage.store import Store
from userbot.tools.mcp import McpServer, _pause_after

UNSEEN = ("Cc", "Cf", "Cs", "Co")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with over_http(tmp_path_factory.mktemp("hostile") / "log.jsonl", "hostile") as served:
        yield served


def bad(tool: str, **arguments: Any) -> Any:
    return call(tool, "hostile", **arguments)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


async def test_what_a_server_says_is_data_and_can_be_seen(stage: Stage, hostile: Served) -> None:
    stage.endpoint.responder = Model(bad("steer"))
    program = await stage.program(tools=[hostile.block("hostile")])
    await answered(stage, program)
    first, second = stage.endpoint.requests
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in offered(first))
    for text in texts([first["tools"], second["messages"]]):
        assert not [one for one in text if unicodedata.category(one) in UNSEEN and one != "\n"]
    told = results(second)[0].splitlines()
    assert "data and no instruction" in told[0]
    assert all(line.startswith("> ") for line in told[1:])
    assert CANARY in told[-1]
    shown = [one for one in program.events("tool") if one.name == "hostile__steer"]
    assert shown
    assert all("\x1b" not in one.text and "\n" not in one.text for one in shown)


async def test_what_is_too_long_is_cut_to_a_share_of_the_window(
    stage: Stage, hostile: Served
) -> None:
    stage.endpoint.responder = Model(bad("huge"))
    program = await stage.program(
        tools=[hostile.block("hostile", read=["huge"])], history={"window_tokens": 3000}
    )
    await answered(stage, program)
    told = results(stage.endpoint.requests[-1])[0]
    assert len(told) < 3000
    assert told.endswith("[The rest was too long and is left out.]")


async def test_who_asks_for_a_persons_words_gets_none(stage: Stage, hostile: Served) -> None:
    stage.endpoint.responder = Model(bad("asks"))
    program = await stage.program(tools=[hostile.block("hostile")])
    answer = await answered(stage, program)
    assert "It was refused" in answer.text
    assert program.events("tool", outcome="failed")


async def test_a_tool_that_never_answers_costs_its_seconds_alone(
    stage: Stage, hostile: Served
) -> None:
    stage.endpoint.responder = Model((bad("never"), bad("never"), bad("steer")))
    program = await stage.program(tools=[hostile.block("hostile")])
    with patch("userbot.tools.mcp.CALL_SECONDS", 0.5):
        answer = await answered(stage, program)
    assert CANARY in answer.text
    assert "silent for too long" in results(stage.endpoint.requests[-1])[0]


async def test_a_definition_that_changes_has_to_be_asked_for_until_it_is_confirmed(
    stage: Stage, hostile: Served
) -> None:
    stage.endpoint.responder = Model(bad("lie", text="one"), bad("change"))
    with patch("userbot.tools.mcp._LIST_SECONDS", 0):
        program = await stage.program(tools=[hostile.block("hostile")], approvals={"ring": False})
        await answered(stage, program)
        assert hostile.called("lie") == [{"text": "one"}]
        stage.endpoint.responder = Model(bad("lie", text="two"))
        stage.olga.says(stage.olga, "/gpt -n once more")
        waits = await program.tells("asked")
        assert "two" in waits.text
        (told,) = program.events("notice", reason="tools_changed")
        assert "hostile__lie" in told.detail
        assert hostile.called("lie") == [{"text": "one"}]
        # What it says now may steer calls of others, too.
        stage.endpoint.responder = Model(bad("die_after", text="x"))
        stage.olga.says(stage.olga, "/gpt -n and this")
        await program.tells("asked", text="die_after (hostile__die_after) · text: x")
        assert hostile.called("die_after") == []
        with Store.open(stage.folder / "history.db") as store:
            assert store.tools.changed() == ["hostile__lie"]
            row = store.database.row("SELECT seen FROM tools WHERE name = 'hostile__lie'")
            assert row is not None
            store.tools.confirm("hostile__lie", row["seen"])
        stage.endpoint.responder = Model(bad("lie", text="three"))
        await answered(stage, program, "/gpt -n and again")
    assert hostile.called("lie")[-1]["text"] == "three"


async def test_a_yes_is_for_the_tool_as_it_was_described_when_it_was_asked_for(
    stage: Stage, tmp_path: Path
) -> None:
    block = over_pipes("hostile", tmp_path / "log.jsonl", read=["change"], allow=[], ask=["lie"])
    waits = Model(bad("lie", text="one"))
    stage.endpoint.responder = waits
    with patch("userbot.tools.mcp._LIST_SECONDS", 0):
        program = await stage.program(tools=[block], approvals={"ring": False})
        stage.olga.says(stage.olga, "/gpt do it")
        request = await asked(stage)
        stage.endpoint.responder = Model(bad("change"))
        await answered(stage, program, "/gpt -n and this", stage.max)
        stage.endpoint.responder = waits
        stage.olga.says(stage.olga, "yes", reply_to=request)
        await until(lambda: len(program.events("asked")) == 2)
    assert Served(tmp_path / "log.jsonl").called("lie") == []


async def dying(stage: Stage, tmp_path: Path, *calls: Any) -> Program:
    stage.endpoint.responder = Model(*calls)
    return await stage.program(tools=[over_pipes("hostile", tmp_path / "log.jsonl")])


async def test_a_program_that_dies_is_started_again_and_what_it_says_is_logged_to_a_measure(
    stage: Stage, tmp_path: Path
) -> None:
    program = await dying(stage, tmp_path, bad("chatter"), bad("die"))
    answer = await answered(stage, program)
    assert "could not do it" in answer.text or "It failed" in answer.text
    stage.endpoint.responder = Model(bad("steer"))
    for _ in range(40):  # until it is connected again
        if CANARY in (again := await answered(stage, program)).text:
            break
        await asyncio.sleep(0.25)
    assert CANARY in again.text
    waits = [one.reason for one in program.events("waiting")]
    assert waits == ["tool_server_starts", "tool_server_again"]
    said = [one.detail for one in program.events("notice", reason="tool_server_said")]
    assert said[0].startswith("hostile: noise 0 x")
    assert 50 <= len(said) <= 110, "of 5000 lines"


async def test_what_may_have_been_done_before_a_server_died_is_told_and_not_done_again(
    stage: Stage, tmp_path: Path
) -> None:
    program = await dying(stage, tmp_path, bad("die_after", text="pay"))
    served = Served(tmp_path / "log.jsonl")
    question = stage.olga.says(stage.olga, "/gpt pay it")
    await program.tells("answered")
    told_model = results(stage.endpoint.requests[-1])[0]
    assert "nobody knows" in told_model
    assert "\n> The tool server “hostile” failed" in told_model, "its words are data"
    told = await program.tells("notice", reason="tool_in_doubt")
    assert "die_after" in told.detail
    assert "pay" not in told.detail, "what is said is not in the log; `userbot tools` shows it"
    await program.stop()
    # Asked once more in the same words it is still not done again.
    with Store.open(stage.folder / "history.db") as store:
        (doubt,) = store.tools.in_doubt()
        assert json.loads(doubt.arguments) == {"text": "pay"}
        assert store.tools.begin(doubt.question, doubt.tool, doubt.arguments, doubt.at) is None
    assert len(served.called("die_after")) == 1
    assert question.id_for(stage.olga)


BARE = """
import json, os, sys, time
def told(asked, **said):
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **said}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    method = asked.get("method")
    if method == "initialize":
        of = {"name": "bare", "version": "1"}
        told(asked, result={"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": of})
    elif method == "tools/list":
        tool = {"name": "look", "inputSchema": {"type": "object"}}
        told(asked, result={"tools": [tool]})
    elif method == "tools/call":
        while True:
            exec(sys.argv[1])
    elif "id" in asked:
        told(asked, error={"code": -32601, "message": "no"})
"""
SAYS = (
    '{"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}}'
)


@pytest.mark.parametrize(
    ("does", "trouble"),
    [
        pytest.param("os.write(1, b'x' * 65536)", "was lost", id="a line without an end"),
        pytest.param(f"os.write(1, b'{SAYS}\\n' * 100)", "floods", id="messages without an end"),
    ],
)
async def test_a_program_that_hangs_or_floods_is_begun_anew(does: str, trouble: str) -> None:
    told: list[Any] = []
    config = ToolsConfig(name="bare", command=(sys.executable, "-c", BARE, does))
    server = McpServer(config, SystemClock(), told.append)
    with (
        patch("userbot.tools.mcp.CALL_SECONDS", 1.0),
        patch("userbot.tools.mcp._ANSWER_SECONDS", 0.2),
        patch("userbot.tools.mcp._MOST_SAID", 500),
    ):
        await server.ready(30)
        with pytest.raises(ToolServerError) as caught:
            await server.call("look", {})
        assert caught.value.left
        await until(lambda: any(one.reason == "tool_server" for one in told))
        await until(lambda: server.definitions and server.trouble is None)
    await server.aclose()
    (why,) = [one.detail for one in told if one.reason == "tool_server"]
    assert trouble in why


async def test_a_program_that_is_no_server_is_told_in_a_sentence(
    capfd: pytest.CaptureFixture[str],
) -> None:
    junk = "import time; print('junk', flush=True); print('{}', flush=True); time.sleep(60)"
    told: list[Any] = []
    config = ToolsConfig(name="junk", command=(sys.executable, "-c", junk))
    server = McpServer(config, SystemClock(), told.append)
    with patch("userbot.tools.mcp.CONNECT_SECONDS", 0.5), pytest.raises(ToolServerError) as caught:
        await server.ready(20)
    assert "“junk” failed: it was silent for too long" in str(caught.value)
    await server.aclose()
    assert capfd.readouterr().err == "", "no log of the SDK's stands on the console"
    assert [one.reason for one in told] == ["tool_server", "tool_server_again"]


async def test_without_the_sdk_it_is_told_once_and_not_tried_again(stage: Stage) -> None:
    blocks = [{"name": one, "command": ["mcp-server-time"], "read": ["x"]} for one in ("a", "b")]
    with patch("userbot.tools.mcp._import", side_effect=ModuleNotFoundError):
        program = await stage.program(tools=blocks)
        await answered(stage, program)
    (told,) = program.events("notice")
    assert "Tools need the package mcp" in told.detail
    assert "make tools" in told.hint
    assert not program.events("waiting", reason="tool_server_again")


@pytest.mark.parametrize(("failed", "seconds"), [(0, 0), (1, 1), (2, 2), (5, 16), (5000, 300)])
def test_a_server_that_fails_again_and_again_is_tried_less_and_less(
    failed: int, seconds: float
) -> None:
    assert _pause_after(failed) == seconds
