"""People whose words are kept out."""

from __future__ import annotations

from datetime import datetime

from userbot.storage.columns import instant
from userbot.storage.database import Database


class ForgottenPeople:
    """Who is forgotten. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def forgotten(self) -> set[int]:
        """The people whose words are kept out."""
        return {person for (person,) in self._database.rows("SELECT person FROM forgotten")}

    def forget(self, person: int, at: datetime) -> int:
        """Delete a person's words, and where others quoted them; gives how many questions it hit.

        What was asked, answered and quoted is overwritten in the file. The rows stay: they prove
        that a message was answered.
        """
        row = {"person": person, "at": instant(at)}
        with self._database.transaction():
            for statement in (
                "INSERT INTO forgotten (person, at) VALUES (:person, :at) ON CONFLICT DO NOTHING",
                """UPDATE writes SET text = ''
                    WHERE question IN (SELECT id FROM questions WHERE sender = :person)""",
                """UPDATE questions SET text = own_text, own_text = NULL WHERE own_text IS NOT NULL
                    AND id IN (SELECT question FROM quotations WHERE person = :person)""",
                """UPDATE transcripts SET text = NULL, parts = NULL WHERE person = :person
                    OR question IN (SELECT question FROM quotations WHERE person = :person)""",
                "DELETE FROM quotations WHERE person = :person",
                # Whose words a result shows (/gpt_history) is not known.
                "UPDATE command_notes SET text = '' WHERE text <> ''",
                """UPDATE questions SET state = 'skipped', reason = 'forgotten', state_at = :at
                    WHERE sender = :person AND state IN ('pending', 'answering')""",
            ):
                self._database.execute(statement, row)
            hit = self._database.execute(
                "UPDATE questions SET text = '', own_text = NULL, answer = NULL, whole = NULL,"
                " voice = NULL, sender_name = '', sender_username = NULL, forwarded_from = '',"
                " erased = 1 WHERE sender = :person",
                row,
            ).rowcount
        self._database.checkpoint()
        return hit
