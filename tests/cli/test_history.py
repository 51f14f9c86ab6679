"""`userbot history`: what it prints, and that stored words cannot steer a terminal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.told import Run, keep
from tests.questions import ANNA, NOW, OWNER, answer, in_group, pay_and_settle, question
from userbot.cli.common import Common
from userbot.storage.store import Store
from userbot.types import ChatKind, ConversationId, Person

MAX = Person(id=502, name="Max", username="max")
FORUM = -1001234567890
WHEN = NOW.astimezone().strftime("%Y-%m-%d %H:%M")
HOSTILE = "\x1b[31mred\x1b]0;owned\x07 \x9b2J \u202eback\u2066 \r\x08\x7f end"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes the output look as in a terminal so many columns wide."""

    def set_up(columns: int) -> None:
        monkeypatch.setattr(Common, "lively", property(lambda common: not common.plain))
        monkeypatch.setenv("COLUMNS", str(columns))

    return set_up


def fill(store: Store) -> None:
    keep(store, question("Где ЁЛКА?", message=1), "В лесу.")
    keep(store, question("And the axe?", message=2), "In the SHED.", minutes=1)
    keep(store, in_group(question("Who comes?", message=3, sender=MAX)), "Everybody.", minutes=2)
    keep(
        store,
        question(
            "A tent?", message=4, chat=FORUM, topic=45, kind=ChatKind.SUPERGROUP, title="Camping"
        ),
        None,
        minutes=3,
    )
    keep(
        store,
        question(
            "Note", message=5, chat=OWNER.id, kind=ChatKind.SAVED, title="Saved", sender=OWNER
        ),
        minutes=4,
    )


# Conversations


def test_without_a_chat_the_conversations_are_listed_newest_first(run: Run, store: Store) -> None:
    fill(store)
    result = run()
    assert result.exit_code == 0
    assert result.stderr == ""
    assert [line.split("\t") for line in result.stdout.splitlines()] == [
        ["Saved", "saved", "1", "1,234", WHEN],
        ["Camping · in topic 45", "supergroup", "1", "0", WHEN],
        ["Weekend plans", "supergroup", "1", "1,234", WHEN],
        ["Anna", "private", "2", "2,468", WHEN],
    ]
    verbose = [line.split("\t")[-1] for line in run("-v").stdout.splitlines()]
    assert verbose == ["7", f"{FORUM}/45", "-1001", "501"]


def test_conversations_as_json_are_one_object_a_line(run: Run, store: Store) -> None:
    fill(store)
    result = run("--json", "--limit", "2")
    assert [json.loads(line) for line in result.stdout.splitlines()][1] == {
        "at": "2026-11-22T12:30:00.000Z",
        "chat": FORUM,
        "topic": 45,
        "title": "Camping",
        "kind": "supergroup",
        "questions": 1,
        "tokens": 0,
    }


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_in_a_terminal_every_line_fits_the_name_is_first_and_sums_are_last(
    run: Run, store: Store, terminal: Callable[[int], None], columns: int
) -> None:
    terminal(columns)
    fill(store)
    long = "Очень длинное название группы, " * 6
    keep(store, question("q", message=9, chat=FORUM, topic=46, title=long, kind=ChatKind.GROUP))
    result = run()
    lines = result.stdout.splitlines()
    assert all(len(line) <= columns for line in lines)
    assert str(FORUM) not in result.stdout
    if columns > 40:
        assert lines[0].split() == ["title", "kind", "asked", "tokens", "last"]
        assert lines[-1].split() == ["total", "6", "6,170"]


# A dialogue


@pytest.mark.parametrize(
    "chat",
    [
        pytest.param("501", id="id"),
        pytest.param("anna", id="title-in-any-case"),
        pytest.param("@anna", id="username"),
        pytest.param("nn", id="a-piece-of-it"),
    ],
)
def test_with_a_chat_its_dialogue_is_shown(run: Run, store: Store, chat: str) -> None:
    fill(store)
    result = run(chat)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "Anna",
        "",
        f"Anna  @anna  {WHEN}",
        "  Где ЁЛКА?",
        "→  small-model  ↑1,000 ↓234",
        "  В лесу.",
        "",
        f"Anna  @anna  {WHEN}",
        "  And the axe?",
        "→  small-model  ↑1,000 ↓234",
        "  In the SHED.",
        "",
    ]


