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
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from userbot.storage import database, debts
from userbot.storage.cells import instant
from userbot.types import Expected, Finish, Owed, Question, Spent, Usage

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
    """`ports.Ledger` in the history database; made by the store."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db

    def reserve(
        self,
        ask: Question,
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
        with database.step(self._db, self._path) as db:
            verdict = judge(spent(db, ask.sender.id, now, day_began, ask.id))
            if verdict is None:
                hold(db, ask.id, expected)
                if owed is not None:
                    debts.owe(db, ask.id, owed)
            return verdict

    def free(self, ask: Question, kind: str) -> None:
        """What was owed was not paid."""
        with database.explained(self._path):
            debts.owe_no_more(self._db, ask.id, kind)

    def said(self, ask: Question, text: str, finish: Finish, usage: Usage, cost: int) -> None:
        """The model's answer is whole, and cost so much: kept until it is settled."""
        whole = json.dumps([text, finish.reason, usage.prompt_tokens, usage.completion_tokens,
                            usage.estimated, finish.model])  # fmt: skip
        with database.step(self._db, self._path) as db:
            kept = db.execute(
                "UPDATE questions SET whole = ?, reserved_tokens = ?, reserved_cost = ?"
                " WHERE id = ? AND erased = 0 AND state IN ('pending', 'answering')",
                (whole, usage.total, cost, ask.id),
            )
            if kept.rowcount:
                debts.owe(db, ask.id, Owed("answer", finish.model, usage))

    def whole(self, ask: Question) -> tuple[str, Finish] | None:
        """The model's answer to an open question, if all of it came before the program ended."""
        with database.explained(self._path):
            row = self._db.execute(
                "SELECT whole FROM questions WHERE id = ? AND whole IS NOT NULL", (ask.id,)
            ).fetchone()
        if row is None:
            return None
        text, reason, prompt_tokens, completion_tokens, estimated, model = json.loads(row[0])
        return text, Finish(reason, Usage(prompt_tokens, completion_tokens, estimated), model)

    def spend(
        self,
        ask: Question,
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
        with database.step(self._db, self._path) as db:
            debts.owe_no_more(db, ask.id, "answer" if kind == "failed" else kind)
            if kind == "failed":
                hold(db, ask.id, Expected(0, 0))
            enter(
                db,
                ask,
                at,
                kind=kind,
                model=model,
                usage=usage,
                audio_seconds=audio_seconds,
                cost=cost,
            )

    def longest_answer(self) -> int:
        """Tokens of the longest of the answers that were paid lately; 0 before the first."""
        with database.explained(self._path):
            (tokens,) = self._db.execute(
                "SELECT coalesce(max(completion_tokens), 0) FROM"
                " (SELECT completion_tokens FROM usage ORDER BY id DESC LIMIT ?)",
                (LATELY,),
            ).fetchone()
        return int(tokens)

    def tell_once(self, person: int, reason: str, since: datetime, now: datetime) -> bool:
        """Whether to tell a person of a limit: not if that was done after `since`."""
        with database.explained(self._path):
            told = self._db.execute(
                "INSERT INTO told VALUES (?, ?, ?) ON CONFLICT (person, reason)"
                " DO UPDATE SET at = excluded.at WHERE at < ?",
                (person, reason, instant(now), instant(since)),
            )
        return bool(told.rowcount)


def spent(
    db: sqlite3.Connection, person: int, now: datetime, day_began: datetime, question: int
) -> Spent:
    """What counts against the limits beside the tokens and the money of this question."""
    moment = instant(now)
    row = {
        "person": person,
        "question": question,
        "now": moment,
        "minute": moment - _MINUTE,
        "hour": moment - _HOUR,
        "day": instant(day_began),
    }
    requests, others, answers, own, cost = db.execute(_SPENT, row).fetchone()
    open_others, open_count, open_own, open_cost = db.execute(_RESERVED, row).fetchone()
    return Spent(
        person_requests_last_minute=requests,
        others_tokens_today=others + open_others,
        answers_last_hour=answers + open_count,
        person_tokens_today=own + open_own,
        cost_today=cost + open_cost,
    )


def hold(db: sqlite3.Connection, question: int, expected: Expected) -> None:
    """Reserve for a question; within a step."""
    db.execute(
        "UPDATE questions SET reserved_tokens = ?, reserved_cost = ? WHERE id = ?",
        (expected.tokens, expected.cost, question),
    )


def enter(
    db: sqlite3.Connection,
    ask: Question,
    at: datetime,
    *,
    kind: str,
    model: str,
    usage: Usage | None,
    audio_seconds: float = 0.0,
    cost: int = 0,
) -> None:
    """Append a row of usage with its running sums; within a step. An answer is owed no longer."""
    if kind == "answer":
        debts.owe_no_more(db, ask.id, kind)
    last = db.execute(
        "SELECT others_after, cost_after, answers_before + (kind = 'answer') FROM usage"
        " ORDER BY id DESC LIMIT 1"
    ).fetchone()
    others, money, answers = last or (0, 0, 0)
    of_person = db.execute(
        "SELECT person_after FROM usage WHERE person = ? ORDER BY id DESC LIMIT 1",
        (ask.sender.id,),
    ).fetchone()
    own = of_person[0] if of_person else 0
    tokens = usage.total if usage else 0
    db.execute(
        "INSERT INTO usage (question, person, by_owner, chat, at, model, prompt_tokens,"
        " completion_tokens, others_before, others_after, kind, estimated, audio_seconds, cost,"
        " cost_before, cost_after, person_before, person_after, answers_before)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            ask.id,
            ask.sender.id,
            ask.by_owner,
            ask.chat,
            instant(at),
            model,
            usage and usage.prompt_tokens,
            usage and usage.completion_tokens,
            others,
            others + (0 if ask.by_owner else tokens),
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
