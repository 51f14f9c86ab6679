"""`--help`: at once, for every command, whole sentences."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

import pytest
from typer.testing import CliRunner

from tests.cli.house import House
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


async def test_in_a_narrow_terminal_lines_of_the_help_end_between_words(house: House) -> None:
    for arguments in (["--help"], ["history", "--help"]):
        screen = await house.terminal(*arguments, columns=40)
        assert await screen.ends() == 0
        lines = [line.rstrip() for line in screen.plain.splitlines()]
        assert not [one for one in lines if len(one) > 40 and " " in one.strip()]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_examples_and_its_own_options_first(name: str) -> None:
    text = help_of(name)
    examples = text.partition("\nExamples:\n")[2]
    assert f"userbot {name}" in examples
    own, _, common = text.partition("\nCommon options:\n")
    assert "--profile" not in own
    assert "--profile" in common
    assert not re.search("<[a-z]+( range)?>", text), (
        "no type is named where a word can say what it is"
    )
    assert "..." not in text.replace("[TEXT]...", "").replace("[WORD]...", "")


@pytest.mark.parametrize("name", NAMES)
def test_help_with_a_name_is_the_help_of_that_command(name: str) -> None:
    ended = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["help", name], prog_name="userbot")
    assert (ended.exit_code, ended.stdout) == (0, help_of(name))


def test_help_alone_lists_the_commands_and_a_misspelled_one_is_guessed() -> None:
    runner = CliRunner(env={"COLUMNS": "80"})
    assert runner.invoke(app, ["help"], prog_name="userbot").stdout == help_of()
    ended = runner.invoke(app, ["help", "histroy"])
    assert ended.exit_code == 2
    assert "Did you mean history?" in ended.stderr


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_told(flag: str) -> None:
    asked = [*COMMAND, flag]
    ended = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert ended.stdout == f"userbot {__version__}\n"


def test_nothing_asked_shows_the_help_and_is_wrong_usage() -> None:
    ended = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Commands:" in ended.stderr


def test_the_list_of_commands_is_there_without_the_values_that_the_program_works_with() -> None:
    values = "{'userbot.types', 'userbot.events', 'userbot.settings'}"
    asked = f"import sys, userbot.cli.commands; print(sorted(sys.modules.keys() & {values}))"
    ended = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "[]\n"
