"""The README and docs/ say what is true: commands, links, make targets, the console's words."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tests.config.files import HASH
from userbot.cli import app
from userbot.config import load
from userbot.texts import LOCALE

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RUSSIAN = (DOCS / "README.ru.md").read_text(encoding="utf-8")
COMMANDS = (DOCS / "commands.md").read_text(encoding="utf-8")
BEGIN, END = "<!-- commands -->", "<!-- /commands -->"


def command_table() -> str:
    """The table of commands as the docs should have it."""
    rows = ["| command | does |", "| --- | --- |"]
    for info in app.registered_commands:
        assert info.callback is not None
        name = info.name or info.callback.__name__
        rows.append(f"| `userbot {name}` | {info.short_help} |")
    return "\n".join(rows)


def test_the_commands_are_those_of_the_program() -> None:
    # To write the table anew: python -m tests.test_readme
    assert COMMANDS.split(BEGIN)[1].split(END)[0].strip() == command_table()


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len(README.split()) <= 1200


def found(pattern: str) -> list[object]:
    """What a pattern finds on the pages, each with its page."""
    return [
        pytest.param(page, one, id=f"{page.stem}: {one}")
        for page in PAGES
        for one in sorted(set(re.findall(pattern, page.read_text(encoding="utf-8"))))
    ]


@pytest.mark.parametrize(("page", "target"), found(r"\]\((?!https?:)([^)]+)\)"))
def test_every_file_and_heading_that_is_linked_exists(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    assert file.exists()
    if anchor:
        headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.M)
        assert anchor in {
            re.sub(r"[^\w\- ]", "", one).lower().replace(" ", "-") for one in headings
        }


@pytest.mark.parametrize(("page", "name"), found(r"`(?:userbot/)?([a-z_/]+\.py)`"))
def test_every_module_that_is_named_exists(page: Path, name: str) -> None:
    assert [*(ROOT / "userbot").rglob(name), *ROOT.glob(name)]


@pytest.mark.parametrize(("page", "target"), found(r"(?:`|^)make ([a-z-]+)"))
def test_every_make_target_that_is_named_exists(page: Path, target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


@pytest.mark.parametrize(("page", "name"), found(r"`(?:\.venv/bin/)?userbot ([a-z]+)"))
def test_every_command_that_is_named_exists(page: Path, name: str) -> None:
    assert f"| `userbot {name}` |" in command_table()


def test_what_the_readme_removes_leaves_the_clone_as_it_was_cloned(tmp_path: Path) -> None:
    (command,) = set(re.findall(r"`(git clean [^`]+)`", README + RUSSIAN))
    (tmp_path / "sessions").mkdir()
    for name in (".gitignore", "sessions/README.md"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    git = ("git", "-C", str(tmp_path), "-c", "core.excludesFile=")
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run([*git, *words], check=True)
    for name in ("config.toml", "sessions/me.session", "sessions/history.db-wal", "sessions/x.log"):
        (tmp_path / name).touch()
    subprocess.run([*git, *command.split()[1:]], check=True, stdout=subprocess.DEVNULL)
    left = {str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file()}
    assert {one for one in left if not one.startswith(".git/")} == {
        ".gitignore",
        "sessions/README.md",
    }


TOLD = re.findall(
    r"^\| `(?:[a-z]+(?: …|:) )?(.+?)` \|",
    (DOCS / "troubleshooting.md").read_text(encoding="utf-8"),
    re.M,
)


@cache
def texts() -> list[str]:
    """Whatever the program says, without its particulars."""
    with (LOCALE / "ru/LC_MESSAGES/userbot.po").open("rb") as file:
        return [text for one in read_po(file) for text in re.findall(r"[^{}]+", str(one.id))]


@pytest.mark.parametrize("told", [one for one in TOLD if not one.endswith("…")])
def test_what_the_program_says_is_what_it_says(told: str) -> None:
    words = re.sub(r"^… |\(.*?\)\.?$", "", told).strip()
    assert any(words in text for text in texts())


def recipes(text: str) -> list[str]:
    """A page's pieces of configuration, without their comments."""
    return [re.sub(r"\s*#.*", "", one) for one in re.findall(r"```toml\n(.*?)```", text, re.S)]


@pytest.mark.parametrize("recipe", recipes(README))
def test_every_recipe_is_a_config_that_works(recipe: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[telegram]\napi_id = 94575\napi_hash = "{HASH}"\n{recipe}', "utf-8")
    file.chmod(0o600)
    load(file, None, {"OPENAI_API_KEY": "sk-key"})


def test_the_russian_readme_says_the_same() -> None:
    assert recipes(RUSSIAN) == recipes(README)
    for pattern in (r"^#", r"^[0-9]\. ", r"^ *- ", r"^ *```", r"^\| ", r"^\*\*"):
        assert len(re.findall(pattern, RUSSIAN, re.M)) == len(re.findall(pattern, README, re.M))

    def named(text: str) -> list[str]:
        """Its commands and the files that it links."""
        links = {Path(one.split("#")[0]).name for one in re.findall(r"\]\(([^)]+)\)", text)}
        return sorted({*re.findall(r"`((?:make|userbot|git) [a-z]+|/gpt_\w+)", text)} | links)

    same = {"README.md", "README.ru.md", "", "chat.svg", "console.svg"}
    assert set(named(RUSSIAN)) - same == set(named(README)) - same


if __name__ == "__main__":
    before, rest = COMMANDS.split(BEGIN)
    table = f"{before}{BEGIN}\n{command_table()}\n{END}{rest.split(END)[1]}"
    (DOCS / "commands.md").write_text(table, encoding="utf-8")
    sys.exit(0)
