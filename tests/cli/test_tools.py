"""`userbot tools` and what `userbot doctor` says of servers of tools."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import tomli

from tests.questions import NOW, OWNER, question
from tests.tool_servers import Served, over_pipes
from userbot.cli import doctor, tools
from userbot.cli.common import Common
from userbot.config import Loaded
from userbot.console.lines import utc
from userbot.settings import HistoryConfig, Settings, TelegramConfig, ToolsConfig
from userbot.storage.store import Store
from userbot.tool_list import reached

Shown = pytest.CaptureFixture[str]


def settings(folder: Path, *blocks: dict[str, Any]) -> Settings:
    return Settings(
        telegram=TelegramConfig(api_id=1, api_hash="x", session=folder / "sessions" / "me"),
        history=HistoryConfig(database=folder / "sessions" / "history.db"),
        tools=tuple(
            ToolsConfig(**{key: _tuple(value) for key, value in block.items()}) for block in blocks
        ),
    )


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def rows(shown: Shown) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shown.readouterr().out.splitlines()]


def test_each_tool_is_listed_with_its_right_and_what_its_server_says(
    tmp_path: Path, notes: Served, capsys: Shown
) -> None:
    block = notes.block(read=["now", "fetch"], allow=[])
    tools.tools(Common(json=True), settings(tmp_path, block), "")
    told = {row["tool"]: row for row in rows(capsys)}
    assert [told[name]["right"] for name in ("now", "fetch", "add")] == ["read", "read", None]
    assert [told[name]["only_reads"] for name in ("now", "fetch", "add")] == [True, True, False]
    assert [told[name]["open_world"] for name in ("now", "fetch", "add")] == [False, True, False]
    assert not any(row["changed"] for row in told.values())
    tools.tools(Common(), settings(tmp_path, block), "")
    out = capsys.readouterr().out
    pasted = tomli.loads(out[out.index("read = [") :])  # as the lines stand there
    assert pasted == {
        "read": ["now", "fetch", "slow", "surroundings"],
        "ask": ["add"],
    }, "nothing acts by itself because a server says so"


def test_what_changed_is_confirmed_and_what_is_in_doubt_is_seen_to(
    tmp_path: Path, notes: Served, capsys: Shown
) -> None:
    config = settings(tmp_path, notes.block())
    with Store.open(config.history.database) as store:
        store.tools.see("notes__now", "as it was", NOW)
        asked = store.questions.add(question(sender=OWNER), NOW)
        assert asked is not None
        store.tools.begin(asked, "notes__add", '{"text": "milk"}', NOW)
    tools.tools(Common(json=True), config, "")
    told = rows(capsys)
    assert [row["tool"] for row in told if row.get("changed")] == ["now"]
    (doubt,) = (row for row in told if "in_doubt" in row)
    assert (doubt["arguments"], doubt["at"]) == ('{"text": "milk"}', utc(NOW))
    tools.tools(Common(), config, "notes")
    said = capsys.readouterr()
    assert "Confirmed: notes__now" in said.err
    assert "notes__now\n  The time in a zone.\n" in said.out, "it is seen what is confirmed"
    assert '"zone"' in said.out
    assert "1 call is not in doubt any more" in said.err
    tools.tools(Common(json=True), config, "")
    told = rows(capsys)
    assert not [row for row in told if row.get("changed") or "in_doubt" in row]


def test_a_server_that_is_away_is_told_and_so_is_a_tool_that_is_not_there(
    tmp_path: Path, notes: Served, capsys: Shown
) -> None:
    dies = "import sys; print('no such repository', file=sys.stderr)"
    blocks = (
        {"name": "gone", "command": ["no-such-program-7719"], "read": ["x"]},
        {"name": "dies", "command": [sys.executable, "-c", dies]},
        notes.block(read=["nwo"]),
    )
    with pytest.raises(SystemExit):
        tools.tools(Common(json=True), settings(tmp_path, *blocks), "")
    assert [row["server"] for row in rows(capsys) if "error" in row] == ["gone", "dies"]
    with pytest.raises(SystemExit):
        tools.tools(Common(), settings(tmp_path, *blocks), "")
    said = capsys.readouterr().err
    assert "no-such-program-7719" in said
    assert "Its last output: no such repository" in said
    assert 'no such tools: nwo\n→ Did you mean "now"?' in said.replace("  ", "")


def test_a_server_that_takes_long_is_told_to_be_waited_for(
    tmp_path: Path, notes: Served, capsys: Shown
) -> None:
    with patch("userbot.cli.tools._SHORT_SECONDS", 0):
        tools.tools(Common(), settings(tmp_path, notes.block()), "")
    assert "Waiting for the servers under [[tools]] (up to 30 s)." in capsys.readouterr().err


def test_the_doctor_looks_at_each_server_and_at_what_it_reaches(
    tmp_path: Path, notes: Served
) -> None:
    config = settings(
        tmp_path,
        notes.block(read=["now"], allow=["add"]),
        over_pipes("honest", tmp_path / "log.jsonl", read=[], allow=[]),
        {"name": "gone", "command": ["no-such-program-7719"], "read": ["x"]},
    )
    loaded = Loaded(settings=config, origins={}, path=tmp_path / "config.toml", holds_secret=False)
    with Store.open(config.history.database) as store:
        for described in ("so", "otherwise"):
            store.tools.see("notes__now", described, NOW)
    found = [(one.fine, one.told, one.hint) for one in asyncio.run(doctor.tools(loaded))]
    assert found[0][:2] == (True, "notes: read now; allow add")
    assert "ask you first: notes__now" in found[0][2]
    assert found[1][:2] == (True, "honest: no tool is offered")
    assert "userbot tools" in found[1][2]
    assert not found[2][0]
    assert "no-such-program-7719" in found[2][1]


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ([], 0),
        (["--local-timezone=Europe/Berlin"], 0),
        (["--repository", "{folder}/notes"], 0),
        (["{folder}"], 4),
        (["--root={folder}/sessions"], 2),
        (["--db", "{folder}/sessions/history.db"], 1),
        (["/"], 4),
        (["run", "-v", "{folder}/sessions:/data:ro", "some/image"], 2),
        (["--mount", "type=bind,src={folder},dst=/data"], 4),
        (["sqlite:///{folder}/sessions/history.db"], 1),
        (["https://example.org{folder}"], 0),
    ],
)
def test_arguments_that_lead_to_the_session_the_history_or_the_config_are_seen(
    tmp_path: Path, arguments: list[str], count: int
) -> None:
    given = [one.format(folder=tmp_path) for one in arguments]
    server = ToolsConfig(name="git", command=("mcp-server-git", *given))
    found = reached(server, settings(tmp_path), tmp_path / "config.toml")
    assert len(found) == count, found
