"""`userbot history --export` and `--backup`: documents in which nothing is alive, and a copy."""

from __future__ import annotations

import json
import stat
import threading
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.cli.told import Run, keep
from tests.questions import NOW, answer, in_group, question
from userbot.storage.archive import Archive
from userbot.storage.store import Store

LIVELY = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> ![x](http://evil/x.png) "
    "[link](javascript:alert(1)) **bold** `code` & &lt;"
)


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_a_page_of_text_whatever_was_said(run: Run, store: Store) -> None:
    keep(store, question(LIVELY, title="<b>Anna</b>"), f"{LIVELY}\n  indented")
    result = run("501", "--export", "html")
    assert result.exit_code == 0
    page = Tags(result.stdout)
    ours = {"html", "head", "meta", "title", "style", "body", "h1", "p", "b", "small", "div"}
    assert page.tags == ours
    assert page.text.count(LIVELY) == 2
    assert "\n  indented" in page.text
    assert "default-src 'none'" in result.stdout


def rendered(markdown: str) -> str:
    """The HTML that a Markdown program makes of it, with raw HTML let through."""
    import pyromark

    return pyromark.html(markdown)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LIVELY, id="lively"),
        pytest.param("# a heading\n> a quotation\n- a list\n1. another\n***\n===", id="blocks"),
        pytest.param("```\n<script>alert(1)</script>", id="a fence left open"),
        pytest.param("- a\n  ```\n<script>alert(1)</script>", id="a fence in a list"),
        pytest.param("    <script>alert(1)</script>\n\n\t<b>", id="set in"),
        pytest.param("~~~\n</div>\n~~~\n<b>after</b>", id="a fence closed"),
        pytest.param("line one\nline two\n\n\nline three", id="lines"),
    ],
)
def test_markdown_keeps_an_answers_markup_and_lets_nothing_else_live(
    run: Run,
    store: Store,
    text: str,
) -> None:
    keep(store, question(text, title=text.splitlines()[0]), text)
    keep(store, question("What **next**?", message=2), "**This** and\n\n```\ncode <b>\n```")
    result = run("501", "--export", "md")
    page = rendered(result.stdout)
    for tag in ("<script", "<img", "<b>", "</div"):
        assert tag not in page
    assert page.count("<h1>") == 1 + (text.startswith("#")), "one conversation, and what it says"
    assert "What **next**?" in page, "a question is text"
    assert "<strong>This</strong>" in page, "an answer is Markdown"
    assert "code &lt;b&gt;" in page
    assert page.count("<blockquote>") >= 4


def test_markdown_shows_a_question_exactly_as_it_was_asked(run: Run, store: Store) -> None:
    asked = "1. *a* _b_ `c` <d> [e](f) # g\n- h\n+ i\n= j\n2) k & l | m ~~n~~ \\ o"
    keep(store, question(asked), "Yes.")
    page = Tags(rendered(run("501", "--export", "md").stdout))
    assert "".join(asked.split()) in "".join(page.text.split())
    assert not {"ul", "ol", "em", "code", "del", "h2"} & page.tags


def test_json_is_one_document(run: Run, store: Store) -> None:
    for n in range(30):
        keep(store, question(f"number {n}", message=n + 1), LIVELY, minutes=n)
    rows = json.loads(run("501", "--export", "json").stdout)
    assert [row["text"] for row in rows] == [f"number {n}" for n in range(30)], "all, not 20"
    assert rows[0]["answer"] == LIVELY
    assert len(json.loads(run("501", "--export", "json", "--limit", "3").stdout)) == 3


def test_without_a_chat_everything_is_exported_by_conversation(run: Run, store: Store) -> None:
    keep(store, question("one"))
    keep(store, in_group(question("two", message=2)))
    keep(store, question("three", message=3), None)
    out = run("--export", "md").stdout
    assert [line for line in out.splitlines() if line.startswith("# ")] == [
        "# Weekend plans (-1001)",
        "# Anna (501)",
    ]
    assert "→ *pending*" in out
    assert out.index("> one") < out.index("> three")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("501", "--export", "pdf"), "md, json and html"),
        (("501", "--export", "md", "--clear"), "Only one of"),
        (("501", "--backup", "x.db"), "copies everything"),
    ],
)
def test_what_makes_no_sense_is_refused(
    run: Run,
    store: Store,
    arguments: tuple[str, ...],
    says: str,
) -> None:
    keep(store, question())
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_backup_is_whole_private_and_one_file_while_the_program_writes(
    run: Run,
    store: Store,
    tmp_path: Path,
) -> None:
    for n in range(200):
        keep(store, question(f"number {n}", message=n + 1))
    secret = store.secret
    path, done = store.path, threading.Event()

    def write() -> None:
        with Store.open(path) as other:
            n = 1000
            while not done.is_set():
                n += 1
                asked = other.questions.add(question(f"number {n}", message=n), NOW)
                assert asked is not None
                other.questions.settle(asked, answer(), NOW + timedelta(seconds=n))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        results = [run("--backup", str(tmp_path / f"copy{n}.db")) for n in range(5)]
    finally:
        done.set()
        writer.join()
    assert [result.exit_code for result in results] == [0] * 5
    assert "To restore it" in results[0].stderr
    for n in range(5):
        copy = tmp_path / f"copy{n}.db"
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        assert not list(tmp_path.glob(f"copy{n}.db-*"))
        with Archive.reading(copy) as archive:
            assert archive is not None
            states = {one.state for one in archive.exchanges(-1)}
            assert len(archive.exchanges(-1)) >= 200
            assert states <= {"answered", "pending"}
        with Store.open(copy) as restored:  # it can take the place of the first
            assert restored.secret == secret


def test_a_backup_never_overwrites(run: Run, store: Store, tmp_path: Path) -> None:
    keep(store, question())
    copy = tmp_path / "copy.db"
    copy.write_text("precious")
    result = run("--backup", str(copy))
    assert (result.exit_code, copy.read_text()) == (1, "precious")
    assert "never overwrites" in result.stderr
    result = run("--backup", str(tmp_path / "nowhere" / "copy.db"))
    assert (result.exit_code, "No such folder" in result.stderr) == (1, True)


def test_a_damaged_history_leaves_no_backup(run: Run, store: Store, tmp_path: Path) -> None:
    for n in range(200):
        keep(store, question(f"number {n}" * 20, message=n + 1))
    store.close()
    size = store.path.stat().st_size
    with store.path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xa5" * 8192)
    copy = tmp_path / "copy.db"
    result = run("--backup", str(copy))
    assert (result.exit_code, copy.exists()) == (1, False)
    assert "damaged" in result.stderr


@pytest.mark.parametrize("form", ["md", "html"])
def test_why_there_is_no_answer_is_told_in_words(run: Run, store: Store, form: str) -> None:
    asked = store.questions.add(question("Too late?"), NOW)
    assert asked is not None
    store.questions.mark(asked, "skipped", "too_old", NOW)
    assert "skipped (too old to answer)" in run("501", "--export", form).stdout