@pytest.mark.parametrize(
    ("chat", "asked"),
    [
        pytest.param(str(FORUM), "A tent?", id="a-negative-id"),
        pytest.param("1234567890", "A tent?", id="without-its-prefix"),
        pytest.param("1001", "Who comes?", id="without-its-sign"),
        pytest.param(f"{FORUM}/45", "A tent?", id="one-topic"),
        pytest.param("camp", "A tent?", id="a-piece-of-its-title"),
        pytest.param("saved", "Note", id="saved"),
    ],
)
def test_a_chat_has_several_names(run: Run, store: Store, chat: str, asked: str) -> None:
    fill(store)
    result = run(chat)
    assert result.exit_code == 0, result.stderr
    assert f"  {asked}\n" in result.stdout


@pytest.mark.parametrize("form", ["", "md", "html"])
def test_a_question_about_another_chat_names_it(run: Run, store: Store, form: str) -> None:
    asked = question("When?", chat=OWNER.id, kind=ChatKind.SAVED, title="Saved", sender=OWNER)
    keep(store, replace(asked, about=ConversationId(-1001), about_name="<Club>"))
    shown = run("saved", *(["--export", form] if form else [])).stdout
    club = {"": "<Club>", "md": "\\<Club\\>", "html": "&lt;Club&gt;"}[form]
    assert f"about {club}" in shown
    row = json.loads(run("saved", "--json").stdout)
    assert (row["about"], row["about_chat"]) == ("<Club>", -1001)


def test_a_question_without_an_answer_says_how_it_stands(run: Run, store: Store) -> None:
    keep(store, question("Hello?"), None)
    assert "→  pending\n" in run("501").stdout
    store.questions.mark(store.questions.pending()[0][0], "failed", "model_silent", NOW)
    assert "→  failed (model_silent)\n" in run("501").stdout


def test_only_the_newest_are_shown_and_the_rest_is_told_of(run: Run, store: Store) -> None:
    fill(store)
    result = run("501", "--limit", "1")
    assert "And the axe?" in result.stdout
    assert "Где" not in result.stdout
    assert result.stderr == "Showing only the newest 1.\n  → Use --limit 5 for more.\n"


def test_a_dialogue_as_json_has_every_field(run: Run, store: Store) -> None:
    fill(store)
    result = run("-1001", "--json")
    assert json.loads(result.stdout) == {
        "at": "2026-11-22T12:30:00.000Z",
        "chat": -1001,
        "topic": None,
        "title": "Weekend plans",
        "about": None,
        "about_chat": None,
        "message": 3,
        "person": 502,
        "name": "Max",
        "username": "max",
        "text": "Who comes?",
        "state": "answered",
        "reason": "stop",
        "answer": "Everybody.",
        "answered_at": "2026-11-22T12:32:00.000Z",
        "model": "small-model",
        "prompt_tokens": 1000,
        "completion_tokens": 234,
    }


@pytest.mark.parametrize("columns", [80, 140])
def test_in_a_terminal_long_texts_are_folded_and_code_keeps_its_shape(
    run: Run, store: Store, terminal: Callable[[int], None], columns: int
) -> None:
    terminal(columns)
    keep(store, question("слово " * 60), "So:\n\ndef f():\n    return  1\n")
    lines = run("501").stdout.splitlines()
    assert all(len(line) <= columns for line in lines)
    assert "      return  1" in lines
    assert " ".join(" ".join(lines).split()).count("слово") == 60


# Search


@pytest.mark.parametrize(
    ("word", "found"),
    [
        pytest.param("ёлка", "Где ЁЛКА?", id="russian-in-any-case"),
        pytest.param("елка", "Где ЁЛКА?", id="yo-as-ye"),
        pytest.param("shed", "And the axe?", id="in-the-answer"),
        pytest.param("EVERY", "Who comes?", id="in-another-chat"),
        pytest.param("ＡＸＥ", "And the axe?", id="wide-letters"),
    ],
)
def test_words_are_found_in_any_chat_and_any_case(
    run: Run, store: Store, word: str, found: str
) -> None:
    fill(store)
    result = run("--search", word)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"  {found}\n" in result.stdout
    assert result.stdout.count("→") == 1
    assert " in " in result.stdout.splitlines()[0]


def test_a_search_in_a_chat_stays_there(run: Run, store: Store) -> None:
    fill(store)
    assert "No match for “everybody”." in run("anna", "--search", "everybody").stderr
    assert "Who comes?" in run("weekend", "--search", "everybody").stdout


# What cannot be


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(("nobody",), "No chat named “nobody” in the history.", id="unknown"),
        pytest.param(("a",), "“a” matches 4 chats: ", id="ambiguous"),
        pytest.param(("--jsn",), "No such option: --jsn.", id="option"),
        pytest.param(("anna", "--limit", "0"), "--limit", id="limit"),
    ],
)
def test_a_wrong_request_is_told_in_a_sentence(
    run: Run, store: Store, arguments: tuple[str, ...], sentence: str
) -> None:
    fill(store)
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert sentence in result.stderr


