"""Basic groups that became supergroups."""

from __future__ import annotations

from userbot.storage import database
from userbot.storage.steps import Steps


class Moves(Steps):
    """Where chats went. Every method raises StorageError."""

    def migrate(self, old: int, new: int) -> bool:
        """A chat goes on under another id, with its conversation and what commands set.

        False if that is known already. Questions and answers keep the chat and the ids that their
        messages have; their conversation moves, and with it where open ones are answered. How far
        the old chat was seen stays until it was `read_out`.
        """
        with self._step() as db:
            if not db.execute(
                "INSERT INTO moved (old, new) VALUES (?, ?) ON CONFLICT (old) DO NOTHING",
                (old, new),
            ).rowcount:
                return False
            both = db.execute(
                "SELECT a.id, b.id, a.begun_after FROM conversations AS a JOIN conversations AS b"
                " ON a.topic = b.topic WHERE a.chat = ? AND b.chat = ?",
                (old, new),
            ).fetchall()
            for before, after, begun_after in both:
                # Somebody asked in the new chat before Telegram told of the move.
                db.execute(
                    "UPDATE questions SET conversation = ? WHERE conversation = ?", (after, before)
                )
                db.execute(
                    "UPDATE conversations SET begun_after = max(begun_after, ?) WHERE id = ?",
                    (begun_after, after),
                )
                db.execute("DELETE FROM conversations WHERE id = ?", (before,))
            db.execute(
                "UPDATE conversations SET chat = ?, kind = 'supergroup' WHERE chat = ?", (new, old)
            )
            db.execute("UPDATE OR IGNORE overrides SET chat = ? WHERE chat = ?", (new, old))
            db.execute("DELETE FROM overrides WHERE chat = ?", (old,))
            db.execute("UPDATE usage SET chat = ? WHERE chat = ?", (new, old))
            # The new history begins with the move: all of it came since the old one was seen.
            db.execute(
                "INSERT INTO seen (chat, message) SELECT ?, 0 FROM seen WHERE chat = ?"
                " ON CONFLICT (chat) DO NOTHING",
                (new, old),
            )
        return True

    def moved(self) -> dict[int, int]:
        """Basic groups that became supergroups: the new id by the old one."""
        with database.explained(self.path):
            return dict(self._db.execute("SELECT old, new FROM moved").fetchall())
