"""Questions: stored before anything else happens to them, unique by chat and message."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from userbot.storage import database, ledger, question_rows
from userbot.storage.cells import instant, storable
from userbot.storage.eraser import Eraser
from userbot.storage.steps import Steps
from userbot.types import TERMINAL, Expected, Question, Spent

R = TypeVar("R")


class Questions(Steps):
    """What was asked, and what became of it. Every method raises StorageError."""

    eraser: Eraser

    def asked_by(self, chat: int, message: int) -> int | None:
        """The question that the message is, if it is one."""
        return self._question(
            "SELECT id FROM questions WHERE chat = ? AND message = ?", chat, message
        )

    def add(self, ask: Question, at: datetime) -> Question | None:
        """Store a question as pending and give it with its id; None if its message is known."""
        with database.explained(self.path):
            return self._insert(ask, at)

    def _insert(self, ask: Question, at: datetime) -> Question | None:
        row = question_rows.row_of(ask, at)
        cursor = self._db.execute(question_rows.ADD, row)
        if not cursor.rowcount:
            # The message is known, or its conversation is new or has another title.
            with nullcontext(self._db) if self._db.in_transaction else self._step() as db:
                db.execute(question_rows.SEE_CONVERSATION, row)
                cursor = db.execute(question_rows.ADD, row)
        return replace(ask, id=cursor.lastrowid or 0) if cursor.rowcount else None

    def admit(
        self,
        ask: Question,
        at: datetime,
        day_began: datetime,
        expected: Expected,
        judge: Callable[[Spent], R | None],
    ) -> tuple[Question, R | None] | None:
        """Store a question and reserve what it is expected to cost, all at once.

        `judge` looks at what was spent; what it gives refuses the question, which is then only
        stored, with the state "skipped". Gives the question with its id and what `judge` gave;
        None if its message is known.
        """
        with self._step() as db:
            kept = self._insert(ask, at)
            if kept is None:
                return None
            verdict = judge(ledger.spent(db, ask.sender.id, at, day_began, kept.id))
            if verdict is None:
                ledger.hold(db, kept.id, expected)
            else:
                db.execute("UPDATE questions SET state = 'skipped' WHERE id = ?", (kept.id,))
        return kept, verdict

    def anew(
        self,
        ask: Question,
        at: datetime,
        day_began: datetime,
        expected: Expected,
        judge: Callable[[Spent], R | None],
    ) -> tuple[Question, R | None] | None:
        """Make an answered question, worded otherwise by now, pending anew, unless `judge` refuses.

        The messages of its answer belong to the new answer. It counts as asked now. None if it was
        not answered or has these words already; if it was spoken, or is several messages.
        """
        with self._step() as db:
            row = db.execute(
                "SELECT id, attempt, reason, text, own_text, stored_at, state_at FROM questions"
                " WHERE message = ? AND chat = ? AND state = 'answered' AND erased = 0"
                " AND coalesce(own_text, text) <> ? AND voice IS NULL AND pictures = ''"
                " AND NOT EXISTS (SELECT 1 FROM questions AS other"
                " WHERE other.joined_to = questions.id)",
                (ask.message, ask.chat, storable(ask.text)),
            ).fetchone()
            if row is None:
                return None
            number, attempt, *before = row
            kept = replace(ask, id=number, attempt=attempt)
            change = (
                "UPDATE questions SET state = ?, reason = ?, text = ?, own_text = ?,"
                " stored_at = ?, state_at = ? WHERE id = ?"
            )
            now = instant(at)
            db.execute(change, ("pending", "", storable(ask.text), None, now, now, number))
            spent = ledger.spent(db, ask.sender.id, at, day_began, number)
            # Its row counts once; each time it was answered lately was a request, too.
            (lately,) = db.execute(
                "SELECT count(*) FROM usage WHERE question = ? AND at > ?",
                (number, instant(at - timedelta(minutes=1))),
            ).fetchone()
            requests = spent.person_requests_last_minute + lately
            verdict = judge(replace(spent, person_requests_last_minute=requests))
            if verdict is None:
                ledger.hold(db, number, expected)
            else:
                db.execute(change, ("answered", *before, number))
        return kept, verdict

    def again(self, chat: int, message: int, at: datetime) -> Question | str | None:
        """Make a question that failed or was skipped pending anew, and give it.

        `message` is the question's own or one of its answer's. If it is in another state, that;
        None if there is no such question, or its words were deleted.
        """
        with self._step() as db:
            found = db.execute(
                "SELECT coalesce((SELECT id FROM questions WHERE message = ?1 AND chat = ?2),"
                " (SELECT question FROM writes WHERE message = ?1 AND chat = ?2))",
                (message, chat),
            ).fetchone()
            row = db.execute(question_rows.ASKS + " WHERE q.id = ?", found).fetchone()
            if row is None:
                return None
            ask = question_rows.ask_of(row)
            state = str(row[-3])
            if not pending_anew(db, ask.id, at):
                return None if state in ("failed", "skipped") or self.eraser.gone(ask) else state
        return replace(ask, attempt=ask.attempt + 1)

    def join(self, earlier: Question, whole: Question, at: datetime) -> None:
        """A question that is not answered yet is one with a later message, as `whole`.

        It ends as skipped ("joined"); its words go where those of the later one go.
        """
        with self._step() as db:
            db.execute(
                "UPDATE questions SET state = 'skipped', reason = 'joined', state_at = ?,"
                " whole = NULL, joined_to = ? WHERE id = ? AND state <> 'answered'",
                (instant(at), whole.id, earlier.id),
            )
            db.execute(
                "UPDATE questions SET joined_to = ? WHERE joined_to = ?", (whole.id, earlier.id)
            )
            _reword(db, whole)

    def joined(self, ask: Question) -> list[Question]:
        """The earlier messages that are one with a question, oldest first."""
        with database.explained(self.path):
            rows = self._db.execute(
                question_rows.ASKS + " WHERE q.joined_to = ? ORDER BY q.message", (ask.id,)
            ).fetchall()
        return [question_rows.ask_of(row) for row in rows]

    def part(
        self, before: Question, whole: Question, gone: Sequence[Question], reason: str, at: datetime
    ) -> None:
        """Of the messages of a question some are gone, and why: it is `whole` now.

        If its last message is among them, the one before that takes its place.
        """
        with self._step() as db:
            if whole.id != before.id:
                db.execute(
                    "UPDATE questions SET joined_to = NULL, (state, reason, state_at,"
                    " reserved_tokens, reserved_cost) = (SELECT state, reason, state_at,"
                    " reserved_tokens, reserved_cost FROM questions WHERE id = ?) WHERE id = ?",
                    (before.id, whole.id),
                )
                db.execute(
                    "UPDATE questions SET joined_to = ? WHERE joined_to = ?", (whole.id, before.id)
                )
            db.executemany(
                "UPDATE questions SET state = 'skipped', reason = ?, state_at = ?,"
                " joined_to = NULL, whole = NULL WHERE id = ? AND state <> 'answered'",
                [(reason, instant(at), one.id) for one in gone],
            )
            _reword(db, whole)

    def reword(self, whole: Question) -> None:
        """A question that is not answered yet has other words now."""
        with self._step() as db:
            _reword(db, whole)

    def mark(self, ask: Question, state: str, reason: str, at: datetime) -> None:
        """Set a question's state: "answering", "failed" or "skipped", and why.

        An answered question stays answered.
        """
        with database.explained(self.path):
            self._db.execute(
                "UPDATE questions SET state = ?1, reason = ?2, state_at = ?3,"
                " whole = CASE ?1 WHEN 'answering' THEN whole END"
                " WHERE id = ?4 AND state <> 'answered'",
                (state, reason, instant(at), ask.id),
            )

    def pending(self, *, terminal: bool = False) -> list[tuple[Question, bool]]:
        """Questions that are neither answered nor given up, oldest first.

        The flag tells whether a write for it was recorded. `terminal`: those that were asked
        there, and no others.
        """
        with database.explained(self.path):
            rows = self._db.execute(
                question_rows.ASKS
                + " WHERE q.state IN ('pending', 'answering') AND (q.chat = ?) = ?"
                " ORDER BY q.id",
                (TERMINAL, terminal),
            ).fetchall()
        return [(question_rows.ask_of(row), bool(row[-1])) for row in rows]


def pending_anew(db: sqlite3.Connection, question: int, at: datetime, reason: str = "") -> bool:
    """Let a question that failed or was skipped be asked again; False if it may not be."""
    changed = db.execute(
        "UPDATE questions SET state = 'pending', reason = ?, attempt = attempt + 1, state_at = ?"
        " WHERE id = ? AND state IN ('failed', 'skipped') AND erased = 0 AND reason <> 'forgotten'",
        (reason, instant(at), question),
    )
    return bool(changed.rowcount)


def _reword(db: sqlite3.Connection, whole: Question) -> None:
    db.execute(
        "UPDATE questions SET text = ?, forwarded_from = ?, reply_to = ?, about_reply = ?,"
        " pictures = ?, expires_at = ?, whole = NULL"
        " WHERE id = ? AND erased = 0 AND state <> 'answered'",
        (
            storable(whole.text),
            storable(whole.forwarded_from),
            whole.reply_to,
            whole.about_reply,
            question_rows.numbers(whole.pictures),
            whole.expires_at and instant(whole.expires_at),
            whole.id,
        ),
    )
