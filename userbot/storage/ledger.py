"""What was spent, and what is reserved for questions that are open.

1. A question is let in, or its request is paid, only in the same transaction in which the limits
   were looked at: nothing comes between.
2. A reservation is a pair of numbers in the question's row and counts while the question is open,
   so it survives a crash, and ends with the question however that ends.
3. What is being paid is a row of `owed` until it is counted: whoever was killed meanwhile finds at
   the next start what nobody has counted.
4. Sums are running sums in the rows of usage: a day's, or an hour's, is one subtraction, however
   many rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from userbot.storage import question_rows
from userbot.storage.columns import instant
from userbot.storage.database import Database
from userbot.storage.outbound import OutboundLog
from userbot.types import TERMINAL, Expected, Finish, Owed, Question, Spent, Usage

R = TypeVar("R")

LATELY = 50
"""So many requests tell how long answers become."""
_MINUTE = 60 * 1_000_000
_HOUR = 60 * _MINUTE

_SPENT = """
    SELECT
        (SELECT count(*) FROM questions
            WHERE sender = :person AND stored_at > :minute AND stored_at <= :now
            AND (state <> 'skipped' OR EXISTS (SELECT 1 FROM transcripts AS heard
                WHERE heard.message IN (questions.message, questions.reply_to)
                AND heard.chat = questions.chat AND heard.question = questions.id)
            OR (reason <> 'joined' AND EXISTS (SELECT 1 FROM usage AS paid
                WHERE paid.person = :person AND paid.at > :minute
                AND paid.question = questions.id)))),
        coalesce((SELECT others_after FROM usage ORDER BY id DESC LIMIT 1)
            - (SELECT others_before FROM usage WHERE at BETWEEN :day AND :now
                ORDER BY at LIMIT 1), 0),
        coalesce((SELECT answers_before + (kind = 'answer') FROM usage ORDER BY id DESC LIMIT 1)
            - (SELECT answers_before FROM usage WHERE at > :hour AND at <= :now
                ORDER BY at LIMIT 1), 0),
        coalesce((SELECT person_after FROM usage WHERE person = :person ORDER BY id DESC LIMIT 1)
            - (SELECT person_before FROM usage WHERE person = :person AND at BETWEEN :day AND :now
                ORDER BY at LIMIT 1), 0),
        coalesce((SELECT cost_after FROM usage ORDER BY id DESC LIMIT 1)
            - (SELECT cost_before FROM usage WHERE at BETWEEN :day AND :now
                ORDER BY at LIMIT 1), 0)"""
_RESERVED = """
    SELECT coalesce(sum(CASE WHEN by_owner THEN 0 ELSE reserved_tokens END), 0),
        count(*),
        coalesce(sum(CASE WHEN sender = :person THEN reserved_tokens ELSE 0 END), 0),
        coalesce(sum(reserved_cost), 0)
    FROM questions WHERE state IN ('pending', 'answering') AND id <> :question"""


class Ledger:
    """What was spent and is reserved. Every method raises StorageError."""

    def __init__(self, database: Database, outbound: OutboundLog) -> None:
        self._database = database
        self._outbound = outbound

    def spent(self, person: int, now: datetime, day_began: datetime, question: int = 0) -> Spent:
        """What counts against the limits, beside what `question` is expected to cost.

        The person's requests are those of the last 60 seconds that were not skipped, or were
        paid for all the same, that question among them. Everything else includes what is
        reserved for the other questions that are open: many asked at once do not slip through.
        """
        moment = instant(now)
        row = {
            "person": person,
            "question": question,
            "now": moment,
            "minute": moment - _MINUTE,
            "hour": moment - _HOUR,
            "day": instant(day_began),
        }
        ((requests, others, answers, own, cost),) = self._database.rows(_SPENT, row)
        ((open_others, open_count, open_own, open_cost),) = self._database.rows(_RESERVED, row)
        return Spent(
            person_requests_last_minute=requests,
            others_tokens_today=others + open_others,
            answers_last_hour=answers + open_count,
            person_tokens_today=own + open_own,
            cost_today=cost + open_cost,
        )

    def hold(self, question: int, expected: Expected) -> None:
        """Reserve for a question."""
        self._database.execute(
            "UPDATE questions SET reserved_tokens = ?, reserved_cost = ? WHERE id = ?",
            (expected.tokens, expected.cost, question),
        )

    def owed(
        self, before: datetime | None = None, *, terminal: bool = False
    ) -> list[tuple[Question, Owed, str]]:
        """What is owed for questions, asked `before` then, and what stands of each answer.

        `terminal`: for those that were asked there, and no others.
        """
        rows = self._database.rows("SELECT * FROM owed ORDER BY question")
        found = []
        for number, kind, model, prompt_tokens, completion_tokens, estimated, seconds in rows:
            row = self._database.row(question_rows.QUESTIONS + " WHERE q.id = ?", (number,))
            assert row is not None  # a question's row is never deleted
            question = question_rows.question_of(row)
            recent = before is not None and question.at >= before
            if (question.chat == TERMINAL) is not terminal or recent:
                continue
            usage = None
            if prompt_tokens is not None:
                usage = Usage(prompt_tokens, completion_tokens, bool(estimated))
            stands = "".join(text for _, text in self._outbound.standing(question))
            found.append((question, Owed(kind, model, usage, seconds), stands))
        return found

    def reserve(
        self,
        question: Question,
        expected: Expected,
        now: datetime,
        day_began: datetime,
        judge: Callable[[Spent], R | None],
        owed: Owed | None = None,
    ) -> R | None:
        """Reserve what a stored question is about to cost, unless `judge` refuses.

        It replaces what was reserved for it before. `owed`: what is paid from now on. Gives what
        `judge` gave.
        """
        with self._database.transaction():
            verdict = judge(self.spent(question.sender.id, now, day_began, question.id))
            if verdict is None:
                self.hold(question.id, expected)
                if owed is not None:
                    self._owe(question, owed)
            return verdict

    def free(self, question: Question, kind: str) -> None:
        """What was owed was not paid."""
        self._database.execute(
            "DELETE FROM owed WHERE question = ? AND kind = ?", (question.id, kind)
        )

    def capture_answer(
        self,
        question: Question,
        text: str,
        finish: Finish,
        usage: Usage,
        cost: int,
        at: datetime,
    ) -> None:
        """The model's answer is whole, and cost so much: kept until it is settled, and counted."""
        whole = json.dumps([text, finish.reason, usage.prompt_tokens, usage.completion_tokens,
                            usage.estimated, finish.model])  # fmt: skip
        with self._database.transaction():
            self._database.execute(
                "UPDATE questions SET whole = ?, reserved_tokens = 0, reserved_cost = 0"
                " WHERE id = ? AND erased = 0 AND state IN ('pending', 'answering')",
                (whole, question.id),
            )
            self.enter(question, at, kind="answer", model=finish.model, usage=usage, cost=cost)

    def whole(self, question: Question) -> tuple[str, Finish] | None:
        """The model's answer to an open question, if all of it came before the program ended."""
        row = self._database.row(
            "SELECT whole FROM questions WHERE id = ? AND whole IS NOT NULL", (question.id,)
        )
        if row is None:
            return None
        text, reason, prompt_tokens, completion_tokens, estimated, model = json.loads(row[0])
        return text, Finish(reason, Usage(prompt_tokens, completion_tokens, estimated), model)

    def spend(
        self,
        question: Question,
        at: datetime,
        *,
        kind: str,
        model: str,
        usage: Usage | None = None,
        audio_seconds: float = 0.0,
        cost: int = 0,
    ) -> None:
        """Count what was paid beside an answer: "audio", "speech", or what "failed".

        It is owed no longer.
        """
        with self._database.transaction():
            self.free(question, "answer" if kind == "failed" else kind)
            if kind == "failed":
                self.hold(question.id, Expected(0, 0))
            self.enter(
                question,
                at,
                kind=kind,
                model=model,
                usage=usage,
                audio_seconds=audio_seconds,
                cost=cost,
            )

    def longest_answer(self) -> int:
        """Tokens of the longest of the answers that were paid lately; 0 before the first."""
        ((tokens,),) = self._database.rows(
            "SELECT coalesce(max(completion_tokens), 0) FROM"
            " (SELECT completion_tokens FROM usage ORDER BY id DESC LIMIT ?)",
            (LATELY,),
        )
        return int(tokens)

    def tell_once(self, person: int, reason: str, since: datetime, now: datetime) -> bool:
        """Whether to tell a person of a limit: not if that was done after `since`."""
        told = self._database.execute(
            "INSERT INTO told VALUES (?, ?, ?) ON CONFLICT (person, reason)"
            " DO UPDATE SET at = excluded.at WHERE at < ?",
            (person, reason, instant(now), instant(since)),
        )
        return bool(told.rowcount)

    def enter(
        self,
        question: Question,
        at: datetime,
        *,
        kind: str,
        model: str,
        usage: Usage | None,
        audio_seconds: float = 0.0,
        cost: int = 0,
    ) -> None:
        """Append a row of usage with its running sums; within a transaction.

        An answer is owed no longer.
        """
        if kind == "answer":
            self.free(question, kind)
        last = self._database.row(
            "SELECT others_after, cost_after, answers_before + (kind = 'answer') FROM usage"
            " ORDER BY id DESC LIMIT 1"
        )
        others, money, answers = last or (0, 0, 0)
        of_person = self._database.row(
            "SELECT person_after FROM usage WHERE person = ? ORDER BY id DESC LIMIT 1",
            (question.sender.id,),
        )
        own = of_person[0] if of_person else 0
        tokens = usage.total if usage else 0
        self._database.execute(
            "INSERT INTO usage (question, person, by_owner, chat, at, model, prompt_tokens,"
            " completion_tokens, others_before, others_after, kind, estimated, audio_seconds, cost,"
            " cost_before, cost_after, person_before, person_after, answers_before)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                question.id,
                question.sender.id,
                question.by_owner,
                question.chat,
                instant(at),
                model,
                usage and usage.prompt_tokens,
                usage and usage.completion_tokens,
                others,
                others + (0 if question.by_owner else tokens),
                kind,
                usage is not None and usage.estimated,
                audio_seconds,
                cost,
                money,
                money + cost,
                own,
                own + tokens,
                answers,
            ),
        )

    def _owe(self, question: Question, owed: Owed) -> None:
        usage = owed.usage
        self._database.execute(
            "INSERT OR REPLACE INTO owed VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                question.id,
                owed.kind,
                owed.model,
                usage and usage.prompt_tokens,
                usage and usage.completion_tokens,
                usage is not None and usage.estimated,
                owed.audio_seconds,
            ),
        )
