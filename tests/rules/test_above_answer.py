"""When the owner's own message holds its answer, and what of it is the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.questions import ANNA, NOW, OWNER, question
from userbot.rules.above_answer import above_answer, below_prompt
from userbot.rules.markdown import render
from userbot.types import Question

OWN = replace(question("what is blue?", sender=OWNER), plain=True)


@pytest.mark.parametrize(
    ("ask", "own_prompt", "above"),
    [
        pytest.param(OWN, "edit", "what is blue?", id="in place"),
        pytest.param(OWN, "reply", None, id="not wanted"),
        pytest.param(replace(OWN, text=""), "edit", "", id="only the prefix"),
        pytest.param(replace(OWN, plain=False), "edit", None, id="media or forwarded"),
        pytest.param(replace(OWN, by_owner=False, sender=ANNA), "edit", None, id="another's"),
        pytest.param(replace(OWN, at=NOW - timedelta(hours=46)), "edit", OWN.text, id="46 hours"),
        pytest.param(replace(OWN, at=NOW - timedelta(hours=47)), "edit", None, id="47 hours"),
        pytest.param(replace(OWN, text="x" * 1024), "edit", "x" * 1024, id="a long prompt"),
        pytest.param(replace(OWN, text="x" * 1025), "edit", None, id="too long a prompt"),
        pytest.param(replace(OWN, text="🦊" * 513), "edit", None, id="too long in UTF-16"),
    ],
)
def test_the_own_message_holds_the_answer_where_it_can(
    ask: Question, own_prompt: str, above: str | None
) -> None:
    assert above_answer(ask, own_prompt, NOW) == above


@pytest.mark.parametrize("prompt", ["what is blue?", "", "a *b* <c>\n\n1. @d /e"])
def test_the_prompt_is_shown_as_written_and_is_no_part_of_the_answer(prompt: str) -> None:
    (shown,) = render("**Yes.**\n\n> it is", prompt, above=prompt)
    assert shown.text == (f"{prompt}\n\n" if prompt else "") + "Yes.\n\nit is"
    assert below_prompt(replace(OWN, text=prompt), shown.text) == "Yes.\n\nit is"


def test_a_prompt_without_an_answer_is_no_message() -> None:
    assert render("\u200b", "hi", above="hi") == ()
