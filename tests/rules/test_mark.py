"""The mark at an answer's end: where it stands, what it takes, and how it goes again."""

from __future__ import annotations

import pytest

from userbot.rules.mark import first_of, marked, room, unmarked
from userbot.rules.markdown import MESSAGE_UNITS, MOST_MESSAGES, broken_off, render
from userbot.rules.plain import units
from userbot.rules.speech import CAPTION_UNITS, caption_of
from userbot.types import RichText


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        pytest.param("Blue.", "Blue. 🤖", id="a sentence"),
        pytest.param("So:\n```\nx = 1\n```", "So:\nx = 1\n🤖", id="code keeps its lines"),
        pytest.param("He said:\n> no", "He said:\nno\n🤖", id="a quotation, too"),
        pytest.param("a ```b``` c", "a b c 🤖", id="code in a line"),
        pytest.param("Beep 🤖", "Beep 🤖", id="it ends with it anyway"),
        pytest.param("🤖", "🤖 🤖", id="the mark is the answer"),
    ],
)
def test_an_answer_ends_with_its_mark_once(answer: str, shown: str) -> None:
    (text,) = marked(render(answer), "🤖")
    assert text.text == shown
    assert marked((text,), "🤖") == (text,)


@pytest.mark.parametrize("mark", ["🤖", "(AI)", "👩‍💻 by a model"])
@pytest.mark.parametrize("length", range(MESSAGE_UNITS - 25, MESSAGE_UNITS + 3))
def test_it_never_takes_a_message_beyond_its_size(mark: str, length: int) -> None:
    parts = marked(render("x" * length, room=room(mark)), mark)
    assert all(0 < units(one.text) <= MESSAGE_UNITS for one in parts)
    assert [one.text.endswith(mark) for one in parts] == [False] * (len(parts) - 1) + [True]
    assert unmarked("".join(one.text for one in parts), mark) == "x" * length


def test_an_answer_of_too_many_messages_has_room_for_ellipsis_and_mark() -> None:
    parts = render("😀" * 2048 * (MOST_MESSAGES + 2), room=room("🤖"))
    *_full, last = marked(broken_off(parts[:MOST_MESSAGES], room("🤖")), "🤖")
    assert last.text.endswith("😀 … 🤖")
    assert units(last.text) <= MESSAGE_UNITS


def test_of_an_answer_that_is_cut_later_the_first_part_has_it() -> None:
    parts = (RichText("a"), RichText("b"), RichText("c"))
    assert first_of(marked(parts, "🤖"), 2, "🤖") == (RichText("a"), RichText("b 🤖"))
    assert first_of(parts, 2, "🤖") == parts[:2], "it was not at its end"


@pytest.mark.parametrize("mark", ["", "🤖"])
def test_a_caption_counts_it_and_an_empty_one_has_none(mark: str) -> None:
    full = "x" * (CAPTION_UNITS - room(mark))
    assert units(caption_of([RichText(full)], mark).text) == CAPTION_UNITS
    assert caption_of([RichText(f"{full}x")], mark) == RichText("")


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        pytest.param("Blue. 🤖", "Blue.", id="on its line"),
        pytest.param("x = 1\n🤖 ", "x = 1", id="on the next"),
        pytest.param("🤖", "🤖", id="alone"),
        pytest.param("Blue🤖", "Blue🤖", id="a part of a word"),
    ],
)
def test_what_a_model_sees_of_an_answer_is_without_it(text: str, bare: str) -> None:
    assert unmarked(text, "🤖") == bare
    assert unmarked(text, "") == text
