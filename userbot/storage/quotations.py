"""Words that a question holds of others, and people whose words are kept out."""

from __future__ import annotations

from datetime import datetime

from userbot.storage import database
from userbot.storage.cells import instant
from userbot.storage.steps import Steps
from userbot.types import Question


class Quotations(Steps):
    """Whose words are kept, and whose are not. Every method raises StorageError."""

    def quotes(
        self,
        question: Question,
        people: frozenset[int],
        messages: frozenset[int],
        until: datetime | None = None,
    ) -> None:
        """A question is about to hold words of these people, from these messages of its chat.

        `until`: when they go by themselves, because the chat deletes their message then.
        """
        with self._step() as db:
            db.executemany(
                "INSERT INTO quotations (question, person) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [(question.id, person) for person in people],
            )
            db.executemany(
                "INSERT INTO quoted_messages (question, chat, message) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [(question.id, question.source, message) for message in messages],
            )
            if until is not None:
                db.execute(
                    "UPDATE questions SET quoted_until = ? WHERE id = ?",
                    (instant(until), question.id),
                )

    def may_quote(
        self, question: Question, people: frozenset[int], messages: frozenset[int]
    ) -> bool:
        """Whether a question may be kept with the words that it quotes.

        Not if one of the people was forgotten, or one of the messages deleted, since `quotes`.
        """
        queries = (
            ("SELECT 1 FROM quotations WHERE question = ? AND person = ?", people),
            ("SELECT 1 FROM quoted_messages WHERE question = ? AND message = ?", messages),
        )
        with database.explained(self.path):
            return all(
                self._db.execute(query, (question.id, number)).fetchone()
                for query, numbers in queries
                for number in numbers
            )

    def forgotten(self) -> set[int]:
        """The people whose words are kept out."""
        with database.explained(self.path):
            return {person for (person,) in self._db.execute("SELECT person FROM forgotten")}

    def forget(self, person: int, at: datetime) -> int:
        """Delete a person's words, and where others quoted them; gives how many questions it hit.

        What was asked, answered and quoted is overwritten in the file. The rows stay: they prove
        that a message was answered.
        """
        moment = instant(at)
        with self._step() as db:
            db.execute(
                "INSERT INTO forgotten (person, at) VALUES (?, ?) ON CONFLICT (person) DO NOTHING",
                (person, moment),
            )
            db.execute(
                "UPDATE writes SET text = '' WHERE question IN"
                " (SELECT id FROM questions WHERE sender = ?)",
                (person,),
            )
            db.execute(
                "UPDATE questions SET text = own_text, own_text = NULL WHERE id IN"
                " (SELECT question FROM quotations WHERE person = ?)"
                " AND own_text IS NOT NULL",
                (person,),
            )
            db.execute(
                "UPDATE transcripts SET text = NULL, parts = NULL WHERE person = ?1 OR question IN"
                " (SELECT question FROM quotations WHERE person = ?1)",
                (person,),
            )
            db.execute("DELETE FROM quotations WHERE person = ?", (person,))
            # Whose words a result shows (/gpt_history) is not known.
            db.execute("UPDATE command_notes SET text = '' WHERE text <> ''")
            db.execute(
                "UPDATE questions SET state = 'skipped', reason = 'forgotten', state_at = ?"
                " WHERE sender = ? AND state IN ('pending', 'answering')",
                (moment, person),
            )
            hit = db.execute(
                "UPDATE questions SET text = '', own_text = NULL, answer = NULL, whole = NULL,"
                " voice = NULL, sender_name = '', sender_username = NULL, forwarded_from = '',"
                " erased = 1 WHERE sender = ?",
                (person,),
            ).rowcount
        with database.explained(self.path):
            # The write-ahead log still has the words.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return hit
