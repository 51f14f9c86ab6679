"""Payments: authorized before something is asked for, captured with its price, or voided.

1. A question is let in, or a payment authorized, only in the same transaction in which the limits
   were looked at: nothing comes between.
2. A payment is one row from its authorization on, so it survives a kill: the next start captures
   what the program before it left authorized.
3. What is captured is summed up at once, by quarters of an hour: a day's sum is a hundred rows at
   most, however many payments there were.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from userbot.storage.columns import instant, storable
from userbot.storage.database import Database
from userbot.types import TERMINAL, Expected, Finish, Payment, Question, Spent, Usage

R = TypeVar("R")

LATELY = 50
"""So many answers tell how long answers become."""
EVERYBODY = -(2**62)
"""Stands for all in `spent`: all their money, and the tokens of all but the owner. No marked id."""
_MINUTE = 60 * 1_000_000
_HOUR = 60 * _MINUTE
QUARTER = 15 * _MINUTE
"""Of an hour, in microseconds."""

_REQUESTS = """
    SELECT count(*) FROM questions
    WHERE sender = :person AND stored_at > :minute AND stored_at <= :now
    AND (state <> 'skipped' OR EXISTS (SELECT 1 FROM payments
        WHERE question = questions.id AND (kind = 'audio' OR reason <> 'joined')))"""
_ANSWERS = """
    SELECT coalesce(sum(1 + answered_before), 0) FROM questions
    WHERE state = 'answered' AND state_at > :hour AND state_at <= :now"""
_CAPTURED = """
    SELECT coalesce(sum(tokens) FILTER (WHERE person = :everybody), 0),
        coalesce(sum(tokens) FILTER (WHERE person = :person), 0),
        coalesce(sum(cost) FILTER (WHERE person = :everybody), 0)
    FROM spent WHERE person IN (:everybody, :person) AND quarter BETWEEN :day AND :quarter"""
_OPEN = """
    SELECT count(*), coalesce(sum(least_tokens) FILTER (WHERE NOT by_owner), 0),
        coalesce(sum(least_tokens) FILTER (WHERE sender = :person), 0),
        coalesce(sum(least_cost), 0)
    FROM questions WHERE state IN ('pending', 'answering') AND id <> :question"""
# What a killed program left may stay authorized until it starts again: no answer takes an hour.
# The plus keeps SQLite to the index of what is authorized, which is short.
_AUTHORIZED = """
    SELECT coalesce(sum(prompt_tokens) FILTER (WHERE NOT by_owner), 0),
        coalesce(sum(prompt_tokens) FILTER (WHERE person = :person), 0),
        coalesce(sum(cost), 0),
        coalesce(sum(completion_tokens) FILTER (WHERE NOT by_owner AND at > :hour), 0),
        coalesce(sum(completion_tokens) FILTER (WHERE person = :person AND at > :hour), 0),
        coalesce(sum(answer_cost) FILTER (WHERE at > :hour), 0)
    FROM payments WHERE state = 'authorized' AND question <> :question AND +at >= :began"""


def program_of(question: Question) -> str:
    """Who answers it, and pays: `userbot run`, or `talk`, which may share the database."""
    return "talk" if question.chat == TERMINAL else "run"


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
        at = instant(now)
        began = instant(day_began)
        row = {
            "person": person,
            "everybody": EVERYBODY,
            "question": question,
            "now": at,
            "minute": at - _MINUTE,
            "hour": at - _HOUR,
            "began": began,
            "day": began // QUARTER,
            "quarter": at // QUARTER,
        }
        ((requests,),) = self._database.rows(_REQUESTS, row)
        ((answers,),) = self._database.rows(_ANSWERS, row)
        ((others, own, cost),) = self._database.rows(_CAPTURED, row)
        ((count, open_others, open_own, open_cost),) = self._database.rows(_OPEN, row)
        ((paid_others, paid_own, paid_cost, *way),) = self._database.rows(_AUTHORIZED, row)

        def sums(on_way_others: int, on_way_own: int, on_way_cost: int) -> Spent:
            return Spent(
                person_requests_last_minute=requests,
                answers_last_hour=answers + count,
                others_tokens_today=others + open_others + paid_others + on_way_others,
                person_tokens_today=own + open_own + paid_own + on_way_own,
                cost_today=cost + open_cost + paid_cost + on_way_cost,
            )

        return sums(0, 0, 0), sums(*way)

    def hold(self, question: int, least: Expected) -> None:
        """This is the least that an open question will cost."""
        self._database.execute(
            "UPDATE questions SET least_tokens = ?, least_cost = ? WHERE id = ?",
            (least.tokens, least.cost, question),
        )

    def authorize(
        self,
        question: Question,
        payment: Payment,
        now: datetime,
        day_began: datetime,
        judge: Callable[[Spent, Spent], R | None],
    ) -> int | R:
        """Authorize a payment in place of the question's least cost, unless `judge` refuses.

        `judge` looks at both sums of `spent`. Gives the payment's id, or what `judge` gave.
        """
        with self._database.transaction():
            verdict = judge(*self.spent(question.sender.id, now, day_began, question.id))
            if verdict is not None:
                return verdict
            self.hold(question.id, Expected(0, 0))
            cursor = self._database.execute(
                "INSERT INTO payments (question, program, kind, model, prompt_tokens,"
                " completion_tokens, audio_seconds, cost, answer_cost, person, by_owner, chat, at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    question.id,
                    program_of(question),
                    payment.kind,
                    payment.model,
                    payment.prompt_tokens,
                    payment.completion_tokens,
                    payment.audio_seconds,
                    payment.cost,
                    payment.answer_cost,
                    question.sender.id,
                    question.by_owner,
                    question.chat,
                    instant(now),
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
    ) -> None:
        """What was authorized was paid, and cost so much; once, whoever says so.

        `model`: which it was, where the endpoint says something else than it was asked for.
        `whole`: the model's answer, which came to its end. It is kept with its question until that
        is settled, unless the question has ended or its words are gone.
        """
        tokens = usage or Usage(0, 0)
        with self._database.transaction():
            row = self._database.row(
                "UPDATE payments SET state = 'captured', prompt_tokens = ?, completion_tokens = ?,"
                " estimated = ?, audio_seconds = ?, cost = ?, answer_cost = 0, complete = ?,"
                " at = ?, model = coalesce(?, model)"
                " WHERE id = ? AND state = 'authorized' RETURNING question, person, by_owner",
                (
                    tokens.prompt_tokens,
                    tokens.completion_tokens,
                    tokens.estimated,
                    seconds,
                    cost,
                    whole is not None,
                    instant(at),
                    whole[1].model if whole else model,
                    payment,
                ),
            )
            if row is None:
                return
            question, person, by_owner = row
            sums = ((person, tokens.total), (EVERYBODY, 0 if by_owner else tokens.total))
            self._database.execute_each(
                "INSERT INTO spent VALUES (?, ?, ?, ?) ON CONFLICT (person, quarter) DO UPDATE"
                " SET tokens = tokens + excluded.tokens, cost = cost + excluded.cost",
                [(who, instant(at) // QUARTER, count, cost) for who, count in sums],
            )
            if whole is not None:
                text, finish = whole
                kept = [storable(text), finish.reason, finish.model, tokens.prompt_tokens]
                self._database.execute(
                    "UPDATE questions SET whole = ? WHERE id = ? AND erased = 0"
                    " AND state IN ('pending', 'answering')",
                    (
                        json.dumps([*kept, tokens.completion_tokens, tokens.estimated]),
                        question,
                    ),
                )

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
            (program, before and instant(before)),
        )
        return [Payment(*row) for row in rows]

    def whole(self, question: Question) -> tuple[str, Finish] | None:
        """The model's answer to an open question, if all of it came before it was settled."""
        row = self._database.row(
            "SELECT whole FROM questions WHERE id = ? AND whole IS NOT NULL", (question.id,)
        )
        if row is None:
            return None
        text, reason, model, prompt_tokens, completion_tokens, estimated = json.loads(row[0])
        return text, Finish(reason, Usage(prompt_tokens, completion_tokens, estimated), model)

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
            (person, reason, instant(now), instant(since)),
        )
        return bool(told.rowcount)
