from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pace import growth
from userbot.rules import prompt
from userbot.rules.citations import cited, listed, silent, sources_of
from userbot.rules.markdown import render
from userbot.types import Exchange, PromptMessage, Source

DAY = datetime(2026, 3, 12, 18, 30, tzinfo=UTC)


def source(number: int, *, link: bool = True, name: str = "Anna") -> Source:
    address = f"https://t.me/c/100/{number}" if link else ""
    return Source(chat=-100, message=number, person=number, name=name, at=DAY, link=address)


READ = [source(number) for number in range(1, 13)]
NAMED = [source(1, link=False), source(2, link=False, name="Bo*b*")]


def at(shown: int, message: int) -> str:
    return f"[[{shown}]](https://t.me/c/100/{message})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("On Friday [3].", f"On Friday {at(1, 3)}.", id="a number becomes a link"),
        pytest.param(
            "A [3], b [7], a [3].", f"A {at(1, 3)}, b {at(2, 7)}, a {at(1, 3)}.", id="order"
        ),
        pytest.param("A[3][7].", f"A{at(1, 3)}{at(2, 7)}.", id="side by side"),
        pytest.param("A [3] [7] b", f"A {at(1, 3)}{at(2, 7)} b", id="side by side with a space"),
        pytest.param("A [3, 7] b", f"A {at(1, 3)}{at(2, 7)} b", id="a list"),
        pytest.param("A [3;7]", f"A {at(1, 3)}{at(2, 7)}", id="a list by semicolons"),
        pytest.param("A [2–4]", f"A {at(1, 2)}{at(2, 3)}{at(3, 4)}", id="a range"),
        pytest.param("A 【3】", f"A {at(1, 3)}", id="thick brackets"),
        pytest.param("A【3†source】", f"A{at(1, 3)}", id="thick brackets with a word"),
        pytest.param("A [^3]", f"A {at(1, 3)}", id="a footnote"),
        pytest.param("A [#3]", f"A {at(1, 3)}", id="a number sign"),
        pytest.param(r"A \[3\]", f"A {at(1, 3)}", id="escaped"),
        pytest.param("A [ 3 ] b [99 ]", f"A {at(1, 3)} b", id="spaces within"),
        pytest.param("A ［3］", f"A {at(1, 3)}", id="wide brackets"),
        pytest.param("A [3](https://x.org/y)", f"A {at(1, 3)}", id="its own address goes"),
        pytest.param(
            "A [[3]](https://t.me/c/9/9)", f"A {at(1, 3)}", id="its own address in our form goes"
        ),
        pytest.param("A [99].", "A.", id="what was not read goes with the space before"),
        pytest.param("A [3, 99].", f"A {at(1, 3)}.", id="of several only what was read"),
        pytest.param("A [99] b", "A b", id="the space behind stays"),
        pytest.param("A[99]b", "A b", id="two words stay two"),
        pytest.param("[99] b", " b", id="at the beginning"),
        pytest.param("A [[99]](https://t.me/c/100/99)", "A", id="an invented link"),
        pytest.param("A [0].", "A.", id="no message's number"),
        pytest.param("In [2026] it was", "In [2026] it was", id="a year"),
        pytest.param("`a[3]` and [3]", f"`a[3]` and {at(1, 3)}", id="code stays"),
        pytest.param("``a`[3]`` [3]", f"``a`[3]`` {at(1, 3)}", id="code in two marks"),
        pytest.param("```\na[3]\n```\n[3]", f"```\na[3]\n```\n{at(1, 3)}", id="a block of code"),
        pytest.param("a ` b [3]", f"a ` b {at(1, 3)}", id="a lone mark of code"),
        pytest.param("- [ ] do\n- [x] did", "- [ ] do\n- [x] did", id="a list of tasks"),
        pytest.param("(3) and 3", "(3) and 3", id="other numbers"),
        pytest.param("[3]: Anna wrote", f"{at(1, 3)}: Anna wrote", id="a list of sources"),
        pytest.param("[here](https://x.org)", "[here](https://x.org)", id="a link"),
    ],
)
def test_what_a_model_cites_becomes_links(text: str, expected: str) -> None:
    assert cited(text, READ) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("On Friday [1].", "On Friday (Anna, 2026-03-12).", id="one"),
        pytest.param("On Friday[1].", "On Friday (Anna, 2026-03-12).", id="without a space"),
        pytest.param("A [1][2]", r"A (Anna, 2026-03-12; Bo\*b\*, 2026-03-12)", id="two"),
        pytest.param("A [3]", "A", id="not read"),
    ],
)
def test_where_no_link_leads_name_and_day_stand(text: str, expected: str) -> None:
    assert cited(text, NAMED) == expected


