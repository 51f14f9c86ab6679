"""Whatever a model writes is rendered: without an error, within the limits, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from userbot.rules.markdown import MESSAGE_ENTITIES, MESSAGE_UNITS, render
from userbot.rules.markdown.parts import visible
from userbot.rules.plain import units
from userbot.types import RichText

PIECES = [
    *"ab.!#>-+*_~`|[]()<>&$^{}\\ \n\t1@/é😀א\u200d\u200b\x00\r\ud83d\ufdd0",
    *["ab ", "c d", "``", "```", "```py\n", "**", "~~", "||", "# ", "> ", "- ", "1. ", "\n\n"],
    *["    ", "](", "![", "[a]: b", "[c]", "<b>", "</b>", "<x", "<br>", "<sup>", "</sup>"],
    *["<code>", "</code>", "<!-- a -->", "&amp;", "$$", "\\(", "\\)", "\\[", "\\]", "@abcd"],
    *["/cmdx", "http://x.yz/@ab", "tg://x", "|---|\n", "| a | b |\n", "---", "===", "[ ] "],
    *["\\frac{a}{b}", "\\sqrt{", "x" * 700, "слово " * 150, "`k` " * 60],
]
anything = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=80).map("".join),
    st.text(max_size=400),
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text of the usual constructs, and every word that a reader has to see, in order."""
    words: list[str] = []

    def word() -> str:
        words.append(f"w{len(words)}x")
        return words[-1]

    def some(least: int = 1, most: int = 6) -> str:
        return " ".join(inline() for _ in range(draw(st.integers(least, most))))

    def inline() -> str:
        kind = draw(st.sampled_from("pppbisScklmuth"))
        return {
            "p": lambda: f"{word()} {word()}",
            "b": lambda: f"**{word()} {word()}**",
            "i": lambda: f"*{word()}* _{word()}_",
            "s": lambda: f"~~{word()}~~",
            "S": lambda: f"||{word()}||",
            "c": lambda: f"`{word()} **{word()}`",
            "k": lambda: f"***{word()}***",
            "l": lambda: f"[{word()} {word()}](https://example.com/a_b)",
            "m": lambda: f"({word()}) {word()}: {word()}.",
            "u": lambda: f"https://{word()}.example/@{word()}",
            "t": lambda: f"<b>{word()}</b> vector<{word()}>",
            "h": lambda: f"@{word()} /{word()}",
        }[kind]()

    def lines(make: Callable[[int], str], most: int = 5) -> str:
        return "\n".join(make(n) for n in range(draw(st.integers(1, most))))

    def code(_: int) -> str:
        return f"  if {word()} < {word()}: @{word()} **not** \\({word()}\\)"

    def block() -> str:
        kind = draw(st.sampled_from("ppphlnqctTdr"))
        return {
            "p": lambda: lines(lambda _: some(1, 12)),
            "h": lambda: "#" * draw(st.integers(1, 6)) + " " + some(),
            "l": lambda: lines(lambda n: "  " * draw(st.integers(0, min(n, 2))) + "- " + some()),
            "n": lambda: lines(lambda n: f"{n + 1}. {some()}"),
            "q": lambda: lines(lambda _: "> " + some()),
            "c": lambda: f"```python\n{lines(code)}\n```",
            "t": lambda: (
                f"| {word()} | {word()} |\n|---|---|\n"
                + lines(lambda _: f"| {word()} | {word()} |")
            ),
            "T": lambda: f"- [ ] {some()}\n- [x] {some()}",
            "d": lambda: f"---\n\n{some()}",
            "r": lambda: f"\\*{word()}\\* {word()}\\_{word()} &lt;{word()}&gt;",
        }[kind]()

    return "\n\n".join(block() for _ in range(draw(st.integers(1, 12)))), words


def check_limits(parts: tuple[RichText, ...]) -> None:
    for part in parts:
        length = units(part.text)
        assert 0 < length <= MESSAGE_UNITS
        assert visible(part.text)
        assert len(part.entities) <= MESSAGE_ENTITIES
        halves = part.text.encode("utf-16-le")
        for entity in part.entities:
            assert 0 <= entity.offset < entity.offset + entity.length <= length
            edge = entity.offset * 2, (entity.offset + entity.length) * 2
            halves[edge[0] : edge[1]].decode("utf-16-le")  # no surrogate pair is halved
        ends: list[int] = []
        for entity in part.entities:  # one lies within the other, or they are apart
            while ends and ends[-1] <= entity.offset:
                ends.pop()
            assert not ends or entity.offset + entity.length <= ends[-1]
            ends.append(entity.offset + entity.length)


def check_anything(markdown: str) -> None:
    for unfinished in (False, True):
        check_limits(render(markdown, "", unfinished=unfinished))


def check_document(document: tuple[str, list[str]]) -> None:
    markdown, words = document
    parts = render(markdown)
    check_limits(parts)
    seen = re.findall(r"w\d+x", "\n".join(part.text for part in parts))
    at = 0
    for word in words:  # a wide table repeats its heading, so that there may be more
        assert word in seen[at:], f"{word} is lost or out of order"
        at = seen.index(word, at) + 1
    half = render(markdown[: len(markdown) // 2], unfinished=True)
    check_limits(half)


SOME = settings(max_examples=150, deadline=None)
TEN_THOUSAND = settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))


@SOME
@given(anything)
def test_any_text_is_rendered_within_the_limits(markdown: str) -> None:
    check_anything(markdown)


@SOME
@given(documents())
def test_no_visible_word_is_lost(document: tuple[str, list[str]]) -> None:
    check_document(document)


@pytest.mark.slow
@TEN_THOUSAND
@given(anything)
def test_ten_thousand_texts_are_rendered_within_the_limits(markdown: str) -> None:
    check_anything(markdown)


@pytest.mark.slow
@TEN_THOUSAND
@given(documents())
def test_of_ten_thousand_documents_no_visible_word_is_lost(
    document: tuple[str, list[str]],
) -> None:
    check_document(document)
