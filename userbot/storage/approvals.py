"""What waits for the owner's yes: a row before he is asked, and his word before anything follows.

The first word counts: whoever says one later is told that by one UPDATE … WHERE word IS NULL. A
question waits ('awaiting') until what its word says is begun; so a kill in between loses nothing.
"""

# ruff: noqa: S608 - statements are put together from constants, values are bound
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from userbot.storage import questions
from userbot.storage.database import Database, moment
from userbot.types import (
    Approval,
    ApprovalEnd,
    ApprovalKind,
    ConversationId,
    Entity,
    Question,
    RequestPart,
    RichText,
    Wanted,
)

_COLUMNS = (
    "a.id AS approval, a.kind AS wanted, a.what, a.told, a.asked_at AS wanted_at, a.deadline,"
    " a.word, a.text AS said, a.entities, a.said_in, a.decided_at, a.question"
)
ERASE = (
    "UPDATE approvals SET what = '', told = '', text = '', entities = '[]' WHERE question = ?",
    (
        "UPDATE approval_requests SET text = '' WHERE approval IN"
        " (SELECT id FROM approvals WHERE question = ?)"
    ),
)
"""Takes all words out of what a question has waited for."""
_WAITING = (
    f"SELECT {questions.FIELDS}, {_COLUMNS} {questions.FROM}"
    " JOIN approvals AS a ON a.question = q.id AND a.attempt = q.attempt"
    " WHERE q.state = 'awaiting'"
    # The one that it waits for is the newest.
    " AND a.id = (SELECT max(id) FROM approvals WHERE question = q.id)"
)


