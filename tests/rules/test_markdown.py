"""The model's Markdown as Telegram shows it: what becomes of each construct."""

from __future__ import annotations

import itertools

import pytest

from tests.pace import growth
from userbot.rules.markdown import JOINER, MESSAGE_ENTITIES, MESSAGE_UNITS, broken_off, render
from userbot.rules.plain import units
from userbot.types import Entity, RichText


def shown(markdown: str, asked: str = "", *, unfinished: bool = False) -> tuple[str, list[str]]:
    """The one message that a text makes: its text, and each entity as "kind:what it covers"."""
    (message,) = render(markdown, asked, unfinished=unfinished, inert=None)
    return message.text, [named(entity, message.text) for entity in message.entities]


def named(entity: Entity, text: str) -> str:
    data = text.encode("utf-16-le")
    covered = data[entity.offset * 2 : (entity.offset + entity.length) * 2].decode("utf-16-le")
    more = entity.url or entity.language
    return f"{entity.kind}:{covered}" + (f"={more}" if more else "")


@pytest.mark.parametrize(
    ("markdown", "text", "entities"),
    [
        ("# Head\n\nText", "Head\nText", ["bold:Head"]),
        ("Head\n====\nText", "Head\nText", ["bold:Head"]),
        ("# A **bold** head", "A bold head", ["bold:A bold head"]),
        ("**b** *i* ~~s~~ `c`", "b i s c", ["bold:b", "italic:i", "strikethrough:s", "code:c"]),
        ("**bold _both_**", "bold both", ["bold:bold both", "italic:both"]),
        ("*a **b** c*", "a b c", ["italic:a b c", "bold:b"]),
        ("||secret||", "secret", ["spoiler:secret"]),
        ("||a **b** c||", "a b c", ["spoiler:a b c", "bold:b"]),
        ("**a ||b** c||", "a b c", ["bold:a b", "spoiler:b", "spoiler:c"]),
        ("a || b || c", "a || b || c", []),
        ("`a || b` ||c||", "a || b c", ["code:a || b", "spoiler:c"]),
        ("**a `c` b**", "a c b", ["bold:a", "code:c", "bold:b"]),
        ("- a\n- b\n  - c\n    - d", "• a\n• b\n  ◦ c\n    ▪ d", []),
        ("1. a\n2. b\n\n   more", "1. a\n2. b\n\n  more", []),
        ("3) a\n4) b", "3. a\n4. b", []),
        ("- [x] done\n- [ ] open", "☑ done\n☐ open", []),
        ("Intro:\n- a\n\nOutro", "Intro:\n• a\n\nOutro", []),
        ("> quote\n> more\n\nafter", "quote\nmore\n\nafter", ["blockquote:quote\nmore"]),
        ("> a\n> > b", "a\nb", ["blockquote:a\nb"]),
        (
            "> a\n> ```\n> c\n> ```\n> b",
            "a\nc\nb",
            ["blockquote:a", "pre:c", "blockquote:b"],
        ),
        ("```python\nx = 1\n```", "x = 1", ["pre:x = 1=python"]),
        ("```py title.py\nx\n```", "title.py\nx", ["pre:x=py"]),
        ("    indented", "indented", ["pre:indented"]),
        ("a\n***\nb", "a\n———\nb", []),
        ("line\nnext  \nhard", "line\nnext\nhard", []),
        ("[t](https://a.b)", "t", ["text_link:t=https://a.b"]),
        ("[t](www.a.b)", "t", ["text_link:t=http://www.a.b"]),
        ("[**t**](https://a.b)", "t", ["bold:t", "text_link:t=https://a.b"]),
        ("[`t`](https://a.b)", "t", ["text_link:t=https://a.b"]),
        ("[](https://a.b)", "https://a.b", ["text_link:https://a.b=https://a.b"]),
        ("<https://a.b>", "https://a.b", []),
        ("[r][1]\n\n[1]: https://a.b", "r", ["text_link:r=https://a.b"]),
        ("[1]: https://a.b", "[1]: https://a.b", []),
        ("see [t](./local.md)", "see t", []),
        ("see [t](tg://user?id=1)", "see t", []),
        ("see tg://user?id=1", f"see tg:{JOINER}//user?id=1", []),
        ("see [t](javascript:alert(1))", "see t", []),
        ("![a cat](https://a.b/c.png)", "a cat (https://a.b/c.png)", []),
        ("![](https://a.b/c.png)", "https://a.b/c.png", []),
        ("![a cat](tg://x)", "a cat", []),
        ("$x^2 + y_1 \\leq \\frac{a}{b}$", "x² + y₁ ≤ a/b", []),
        ("\\(x^2\\) and \\[y^2\\]", "x² and y²", []),
        ("`\\(x^2\\)`", "\\(x^2\\)", ["code:\\(x^2\\)"]),
        ("$5 to $10, or $5-$10", "$5 to $10, or $5-$10", []),
        ("\\sqrt $\\sqrt{x+1}$", "\\sqrt √(x+1)", []),
        ("vector<int> and <div>", "vector<int> and <div>", []),
        ("`a<b>c</b>`", "a<b>c</b>", ["code:a<b>c</b>"]),
        ("<b>x</b> 10<sup>-3</sup> H<sub>2</sub>O a<br>b", "x 10⁻³ H2O a\nb", ["bold:x"]),
        ("<b>never closed", "<b>never closed", []),
        ("<!-- a --> b", "<!-- a --> b", []),
        ("<div>\n**b**\n</div>", "<div>\nb\n</div>", ["bold:b"]),
        ("a &lt; b &amp; c \\* d", "a < b & c * d", []),
        ("about ~5 km, ~6 km", "about ~5 km, ~6 km", []),
        ("snake_case_name 2 * 3 * 4", "snake_case_name 2 * 3 * 4", []),
        ("שלום **עולם**", "שלום עולם", ["bold:עולם"]),
        ("👩‍👩‍👧 **да**", "👩‍👩‍👧 да", ["bold:да"]),
    ],
)
def test_what_becomes_of_a_construct(markdown: str, text: str, entities: list[str]) -> None:
    assert shown(markdown) == (text, entities)


