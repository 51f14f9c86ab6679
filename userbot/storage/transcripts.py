"""What was said in recordings, so that nothing is transcribed twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from userbot.storage.database import Database
from userbot.types import Question, Transcript

_ADD = """
    INSERT INTO transcripts (question, chat, message, person, {words}, model, seconds, at)
    VALUES (:question, :chat, :message, :person,
        CASE WHEN (SELECT erased FROM questions WHERE id = :question) THEN NULL ELSE :words END,
        :model, :seconds, :at)
    ON CONFLICT (message, chat) DO UPDATE SET """
_KEEP = (
    _ADD.format(words="text")
    + """question = CASE WHEN text IS NULL THEN excluded.question ELSE question END,
        text = coalesce(excluded.text, text), model = excluded.model, at = excluded.at,
        seconds = excluded.seconds + CASE WHEN parts IS NULL THEN seconds ELSE 0 END,
        parts = NULL"""
)
"""What its parts took is counted in the whole again."""
_KEEP_PARTS = (
    _ADD.format(words="parts")
    + """question = excluded.question, parts = excluded.parts, seconds = excluded.seconds,
        model = excluded.model, at = excluded.at WHERE text IS NULL"""
)


class Transcripts:
    """Transcripts by message, whole or in parts. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, chat: int, message: int) -> Transcript | None:
        """What was said in a message, if it was kept; "" if it is known that nobody speaks."""
        row = self._database.row(
            "SELECT text, model, seconds FROM transcripts"
            " WHERE message = ? AND chat = ? AND text IS NOT NULL",
            (message, chat),
        )
        return Transcript(text=row[0], model=row[1], seconds=row[2]) if row else None

    def newest(self, chat: int, count: int) -> list[tuple[int, str]]:
        """What was said in the newest messages of a chat that were transcribed, with their ids."""
        return self._database.rows(
            "SELECT message, text FROM transcripts"
            " WHERE chat = ? AND text IS NOT NULL AND text <> '' ORDER BY message DESC LIMIT ?",
            (chat, count),
        )

    def keep(
        self, question: Question, message: int, transcript: Transcript, at: datetime, *, words: bool
    ) -> None:
        """A message was transcribed for a question; its `words` are stored only if that says so.

        Transcribed again, its seconds add up, and words that are stored stay.
        """
        text = transcript.text if words else None
        self._add(_KEEP, question, message, [transcript], text, at)

    def parts(self, chat: int, message: int) -> list[Transcript]:
        """What is known of a message that was not transcribed to its end, part by part."""
        row = self._database.row(
            "SELECT parts FROM transcripts WHERE message = ? AND chat = ?", (message, chat)
        )
        return [Transcript(**part) for part in json.loads(row[0])] if row and row[0] else []

    def keep_parts(
        self, question: Question, message: int, parts: Sequence[Transcript], at: datetime
    ) -> None:
        """So far a message was transcribed, the newest part last; kept until `keep` has it all.

        Not if the question's words were erased meanwhile.
        """
        text = json.dumps([asdict(part) for part in parts])
        self._add(_KEEP_PARTS, question, message, parts, text, at)

    def _add(
        self,
        statement: str,
        question: Question,
        message: int,
        parts: Sequence[Transcript],
        words: str | None,
        at: datetime,
    ) -> None:
        self._database.execute(
            statement,
            {
                "question": question.id,
                "chat": question.source,
                "message": message,
                "person": question.sender.id,
                "words": words,
                "model": parts[-1].model,
                "seconds": sum(part.seconds for part in parts),
                "at": at,
            },
        )
