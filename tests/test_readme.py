"""The README says what is true: its commands are those of `userbot --help`, its links exist."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from userbot.cli import app
from userbot.texts import LOCALE

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
RUSSIAN = (ROOT / "docs" / "README.ru.md").read_text(encoding="utf-8")
BEGIN, END = "<!-- commands -->", "<!-- /commands -->"


def command_table() -> str:
    """The table of commands as the README should have it."""
    rows = ["| command | does |", "| --- | --- |"]
    for info in app.registered_commands:
        assert info.callback is not None
        name = info.name or info.callback.__name__
        rows.append(f"| `userbot {name}` | {info.short_help} |")
    return "\n".join(rows)


def test_the_commands_are_those_of_the_program() -> None:
    # To write the table anew: python -m tests.test_readme
    assert README.split(BEGIN)[1].split(END)[0].strip() == command_table()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_file_that_is_linked_exists(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.parametrize("anchor", sorted(set(re.findall(r"\]\(#([^)]+)\)", README))))
def test_every_heading_that_is_linked_exists(anchor: str) -> None:
    headings = re.findall(r"^#+ (.+)$", README, re.M)
    slugs = {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert anchor in slugs


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z-]+)", README))))
def test_every_make_target_that_is_named_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


TOLD = re.findall(
    r"^\| `(?:[a-z]+(?: …|:) )?(.+?)` \|", README.split("## Troubleshooting")[1], re.M
)


@pytest.mark.parametrize("told", [one for one in TOLD if not one.endswith("…")])
def test_what_the_program_says_is_what_it_says(told: str) -> None:
    with (LOCALE / "ru/LC_MESSAGES/userbot.po").open("rb") as file:
        texts = [text for one in read_po(file) for text in re.findall(r"[^{}]+", str(one.id))]
    words = re.sub(r"^… |\(.*?\)\.?$", "", told).strip()
    assert any(words in text for text in texts)


def rows(text: str) -> list[str]:
    """The first cells of a text's tables, where they name commands."""
    return re.findall(r"^\| (`(?:userbot |/gpt_).*?`) \|", text, re.M)


def test_the_russian_guide_names_the_same_commands() -> None:
    assert sorted(rows(RUSSIAN)) == sorted(rows(README))


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", RUSSIAN))))
def test_every_file_that_the_russian_guide_links_exists(target: str) -> None:
    assert (ROOT / "docs" / target).exists()


if __name__ == "__main__":
    before, rest = README.split(BEGIN)
    text = f"{before}{BEGIN}\n{command_table()}\n{END}{rest.split(END)[1]}"
    (ROOT / "README.md").write_text(text, encoding="utf-8")
    sys.exit(0)
