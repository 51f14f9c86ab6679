"""@names of the config, as they were first resolved: a right stays with whom it was given to."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

from userbot.storage import database
from userbot.storage.cells import instant
from userbot.types import KeptName


class Names:
    """`ports.Names` in the history database; made by the store."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db

    def kept(self, name: str) -> KeptName | None:
        """Whom the name meant when it was first resolved; None if it never was."""
        with database.explained(self._path):
            row = self._db.execute(
                "SELECT name, id, access_hash FROM names WHERE name = ?", (_key(name),)
            ).fetchone()
        return KeptName(*row) if row else None

    def keep(self, name: KeptName, at: datetime) -> None:
        """Remember a name; one that is known already stays as it is."""
        with database.explained(self._path):
            self._db.execute(
                "INSERT INTO names VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
                (_key(name.name), name.id, name.access_hash, instant(at)),
            )


def _key(name: str) -> str:
    return name.removeprefix("@").lower()
