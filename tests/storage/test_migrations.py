"""The steps of the database: taken once, in order, whole or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from userbot.storage import migrations
from userbot.storage.store import Store


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(":memory:", isolation_level=None)
    yield db
    db.close()


def add_notes(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE notes (text TEXT)")


def fail_halfway(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE half (text TEXT)")
    raise RuntimeError("halfway")


def tables(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_new_database_takes_every_step(db: sqlite3.Connection) -> None:
    migrations.migrate(db)
    assert migrations.version(db) == len(migrations.MIGRATIONS)
    assert {"meta", "conversations", "questions", "writes", "usage"} <= tables(db)


def test_a_database_takes_only_the_steps_it_lacks(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.migrate(db)
    db.execute("INSERT INTO meta VALUES ('kept', 1)")
    monkeypatch.setattr(migrations, "MIGRATIONS", [*migrations.MIGRATIONS, add_notes])
    migrations.migrate(db)
    migrations.migrate(db)
    assert "notes" in tables(db)
    assert migrations.version(db) == len(migrations.MIGRATIONS)
    assert db.execute("SELECT value FROM meta WHERE key = 'kept'").fetchone() == (1,)


def test_a_step_that_fails_leaves_the_database_before_it(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [*migrations.MIGRATIONS, add_notes, fail_halfway]
    monkeypatch.setattr(migrations, "MIGRATIONS", steps)
    with pytest.raises(RuntimeError, match="halfway"):
        migrations.migrate(db)
    assert migrations.version(db) == len(steps) - 1
    assert "notes" in tables(db)
    assert "half" not in tables(db)
    assert not db.in_transaction


def test_the_steps_that_were_released_are_the_same_and_in_the_same_order() -> None:
    """Append to this list; never change what stands in it."""
    assert [step.__name__ for step in migrations.MIGRATIONS] == [
        "conversations_questions_writes_and_usage",
        "voice_and_transcripts",
        "commands_overrides_and_people",
        "money_reservations_names_and_erasing",
        "counts_that_do_not_grow",
        "plain_questions_pictures_and_bursts",
        "own_messages_and_what_was_seen",
        "transcripts_in_parts",
        "quoted_words_that_expire",
        "words_of_results",
        "quoted_messages",
        "commands_left_open",
        "debts_and_whole_answers",
        "transcripts_by_question",
        "payments_by_question",
    ]


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.touch()
    with Store.open(path) as store:
        assert store.questions.pending() == []
        assert store.repaired is None


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
