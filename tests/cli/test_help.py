"""`--help`: at once, for every command, whole sentences."""

from __future__ import annotations

import re
import subprocess
from functools import cache

import pytest
from typer.testing import CliRunner

from tests.cli.processes import COMMAND
from userbot import __version__
from userbot.cli import app

NAMES = [command.name or command.callback.__name__ for command in app.registered_commands]  # type: ignore[union-attr]


@cache
def help_of(*command: str) -> str:
    """What `userbot COMMAND --help` prints, 80 columns wide: also what the README is held to."""
    asked = [*command, "--help"]
    ended = CliRunner(env={"COLUMNS": "80"}).invoke(app, asked, prog_name="userbot")
    assert (ended.exit_code, ended.stderr) == (0, "")
    return ended.stdout


def commands() -> dict[str, str]:
    """The commands that `userbot --help` lists, with what it says of each."""
    listed = help_of().partition("Commands:\n")[2]
    return dict(re.findall(r"^  (\w+) +(.+)$", listed, re.MULTILINE))


def test_every_command_is_listed_with_a_whole_sentence() -> None:
    listed = commands()
    assert sorted(listed) == sorted(NAMES)
    assert not [sentence for sentence in listed.values() if not re.search(r"\w\.$", sentence)]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself(name: str) -> None:
    text = help_of(name)
    assert text.startswith(f"Usage: userbot {name} ")
    for flag in ("--config FILE", "--profile NAME", "--plain", "--json", "-v, --verbose", "--help"):
        assert flag in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_version_is_told() -> None:
    asked = [*COMMAND, "--version"]
    ended = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert ended.stdout == f"userbot {__version__}\n"


def test_nothing_asked_shows_the_help_and_is_wrong_usage() -> None:
    ended = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Commands:" in ended.stderr
