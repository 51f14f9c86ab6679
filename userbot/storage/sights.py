"""How far chats were seen."""

from __future__ import annotations

from datetime import datetime

from userbot.storage import database
from userbot.storage.cells import instant, moment
from userbot.storage.steps import Steps


class Sights(Steps):
    """What was decided about, by chat. Every method raises StorageError."""

    def seen(self, chat: int) -> int | None:
        """The newest message of a chat that was decided about; None if it is not known."""
        with database.explained(self.path):
            row = self._db.execute("SELECT message FROM seen WHERE chat = ?", (chat,)).fetchone()
        return None if row is None else int(row[0])

    def see(self, chat: int, message: int) -> None:
        """The chat was seen up to this message, unless it was seen further already."""
        with database.explained(self.path):
            self._db.execute(
                "INSERT INTO seen (chat, message) VALUES (?, ?) ON CONFLICT (chat) DO UPDATE"
                " SET message = excluded.message WHERE message < excluded.message",
                (chat, message),
            )

    def read_out(self, chat: int) -> None:
        """A group that became a supergroup holds nothing that was not decided about."""
        with database.explained(self.path):
            self._db.execute("DELETE FROM seen WHERE chat = ?", (chat,))

    def last_look(self) -> datetime | None:
        """When all chats were last looked at; None: never."""
        with database.explained(self.path):
            row = self._db.execute("SELECT value FROM meta WHERE key = 'last_look'").fetchone()
        return None if row is None else moment(row[0])

    def looked(self, at: datetime) -> None:
        """All chats were looked at."""
        with database.explained(self.path):
            self._db.execute(
                "INSERT INTO meta VALUES ('last_look', ?) ON CONFLICT (key) DO UPDATE"
                " SET value = excluded.value",
                (instant(at),),
            )
