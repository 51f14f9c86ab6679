"""Questions: stored before anything else happens to them, unique by chat and message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from userbot.storage import question_rows
from userbot.storage.columns import instant, storable
from userbot.storage.database import Database
from userbot.storage.ledger import Ledger
from userbot.types import TERMINAL, Answer, Expected, Question, Spent

R = TypeVar("R")

_REQUESTED = "asked_again"
"""The reason of a pending question that another process wants asked again."""


class Questions:
    """What was asked, and what became of it. Every method raises StorageError."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    def asked_by(self, chat: int, message: int) -> int | None:
        """The question that the message is, if it is one."""
        row = self._database.row(
            "SELECT id FROM questions WHERE chat = ? AND message = ?", (chat, message)
        )
        return None if row is None else int(row[0])

    def erased(self, question: Question) -> bool:
        """Whether the words of a question are gone."""
        row = self._database.row("SELECT erased FROM questions WHERE id = ?", (question.id,))
        return row is not None and bool(row[0])

    def add(self, question: Question, at: datetime) -> Question | None:
        """Store a question as pending and give it with its id; None if its message is known."""
        row = question_rows.row_of(question, at)
        cursor = self._database.execute(question_rows.ADD, row)
        if not cursor.rowcount:
            # The message is known, or its conversation is new or has another title.
            with self._database.transaction():
                self._database.execute(question_rows.SEE_CONVERSATION, row)
                cursor = self._database.execute(question_rows.ADD, row)
        return replace(question, id=cursor.lastrowid or 0) if cursor.rowcount else None

    def admit(
        self,
        question: Question,
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
        with self._database.transaction():
            kept = self.add(question, at)
            if kept is None:
                return None
            verdict = judge(self._ledger.spent(question.sender.id, at, day_began, kept.id))
            if verdict is None:
                self._ledger.hold(kept.id, expected)
            else:
                self._database.execute(
                    "UPDATE questions SET state = 'skipped' WHERE id = ?", (kept.id,)
                )
        return kept, verdict

    def reopen(
        self,
        question: Question,
        at: datetime,
        day_began: datetime,
        expected: Expected,
        judge: Callable[[Spent], R | None],
    ) -> tuple[Question, R | None] | None:
        """Make an answered question, worded otherwise by now, pending anew, unless `judge` refuses.

        The messages of its answer belong to the new answer. It counts as asked now. None if it was
        not answered or has these words already; if it was spoken, or is several messages.
        """
        with self._database.transaction():
            row = self._database.row(
                "SELECT id, attempt, reason, text, own_text, stored_at, state_at FROM questions"
                " WHERE message = ? AND chat = ? AND state = 'answered' AND erased = 0"
                " AND coalesce(own_text, text) <> ? AND voice IS NULL AND pictures = ''"
                " AND NOT EXISTS (SELECT 1 FROM questions AS other"
                " WHERE other.joined_to = questions.id)",
                (question.message, question.chat, storable(question.text)),
            )
            if row is None:
                return None
            number, attempt, *before = row
            kept = replace(question, id=number, attempt=attempt)
            change = (
                "UPDATE questions SET state = ?, reason = ?, text = ?, own_text = ?,"
                " stored_at = ?, state_at = ? WHERE id = ?"
            )
            now = instant(at)
            self._database.execute(
                change, ("pending", "", storable(question.text), None, now, now, number)
            )
            spent = self._ledger.spent(question.sender.id, at, day_began, number)
            # Its row counts once; each time it was answered lately was a request, too.
            lately = self._database.rows(
                "SELECT 1 FROM usage WHERE question = ? AND at > ?",
                (number, instant(at - timedelta(minutes=1))),
            )
            requests = spent.person_requests_last_minute + len(lately)
            verdict = judge(replace(spent, person_requests_last_minute=requests))
            if verdict is None:
                self._ledger.hold(number, expected)
            else:
                self._database.execute(change, ("answered", *before, number))
        return kept, verdict

    def retry(self, chat: int, message: int, at: datetime) -> Question | str | None:
        """Make a question that failed or was skipped pending anew, and give it.

        `message` is the question's own or one of its answer's. If it is in another state, that;
        None if there is no such question, or its words were deleted.
        """
        with self._database.transaction():
            found = self._database.row(
                "SELECT coalesce((SELECT id FROM questions WHERE message = ?1 AND chat = ?2),"
                " (SELECT question FROM writes WHERE message = ?1 AND chat = ?2))",
                (message, chat),
            )
            row = self._database.row(question_rows.QUESTIONS + " WHERE q.id = ?", found or ())
            if row is None:
                return None
            question = question_rows.question_of(row)
            state = str(row[-3])
            if not self._pending_anew(question.id, at):
                ended = state in ("failed", "skipped")
                return None if ended or self.erased(question) else state
        return replace(question, attempt=question.attempt + 1)

    def request_retry(self, questions: Sequence[int], at: datetime) -> set[int]:
        """Mark questions that failed to be asked again by whoever answers; gives those that are.

        Not one whose words are gone.
        """
        with self._database.transaction():
            return {one for one in questions if self._pending_anew(one, at, _REQUESTED)}

    def requested_retries(self) -> set[int]:
        """The questions so marked; the mark is taken off."""
        # Looked at first, since it is asked every second: only a writer has to wait for others.
        if not self._database.row(
            "SELECT 1 FROM questions WHERE state IN ('pending', 'answering') AND reason = ?",
            (_REQUESTED,),
        ):
            return set()
        rows = self._database.rows(
            "UPDATE questions SET reason = '' WHERE state IN ('pending', 'answering')"
            " AND reason = ? RETURNING id",
            (_REQUESTED,),
        )
        return {number for (number,) in rows}

    def joined(self, question: Question) -> list[Question]:
        """The earlier messages that are one with a question, oldest first."""
        rows = self._database.rows(
            question_rows.QUESTIONS + " WHERE q.joined_to = ? ORDER BY q.message", (question.id,)
        )
        return [question_rows.question_of(row) for row in rows]

    def save_pieces(
        self,
        pieces: Sequence[Question],
        whole: Question,
        gone: Sequence[tuple[Question, str]],
        at: datetime,
    ) -> None:
        """A question that is not answered yet is made of these messages: it is `whole` now.

        `whole` is in the place of the last one. The others end as skipped ("joined"), and those
        that are `gone` with their reason. The same call twice changes nothing.
        """
        now = instant(at)
        with self._database.transaction():
            # One that was joined takes the place of a last message that is gone.
            self._database.execute(
                "UPDATE questions SET joined_to = NULL, state_at = ?, reason = '',"
                " state = CASE WHEN state = 'skipped' AND reason = 'joined' THEN 'pending'"
                " ELSE state END WHERE id = ?",
                (now, whole.id),
            )
            self._database.execute_each(
                "UPDATE questions SET state = 'skipped', reason = 'joined', state_at = ?,"
                " whole = NULL, joined_to = ? WHERE id = ? AND state <> 'answered'",
                [(now, whole.id, one.id) for one in pieces if one.id != whole.id],
            )
            self._database.execute_each(
                "UPDATE questions SET state = 'skipped', reason = ?, state_at = ?,"
                " joined_to = NULL, whole = NULL WHERE id = ? AND state <> 'answered'",
                [(reason, now, one.id) for one, reason in gone],
            )
            self._database.execute(
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

    def mark(self, question: Question, state: str, reason: str, at: datetime) -> None:
        """Set a question's state: "answering", "failed" or "skipped", and why.

        An answered question stays answered.
        """
        self._database.execute(
            "UPDATE questions SET state = ?1, reason = ?2, state_at = ?3,"
            " whole = CASE ?1 WHEN 'answering' THEN whole END"
            " WHERE id = ?4 AND state <> 'answered'",
            (state, reason, instant(at), question.id),
        )

    def pending(self, *, terminal: bool = False) -> list[tuple[Question, bool]]:
        """Questions that are neither answered nor given up, oldest first.

        The flag tells whether a write for it was recorded. `terminal`: those that were asked
        there, and no others.
        """
        rows = self._database.rows(
            question_rows.QUESTIONS + " WHERE q.state IN ('pending', 'answering')"
            " AND (q.chat = ?) = ? ORDER BY q.id",
            (TERMINAL, terminal),
        )
        return [(question_rows.question_of(row), bool(row[-1])) for row in rows]

    def settle(self, question: Question, text: str, answer: Answer, at: datetime) -> None:
        """The question (as `text`) is answered: its state and its exchange at once.

        Of a question that is answered already nothing changes. Words that were deleted meanwhile do
        not come back. What it cost was captured before.
        """
        self._database.execute(
            "UPDATE questions SET state = 'answered', reason = ?1, state_at = ?2,"
            " text = CASE WHEN erased THEN '' ELSE ?3 END,"
            " own_text = CASE WHEN erased THEN NULL ELSE ?4 END,"
            " answer = CASE WHEN erased THEN '' ELSE ?5 END, model = ?6, whole = NULL"
            " WHERE id = ?7 AND state <> 'answered'",
            (
                answer.finish.reason,
                instant(at),
                storable(text),
                None if text == question.text else storable(question.text),
                storable(answer.text),
                answer.finish.model,
                question.id,
            ),
        )

    def _pending_anew(self, question: int, at: datetime, reason: str = "") -> bool:
        """Let a question that failed or was skipped be asked again; False if it may not be."""
        changed = self._database.execute(
            "UPDATE questions SET state = 'pending', reason = ?, attempt = attempt + 1,"
            " state_at = ? WHERE id = ? AND state IN ('failed', 'skipped') AND erased = 0"
            " AND reason <> 'forgotten'",
            (reason, instant(at), question),
        )
        return bool(changed.rowcount)