def test_a_day_is_written_as_the_language_of_the_answer_does() -> None:
    assert cited("В пятницу [1].", NAMED) == "В пятницу (Anna, 12.03.2026)."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("use a[1] there", "use a[1] there", id="code without marks"),
        pytest.param("see [1](https://x.org)", "see [1](https://x.org)", id="a link of its own"),
        pytest.param("On Friday [1].", "On Friday.", id="a citation of nothing"),
    ],
)
def test_where_nothing_was_read_nothing_is_cited(text: str, expected: str) -> None:
    assert cited(text, []) == expected


@pytest.mark.parametrize(
    "end", [" [", " [1", " [1, ", " [1]", "【3", "【3†sou", " [1](https:", " [[1]](ht"]
)
def test_a_preview_holds_back_half_a_citation(end: str) -> None:
    assert cited(f"On Friday{end}", READ, unfinished=True).startswith("On Friday")
    shown = render(cited(f"On Friday{end}", READ, unfinished=True), unfinished=True)[0].text
    assert shown in ("On Friday", "On Friday [1]")


def test_the_link_is_shown_as_its_number() -> None:
    (shown,) = render(cited("On Friday [3], [7].", READ))
    assert shown.text == "On Friday [1], [2]."
    assert [one.url for one in shown.entities] == ["https://t.me/c/100/3", "https://t.me/c/100/7"]


def test_thousands_of_messages_can_be_cited() -> None:
    many = [source(number) for number in range(1, 2001)]
    assert cited("A [1999], b [2001], c [2].", many) == f"A {at(1, 1999)}, b, c {at(2, 2)}."


def test_what_is_read_aloud_has_no_numbers() -> None:
    assert silent("On Friday [3], or so [4][9].", READ) == "On Friday, or so."


def test_sources_are_listed_in_the_order_in_which_they_are_cited() -> None:
    text = "A [7], `[5]`, b [3] [99]."
    assert [one.message for one in sources_of(text, READ)] == [7, 3]
    assert listed(text, READ) == [f"{at(1, 7)} Anna, 2026-03-12", f"{at(2, 3)} Anna, 2026-03-12"]
    assert listed("Да [1].", NAMED) == ["Anna, 12.03.2026"]


def test_what_was_cited_stays_when_it_is_cited_again_by_nobody() -> None:
    once = cited("On Friday [3], not [9].", READ)
    assert cited(once, []) == once


def test_the_history_has_no_numbers_of_old_answers() -> None:
    exchange = Exchange("Ann", "when?", cited("Friday [3].", READ))
    told = prompt.said_before([exchange], named=False)
    assert told[1] == PromptMessage("assistant", "Friday.")


def test_of_a_thousand_messages_each_can_be_cited() -> None:
    many = [source(number) for number in range(1, 1201)]
    assert cited("A [1100] [1300]", many) == f"A {at(1, 1100)}"


def test_what_is_gone_by_now_is_not_cited() -> None:
    read = [source(1), replace(source(2), message=0, link="")]
    assert cited("A [1], b [2].", read) == f"A {at(1, 1)}, b."
    assert sources_of("A [1], b [2].", read) == [source(1)]


@pytest.mark.parametrize("unfinished", [False, True])
@pytest.mark.parametrize(
    "much", [" ", "[", "[1,", "[1 ", "` `` ", "\\[", "【1†", "a ` b\n", "] (", "word [3] `code` "]
)
def test_what_a_model_repeats_without_end_is_read_at_once(much: str, unfinished: bool) -> None:
    texts = [much * (size // len(much)) for size in (4_000, 40_000)]
    small, large = (partial(cited, text, READ, unfinished=unfinished) for text in texts)
    assert growth(small, large) < 40


@given(st.text(alphabet="[]()【】^#`\\ \n,;–-0123456789aя:/.†", max_size=60), st.booleans())
def test_no_text_names_what_was_not_read(text: str, unfinished: bool) -> None:
    shown = cited(text, READ[:2], unfinished=unfinished)
    links = [e.url for part in render(shown) for e in part.entities if e.url and "t.me" in e.url]
    assert set(links) <= {one.link for one in READ[:2]}
