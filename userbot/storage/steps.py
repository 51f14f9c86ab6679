"""What every part of the store needs: a connection, and transactions on it."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from userbot.storage import database


class Steps:
    """A connection in autocommit mode, and the transactions on it."""

    path: Path
    _db: sqlite3.Connection

    def _step(self) -> AbstractContextManager[sqlite3.Connection]:
        """One transaction: all of the block, or nothing."""
        return database.step(self._db, self.path)

    def _question(self, select: str, chat: int, message: int) -> int | None:
        with database.explained(self.path):
            row = self._db.execute(select, (chat, message)).fetchone()
        return None if row is None else int(row[0])
