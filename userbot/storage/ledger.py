"""Payments: authorized before something is asked for, captured with its price, or voided.

1. A question is let in, or a payment authorized, only in the same transaction in which the limits
   were looked at: nothing comes between.
2. A payment is one row from its authorization on, so it survives a kill: the next start captures
   what the program before it left authorized.
3. What is captured is summed up at once, by quarters of an hour: a day's sum is a hundred rows at
   most, however many payments there were.
"""

# ruff: noqa: S608 - statements are put together from constants, values are bound
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime, timedelta

from userbot.storage.citations import cite
from userbot.storage.database import Database
from userbot.types import TERMINAL, Expected, Finish, Payment, Question, Source, Spent, Usage

LATELY = 50
"""So many answers tell how long answers become."""
EVERYBODY = -(2**62)
"""Stands for all in `spent`: all their money, and the tokens of all but the owner. No marked id."""
QUARTER = 15 * 60 * 1_000_000
"""Of an hour, in microseconds."""

# What a killed program left may stay authorized until it starts again: no answer takes an hour.
# The plus keeps SQLite to the index of what is authorized, which is short.
_SPENT = f"""
    WITH counted (requests, others, answers, own, cost, others_way, own_way, cost_way) AS (
        SELECT count(*), 0, 0, 0, 0, 0, 0, 0 FROM questions
        WHERE sender = :person AND stored_at > :minute AND stored_at <= :now
        AND (state <> 'skipped' OR EXISTS (SELECT 1 FROM payments
            WHERE question = questions.id AND (kind = 'audio' OR reason <> 'joined')))
    UNION ALL
        SELECT 0, 0, max(0, coalesce((SELECT id FROM given WHERE at <= :now
                ORDER BY at DESC, id DESC LIMIT 1), 0)
            - coalesce((SELECT id FROM given WHERE at <= :hour
                ORDER BY at DESC, id DESC LIMIT 1), 0)), 0, 0, 0, 0, 0
    UNION ALL
        SELECT 0, tokens * (person = {EVERYBODY}), 0, tokens * (person = :person),
            cost * (person = {EVERYBODY}), 0, 0, 0
        FROM spent WHERE person IN ({EVERYBODY}, :person)
        AND quarter BETWEEN :began / {QUARTER} AND :now / {QUARTER}
    UNION ALL
        SELECT 0, least_tokens * (NOT by_owner), 1, least_tokens * (sender = :person),
            least_cost, 0, 0, 0
        FROM questions WHERE state IN ('pending', 'answering') AND id <> :question
    UNION ALL
        SELECT 0, prompt_tokens * (NOT by_owner), 0, prompt_tokens * (person = :person), cost,
            completion_tokens * (at > :hour) * (NOT by_owner),
            completion_tokens * (at > :hour) * (person = :person), answer_cost * (at > :hour)
        FROM payments WHERE state = 'authorized' AND question <> :question AND +at >= :began
    )
    SELECT sum(requests), sum(others), sum(answers), sum(own), sum(cost), sum(requests),
        sum(others + others_way), sum(answers), sum(own + own_way), sum(cost + cost_way)
    FROM counted"""
_SUM_UP = f"""
    INSERT INTO spent VALUES (?1, ?2 / {QUARTER}, ?3, ?4),
        ({EVERYBODY}, ?2 / {QUARTER}, ?5, ?4) ON CONFLICT (person, quarter)
    DO UPDATE SET tokens = tokens + excluded.tokens, cost = cost + excluded.cost"""


