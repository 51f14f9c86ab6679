"""Words of others that questions quote: rows of their own, which go when those words go."""

from __future__ import annotations

from dataclasses import replace

from userbot.storage.database import Database
from userbot.types import Question, Quoted


class Quotes:
    """What a question quotes, oldest first. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, question: Question, quoted: Quoted | None) -> None:
        """A question quotes this, and what stands above it, from now on; in place of before.

        Not if the question's words are gone.
        """
        with self._database.transaction():
            self._database.execute("DELETE FROM quotes WHERE question = ?", (question.id,))
            if quoted is not None:
                for position, one in enumerate((*quoted.above, quoted)):
                    self._add(question, position, one)

    def reword(self, question: Question, quoted: Quoted) -> None:
        """More is known of what a question quotes: what a recording says, which pictures it has.

        What was deleted since `keep` does not come back.
        """
        with self._database.transaction():
            for one in (*quoted.above, quoted):
                self._database.execute(
                    "UPDATE quotes SET text = ?, media = ? WHERE question = ? AND message = ?",
                    (one.text, one.media, question.id, one.message),
                )
            if not quoted.message:  # the asker's own spoken words come in only now
                self._add(question, len(quoted.above), quoted)

    def of(self, question: int) -> Quoted | None:
        """What still stands of what a question quotes."""
        rows = self._database.rows(
            "SELECT speaker, text, message, person, origin, media, ours FROM quotes"
            " WHERE question = ? ORDER BY position",
            (question,),
        )
        quotes = [Quoted(**row | {"ours": bool(row["ours"])}) for row in map(dict, rows)]
        return replace(quotes[-1], above=tuple(quotes[:-1])) if quotes else None

    def _add(self, question: Question, position: int, one: Quoted) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO quotes (question, position, chat, message, person, speaker,"
            " origin, ours, text, media, expires_at)"
            " SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 FROM questions"
            " WHERE id = ?1 AND erased = 0",
            (
                question.id,
                position,
                question.source,
                one.message,
                one.person,
                one.speaker,
                one.origin,
                one.ours,
                one.text,
                one.media,
                one.expires_at,
            ),
        )
