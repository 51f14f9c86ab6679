"""Rounds of calls: what models write, and what they are told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.rules.tool_rounds import (
    FOUND,
    arguments_of,
    asking_first,
    calls_in,
    fitting,
    schema_of,
    with_found,
    with_ids,
    with_rounds,
)
from userbot.rules.window import estimate
from userbot.types import PromptMessage, ToolCall, ToolRound, ToolSpec

LOOK = ToolSpec("look", "Looks.", {"type": "object", "properties": {"words": {"type": "array"}}})
READ = ToolSpec("read", "Reads.", {"type": "object", "properties": {"message": {}}})
ASKED = (PromptMessage("system", "Be brief."), PromptMessage("user", "when?"))
CALL = ToolCall("a1", "look", '{"words": ["x"]}')
ROUND = ToolRound((CALL,), ("found it",))


@pytest.mark.parametrize(
    ("name", "arguments", "read"),
    [
        ("look", "{}", {}),
        ("look", " ", {}),  # a tool that needs none is called so
        ("look", '{"words": 7}', {"words": 7}),  # the tool's own business
        ("find", "{}", "There are: look, read."),
        ("", "{}", "There are: look, read."),
        ("look", '{"words": ', "no JSON object"),
        ("look", "[]", "no JSON object"),
        ("look", "[" * 100_000, "no JSON object"),
    ],
)
def test_a_calls_arguments_are_read_or_the_model_is_told_what_is_wrong(
    name: str, arguments: str, read: dict[str, int] | str
) -> None:
    found = arguments_of(ToolCall("a", name, arguments), (LOOK, READ))
    assert found == read if isinstance(read, dict) else read in found


@given(st.text(max_size=80))
def test_no_arguments_do_more_than_to_be_refused(text: str) -> None:
    assert isinstance(arguments_of(replace(CALL, arguments=text), (LOOK,)), dict | str)


def test_each_call_has_an_id_of_its_own_that_any_server_takes() -> None:
    calls = [replace(CALL, id=""), CALL, replace(CALL, id="b2"), replace(CALL, id="b2")]
    ids = [call.id for call in with_ids(calls, [ROUND])]
    assert ids[2] == "b2"
    assert len({*ids, "a1"}) == 5
    assert all(len(one) == 9 and one.isalnum() for one in ids if one != "b2")


def test_what_was_found_stands_behind_the_question_or_before_it() -> None:
    behind = with_rounds(ASKED, [ROUND, ROUND], last=True)
    assert [one.role for one in behind[2:]] == ["assistant", "tool"] * 2
    assert (behind[2].content, behind[2].calls) == ("", (CALL,))
    assert (behind[3].content, behind[3].answers) == ("found it", "a1")
    assert behind[5].content.startswith("found it\n\n[Nothing more can be looked up")
    before = with_found(ASKED, [ROUND])
    assert before[0] == ASKED[0]
    assert before[1].content == f"{FOUND}\n\nfound it\n\n[End of what was found]\n\nwhen?"
    assert with_found(ASKED, []) == with_rounds(ASKED, [], last=True) == ASKED


@given(st.lists(st.text(max_size=300), min_size=1, max_size=6), st.integers(0, 300))
def test_what_is_found_takes_no_more_than_its_share(results: list[str], tokens: int) -> None:
    rounds = [ToolRound((CALL,), (result,)) for result in results]
    kept = [one.results[0] for one in fitting(rounds, tokens)]
    note = estimate("\n[The rest was too long and is left out.]") + 1
    assert sum(map(estimate, kept)) <= tokens + note * len(kept)
    if sum(map(estimate, results)) <= tokens:
        assert kept == results


def test_the_longest_is_cut_first_and_at_a_line() -> None:
    line = "a line of some words\n"
    short, long = fitting([ToolRound((CALL, CALL), ("short", line * 100))], 200)[0].results
    assert short == "short"
    assert long.startswith(line)
    assert long.endswith("words\n[The rest was too long and is left out.]")


WORDS = [ToolCall("", "look", '{"words": ["x"]}')]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ('{"calls": [{"name": "look", "arguments": {"words": ["x"]}}]}', WORDS),
        (
            'Sure!\n```json\n{"calls": [{"name": "look", "arguments": {"words": ["x"]}}]}\n```',
            WORDS,
        ),
        ('[{"tool": "look", "args": {"words": ["x"]}}]', WORDS),
        ('{"name": "look", "arguments": "{\\"words\\": [\\"x\\"]}"}', WORDS),
        ('{"function": {"name": "look", "parameters": {"words": ["x"]}}}', WORDS),
        ('{"searches": [{"words": ["x"]}]}', WORDS),
        ('{"words": ["x"]}', WORDS),
        ('I think {this} is it: {"words": ["x"]}', WORDS),
        ('{"calls": []}', []),
        ('{"calls": [7, null, {"name": 3}]}', []),
        ('{"calls": [{"name": "look"}]}', [ToolCall("", "look", "{}")]),
        ('{"answer": "42"}', []),
        ("Nothing has to be looked up.", []),
        ('{"calls": [{"name": "look", "argum', [ToolCall("", "look", "{}")]),
        ('{"calls": [{"name": "look", "arguments": {"words": ["x"], "from": "a \\"quo', WORDS),
        ('{"calls": [{"name": "look", "arguments": {"words": ["x", "y', WORDS),
        ('{"calls": [', []),
        ("[" * 100_000, []),
        ("", []),
    ],
)
def test_calls_are_read_from_what_a_model_wrote_as_json(text: str, calls: list[ToolCall]) -> None:
    assert list(calls_in(text, (LOOK,))) == calls


def test_a_call_without_a_name_is_of_nobody_where_there_are_several_tools() -> None:
    assert calls_in('{"words": ["x"]}', (LOOK, READ)) == ()


def test_a_model_is_asked_for_calls_in_words_and_by_a_schema() -> None:
    asked = asking_first(ASKED, (LOOK, READ))[-1].content
    assert asked.startswith("when?\n\n")
    assert "- look: Looks.\n  words (array): \n- read: Reads.\n  message (any): " in asked
    assert '{"calls": []}' in asked
    for specs in ((LOOK,), (LOOK, READ)):
        schema = json.dumps(schema_of(specs))
        assert schema.count("maxItems") == 2, "the list of calls, and the words of one"