class Ledger:
    """What was paid, and what is being paid. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def spent(
        self, person: int, now: datetime, day_began: datetime, question: int = 0
    ) -> tuple[Spent, Spent]:
        """What counts against the limits: for sure, and together with answers under way.

        Of `question` nothing counts but what is captured, and that it is a request: those of the
        person are those of the last 60 seconds that were not skipped, or were paid for all the
        same. For sure is what was captured, what is authorized but for the answers, and the least
        that the other open questions will cost: many asked at once do not slip through.
        """
        row = self._database.row(
            _SPENT,
            {
                "person": person,
                "question": question,
                "now": now,
                "minute": now - timedelta(minutes=1),
                "hour": now - timedelta(hours=1),
                "began": day_began,
            },
        )
        assert row is not None  # a sum always gives a row
        return Spent(*row[:5]), Spent(*row[5:])

    def expect(self, question: int, least: Expected) -> None:
        """This is the least that an open question will cost."""
        self._database.execute(
            "UPDATE questions SET least_tokens = ?, least_cost = ? WHERE id = ?",
            (least.tokens, least.cost, question),
        )

    def authorize(self, question: Question, payment: Payment, now: datetime) -> int:
        """Authorize a payment in place of the question's least cost, and give its id.

        In the transaction in which `spent` was looked at. A question that is pending is being
        answered from now on.
        """
        self._database.execute(
            "UPDATE questions SET state = 'answering', reason = '', state_at = ?,"
            " least_tokens = 0, least_cost = 0 WHERE id = ? AND state = 'pending'",
            (now, question.id),
        )
        # `talk` may share the database: each finds at its start what it was paying itself.
        program = "talk" if question.conversation.chat == TERMINAL else "run"
        cursor = self._database.execute(
            "INSERT INTO payments (question, program, kind, model, prompt_tokens,"
            " completion_tokens, audio_seconds, cost, answer_cost, person, by_owner, chat, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                question.id,
                program,
                payment.kind,
                payment.model,
                payment.prompt_tokens,
                payment.completion_tokens,
                payment.audio_seconds,
                payment.cost,
                payment.answer_cost,
                question.sender.id,
                question.by_owner,
                question.conversation.chat,
                now,
            ),
        )
        return cursor.lastrowid or 0

    def capture(
        self,
        payment: int,
        cost: int,
        at: datetime,
        *,
        usage: Usage | None = None,
        seconds: float = 0.0,
        model: str | None = None,
        whole: tuple[str, Finish] | None = None,
        cites: Sequence[Source] = (),
    ) -> None:
        """What was authorized was paid, and cost so much; once, whoever says so.

        `model`: which it was, if not the one that was meant to be asked.
        `whole`: the model's answer, which came to its end. It is kept with its question until that
        is settled, unless the question has ended or its words are gone; and `cites`, what it points
        at.
        """
        tokens = usage or Usage(0, 0)
        with self._database.transaction():
            row = self._database.row(
                "UPDATE payments SET state = 'captured', prompt_tokens = ?, completion_tokens = ?,"
                " cached_tokens = ?, cache_write_tokens = ?, estimated = ?, audio_seconds = ?,"
                " cost = ?, answer_cost = 0, complete = ?, at = ?, model = coalesce(?, model)"
                " WHERE id = ? AND state = 'authorized' RETURNING question, person, by_owner",
                (
                    tokens.prompt_tokens,
                    tokens.completion_tokens,
                    tokens.cached_tokens,
                    tokens.cache_write_tokens,
                    tokens.estimated,
                    seconds,
                    cost,
                    whole is not None,
                    at,
                    model,
                    payment,
                ),
            )
            if row is None:
                return
            question, person, by_owner = row
            total = tokens.prompt_tokens + tokens.completion_tokens
            others = 0 if by_owner else total
            self._database.execute(_SUM_UP, (person, at, total, cost, others))
            if whole is not None:
                text, finish = whole
                kept = [text, finish.reason, finish.model, *astuple(tokens)]
                self._database.execute(
                    "UPDATE questions SET whole = ? WHERE id = ? AND erased = 0"
                    " AND state IN ('pending', 'answering')",
                    (json.dumps(kept, ensure_ascii=False), question),
                )
                if cites:
                    cite(self._database, question, cites)

    def void(self, payment: int) -> None:
        """What was authorized cost nothing."""
        self._database.execute(
            "DELETE FROM payments WHERE id = ? AND state = 'authorized'", (payment,)
        )

    def authorized(self, program: str, before: datetime | None = None) -> list[Payment]:
        """What a program left authorized, before then: at its start, what a kill cut off."""
        rows = self._database.rows(
            "SELECT kind, model, prompt_tokens, completion_tokens, audio_seconds, cost,"
            " answer_cost, id, question FROM payments WHERE state = 'authorized'"
            " AND program = ?1 AND (?2 IS NULL OR at < ?2) ORDER BY id",
            (program, before),
        )
        return [Payment(*row) for row in rows]

    def whole(self, question: Question) -> tuple[str, Finish] | None:
        """The model's answer to an open question, if all of it came before it was settled."""
        row = self._database.row(
            "SELECT whole FROM questions WHERE id = ? AND whole IS NOT NULL", (question.id,)
        )
        if row is None:
            return None
        text, reason, model, *usage = json.loads(row[0])
        return text, Finish(reason, Usage(*usage), model)

    def longest_answer(self) -> int:
        """Tokens of the longest of the answers that were paid lately; 0 before the first."""
        ((tokens,),) = self._database.rows(
            "SELECT coalesce(max(completion_tokens), 0) FROM (SELECT completion_tokens"
            " FROM payments WHERE state = 'captured' AND kind = 'answer' ORDER BY id DESC LIMIT ?)",
            (LATELY,),
        )
        return int(tokens)

    def tell_once(self, person: int, reason: str, since: datetime, now: datetime) -> bool:
        """Whether to tell a person of a limit: not if that was done after `since`."""
        told = self._database.execute(
            "INSERT INTO told VALUES (?, ?, ?) ON CONFLICT (person, reason)"
            " DO UPDATE SET at = excluded.at WHERE at < ?",
            (person, reason, now, since),
        )
        return bool(told.rowcount)
