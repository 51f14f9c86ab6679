"""What every part of the store needs: a connection, and transactions on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from userbot.storage import database


class Steps:
    """A connection in autocommit mode, and the transactions on it."""

    path: Path
    _db: sqlite3.Connection

    @contextmanager
    def _step(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of the block, or nothing."""
        with database.step(self._db, self.path) as db:
            yield db