def test_a_table_that_fits_a_phone_is_aligned() -> None:
    text, entities = shown("| Имя | n |\n|---|--:|\n| 日本 | **1** |\n| `b` | 22 |")
    assert text.split("\n") == ["Имя  │  n", "─────┼───", "日本 │  1", "b    │ 22"]
    assert [entity.partition(":")[0] for entity in entities] == ["pre"]


def test_a_wide_table_becomes_a_list_of_its_rows() -> None:
    wide = "a rather long text that no phone shows in one line"
    text, entities = shown(f"| City | Why |\n|---|---|\n| Rome | {wide} |\n| Bonn | `x` |")
    assert text == f"City · Why\nRome\n  Why: {wide}\nBonn\n  Why: x"
    assert entities == ["italic:City · Why", "bold:Rome", "bold:Bonn", "code:x"]


def test_links_in_a_table_can_be_followed() -> None:
    _, entities = shown("| A | B |\n|---|---|\n| x | [y](https://a.b) |")
    assert "text_link:y=https://a.b" in entities


def test_a_cell_too_many_is_not_lost() -> None:
    assert "surplus" in shown("| A |\n|---|\n| x | surplus |")[0]


@pytest.mark.parametrize(
    ("markdown", "asked", "text"),
    [
        ("@everyone look", "", f"@{JOINER}everyone look"),
        ("@Max_M look", "tell @max_m", "@Max_M look"),
        ("/ban now", "", f"/{JOINER}ban now"),
        ("run /ban@bot", "", f"run /{JOINER}ban@bot"),
        ("run /start", "what does /start do?", f"run /{JOINER}start"),
        ("/usr/bin and/or a@b.com", "", f"/{JOINER}usr/bin and/or a@b.com"),
        ("https://medium.com/@name/x", "", "https://medium.com/@name/x"),
        ("http://local/@name", "", f"http://local/@{JOINER}name"),
        ("https://a.org,@name", "", f"https://a.org,@{JOINER}name"),
        ("https://a.org:80|@name", "", f"https://a.org:80|@{JOINER}name"),
        ("https://a.org?by=@name", "", "https://a.org?by=@name"),
        ("(@name) **@name**", "", f"(@{JOINER}name) @{JOINER}name"),
        ("1/2 and @ 5", "", "1/2 and @ 5"),
        ("[@name](https://a.b)", "", f"@{JOINER}name (https://a.b)"),
    ],
)
def test_names_and_commands_that_the_asker_did_not_write_are_inert(
    markdown: str, asked: str, text: str
) -> None:
    assert shown(markdown, asked)[0] == text


def test_in_code_names_stay_as_they_are() -> None:
    assert shown("`@property` and\n```\n@app.get\n/start\n```\n@x1")[0] == (
        f"@property and\n@app.get\n/start\n@{JOINER}x1"
    )


@pytest.mark.parametrize("nothing", ["", "  \n", "\u200b", "[]()", "\u2060\n"])
def test_what_shows_nothing_makes_no_message(nothing: str) -> None:
    assert render(nothing) == ()


