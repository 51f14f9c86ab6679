"""Sound in the history database: what a question sounds like, and what was heard."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from userbot.types import Question, Transcript, Voice


def stored(voice: Voice) -> str:
    """A question's sound as it is kept."""
    known = asdict(voice) | {"waveform": voice.waveform.hex()}
    return json.dumps({name: value for name, value in known.items() if value})


def restored(text: str) -> Voice:
    """The inverse of `stored`."""
    known = {"size": 0, "waveform": ""} | json.loads(text)
    return Voice(**(known | {"waveform": bytes.fromhex(known["waveform"])}))


def transcript(db: sqlite3.Connection, chat: int, message: int) -> Transcript | None:
    """What was heard in a message, if it was kept."""
    row = db.execute(
        "SELECT text, model, seconds FROM transcripts"
        " WHERE message = ? AND chat = ? AND text IS NOT NULL",
        (message, chat),
    ).fetchone()
    return Transcript(text=row[0], model=row[1], seconds=row[2]) if row else None


def heard(
    db: sqlite3.Connection,
    question: Question,
    message: int,
    text: str | None,
    transcript: Transcript,
    at: int,
) -> None:
    """A message was listened to for a question; seconds add up, words that are kept stay."""
    db.execute(
        "INSERT INTO transcripts (question, chat, message, person, by_owner, text, model,"
        " seconds, at) VALUES (?1, ?2, ?3, ?4, ?5,"
        " CASE WHEN (SELECT erased FROM questions WHERE id = ?1) THEN NULL ELSE ?6 END,"
        " ?7, ?8, ?9)"
        " ON CONFLICT (message, chat) DO UPDATE SET"
        " question = CASE WHEN text IS NULL THEN excluded.question ELSE question END,"
        " text = coalesce(excluded.text, text), model = excluded.model, at = excluded.at,"
        # What its parts took is counted in the whole again.
        " seconds = excluded.seconds + CASE WHEN parts IS NULL THEN seconds ELSE 0 END,"
        " parts = NULL",
        (
            question.id,
            question.source,
            message,
            question.sender.id,
            question.by_owner,
            text,
            transcript.model,
            transcript.seconds,
            at,
        ),
    )


def parts(db: sqlite3.Connection, chat: int, message: int) -> list[Transcript]:
    """What was heard of a message that was not heard to its end."""
    row = db.execute(
        "SELECT parts FROM transcripts WHERE message = ? AND chat = ?", (message, chat)
    ).fetchone()
    return [Transcript(**part) for part in json.loads(row[0])] if row and row[0] else []


def heard_parts(
    db: sqlite3.Connection, question: Question, message: int, known: Sequence[Transcript], at: int
) -> None:
    """Keep all the parts of a message that were heard so far, the newest last."""
    text = json.dumps([asdict(part) for part in known])
    seconds = sum(part.seconds for part in known)
    db.execute(
        "INSERT INTO transcripts (question, chat, message, person, by_owner, parts, model,"
        " seconds, at) VALUES (?1, ?2, ?3, ?4, ?5,"
        " CASE WHEN (SELECT erased FROM questions WHERE id = ?1) THEN NULL ELSE ?6 END,"
        " ?7, ?8, ?9)"
        " ON CONFLICT (message, chat) DO UPDATE SET question = excluded.question,"
        " parts = excluded.parts, seconds = excluded.seconds, model = excluded.model,"
        " at = excluded.at WHERE text IS NULL",
        (question.id, question.source, message, question.sender.id, question.by_owner, text,
         known[-1].model, seconds, at),
    )  # fmt: skip
