"""How far chats were seen."""

from __future__ import annotations

from datetime import datetime

from userbot.storage.database import Database, moment


class Watermarks:
    """The newest message of each chat that was decided about. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, chat: int) -> int | None:
        """The newest message of a chat that was decided about; None if it is not known."""
        row = self._database.row("SELECT message FROM watermarks WHERE chat = ?", (chat,))
        return None if row is None else int(row[0])

    def see(self, chat: int, message: int) -> None:
        """The chat was seen up to this message, unless it was seen further already."""
        self._database.execute(
            "INSERT INTO watermarks (chat, message) VALUES (?, ?) ON CONFLICT (chat) DO UPDATE"
            " SET message = excluded.message WHERE message < excluded.message",
            (chat, message),
        )

    def forget(self, chat: int) -> None:
        """A group that became a supergroup holds nothing that was not decided about."""
        self._database.execute("DELETE FROM watermarks WHERE chat = ?", (chat,))

    def last_look(self) -> datetime | None:
        """When all chats were last looked at; None: never."""
        row = self._database.row("SELECT value FROM meta WHERE key = 'last_look'")
        return None if row is None else moment(row[0])

    def looked(self, at: datetime) -> None:
        """All chats were looked at."""
        self._database.execute(
            "INSERT INTO meta VALUES ('last_look', ?) ON CONFLICT (key) DO UPDATE"
            " SET value = excluded.value",
            (at,),
        )