@pytest.mark.parametrize(
    ("written", "text", "entities"),
    [
        ("a **bo", "a bo", ["bold:bo"]),
        ("a **b _c", "a b c", ["bold:b c", "italic:c"]),
        ("a **", "a", []),
        ("a **b** c", "a b c", ["bold:b"]),
        ("a `co", "a co", ["code:co"]),
        ("a `", "a", []),
        ("a ||sec", "a sec", ["spoiler:sec"]),
        ("a ~~go", "a go", ["strikethrough:go"]),
        ("a [te", "a te", []),
        ("a [text](https://exa", "a text", []),
        ("a [text](https://a.b)", "a text", ["text_link:text=https://a.b"]),
        ("a ![al](http", "a al", []),
        ("a\n- ", "a", []),
        ("a\n\n## ", "a", []),
        ("a\n```", "a", []),
        ("```py\nx = 1", "x = 1", ["pre:x = 1=py"]),
        ("```py\nx = 1\n``", "x = 1", ["pre:x = 1=py"]),
        ("a\n\n| b | c", "a", []),
        ("a\n\n| b | c |\n|--", "a", []),
        ("a\n\n| b | c |\n|---|---|\n| 1", "a\n\nb │ c\n──┼──\n1 │", ["pre:b │ c\n──┼──\n1 │"]),
        ("a $$\\frac{x", "a", []),
        ("a \\(x^", "a", []),
        ("2 * 3 and snake_case", "2 * 3 and snake_case", []),
        ("* item **b", "• item b", ["bold:b"]),
        ("1. a\n2", "1. a", []),
        ("a\n> ", "a", []),
    ],
)
def test_half_finished_markdown_looks_sane(written: str, text: str, entities: list[str]) -> None:
    assert shown(written, unfinished=True) == (text, entities)


def test_a_preview_never_shows_a_marker_that_its_end_will_not() -> None:
    whole = (
        "# Plan\n\nSee **the _very_ long** list, `code` and [docs](https://a.b/c) ||now||:\n\n"
        "- **one**: x\n- two\n\n```py\na = '**'\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    end = "".join(part.text for part in render(whole))
    for length in range(1, len(whole)):
        for part in render(whole[:length], unfinished=True):
            for marker in ("**", "_", "~~", "`", "||", "](", "#", "|"):
                assert part.text.count(marker) <= end.count(marker), (whole[:length], part.text)


def long_paragraphs(count: int, words: int = 80) -> str:
    numbers = itertools.count()
    return "\n\n".join(
        " ".join(f"слово{next(numbers)}" for _ in range(words)) for _ in range(count)
    )


@pytest.mark.parametrize(
    "separator",
    [
        pytest.param("\n\n", id="paragraphs"),
        pytest.param("\n", id="lines"),
        pytest.param(" ", id="words"),
    ],
)
def test_long_answers_are_cut_where_it_hurts_least(separator: str) -> None:
    text = separator.join(long_paragraphs(1, 40) for _ in range(30))
    parts = render(text)
    assert len(parts) > 2
    assert separator.join(part.text for part in parts) == text


def test_a_word_longer_than_a_message_is_cut_between_characters() -> None:
    family = "👨‍👩‍👧‍👦"
    parts = render("x" + family * 1000)
    assert "".join(part.text for part in parts) == "x" + family * 1000
    assert all(part.text.endswith("👦") for part in parts)
    assert all(units(part.text) <= MESSAGE_UNITS for part in parts)


def test_code_that_is_cut_is_code_in_both_messages_with_its_indent() -> None:
    code = "\n".join(f"    line_{n} = '{'x' * 20}'" for n in range(200))
    parts = render(f"Look:\n```python\n{code}\n```\nDone.")
    assert len(parts) == 2
    for part in parts:
        (pre,) = part.entities
        assert (pre.kind, pre.language) == ("pre", "python")
    assert parts[0].text + "\n" + parts[1].text == f"Look:\n{code}\nDone."
    assert parts[1].entities[0].offset == 0


def test_more_than_100_entities_go_on_in_a_further_message_and_none_is_lost() -> None:
    parts = render(" ".join(f"**b{n}** w" for n in range(250)))
    assert [len(part.entities) for part in parts] == [100, 100, 50]
    assert " ".join(part.text for part in parts) == " ".join(f"b{n} w" for n in range(250))


def test_a_growing_answer_keeps_the_messages_that_are_full() -> None:
    text = long_paragraphs(20)
    whole = render(text)
    for length in range(len(text) // 2, len(text), 97):
        parts = render(text[:length], unfinished=True)
        assert parts[:-1] == whole[: len(parts) - 1]


def test_an_answer_that_broke_off_ends_with_an_ellipsis_within_the_limit() -> None:
    assert broken_off((RichText("a"), RichText("b"))) == (RichText("a"), RichText("b …"))
    (full,) = broken_off((RichText("😀" * 2048, (Entity("bold", 0, 4096),)),))
    assert units(full.text) <= MESSAGE_UNITS
    assert full.text.endswith("😀 …")
    assert full.entities[0].length == units(full.text) - 2


def test_limits_are_telegrams() -> None:
    assert (MESSAGE_UNITS, MESSAGE_ENTITIES) == (4096, 100)


@pytest.mark.parametrize(
    "markdown",
    [
        "||a " * 1_500,
        "*a __b ~~c ||d " * 400,
        "\\( " * 2_000,
        "\\[x " * 1_500,
        "<b>a</i>" * 800,
    ],
)
def test_a_long_answer_takes_time_by_its_length_and_not_by_its_square(markdown: str) -> None:
    assert growth(lambda: render(markdown), lambda: render(markdown * 10)) < 40
