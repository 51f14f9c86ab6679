"""What is being paid and is not counted yet: a program that is killed leaves it behind."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from userbot.storage import database, question_rows
from userbot.storage.writes import Writes
from userbot.types import TERMINAL, Owed, Question, Usage


class Debts(Writes):
    """What is owed, read again. Every method raises StorageError."""

    def owed(
        self, before: datetime | None = None, *, terminal: bool = False
    ) -> list[tuple[Question, Owed, str]]:
        """What is owed for questions, asked `before` then, and what stands of each answer.

        `terminal`: for those that were asked there, and no others.
        """
        with database.explained(self.path):
            rows = self._db.execute("SELECT * FROM owed ORDER BY question").fetchall()
            found = []
            for question, kind, model, prompt_tokens, completion_tokens, estimated, seconds in rows:
                row = self._db.execute(
                    question_rows.ASKS + " WHERE q.id = ?", (question,)
                ).fetchone()
                ask = question_rows.ask_of(row)
                recent = before is not None and ask.at >= before
                if (ask.chat == TERMINAL) is not terminal or recent:
                    continue
                usage = None
                if prompt_tokens is not None:
                    usage = Usage(prompt_tokens, completion_tokens, bool(estimated))
                stands = "".join(text for _, text in self.standing(ask))
                found.append((ask, Owed(kind, model, usage, seconds), stands))
        return found


def owe(db: sqlite3.Connection, question: int, owed: Owed) -> None:
    """From now on this is owed for a question; within a step."""
    usage = owed.usage
    db.execute(
        "INSERT OR REPLACE INTO owed VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            question,
            owed.kind,
            owed.model,
            usage and usage.prompt_tokens,
            usage and usage.completion_tokens,
            usage is not None and usage.estimated,
            owed.audio_seconds,
        ),
    )


def owe_no_more(db: sqlite3.Connection, question: int, kind: str) -> None:
    """It is counted, or was not paid."""
    db.execute("DELETE FROM owed WHERE question = ? AND kind = ?", (question, kind))
