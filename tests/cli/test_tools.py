"""`userbot tools` and what `userbot doctor` says of servers of tools."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.questions import NOW, OWNER, question
from tests.tool_servers import Served
from userbot.cli import tools
from userbot.cli.common import Common
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
    assert '[[tools]]\nname = "notes"\nread = ["now", "fetch", "slow", "surroundings"]\n' in out
    assert 'ask = ["add"]' in out, "nothing acts by itself because a server says so"


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
    assert [row["arguments"] for row in told if "in_doubt" in row] == ['{"text": "milk"}']
    tools.tools(Common(), config, "notes")
    said = capsys.readouterr()
    assert "Confirmed: notes__now" in said.err
    assert "1 call is not in doubt any more" in said.err
    tools.tools(Common(json=True), config, "")
    told = rows(capsys)
    assert not [row for row in told if row.get("changed") or "in_doubt" in row]


def test_a_server_that_is_away_is_told_and_so_is_a_tool_that_is_not_there(
    tmp_path: Path, notes: Served, capsys: Shown
) -> None:
    blocks = (
        {"name": "gone", "command": ["no-such-program-7719"], "read": ["x"]},
        notes.block(read=["now", "nowhere"]),
    )
    with pytest.raises(SystemExit):
        tools.tools(Common(), settings(tmp_path, *blocks), "")
    said = capsys.readouterr().err
    assert "no-such-program-7719" in said
    assert "no such tools: nowhere" in said


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
    ],
)
def test_arguments_that_lead_to_the_session_the_history_or_the_config_are_seen(
    tmp_path: Path, arguments: list[str], count: int
) -> None:
    given = [one.format(folder=tmp_path) for one in arguments]
    server = ToolsConfig(name="git", command=("mcp-server-git", *given))
    found = reached(server, settings(tmp_path), tmp_path / "config.toml")
    assert len(found) == count, found


@pytest.mark.parametrize(
    ("program", "offers"),
    [("mcp-server-time", "get_current_time"), ("mcp-server-git", "git_commit")],
)
def test_real_servers_are_listed(tmp_path: Path, capsys: Shown, program: str, offers: str) -> None:
    command = [str(Path(sys.executable).parent / program)]
    block = {"name": "real", "command": command, "read": [offers]}
    tools.tools(Common(json=True), settings(tmp_path, block), "")
    assert offers in [row["tool"] for row in rows(capsys)]
