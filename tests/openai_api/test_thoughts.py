"""What of a text is no answer: thoughts, channels and the ends of turns, in whatever pieces."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pace import growth
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.reading import AnswerReader
from userbot.openai_api.thoughts import ThoughtFilter
from userbot.sandbox.endpoint import Endpoint, Reply
from userbot.settings import OpenAIConfig
from userbot.types import Delta

from .test_chat import REQUEST

CASES = [
    ("Hello.", "Hello."),
    ("<think>hm</think>Hello.", "Hello."),
    ("\n<think>\nhm\n</think>\n\nHello.", "Hello."),
    ("<Thinking>a < b</thinking> Hello.", "Hello."),
    ("<think>a</think><think>b</think>Hello.", "Hello."),
    ("<think></think>\n\nHello.", "Hello."),
    ("<think>never ends", ""),
    ("Use <think>x</think>.", "Use <think>x</think>."),
    ("<thin", "<thin"),
    ("<b>bold</b>", "<b>bold</b>"),
    ("  indented", "  indented"),
    ("hm, I wonder\n</think>\n\nHello.", "Hello."),
    ("hm.</think>Hello.", "Hello."),
    ("</think>Hello", "Hello"),
    ("<think a=\"b\" c='d'>hm</think>Hello", "Hello"),
    ("<think>a<think>b</think>c</think>Hello", "Hello"),
    ("<think>I use <think> tags</think>Hello", "Hello"),
    ("<thought>x</thought>Hello", "Hello"),
    ("<reflection>x</reflection>\nHello", "Hello"),
    ("<scratchpad>x</scratchpad>Hello", "Hello"),
    ("<inner_monologue>x</inner_monologue>Hello", "Hello"),
    ("<seed:think>x</seed:think>Hello", "Hello"),
    ("[THINK]x[/THINK]Hello", "Hello"),
    ("[think]x[/think]Hello", "Hello"),
    ("[Thinking] about it", "[Thinking] about it"),
    ("[reasoning](http://x) is", "[reasoning](http://x) is"),
    ("◁think▷x◁/think▷Hello", "Hello"),
    (
        "<|begin_of_thought|>x<|end_of_thought|>\n<|begin_of_solution|>Hello<|end_of_solution|>",
        "Hello",
    ),
    ("<|START_THINKING|>x<|END_THINKING|><|START_RESPONSE|>Hello<|END_RESPONSE|>", "Hello"),
    (
        "<|channel|>analysis<|message|>x<|end|><|start|>assistant<|channel|>final<|message|>Hello<|return|>",
        "Hello",
    ),
    ("<|channel|>analysis We think<|end|><|channel|>final Hello", "Hello"),
    ("<|channel|>analysis<|message|>x<|channel|>final<|message|>Hello", "Hello"),
    (
        "<|channel|>commentary to=x<|message|>{}<|call|><|channel|>final<|message|>Hello",
        "Hello",
    ),
    ("<|start|>assistant<|channel|>final<|message|>Hello", "Hello"),
    ("analysisWe need to greet.assistantfinalHello", "Hello"),
    ("analysisWe know", "analysisWe know"),
    ("analysis of x", "analysis of x"),
    ("Analysis: x", "Analysis: x"),
    ("<|channel>thought\nhm\n<channel|>Hello", "Hello"),
    ("Sure! <think>hm</think>Hello", "Sure! Hello"),
    ("Sure.\n<think>\nhm\n</think>\nHello", "Sure.\n\nHello"),
    ("Okay.\n<think>hm", "Okay.\n"),
    ("Hello<|im_end|>", "Hello"),
    ("Hello.</s>", "Hello."),
    ("Hello<|eot_id|>", "Hello"),
    ("Hello.<end_of_turn>\n", "Hello.\n"),
    ("Hello<｜end▁of▁sentence｜>", "Hello"),
    ("Hello <|im_end|>", "Hello "),
    ("Hello<|im_end|>\n<|im_start|>user\nWhat?", "Hello\n"),
    ("<|im_start|>assistant\nHello", "Hello"),
    ("Hello<end_of_turn>\n<start_of_turn>user\nhm", "Hello\n"),
    ("Hi<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nx", "Hi"),
    (
        "The token <|im_end|> ends a turn, `</s>` too.",
        "The token <|im_end|> ends a turn, `</s>` too.",
    ),
    (
        "```\n<think>x</think>\n<|im_end|>\n```\nDone.",
        "```\n<think>x</think>\n<|im_end|>\n```\nDone.",
    ),
    ("`<think>` opens and `</think>` closes.", "`<think>` opens and `</think>` closes."),
    ("<think>mention `</think>` here</think>Hello", "Hello"),
    ("The closing tag is </think> and so on", "The closing tag is </think> and so on"),
    ("<s>old</s> new", "<s>old</s> new"),
    ("a < b and c > d", "a < b and c > d"),
    ("vector<int> x", "vector<int> x"),
    ("<think>x</think><answer>42</answer>", "42"),
    ("<think>x</think>\n\n<answer>\n42\n</answer>", "42\n"),
    (
        '<details type="reasoning" done="true">\n<summary>Thought</summary>\nx\n</details>\nHello',
        "Hello",
    ),
    (
        "Hi.\n<details><summary>More</summary>x</details>\nend",
        "Hi.\n<details><summary>More</summary>x</details>\nend",
    ),
    ('"<|im_end|>" is a token', '"<|im_end|>" is a token'),
    ("~~~xml\n</think>\n~~~\nend", "~~~xml\n</think>\n~~~\nend"),
    ("<|assistant|>Hello<|user|>x", "Hello"),
    ("x = a[think]", "x = a[think]"),
    ("<analysis>deep</analysis>\nHello", "Hello"),
]


def answer(pieces: list[str], *, aloud: bool = False) -> tuple[str, list[str]]:
    """The answer that is left at the end, and what was withdrawn on the way."""
    thoughts, left, withdrawn = ThoughtFilter(aloud=aloud), "", []
    for piece in [*pieces, None]:
        given = thoughts.rest() if piece is None else thoughts.feed(piece)
        if thoughts.withdrawn:
            withdrawn.append(left)
            left, thoughts.withdrawn = "", False
        left += given
    return left, withdrawn


def divided(text: str) -> Iterator[list[str]]:
    """A text in two pieces, everywhere, and in any number of them, a hundred times."""
    dice, places = random.Random(text), range(len(text) + 1)
    several = [sorted(dice.sample(places, dice.choice(places))) for _ in range(100)]
    for cuts in [[at] for at in places] + several:
        yield [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@pytest.mark.parametrize(("text", "left"), CASES)
def test_a_thought_in_any_pieces_is_no_answer(text: str, left: str) -> None:
    for pieces in divided(text):
        assert answer(pieces)[0] == left, pieces


@pytest.mark.parametrize(("text", "left"), CASES)
def test_a_thought_letter_by_letter_is_no_answer(text: str, left: str) -> None:
    assert answer([text])[0] == answer(list(text))[0] == left


@given(st.lists(st.sampled_from([*"ab <>|/[]`\n.", "<think>", "</think>", "<|end|>", "```\n"])))
def test_any_text_gives_the_same_in_one_piece_and_in_letters(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert answer([text])[0] == answer(list(text))[0]


def test_what_was_shown_before_a_lone_closing_mark_is_withdrawn() -> None:
    assert answer(["I wonder", " what\n", "</think>", "\nHello"]) == ("Hello", ["I wonder what\n"])


def test_a_model_known_to_think_aloud_shows_nothing_before_its_thought_ends() -> None:
    assert answer(["I wonder", " what\n", "</think>", "\nHello"], aloud=True) == ("Hello", [])
    assert answer(["Just", " this"], aloud=True) == ("Just this", [])


def test_a_thought_of_any_length_holds_nothing_up_and_keeps_little() -> None:
    thoughts = ThoughtFilter()
    thoughts.feed("<think>")
    for _ in range(10_000):
        assert thoughts.feed("hm, ") == ""
    assert len(thoughts._held) < 20
    assert thoughts.feed("</think>Hello") + thoughts.rest() == "Hello"


def test_words_are_given_at_once() -> None:
    thoughts = ThoughtFilter()
    assert [thoughts.feed(word) for word in ("Hello", " there,", " 2 > 1")] == [
        "Hello",
        " there,",
        " 2 > 1",
    ]


@pytest.mark.parametrize("piece", ["<a ", "`a ", "[a", "<think>", "</think>x\n", "< |"])
def test_it_takes_time_by_the_length(piece: str) -> None:
    def read(times: int) -> None:
        answer([piece] * times)

    assert growth(lambda: read(500), lambda: read(5_000)) < 40


async def test_a_model_that_thinks_aloud_over_sockets() -> None:
    """The first answer withdraws its thought; from the second on it is not shown at all."""
    pieces = ("I wonder", " about that.\n", "</think>\n\n", "Hello.")
    endpoint = Endpoint()
    await endpoint.start()
    endpoint.responder = lambda _: Reply("".join(pieces), chunks=pieces, delay=0.01)
    chat = OpenAIChat(OpenAIConfig(api_key="sandbox-key", base_url=endpoint.base_url))
    told = [[one async for one in chat.stream(REQUEST) if isinstance(one, Delta)] for _ in range(2)]
    await chat.aclose()
    await endpoint.stop()
    first, second = told
    assert any(delta.withdrawn for delta in first)
    assert "".join(delta.text for delta in second) == "Hello."
    assert not any(delta.withdrawn for delta in second)


def test_a_withdrawn_text_is_counted_as_thought() -> None:
    reader = AnswerReader("m")
    deltas = [
        delta
        for text in ("I wonder.\n", "</think>", "Hi")
        for delta in reader.feed(
            b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"
        )
    ]
    deltas += reader.end()
    assert sum(delta.thought for delta in deltas) >= len("I wonder.\n")
