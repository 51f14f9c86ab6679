"""The steps of the database: taken once, in order, whole or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from userbot.errors import StorageError
from userbot.storage import schema
from userbot.storage.store import Store


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    yield db
    db.close()


ADD_NOTES = "CREATE TABLE notes (text TEXT)"
FAIL_HALFWAY = "CREATE TABLE half (text TEXT);\nCREATE nonsense"


def tables(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_new_database_takes_every_step(db: sqlite3.Connection) -> None:
    schema.migrate(db)
    assert schema.version(db) == schema.NEWEST
    assert {"meta", "conversations", "questions", "outbound", "payments"} <= tables(db)


def test_a_database_takes_only_the_steps_it_lacks(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.migrate(db)
    db.execute("INSERT INTO meta VALUES ('kept', 1)")
    monkeypatch.setattr(schema, "STEPS", [*schema.STEPS, ADD_NOTES])
    schema.migrate(db)
    schema.migrate(db)
    assert "notes" in tables(db)
    assert schema.version(db) == schema.NEWEST + 1
    assert db.execute("SELECT value FROM meta WHERE key = 'kept'").fetchone() == (1,)


def test_answers_from_before_they_were_numbered_count(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = schema.STEPS
    monkeypatch.setattr(schema, "STEPS", steps[:2])
    schema.migrate(db)
    db.execute("INSERT INTO conversations (chat, topic, kind, title) VALUES (5, 0, 'private', '')")
    row = "(conversation, chat, message, sender, sender_name, by_owner, text, labelled,"
    row += " forwarded_from, about_reply, listen_first, plain, pictures, asked_at, stored_at"
    for message, (state, at) in enumerate([("answered", 30), ("failed", 20), ("answered", 10)]):
        db.execute(
            f"INSERT INTO questions {row}, state, state_at) VALUES"
            " (1, 5, ?, 7, '', 0, '', 0, '', 0, 0, 0, '', 0, 0, ?, ?)",
            (message, state, at),
        )
    monkeypatch.setattr(schema, "STEPS", steps)
    schema.migrate(db)
    assert db.execute("SELECT id, at FROM given ORDER BY id").fetchall() == [(1, 10), (2, 30)]


def test_a_step_that_fails_leaves_the_database_before_it(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [*schema.STEPS, ADD_NOTES, FAIL_HALFWAY]
    monkeypatch.setattr(schema, "STEPS", steps)
    with pytest.raises(sqlite3.OperationalError, match="nonsense"):
        schema.migrate(db)
    assert schema.version(db) == schema.NEWEST + 1
    assert "notes" in tables(db)
    assert "half" not in tables(db)
    assert not db.in_transaction


def test_a_database_from_before_the_first_release_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE usage (id INTEGER)")
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.execute("PRAGMA user_version = 14")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="before the first release") as refused:
        Store.open(path)
    assert refused.value.reason == "storage_before"
    assert "Move the file away" in refused.value.hint
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_database_belongs_to_the_account_that_came_first(tmp_path: Path) -> None:
    with Store.open(tmp_path / "history.db") as store:
        store.belongs_to(7)
    with Store.open(tmp_path / "history.db") as store:
        store.belongs_to(7)
        with pytest.raises(StorageError, match="another Telegram account") as refused:
            store.belongs_to(8)
    assert refused.value.reason == "storage_account"


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.touch()
    with Store.open(path) as store:
        assert store.questions.pending() == []


def test_a_start_that_was_killed_before_the_first_step_is_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    assert path.stat().st_size
    with Store.open(path) as store:
        assert store.questions.pending() == []


_DIES = """
import os, sqlite3, sys
from pathlib import Path
from userbot.storage import store

class Mortal(sqlite3.Connection):
    left = int(sys.argv[2])

    def execute(self, *statement):
        if Mortal.left == 0:
            os._exit(9)
        Mortal.left -= 1
        return super().execute(*statement)

connect = sqlite3.connect
sqlite3.connect = lambda *where, **how: connect(*where, factory=Mortal, **how)
store.Store.open(Path(sys.argv[1])).close()
print(Mortal.left)
"""


def opened_by_one_who_dies(path: Path, after: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _DIES, str(path), str(after)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def shape(path: Path) -> list[tuple[str, str | None]]:
    db = sqlite3.connect(path)
    rows = db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    return rows


def test_killed_anywhere_in_its_steps_a_database_is_taken_up_there(tmp_path: Path) -> None:
    whole = opened_by_one_who_dies(tmp_path / "whole.db", 1000)
    assert whole.returncode == 0, whole.stderr
    statements = 1000 - int(whole.stdout)
    for after in range(1, statements, 23):
        path = tmp_path / f"killed_{after}.db"
        assert opened_by_one_who_dies(path, after).returncode == 9
        with Store.open(path) as store:
            assert store.questions.pending() == []
        assert shape(path) == shape(tmp_path / "whole.db")
