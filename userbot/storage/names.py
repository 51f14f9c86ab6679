"""@names of the config, as they were first resolved: a right stays with whom it was given to."""

from __future__ import annotations

from datetime import datetime

from userbot.storage.database import Database
from userbot.types import KeptName


class Names:
    """Whom @names mean. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kept(self, name: str) -> KeptName | None:
        """Whom the name meant when it was first resolved; None if it never was."""
        row = self._database.row(
            "SELECT name, id, access_hash FROM names WHERE name = ?", (_key(name),)
        )
        return KeptName(*row) if row else None

    def keep(self, name: KeptName, at: datetime) -> None:
        """Remember a name; one that is known already stays as it is."""
        self._database.execute(
            "INSERT INTO names VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
            (_key(name.name), name.id, name.access_hash, at),
        )


def _key(name: str) -> str:
    return name.removeprefix("@").lower()
