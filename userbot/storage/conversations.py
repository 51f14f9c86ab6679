"""Conversations: what was asked and answered in them, as the model is told of it."""

from __future__ import annotations

from datetime import datetime

from userbot.storage.columns import instant, moment
from userbot.storage.database import Database
from userbot.types import ConversationId, Cost, Exchange

_ANSWERED = (
    " FROM questions WHERE state = 'answered'"
    " AND conversation = (SELECT id FROM conversations WHERE chat = ?1 AND topic = ?2)"
    " AND id > (SELECT begun_after FROM conversations WHERE chat = ?1 AND topic = ?2)"
)


class Conversations:
    """What each conversation remembers, and where it went. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def exchanges(self, conversation: ConversationId, newest: int) -> list[Exchange]:
        """The newest exchanges, oldest first, since the conversation was last begun anew."""
        rows = self._database.rows(
            f"SELECT sender_name, text, answer, id {_ANSWERED}"
            " AND answer IS NOT NULL AND erased = 0 ORDER BY id DESC LIMIT ?3",
            (conversation.chat, conversation.topic or 0, newest),
        )
        return [Exchange(*row) for row in reversed(rows)]

    def last_answered(self, conversation: ConversationId) -> datetime | None:
        """When the conversation was last answered since it was begun anew, if it was."""
        row = self._database.row(
            f"SELECT state_at {_ANSWERED} ORDER BY id DESC LIMIT 1",
            (conversation.chat, conversation.topic or 0),
        )
        return None if row is None else moment(row[0])

    def begin_anew(self, conversation: ConversationId, after: int | None = None) -> None:
        """The conversation forgets what was asked until now, or up to the question `after`."""
        self._database.execute(
            "UPDATE conversations SET begun_after ="
            " coalesce(?, (SELECT max(id) FROM questions), 0) WHERE chat = ? AND topic = ?",
            (after, conversation.chat, conversation.topic or 0),
        )

    def cost(self, since: datetime, chat: int | None = None) -> Cost:
        """What answers have cost since then, in one chat or in all."""
        row = self._database.row(
            "SELECT count(CASE WHEN kind = 'answer' THEN 1 END),"
            " coalesce(sum(prompt_tokens), 0),"
            " coalesce(sum(completion_tokens), 0) FROM usage"
            " WHERE at >= ?1 AND (?2 IS NULL OR chat = ?2)",
            (instant(since), chat),
        )
        assert row is not None  # a sum always gives a row
        return Cost(*row)

    def migrate(self, old: int, new: int) -> bool:
        """A basic group became a supergroup: its conversation and what commands set go with it.

        False if that is known already. Questions and answers keep the chat and the ids that their
        messages have; their conversation moves, and with it where open ones are answered. How far
        the old chat was seen stays until it is forgotten.
        """
        database = self._database
        with database.transaction():
            if not database.execute(
                "INSERT INTO moved (old, new) VALUES (?, ?) ON CONFLICT (old) DO NOTHING",
                (old, new),
            ).rowcount:
                return False
            both = database.rows(
                "SELECT a.id, b.id, a.begun_after FROM conversations AS a JOIN conversations AS b"
                " ON a.topic = b.topic WHERE a.chat = ? AND b.chat = ?",
                (old, new),
            )
            for before, after, begun_after in both:
                # Somebody asked in the new chat before Telegram told of the move.
                database.execute(
                    "UPDATE questions SET conversation = ? WHERE conversation = ?", (after, before)
                )
                database.execute(
                    "UPDATE conversations SET begun_after = max(begun_after, ?) WHERE id = ?",
                    (begun_after, after),
                )
                database.execute("DELETE FROM conversations WHERE id = ?", (before,))
            for statement in (
                "UPDATE conversations SET chat = :new, kind = 'supergroup' WHERE chat = :old",
                "UPDATE OR IGNORE overrides SET chat = :new WHERE chat = :old",
                "DELETE FROM overrides WHERE chat = :old",
                "UPDATE usage SET chat = :new WHERE chat = :old",
                # The new history begins with the move: all of it came since the old one was seen.
                """INSERT INTO seen (chat, message) SELECT :new, 0 FROM seen WHERE chat = :old
                    ON CONFLICT (chat) DO NOTHING""",
            ):
                database.execute(statement, {"old": old, "new": new})
        return True

    def migrated(self) -> dict[int, int]:
        """Basic groups that became supergroups: the new id by the old one."""
        return dict(self._database.rows("SELECT old, new FROM moved"))
