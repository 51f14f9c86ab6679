"""The pictures of the demo: small, whole, and complete in themselves."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
from rich.console import Console

from userbot.cli.demo_picture import HEIGHT, chat_picture, console_picture
from userbot.sandbox.fixtures import Sandbox
from userbot.sandbox.state import Message


def size(svg: str) -> tuple[int, int]:
    root = ElementTree.fromstring(svg)
    return int(root.attrib["width"]), int(root.attrib["height"])


def words(svg: str) -> list[str]:
    """The lines of text of a picture."""
    every = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(each.itertext()).replace("\xa0", " ") for each in every]


def chat(*texts: str) -> str:
    """A chat where Max writes some texts and then Olga, the owner, answers the last."""
    sandbox = Sandbox()
    owner, other = sandbox.people["olga"], sandbox.people["max"]
    said: list[Message] = [other.says(sandbox.group, text) for text in texts]
    said.append(owner.says(sandbox.group, "That is all.", reply_to=said[-1]))
    return chat_picture("Plans & more", "5 members", said, owner)


@pytest.mark.parametrize("count", [1, 3, 40])
def test_a_chat_is_never_too_high_and_its_newest_message_is_whole(count: int) -> None:
    svg = chat(*(f"Question {number}" for number in range(count)))
    assert size(svg)[1] <= HEIGHT
    assert words(svg)[:2] != words(svg)[-2:]
    assert words(svg)[-2:] == ["Plans & more", "5 members"]
    assert words(svg)[-3] == "That is all."


def test_what_is_long_is_broken_within_its_bubble_and_loses_no_word() -> None:
    text = "several short words and one_that_is_so_long_that_it_is_left_alone " * 9
    svg = chat(text)
    inside = [line for line in words(svg) if not line.endswith("…")]
    assert " ".join(text.split()) in " ".join(" ".join(inside).split())
    assert max(map(len, inside)) < 60


def test_nothing_of_a_message_is_markup_of_the_picture() -> None:
    svg = chat("<script>alert('a & b')</script>")
    assert "<script" not in svg
    assert "<script>alert('a & b')</script>" in words(svg)


def test_the_console_is_never_too_high_and_no_picture_fetches_anything() -> None:
    console = Console(record=True, width=80, file=io.StringIO(), highlight=False)
    for number in range(60):
        console.print(f"line {number}")
    svg = console_picture(console, "userbot run")
    assert size(svg)[1] <= HEIGHT
    assert "line 59" in words(svg)
    for each in (svg, chat("hello")):
        assert not re.findall(r"href=|@import|@font-face|url\((?!#)", each)
