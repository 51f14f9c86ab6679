"""Conversations: what was asked and answered in them, as the model is told of it.

What a question quotes is words of others: rows of their own, which go when those words go.
"""

# ruff: noqa: S608 - statements are put together from constants, values are bound
from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import datetime

from userbot.rules.documents import Earlier
from userbot.rules.prompt import asked
from userbot.storage import questions
from userbot.storage.database import Database, moment
from userbot.types import ConversationId, Cost, Exchange, Question, Quoted

_ANSWERED = (
    " WHERE q.state = 'answered'"
    " AND q.conversation = (SELECT id FROM conversations WHERE chat = ?1 AND topic = ?2)"
    " AND q.id > (SELECT begun_after FROM conversations WHERE chat = ?1 AND topic = ?2)"
)


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

    def wants(self, question: Question, message: int) -> bool:
        """Whether a message is the question's own, or one that it still quotes: not if that was
        deleted meanwhile, or its speaker forgotten."""
        quoted = "SELECT 1 FROM quotes WHERE question = ? AND message = ?"
        own = message == question.message
        return own or self._database.row(quoted, (question.id, message)) is not None

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


class Conversations:
    """What each conversation remembers, and where it went. Every method raises StorageError."""

    def __init__(self, database: Database, quotes: Quotes) -> None:
        self._database = database
        self._quotes = quotes

    def exchanges(self, conversation: ConversationId, newest: int) -> list[Exchange]:
        """The newest exchanges, oldest first, since the conversation was last begun anew."""
        rows = self._database.rows(
            questions.SELECT + _ANSWERED + " AND q.answer IS NOT NULL AND q.erased = 0"
            " ORDER BY q.id DESC LIMIT ?3",
            (conversation.chat, conversation.topic or 0, newest),
        )
        return [
            Exchange(
                row["sender_name"], self.worded(row), row["answer"], row["id"], bool(row["own"])
            )
            for row in reversed(rows)
        ]

    def title(self, chat: int) -> str:
        """How a chat was called when something was last asked there; "" if nothing was."""
        row = self._database.row(
            "SELECT title FROM conversations WHERE chat = ? ORDER BY id DESC LIMIT 1", (chat,)
        )
        return "" if row is None else str(row[0])

    def worded(self, row: sqlite3.Row) -> str:
        """A question with what still stands of the words that it quotes, as the model sees it."""
        return asked(questions.question_of(row), self._quotes.of(row["id"]))

    def last_answered(self, conversation: ConversationId) -> datetime | None:
        """When the conversation was last answered since it was begun anew, if it was."""
        row = self._database.row(
            "SELECT q.state_at FROM questions AS q" + _ANSWERED + " ORDER BY q.id DESC LIMIT 1",
            (conversation.chat, conversation.topic or 0),
        )
        return None if row is None else moment(row[0])

    def newest_documents(self, conversation: ConversationId) -> Earlier | None:
        """The newest question there that documents were read for, since it was begun anew."""
        where = (conversation.chat, conversation.topic or 0)
        row = self._database.row(
            "SELECT q.id, q.chat, q.documents, q.sender, q.state_at FROM questions AS q"
            + _ANSWERED
            + " AND q.documents <> '' AND q.erased = 0 ORDER BY q.id DESC LIMIT 1",
            where,
        )
        if row is None:
            return None
        newest = self._database.row(
            "SELECT q.id FROM questions AS q" + _ANSWERED + " ORDER BY q.id DESC LIMIT 1", where
        )
        return Earlier(
            question=row["id"],
            chat=row["chat"],
            messages=tuple(json.loads(row["documents"])),
            person=row["sender"],
            at=moment(row["state_at"]),
            is_newest=newest is not None and newest[0] == row["id"],
        )

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
            "SELECT coalesce(sum(complete), 0), coalesce(sum(prompt_tokens), 0),"
            " coalesce(sum(completion_tokens), 0) FROM payments"
            " WHERE state = 'captured' AND at >= ?1 AND (?2 IS NULL OR chat = ?2)",
            (since, chat),
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
                "INSERT INTO migrated (old, new) VALUES (?, ?) ON CONFLICT (old) DO NOTHING",
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
                "UPDATE payments SET chat = :new WHERE chat = :old",
                # The new history begins with the move: all of it came since the old one was seen.
                """INSERT INTO watermarks (chat, message)
                    SELECT :new, 0 FROM watermarks WHERE chat = :old ON CONFLICT DO NOTHING""",
            ):
                database.execute(statement, {"old": old, "new": new})
        return True

    def migrated(self) -> dict[int, int]:
        """Basic groups that became supergroups: the new id by the old one."""
        return dict(self._database.rows("SELECT old, new FROM migrated"))
