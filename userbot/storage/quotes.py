"""Words that a question holds of others."""

from __future__ import annotations

from datetime import datetime

from userbot.storage.columns import instant
from userbot.storage.database import Database
from userbot.types import Question


class Quotes:
    """Whose words a question quotes. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self,
        question: Question,
        people: frozenset[int],
        messages: frozenset[int],
        until: datetime | None = None,
    ) -> None:
        """A question is about to hold words of these people, from these messages of its chat.

        `until`: when they go by themselves, because the chat deletes their message then.
        """
        with self._database.transaction():
            self._database.execute_each(
                "INSERT INTO quotations (question, person) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [(question.id, person) for person in people],
            )
            self._database.execute_each(
                "INSERT INTO quoted_messages (question, chat, message) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [(question.id, question.source, message) for message in messages],
            )
            if until is not None:
                self._database.execute(
                    "UPDATE questions SET quoted_until = ? WHERE id = ?",
                    (instant(until), question.id),
                )

    def may_quote(
        self, question: Question, people: frozenset[int], messages: frozenset[int]
    ) -> bool:
        """Whether a question may be kept with the words that it quotes.

        Not if one of the people was forgotten, or one of the messages deleted, since `keep`.
        """
        queries = (
            ("SELECT 1 FROM quotations WHERE question = ? AND person = ?", people),
            ("SELECT 1 FROM quoted_messages WHERE question = ? AND message = ?", messages),
        )
        return all(
            self._database.row(query, (question.id, number))
            for query, numbers in queries
            for number in numbers
        )