@pytest.mark.parametrize("arguments", [(), ("anna",), ("--json",)], ids=["list", "chat", "json"])
def test_a_missing_history_is_told_and_not_made(
    run: Run, folder: Path, arguments: tuple[str, ...]
) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No history yet" in result.stderr
    assert "→ It starts with the first question." in result.stderr
    assert not (folder / "sessions").exists()


def test_an_empty_history_is_told(run: Run, store: Store) -> None:
    result = run()
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No history yet" in result.stderr


def test_a_damaged_history_is_told_and_left_as_it_is(run: Run, folder: Path) -> None:
    path = folder / "sessions" / "history.db"
    path.parent.mkdir(0o700)
    path.write_bytes(b"not a database at all" * 100)
    result = run()
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"error: {path} is not a history database." in result.stderr
    assert path.read_bytes() == b"not a database at all" * 100


def test_a_history_of_an_older_version_is_told(
    run: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from userbot.storage import schema

    monkeypatch.setattr(schema, "NEWEST", schema.NEWEST + 1)
    result = run()
    assert result.exit_code == 1
    assert "older version of userbot" in result.stderr


# Beside the program


def test_it_reads_while_the_program_writes(run: Run, store: Store) -> None:
    fill(store)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert run("anna").exit_code == 0
    other.execute("ROLLBACK")
    other.close()


def test_it_leaves_the_database_as_it_is(run: Run, store: Store, folder: Path) -> None:
    fill(store)
    store.close()
    path = folder / "sessions" / "history.db"
    before = path.read_bytes()
    assert "Где ЁЛКА?" in run("anna").stdout
    assert path.read_bytes() == before


# Words of other people


@pytest.mark.parametrize("lively", [False, True], ids=["plain", "terminal"])
@pytest.mark.parametrize(
    "arguments", [(), ("501",), ("--search", "end")], ids=["list", "chat", "search"]
)
def test_stored_words_cannot_steer_the_terminal(
    run: Run,
    store: Store,
    terminal: Callable[[int], None],
    arguments: tuple[str, ...],
    lively: bool,
) -> None:
    if lively:
        terminal(80)
    hostile = Person(id=501, name=HOSTILE, username=HOSTILE)
    keep(store, question(HOSTILE, title=HOSTILE, sender=hostile), HOSTILE)
    result = run(*arguments)
    assert result.exit_code == 0
    assert set(result.stdout + result.stderr).isdisjoint("\x1b\x07\x9b\x08\x7f\r\u202e\u2066")
    assert "end" in result.stdout


def test_json_carries_every_character_but_escaped(run: Run, store: Store) -> None:
    keep(store, question(HOSTILE), HOSTILE)
    result = run("501", "--json")
    assert set(result.stdout).isdisjoint("\x1b\x07\x9b\x08\x7f\r\u202e\u2066")
    assert json.loads(result.stdout)["text"] == HOSTILE


# What is not there as it was


def test_a_question_whose_words_are_gone_says_so(run: Run, store: Store) -> None:
    keep(store, question("a secret"), "Yes.")
    keep(store, question("another", message=5), None)
    store.eraser.deleted(ANNA.id, [1, 5], NOW)
    shown = [line for line in run("501").stdout.splitlines() if not line.startswith("Anna")]
    assert shown == [
        "",
        "  (deleted)",
        "→  small-model  ↑1,000 ↓234",
        "",
        "  (deleted)",
        "→  skipped (deleted before it was answered)",
        "",
    ]
    assert run("501", "--export", "md").stdout.count("\n> (deleted)  \n") == 2


def test_messages_that_were_answered_together_are_listed_once(run: Run, store: Store) -> None:
    first = store.questions.add(question("Hello"), NOW)
    second = store.questions.add(question("who comes?", message=2), NOW)
    assert first is not None
    assert second is not None
    whole = replace(second, text="Hello\nwho comes?")
    store.questions.save_pieces([first, whole], whole, (), NOW)
    pay_and_settle(store, whole, whole.text, answer("Everybody."), NOW)
    lines = run("501").stdout.splitlines()
    assert [line for line in lines if line.startswith("  ")] == [
        "  Hello",
        "  who comes?",
        "  Everybody.",
    ]
    assert [line.split("\t")[2] for line in run().stdout.splitlines()] == ["1"]
