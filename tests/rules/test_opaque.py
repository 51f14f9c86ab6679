"""What is not Markdown stays as it was written: money, formulas, addresses, paths, arithmetic."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pace import growth
from tests.rules.test_markdown import shown
from userbot.rules.markdown import JOINER, render

SAME = [
    "A: 999$, B: 799$",
    "PATH=$HOME/bin:$PATH",
    "?$filter=a&$top=5",
    "US$5, $5–$10, A$7, R$ 10, $1,000.50, 50$-60$ and $2 million",
    "$5/mo vs $10/mo, $5M–$10M, (5$) and ($6), $AAPL, $TSLA",
    "$HOME/$USER, ${HOME}/${USER}, $(date) $(pwd), $1 $2, $_ $!, a$b$c",
    'echo "$@" "$?" $$, kill $$',
    "awk '{print $1, $2}' a.txt",
    '{"$gt": 5, "$lt": 10, "$ref": "x"}',
    "$.a[0], $.store.book[*].author and $..price",
    "^[a-z]+$|^[0-9]+$ and ^.*foo.*$ and (.*) or (.+)*",
    r"\d+\.\d* and s/\(foo\)/\1/g and \w*\s*",
    "https://ex.com/src/__init__.py",
    "https://ex.com/a*b*c?x=_y_&z=~w~",
    "app/__init__.py and src/**/*.py, lib/**/*.js",
    "*.py, *.js, *_test.go, file*.txt, *.tar.*, *.*",
    "ls *.txt *.md; rm -rf build/* dist/*",
    r"C:\Users\_me\*.*, D:\*\x_y\ and \\server\share\_x_",
    "first_name_x@exa_mple.com and _a_@c_d_.org",
    "__init__, __name__ and obj.__class__.__name__, __attribute__((packed)), __VA_ARGS__",
    "a||b and c||d, first||' '||last, 'x'||name||'y', f(a)||(b)||[c]",
    "SELECT COUNT(*), t.* FROM a_b AS t WHERE a = '*' AND b * c > 5",
    "3*4*5 and 2**3 or 2**4, x**2 + y**2, 2*(3+4)*5, a*b*c, длина*ширина*высота",
    "int *p = *q * *r; char **argv, (*a)*(*b), x*(y+z)*w",
    "The *args and **kwargs; f(*args, **kwargs); {**a, **b}; [*a, *b]",
    "5~10元，20~30元, about ~5 km, ~6 km",
    "x_i^2, a_{ij}, H_2O and snake_case_name",
    "text[^1] more\n\n[^1]: the note",
    "价格是$5到$10, 3*4*5",
    "1 * 2 * 3, a - b - c, 2 < 3 > 1 && x | y",
]


@pytest.mark.parametrize("text", SAME)
def test_what_is_not_markdown_stays_to_the_letter(text: str) -> None:
    # A word before it: a message that begins with a mark would get one, so as to command nobody.
    assert shown(f"So {text}") == (f"So {text}", [])


@pytest.mark.parametrize(
    ("markdown", "text", "entities"),
    [
        ("From **$5** to **$10**.", "From $5 to $10.", ["bold:$5", "bold:$10"]),
        ("**Важно:**текст", "Важно:текст", ["bold:Важно:"]),
        ("**「A」**な", "「A」な", ["bold:「A」"]),
        ("これは**「A」**な", "これは「A」な", ["bold:「A」"]),
        (
            "これは*強調*です。**注意：**必ず",
            "これは強調です。注意：必ず",
            ["italic:強調", "bold:注意："],
        ),
        (
            '것은 **"안녕"**이다. **굵게**는',
            '것은 "안녕"이다. 굵게는',
            ['bold:"안녕"', "bold:굵게"],
        ),
        ("הוא **חשוב:**טקסט", "הוא חשוב:טקסט", ["bold:חשוב:"]),
        ("كلمة **مهمة:**نص", "كلمة مهمة:نص", ["bold:مهمة:"]),
        ("**(x)**y and **S**tructured", "(x)y and Structured", ["bold:(x)", "bold:S"]),
        ("Haus**tür**en", "Haustüren", ["bold:tür"]),
        ("请看**src/main.py**文件", "请看src/main.py文件", ["bold:src/main.py"]),
        ("**see src/**/*.py now**", "see src/**/*.py now", ["bold:see src/**/*.py now"]),
        ("**Да**/**Нет**, *a*/*b*", "Да/Нет, a/b", ["bold:Да", "bold:Нет", "italic:a", "italic:b"]),
        (
            "**/api/users** is **.gitignore**d",
            "/api/users is .gitignored",
            ["bold:/api/users", "bold:.gitignore"],
        ),
        ("**https://a.b/c_d**", "https://a.b/c_d", ["bold:https://a.b/c_d"]),
        ("[a_b](https://x.y/_c_)", "a_b", ["text_link:a_b=https://x.y/_c_"]),
        ("__bold text__ and __Note__: x", "bold text and Note: x", ["bold:bold text", "bold:Note"]),
        ("~~old~~ ~5 to ~6", "old ~5 to ~6", ["strikethrough:old"]),
        ("これ||秘密||です (||y||)", "これ秘密です (y)", ["spoiler:秘密", "spoiler:y"]),
        ("`a||b` and `x*y` **c**", "a||b and x*y c", ["code:a||b", "code:x*y", "bold:c"]),
        ("$x_1, x_2$, $n$ of $\\$5$ and $100$", "x₁, x₂, n of $5 and 100", []),
        ("cost is $5 and x is $y$", "cost is $5 and x is y", []),
        ("设$x^2$为 $$y^2$$", "设x²为 y²", []),
        ("$$\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}$$", "a = b\nc = d", []),
        ("\\[not a link\\] \\*x\\* snake\\_case", "[not a link] *x* snake_case", []),
        ("1. a\n3. b\n7. c", "1. a\n3. b\n7. c", []),
        ("1. a\n1. b\n1. c", "1. a\n2. b\n3. c", []),
    ],
)
def test_what_is_markdown_formats_beside_it(markdown: str, text: str, entities: list[str]) -> None:
    if "/api" in text:
        text = text.replace("/api", f"/{JOINER}api")
        entities = [entity.replace("/api", f"/{JOINER}api") for entity in entities]
    assert shown(markdown) == (text, entities)


def test_a_bar_in_code_does_not_end_a_cell() -> None:
    assert "x|y" in shown("| a | b |\n|---|---|\n| `x|y` | 2 |")[0].split(" │ ")[1]


@pytest.mark.parametrize(
    ("markdown", "codes"),
    [
        pytest.param(
            "```markdown\n# T\n```python\nx\n```\nend\n```\nafter",
            ["# T\n```python\nx\n```\nend"],
            id="a language within Markdown",
        ),
        pytest.param(
            "```md\nUse:\n\n```\nnpm i\n```\n\nDone.\n```",
            ["Use:\n\n```\nnpm i\n```\n\nDone."],
            id="a bare fence within Markdown",
        ),
        pytest.param(
            "```md\n# x\n```\n\ntext\n\n```\ny\n```", ["# x", "y"], id="one after another"
        ),
        pytest.param("```\n```py\nx\n```\n```\nend", ["```py\nx\n```"], id="no language outside"),
        pytest.param("```py\nx\n```\n\n```js\ny\n```", ["x", "y"], id="two languages"),
        pytest.param("~~~md\n```py\nx\n```\n~~~\nend", ["```py\nx\n```"], id="tildes"),
        pytest.param("~~~md\n~~~py\nx\n~~~\n~~~\nend", ["~~~py\nx\n~~~"], id="tildes in tildes"),
        pytest.param("````md\n```py\nx\n```\n````\nend", ["```py\nx\n```"], id="a longer fence"),
        pytest.param("```md\n```py\nx\n```\nend", ["```py\nx"], id="one fence too few"),
        pytest.param(
            "- a\n  ```md\n  ```py\n  x\n  ```\n  ```\n", ["```py\nx\n```"], id="in a list"
        ),
    ],
)
def test_a_block_with_fences_in_it_ends_where_its_author_meant(
    markdown: str, codes: list[str]
) -> None:
    entities = [entity.partition("=")[0] for entity in shown(markdown)[1]]
    found = [entity.removeprefix("pre:") for entity in entities if entity.startswith("pre:")]
    assert found == codes


WORDS = ["and", "или", "then", "は", "3", "x,", "(y)", "so.", "—", "文"]
mixed = st.lists(st.sampled_from([*SAME, *WORDS]), min_size=1, max_size=6).map(
    lambda words: " ".join(["So", *words])
)


def bare(text: str) -> str:
    return re.sub(rf"[][*_~|$\\`\s{JOINER}]", "", text)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*SAME, *WORDS]), min_size=1, max_size=4))
def test_paragraphs_that_are_no_markdown_stay_and_stay_again(paragraphs: list[str]) -> None:
    text = "\n\n".join(["So:", *paragraphs])
    once = "\n\n".join(part.text for part in render(text)).replace(JOINER, "")
    assert once == text
    assert "\n\n".join(part.text for part in render(once)).replace(JOINER, "") == once


@settings(max_examples=40, deadline=None)
@given(mixed)
def test_at_every_cut_a_preview_has_every_letter_so_far(text: str) -> None:
    for length in range(1, len(text) + 1):
        preview = "".join(part.text for part in render(text[:length], unfinished=True))
        assert bare(text[:length]).startswith(bare(preview))
        lost = len(bare(text[:length])) - len(bare(preview))
        assert lost <= 60, (text[:length], preview)


@pytest.mark.parametrize(
    "text",
    [
        "$x " * 1_500,
        "a*b " * 1_500,
        "**「a " * 800,
        "x/*_" * 1_000,
        "`a* " * 900,
        "\\[x\\(y " * 700,
        "```md\n```a\n" * 500,
        "```a\n```b\n```\n" * 300,
        "_a_.b" * 800,
        "\\d\\." * 1_000,
        "||a|| " * 800,
    ],
)
def test_looking_for_it_takes_time_by_the_length_and_not_by_its_square(text: str) -> None:
    assert growth(lambda: render(text), lambda: render(text * 10)) < 40
