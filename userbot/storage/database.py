"""One connection to the history database: its statements, its transactions, its errors.

Every part of the store is handed the same one. Whatever SQLite refuses becomes a StorageError
here, and nowhere else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from userbot.storage.failures import explained, of_sqlite

Values = Sequence[object] | Mapping[str, object]


class Database:
    """A connection in autocommit mode. Every method raises StorageError."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        connection.row_factory = sqlite3.Row

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block, or nothing; within another transaction it is a part of that one."""
        if self.connection.in_transaction:
            yield
            return
        with explained(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                self.connection.rollback()  # nothing, where SQLite has done so by itself
                raise

    def execute(self, statement: str, values: Values = ()) -> sqlite3.Cursor:
        """Change rows; the cursor tells how many, and the id of a new one."""
        try:
            return self.connection.execute(statement, values)
        except sqlite3.Error as error:
            raise of_sqlite(error, self.path) from error

    def execute_each(self, statement: str, rows: Iterable[Values]) -> None:
        """The same for each row of values."""
        with explained(self.path):
            self.connection.executemany(statement, rows)

    def rows(self, statement: str, values: Values = ()) -> list[Any]:
        """All rows that a statement gives."""
        try:
            return self.connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise of_sqlite(error, self.path) from error

    def row(self, statement: str, values: Values = ()) -> Any | None:
        """The first row, if there is one."""
        try:
            return self.connection.execute(statement, values).fetchone()
        except sqlite3.Error as error:
            raise of_sqlite(error, self.path) from error

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file: it still has words that were overwritten there.

        Another reader may put this off.
        """
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the file; the write-ahead log is folded into it."""
        with explained(self.path):
            self.connection.close()
