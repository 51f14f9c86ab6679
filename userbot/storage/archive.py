"""Reads the history for people: conversations, dialogues, search.

A connection of its own that cannot write, beside the program that may be running. These queries
look through the whole history; they are for commands, never for the program's own path.
"""

# ruff: noqa: S608 - statements are put together from constants, values are bound
from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from userbot.errors import StorageError
from userbot.rules.chat_names import folded
from userbot.settings import Override
from userbot.storage import file, questions, schema
from userbot.storage.approvals import ApprovalStore
from userbot.storage.chats import Overrides
from userbot.storage.conversations import Conversations, Quotes
from userbot.storage.database import Database, explained, moment
from userbot.storage.tools import ToolStore
from userbot.texts import _
from userbot.types import Approval, ChatKind, ConversationId, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSummary:
    """One conversation in numbers; `tokens` are those that the endpoint told."""

    conversation: ConversationId
    kind: ChatKind
    title: str
    questions: int
    last: datetime
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedQuestion:
    """A question, and its answer if there is one; `at` is when it was asked."""

    id: int
    conversation: ConversationId
    title: str
    message: int
    person: int
    name: str
    username: str | None
    text: str
    at: datetime
    state: str
    reason: str
    answer: str | None
    answered_at: datetime | None
    model: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    erased: bool
    """Its words, and those of its answer, are gone."""
    about: str
    """The chat that it is about, if not the one where it was answered, as its owner named it."""
    about_chat: int | None


@dataclass(frozen=True, slots=True)
class Match:
    """A chat that fits what somebody typed."""

    chat: int
    title: str


