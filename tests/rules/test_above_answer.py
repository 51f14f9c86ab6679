"""What stands above an answer: the owner's own prompt, a transcript, a question from elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.questions import ANNA, NOW, OWNER, question
from userbot.rules.above_answer import above_answer, beginning, below_prompt, quotation
from userbot.rules.markdown import render
from userbot.types import Question

OWN = replace(question("what is blue?", sender=OWNER), plain=True)


@pytest.mark.parametrize(
    ("ask", "above"),
    [
        pytest.param(OWN, "what is blue?", id="in place"),
        pytest.param(replace(OWN, text=""), "", id="only the prefix"),
        pytest.param(replace(OWN, plain=False), None, id="media or forwarded"),
        pytest.param(replace(OWN, by_owner=False, sender=ANNA), None, id="another's"),
        pytest.param(replace(OWN, at=NOW - timedelta(hours=46)), OWN.text, id="46 hours"),
        pytest.param(replace(OWN, at=NOW - timedelta(hours=47)), None, id="47 hours"),
        pytest.param(replace(OWN, text="x" * 1024), "x" * 1024, id="a long prompt"),
        pytest.param(replace(OWN, text="x" * 1025), None, id="too long a prompt"),
        pytest.param(replace(OWN, text="🦊" * 513), None, id="too long in UTF-16"),
    ],
)
def test_the_own_message_holds_the_answer_where_it_can(ask: Question, above: str | None) -> None:
    assert above_answer(ask, NOW) == above


@pytest.mark.parametrize("prompt", ["what is blue?", "", "a *b* <c>\n\n1. @d /e"])
def test_the_prompt_is_shown_as_written_and_is_no_part_of_the_answer(prompt: str) -> None:
    (shown,) = render("**Yes.**\n\n> it is", prompt, above=prompt)
    assert shown.text == (f"{prompt}\n\n" if prompt else "") + "Yes.\n\nit is"
    assert below_prompt(replace(OWN, text=prompt), shown.text) == "Yes.\n\nit is"


def test_a_prompt_without_an_answer_is_no_message() -> None:
    assert render("\u200b", "hi", above="hi") == ()


def test_a_transcript_is_a_quotation_and_no_markup() -> None:
    words = "Use *this* `code` [x](http://y.z) # no\n> 1. heading_two"
    (part,) = render(quotation(words))
    assert part.text.strip() == words.replace("\n", "\n")
    assert {entity.kind for entity in part.entities} == {"blockquote"}


@pytest.mark.parametrize(
    ("about", "words", "shown"),
    [
        ("", "", ""),
        ("", " \n", ""),
        ("Club", "where *are*\nthey?", "Club · where *are* they?"),
        ("", "a" * 160, "a" * 160),
        ("", "a" * 161, "a" * 160 + "…"),
        ("", "a" * 159 + "\U0001f1e9\U0001f1ea", "a" * 159 + "…"),  # a flag
    ],
)
def test_a_question_begins_with_its_chat_on_one_short_line(
    about: str, words: str, shown: str
) -> None:
    assert beginning(replace(question(), about_name=about), words) == shown