class ApprovalStore:
    """Approvals, and the messages that ask for them. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- asking

    def ask(self, question: Question, wanted: Wanted, at: datetime, deadline: datetime) -> Approval:
        """From now on a question waits for this yes; what it waited for before is withdrawn.

        The same again is the approval that is open already.
        """
        database, number = self._database, question.id
        told = "".join(one.text for one in wanted.told) if wanted.kind == "call" else ""
        with database.transaction():
            database.execute(
                "UPDATE questions SET state = 'awaiting', reason = '', state_at = ?"
                " WHERE id = ? AND state IN ('pending', 'answering')",
                (at, number),
            )
            row = database.row(
                f"SELECT {_COLUMNS} FROM approvals AS a WHERE a.question = ? AND a.attempt = ?"
                " AND a.kind = ? AND a.what = ? AND a.word IS NULL",
                (number, question.attempt, wanted.kind, wanted.what),
            )
            if row is not None:
                return _approval_of(row)
            self.withdraw(number, at)
            added = database.execute(
                "INSERT INTO approvals (question, attempt, kind, what, told, asked_at, deadline)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, question.attempt, wanted.kind, wanted.what, told, at, deadline),
            )
            approval = self.find(added.lastrowid or 0)
        assert approval is not None  # it was added just now
        return approval

    def said(
        self, question: Question, wanted: Wanted, since: datetime | None = None
    ) -> ApprovalEnd | None:
        """What the owner has said to exactly this; None if he has not, or wanted it anew.

        `since`: what he was asked before is none any more, though it read the same.
        """
        row = self._database.row(
            f"SELECT {_COLUMNS} FROM approvals AS a WHERE a.question = ? AND a.attempt = ?"
            " AND a.kind = ? AND a.what = ? AND a.asked_at >= ? ORDER BY a.id DESC LIMIT 1",
            (question.id, question.attempt, wanted.kind, wanted.what, since or 0),
        )
        said = None if row is None else _approval_of(row).said
        return None if said is None or said.word in ("again", "withdrawn") else said

    def wish(self, question: Question) -> str | None:
        """How the answer to a question is to be written anew; None where it is not."""
        row = self._database.row(
            "SELECT word, text FROM approvals WHERE question = ? AND attempt = ?"
            " AND kind = 'answer' AND over = 0 ORDER BY id DESC LIMIT 1",
            (question.id, question.attempt),
        )
        return None if row is None or row["word"] != "again" else str(row["text"])

    # -- the word

    def say(self, approval: int, said: ApprovalEnd, at: datetime, said_in: int = 0) -> bool:
        """Note what becomes of an approval; False if that is known already: the first counts."""
        changed = self._database.execute(
            "UPDATE approvals SET word = ?, text = ?, entities = ?, said_in = ?, decided_at = ?"
            " WHERE id = ? AND word IS NULL",
            (
                said.word,
                said.text.text,
                json.dumps([asdict(one) for one in said.text.entities]),
                said_in,
                at,
                approval,
            ),
        )
        return bool(changed.rowcount)

    def find(self, approval: int) -> Approval | None:
        """An approval by its number."""
        row = self._database.row(
            f"SELECT {_COLUMNS} FROM approvals AS a WHERE a.id = ?", (approval,)
        )
        return None if row is None else _approval_of(row)

    def asked_in(self, chat: int, message: int) -> Approval | None:
        """The approval that a message in Saved Messages asks for."""
        row = self._database.row(
            f"SELECT {_COLUMNS} FROM approval_requests AS r JOIN approvals AS a"
            " ON a.id = r.approval WHERE r.message = ? AND r.chat = ?",
            (message, chat),
        )
        return None if row is None else _approval_of(row)

    def withdraw(self, question: int, at: datetime) -> None:
        """Whatever a question waits for is not wanted any more."""
        self._database.execute(
            "UPDATE approvals SET word = 'withdrawn', decided_at = ?"
            " WHERE question = ? AND word IS NULL",
            (at, question),
        )

    # -- what waits

    def waiting(self) -> list[tuple[Question, Approval]]:
        """The questions that wait, with what for, oldest first; those whose word came, too."""
        return [
            (questions.question_of(row), _approval_of(row))
            for row in self._database.rows(f"{_WAITING} ORDER BY a.id")
        ]

    def decided(self) -> list[tuple[Question, Approval]]:
        """Those of them whose word came."""
        return [
            (questions.question_of(row), _approval_of(row))
            for row in self._database.rows(f"{_WAITING} AND a.word IS NOT NULL ORDER BY a.id")
        ]

    def questions(self) -> set[int]:
        """The questions that wait, by their ids."""
        rows = self._database.rows("SELECT id FROM questions WHERE state = 'awaiting'")
        return {number for (number,) in rows}

    def overdue(self, now: datetime) -> list[int]:
        """The approvals whose time is over."""
        rows = self._database.rows(
            "SELECT id FROM approvals WHERE word IS NULL AND deadline <= ? ORDER BY id", (now,)
        )
        return [number for (number,) in rows]

    def asked_for(self, question: Question) -> set[ApprovalKind]:
        """For what kinds of yes a question has waited, if it has: its age says nothing then."""
        rows = self._database.rows(
            "SELECT DISTINCT kind FROM approvals WHERE question = ? AND attempt = ?",
            (question.id, question.attempt),
        )
        return {kind for (kind,) in rows}

    def free(self, question: Question) -> bool:
        """Whether what stands of an answer was begun without a yes, and is not written anew."""
        if "answer" in self.asked_for(question):
            return False
        answered = "SELECT 1 FROM questions WHERE id = ? AND answer IS NOT NULL"
        return self._database.row(answered, (question.id,)) is None

    def said_at(self, question: Question) -> datetime | None:
        """When the owner last said something to a question, if he did."""
        row = self._database.row(
            "SELECT max(decided_at) FROM approvals WHERE question = ? AND attempt = ?",
            (question.id, question.attempt),
        )
        return None if row is None or row[0] is None else moment(row[0])

    def go_on(self, question: Question, at: datetime, *, anew: bool = False) -> None:
        """What a question waited for came, or is not wanted any more: it is being answered again.

        `anew`: its answer is dropped.
        """
        with self._database.transaction():
            self.withdraw(question.id, at)
            self._database.execute(
                "UPDATE questions SET state = 'answering', state_at = ?,"
                " whole = CASE WHEN ? THEN NULL ELSE whole END WHERE id = ? AND state = 'awaiting'",
                (at, anew, question.id),
            )

    def drafts(self, conversation: ConversationId, before: int) -> list[tuple[int, str]]:
        """The answers that wait in a conversation: each with its question, oldest first.

        `before`: of earlier questions than this.
        """
        rows = self._database.rows(
            f"{_WAITING} AND c.chat = ? AND c.topic = ? AND q.id < ? AND a.kind = 'answer'"
            " AND q.erased = 0 ORDER BY q.id",
            (conversation.chat, conversation.topic or 0, before),
        )
        return [(row["id"], row["what"]) for row in rows]

    # -- the messages that ask

    def requests(self, approval: int) -> list[RequestPart]:
        """The messages that ask for an approval, in order."""
        rows = self._database.rows(
            "SELECT random_id, text, scheduled, message FROM approval_requests"
            " WHERE approval = ? ORDER BY id",
            (approval,),
        )
        return [RequestPart(*row) for row in rows]

    def record(self, approval: int, chat: int, parts: Sequence[RequestPart]) -> None:
        """Note the messages that are going to ask, before any leaves."""
        with self._database.transaction():
            for part in parts:
                self._database.execute(
                    "INSERT INTO approval_requests (random_id, approval, chat, text)"
                    " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (part.random_id, approval, chat, part.text),
                )

    def scheduled(self, random_id: int, number: int) -> None:
        """Telegram will send one of them; until then it has this id."""
        self._database.execute(
            "UPDATE approval_requests SET scheduled = ? WHERE random_id = ?", (number, random_id)
        )

    def has_scheduled(self, chat: int, number: int) -> bool:
        """Whether one of them is known to be what Telegram has scheduled under that id."""
        found = "SELECT 1 FROM approval_requests WHERE scheduled = ? AND chat = ?"
        return self._database.row(found, (number, chat)) is not None

    def confirm(self, random_id: int, message: int) -> None:
        """One of them stands, as this message."""
        self._database.execute(
            "UPDATE approval_requests SET message = ? WHERE random_id = ?", (message, random_id)
        )

    def sent(self, chat: int, scheduled: int, message: int) -> None:
        """Telegram has sent what was scheduled under that id."""
        self._database.execute(
            "UPDATE approval_requests SET message = ? WHERE scheduled = ? AND chat = ?"
            " AND message IS NULL",
            (message, scheduled, chat),
        )

    def over(self, question: Question, at: datetime) -> list[Approval]:
        """A question has ended: nothing is wanted for it any more, and the words go.

        Gives what it has waited for, as it was.
        """
        database, number = self._database, question.id
        with database.transaction():
            self.withdraw(number, at)
            rows = database.rows(
                f"SELECT {_COLUMNS} FROM approvals AS a WHERE a.question = ? AND a.over = 0"
                " ORDER BY a.id",
                (number,),
            )
            database.execute("UPDATE approvals SET over = 1 WHERE question = ?", (number,))
            for statement in ERASE:
                database.execute(statement, (number,))
        return [_approval_of(row) for row in rows]


def _approval_of(row: Any) -> Approval:
    said = None
    if row["word"] is not None:
        entities = tuple(Entity(**one) for one in json.loads(row["entities"]))
        said = ApprovalEnd(row["word"], RichText(row["said"], entities))
    return Approval(
        id=row["approval"],
        question=row["question"],
        kind=row["wanted"],
        what=row["what"],
        told=row["told"] or row["what"],
        asked_at=moment(row["wanted_at"]),
        deadline=moment(row["deadline"]),
        said=said,
        said_at=None if row["decided_at"] is None else moment(row["decided_at"]),
        said_in=row["said_in"],
    )
