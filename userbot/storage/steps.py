"""What every part of the store needs: a connection, transactions, values as SQLite has them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from userbot.storage import database

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Steps:
    """A connection in autocommit mode, and the transactions on it."""

    path: Path
    _db: sqlite3.Connection

    @contextmanager
    def _step(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of the block, or nothing."""
        db = self._db
        with database.explained(self.path):
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise


def instant(at: datetime) -> int:
    """Microseconds since 1970; `at` is aware."""
    return (at - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """The inverse of `instant`."""
    return _EPOCH + timedelta(microseconds=at)


def storable(text: str) -> str:
    """The text without lone surrogates, which SQLite cannot keep; pairs become one character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