class Archive:
    """The history database, read only. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._texts = Conversations(database, Quotes(database))
        database.connection.create_function("holds", 2, _holds, deterministic=True)

    @classmethod
    @contextmanager
    def reading(cls, path: Path) -> Iterator[Self | None]:
        """The archive while the block runs; None if nothing was ever stored there.

        Raises StorageError if the file is no database of ours, damaged, older or newer.
        """
        file.look(path)
        if not path.exists() or not path.stat().st_size:
            yield None
            return
        with explained(path):
            database = Database(path, _connect(path))
        try:
            with explained(path):
                taken = schema.check_opened(database.connection, path)
            if 0 < taken < schema.NEWEST:
                raise StorageError(
                    _("{path} was written by an older version of userbot.", path=path),
                    _("Start `userbot run` once: it brings the history up to date."),
                    reason="storage_older",
                )
            yield cls(database) if taken else None
        finally:
            database.close()

    def conversations(self, limit: int | None = None) -> list[ConversationSummary]:
        """The conversations, the one asked in last first; all without a limit."""
        rows = self.database.rows(
            "WITH paid AS (SELECT q.conversation, sum(p.prompt_tokens + p.completion_tokens)"
            "   AS tokens FROM payments AS p JOIN questions AS q ON q.id = p.question"
            "   WHERE p.state = 'captured' GROUP BY 1)"
            # What is joined is shown with the question that it is answered with.
            " SELECT c.chat AS place, c.topic, c.kind, c.title,"
            " count(*) FILTER (WHERE q.reason <> 'joined') AS questions,"
            " max(q.asked_at) AS last, coalesce(paid.tokens, 0) AS tokens"
            " FROM questions AS q JOIN conversations AS c ON c.id = q.conversation"
            " LEFT JOIN paid ON paid.conversation = c.id"
            " GROUP BY c.id ORDER BY max(q.id) DESC LIMIT :limit",
            {"limit": -1 if limit is None else limit},
        )
        return [
            ConversationSummary(
                conversation=_place(row),
                kind=ChatKind(row["kind"]),
                title=row["title"],
                questions=row["questions"],
                last=moment(row["last"]),
                tokens=row["tokens"],
            )
            for row in rows
        ]

    def answered(self, since: datetime) -> int:
        """How many answers were given since a moment, whatever became of their words."""
        counting = "SELECT count(*) FROM given WHERE at >= :since"
        ((count,),) = self.database.rows(counting, {"since": since})
        return int(count)

    def exchanges(
        self,
        limit: int,
        *,
        chat: int | None = None,
        topic: int | None = None,
        search: str | None = None,
        failed: bool = False,
        since: datetime | None = None,
    ) -> list[ArchivedQuestion]:
        """The newest exchanges, oldest first: of a chat, of one of its topics, or of all.

        Messages that were answered together are one.

        With `search` only those whose question or answer holds these words, in any case; with
        `failed` only questions that failed; with `since` only those that ended so after that.
        """
        rows = self.database.rows(
            f"SELECT {questions.FIELDS}, p.prompt_tokens, p.completion_tokens"
            f"{questions.FROM} LEFT JOIN payments AS p ON p.id = (SELECT max(id) FROM payments"
            " WHERE question = q.id AND kind = 'answer' AND state = 'captured')"
            " AND q.state = 'answered'"
            " WHERE q.reason <> 'joined'"
            " AND (:chat IS NULL OR c.chat = :chat) AND (:topic IS NULL OR c.topic = :topic)"
            " AND (:words IS NULL OR holds(q.text, :words) OR holds(q.answer, :words) OR EXISTS"
            " (SELECT 1 FROM quotes WHERE question = q.id AND holds(quotes.text, :words)))"
            " AND (NOT :failed OR q.state = 'failed')"
            " AND (:since IS NULL OR q.state_at >= :since)"
            " ORDER BY q.id DESC LIMIT :limit",
            {
                "failed": failed,
                "since": since,
                "chat": chat,
                "topic": topic,
                "words": None if search is None else folded(search),
                "limit": limit,
            },
        )
        return [
            ArchivedQuestion(
                id=row["id"],
                conversation=_place(row),
                title=row["title"],
                message=row["message"],
                person=row["sender"],
                name=row["sender_name"],
                username=row["sender_username"],
                text=self._texts.worded(row),
                at=moment(row["asked_at"]),
                state=row["state"],
                reason=row["reason"],
                answer=row["answer"],
                answered_at=moment(row["state_at"]) if row["state"] == "answered" else None,
                model=row["model"],
                prompt_tokens=row["prompt_tokens"],
                completion_tokens=row["completion_tokens"],
                erased=bool(row["erased"]),
                about=row["about_name"],
                about_chat=row["about_chat"],
            )
            for row in reversed(rows)
        ]

    def find(self, typed: str) -> list[Match]:
        """The chats that `typed` means; those that it names exactly, if any.

        It is an id (its sign or its -100 may be missing), "saved", or a piece of a title or of
        the @name of a private chat.
        """
        rows = self.database.rows(
            "SELECT DISTINCT c.chat, c.title, c.kind,"
            " CASE WHEN c.kind = 'private' AND NOT q.by_owner THEN q.sender_username END AS name"
            " FROM conversations AS c JOIN questions AS q ON q.conversation = c.id"
        )
        ids = {typed, f"-{typed}", f"-100{typed}"}
        word = folded(typed.removeprefix("@"))
        exact: dict[int, str] = {}
        partly: dict[int, str] = {}
        for row in rows:
            names = [folded(name) for name in (row["name"], row["title"]) if name]
            if row["kind"] == ChatKind.SAVED:
                names.append("saved")
            if str(row["chat"]) in ids or word in names:
                exact[row["chat"]] = row["title"]
            elif any(word in name for name in names):
                partly[row["chat"]] = row["title"]
        return [Match(*found) for found in (exact or partly).items()]

    def approvals(self) -> list[tuple[Question, Approval]]:
        """What waits for the owner's yes."""
        waiting = ApprovalStore(self.database).waiting()
        return [(question, one) for question, one in waiting if one.said is None]

    def changed_tools(self) -> list[str]:
        """The tools whose definition is another than the owner knows, as far as it was seen."""
        return ToolStore(self.database).changed()

    def overrides(self) -> dict[int, Override]:
        """What commands in chats have set, by chat."""
        return Overrides(self.database).all()


def _holds(text: str | None, words: str) -> bool:
    return text is not None and words in folded(text)


def _connect(path: Path) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=ro"
    db = sqlite3.connect(address, uri=True, timeout=2, isolation_level=None)
    try:
        schema.version(db)
    except sqlite3.OperationalError:
        db.close()
        if path.with_name(path.name + "-wal").exists():
            raise
        # A folder that we may not write to has no place for the log that a reader shares with
        # a writer. No log, no writer: the file is all there is.
        db = sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)
    return db


def _place(row: sqlite3.Row) -> ConversationId:
    return ConversationId(row["place"], row["topic"] or None)
