"""What is known of tools, and which calls of them may have changed something.

Rule 1: a call that may change something is a row before it leaves, one for each question, tool and
arguments: the same call of the same question is never carried out again. The row stays when its
words go; a hash tells that a call is the same.
Rule 2: while a row has no result, nobody knows whether the call was carried out: it is under way,
or in doubt. `told` is 0 as long as it may be under way, 1 once it is in doubt, and 2 once the owner
was told so in Saved Messages.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from userbot.storage import questions
from userbot.storage.database import Database, moment
from userbot.types import Question


@dataclass(frozen=True, slots=True)
class CallInDoubt:
    """A call of which nobody knows whether it was carried out; "" as arguments: they are erased."""

    id: int
    question: Question
    tool: str
    arguments: str
    at: datetime


class ToolStore:
    """Definitions that the owner knows, and calls. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def see(self, tool: str, fingerprint: str, at: datetime) -> bool:
        """A tool is described like this now: whether that is other than the owner knows.

        What is described for the first time he knows.
        """
        row = self._database.row("SELECT known, seen FROM tools WHERE name = ?", (tool,))
        if row is None or row["seen"] != fingerprint:
            self._database.execute(
                "INSERT INTO tools (name, known, seen, at) VALUES (?1, ?2, ?2, ?3)"
                " ON CONFLICT (name) DO UPDATE SET seen = excluded.seen, at = excluded.at",
                (tool, fingerprint, at),
            )
        return row is not None and bool(row["known"] != fingerprint)

    def described_since(self, tool: str) -> datetime | None:
        """Since when a tool is described as it is now; None if it was never seen."""
        row = self._database.row("SELECT at FROM tools WHERE name = ?", (tool,))
        return None if row is None else moment(row["at"])

    def changed(self) -> list[str]:
        """The tools whose definition is another than the owner knows."""
        rows = self._database.rows("SELECT name FROM tools WHERE known <> seen ORDER BY name")
        return [name for (name,) in rows]

    def confirm(self, tool: str, fingerprint: str) -> None:
        """The owner has looked at a tool that is described like this."""
        self._database.execute("UPDATE tools SET known = ? WHERE name = ?", (fingerprint, tool))

    def begin(self, question: Question, tool: str, arguments: str, at: datetime) -> int | None:
        """A call is about to leave: its row; None if it did already, for the same question."""
        begun = self._database.execute(
            "INSERT INTO tool_calls (question, tool, arguments, digest, at)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (question.id, tool, arguments, _digest(arguments), at),
        )
        return begun.lastrowid if begun.rowcount else None

    def void(self, call: int) -> None:
        """A call that was about to leave certainly did not."""
        self._database.execute("DELETE FROM tool_calls WHERE id = ? AND result IS NULL", (call,))

    def finish(self, call: int, result: str) -> None:
        """A call was carried out; nothing of its words is kept where the question's are gone."""
        self._database.execute(
            "UPDATE tool_calls SET result = CASE WHEN arguments = '' THEN ''"
            " ELSE ? END WHERE id = ?",
            (result, call),
        )

    def made(self, question: Question, tool: str, arguments: str) -> tuple[int | None, str | None]:
        """The row of a call that has left for this question, None if it has not; and what it
        returned: None where nobody knows, "" where that is not kept.
        """
        row = self._database.row(
            "SELECT id, result FROM tool_calls WHERE question = ? AND tool = ?"
            " AND (digest = ? OR arguments = ?)",
            (question.id, tool, _digest(arguments), arguments),
        )
        return (None, None) if row is None else (row["id"], row["result"])

    def doubt(self, call: int) -> None:
        """A call is under way no more, and nobody knows whether it was carried out."""
        self._database.execute(
            "UPDATE tool_calls SET told = 1 WHERE id = ? AND result IS NULL AND told = 0", (call,)
        )

    def doubt_all(self) -> None:
        """No call is under way, at a start: what has no result is in doubt."""
        self._database.execute("UPDATE tool_calls SET told = 1 WHERE result IS NULL AND told = 0")

    def in_doubt(self, *, untold: bool = False) -> list[CallInDoubt]:
        """The calls without a result, oldest first; `untold`: those that are surely in doubt, and
        that the owner was not told of.
        """
        rows = self._database.rows(
            "SELECT id, question, tool, arguments, at FROM tool_calls WHERE result IS NULL"
            " AND (told = 1 OR NOT ?) ORDER BY id",
            (untold,),
        )
        return [
            CallInDoubt(
                row["id"],
                questions.Questions(self._database).find(row["question"]),
                row["tool"],
                row["arguments"],
                moment(row["at"]),
            )
            for row in rows
        ]

    def told(self, call: int) -> None:
        """The owner is told of a call in doubt."""
        self._database.execute("UPDATE tool_calls SET told = 2 WHERE id = ?", (call,))

    def settle(self, tool: str = "") -> int:
        """The owner has seen to what is in doubt; gives how many calls that were."""
        settled = self._database.execute(
            "UPDATE tool_calls SET result = '' WHERE result IS NULL AND (? IN (tool, ''))", (tool,)
        )
        return settled.rowcount


def _digest(arguments: str) -> str:
    return hashlib.sha256(arguments.encode()).hexdigest()
