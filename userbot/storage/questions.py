"""Questions: stored before anything else happens to them, unique by chat and message."""

# ruff: noqa: S608 - statements are put together from constants, values are bound
from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from userbot.rules import recap
from userbot.storage.citations import cite
from userbot.storage.database import Database, moment
from userbot.types import (
    AS_EVER,
    TERMINAL,
    Answer,
    ChatKind,
    ConversationId,
    Expected,
    Person,
    Question,
    Switches,
    Voice,
)

_REQUESTED = "asked_again"
"""The reason of a pending question that another process wants asked again."""
_NOTHING_YET = Expected(0, 0)

_WORDS = (
    "text, labelled, forwarded_from, reply_to, about_reply, pictures, expires_at, recap,"
    " about_chat, about_topic, about_name, switches, documents"
)
_COLUMNS = (
    "chat, message, sender, sender_name, sender_username, by_owner, voice, listen_first, plain,"
    f" asked_at, stored_at, state_at, least_tokens, least_cost, quiet, {_WORDS}"
)

FIELDS = "q.*, c.chat AS place, c.topic, c.kind, c.title"
FROM = " FROM questions AS q JOIN conversations AS c ON c.id = q.conversation "
SELECT = f"SELECT {FIELDS} {FROM}"
_ADD = f"""
    INSERT INTO questions (conversation, {_COLUMNS})
    SELECT id, :{_COLUMNS.replace(", ", ", :")} FROM conversations
    WHERE chat = :place AND topic = :topic AND kind = :kind AND :title IN (title, '')
    ON CONFLICT (message, chat) DO NOTHING"""
_SEE_CONVERSATION = """
    INSERT INTO conversations (chat, topic, kind, title) VALUES (:place, :topic, :kind, :title)
    ON CONFLICT (chat, topic) DO UPDATE SET kind = excluded.kind,
        title = CASE excluded.title WHEN '' THEN title ELSE excluded.title END
        WHERE kind <> excluded.kind OR excluded.title NOT IN (title, '')"""
"""A short update knows no title (''); the one that is known stays."""
_REWORD = f"""
    UPDATE questions SET ({_WORDS}) = (:{_WORDS.replace(", ", ", :")}), whole = NULL
    WHERE id = :id AND erased = 0 AND state <> 'answered'"""


def _row_of(question: Question, at: datetime, least: Expected) -> dict[str, Any]:
    """What is stored of a question and its conversation; `at`: when."""
    return {
        "place": question.conversation.chat,
        "topic": question.conversation.topic or 0,
        "kind": str(question.kind),
        "title": question.title,
        "chat": question.source,
        "message": question.message,
        "sender": question.sender.id,
        "sender_name": question.sender.name,
        "sender_username": question.sender.username,
        "by_owner": question.by_owner,
        "voice": question.voice and _stored_voice(question.voice),
        "listen_first": question.listen_first,
        "plain": question.plain,
        "asked_at": question.at,
        "stored_at": at,
        "state_at": at,
        "least_tokens": least.tokens,
        "least_cost": least.cost,
        "quiet": question.quiet,
        **_words_of(question),
    }


def _about(question: Question) -> dict[str, Any]:
    """Where it looks things up, as far as that is known."""
    about = question.about
    return {
        "about_chat": about and about.chat,
        "about_topic": about and (about.topic or 0),
        "about_name": question.about_name,
    }


def _words_of(question: Question) -> dict[str, Any]:
    """What changes when a question is worded otherwise."""
    return {
        "text": question.text,
        "labelled": question.labelled,
        "forwarded_from": question.forwarded_from,
        "reply_to": question.reply_to,
        "about_reply": question.about_reply,
        "pictures": _stored_messages(question.pictures),
        "documents": _stored_messages(question.documents),
        "expires_at": question.expires_at,
        "recap": "" if question.recap is None else recap.stored(question.recap),
        "switches": _stored_switches(question.switches),
        **_about(question),
    }


def question_of(row: sqlite3.Row) -> Question:
    """The question that SELECT has found."""
    expires_at, about = row["expires_at"], row["about_chat"]
    return Question(
        id=row["id"],
        conversation=ConversationId(row["place"], row["topic"] or None),
        source=row["chat"],
        kind=ChatKind(row["kind"]),
        title=row["title"],
        message=row["message"],
        sender=Person(id=row["sender"], name=row["sender_name"], username=row["sender_username"]),
        by_owner=bool(row["by_owner"]),
        text=row["text"],
        labelled=bool(row["labelled"]),
        reply_to=row["reply_to"],
        about_reply=bool(row["about_reply"]),
        forwarded_from=row["forwarded_from"],
        voice=_voice_of(row["voice"]) if row["voice"] else None,
        listen_first=bool(row["listen_first"]),
        plain=bool(row["plain"]),
        pictures=tuple(json.loads(row["pictures"] or "[]")),
        documents=tuple(json.loads(row["documents"] or "[]")),
        expires_at=None if expires_at is None else moment(expires_at),
        at=moment(row["asked_at"]),
        attempt=row["attempt"],
        about=None if about is None else ConversationId(about, row["about_topic"] or None),
        about_name=row["about_name"],
        quiet=bool(row["quiet"]),
        recap=recap.of_stored(row["recap"]) if row["recap"] else None,
        switches=Switches(**json.loads(row["switches"])) if row["switches"] else AS_EVER,
    )


def _stored_voice(voice: Voice) -> str:
    """A question's sound as it is kept: JSON of what is known of it."""
    known = asdict(voice) | {"waveform": voice.waveform.hex()}
    return json.dumps({name: value for name, value in known.items() if value})


def _stored_messages(messages: Sequence[int]) -> str:
    """Messages that belong to a question as they are kept: JSON, "" for none."""
    return json.dumps(messages) if messages else ""


def _stored_switches(switches: Switches) -> str:
    """A question's switches as they are kept: JSON of those that it has, "" for none."""
    if switches == AS_EVER:
        return ""
    given = {name: value for name, value in asdict(switches).items() if value}
    return json.dumps(given, ensure_ascii=False)


def _voice_of(text: str) -> Voice:
    """The inverse of `_stored_voice`."""
    known = {"size": 0, "waveform": ""} | json.loads(text)
    return Voice(**(known | {"waveform": bytes.fromhex(known["waveform"])}))


class Questions:
    """What was asked, and what became of it. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def asked_by(self, chat: int, message: int) -> int | None:
        """The question that the message is, if it is one."""
        row = self._database.row(
            "SELECT id FROM questions WHERE chat = ? AND message = ?", (chat, message)
        )
        return None if row is None else int(row[0])

    def find(self, number: int) -> Question:
        """A question by its id; a row is never deleted."""
        (row,) = self._database.rows(SELECT + " WHERE q.id = ?", (number,))
        return question_of(row)

    def erased(self, question: Question) -> bool:
        """Whether the words of a question are gone."""
        row = self._database.row("SELECT erased FROM questions WHERE id = ?", (question.id,))
        return row is not None and bool(row[0])

    def add(
        self, question: Question, at: datetime, least: Expected = _NOTHING_YET
    ) -> Question | None:
        """Store a question as pending and give it with its id; None if its message is known.

        `least`: what it will cost at least.
        """
        row = _row_of(question, at, least)
        cursor = self._database.execute(_ADD, row)
        if not cursor.rowcount:
            # The message is known, or its conversation is new or has another title.
            with self._database.transaction():
                self._database.execute(_SEE_CONVERSATION, row)
                cursor = self._database.execute(_ADD, row)
        return replace(question, id=cursor.lastrowid or 0) if cursor.rowcount else None

    def reopen(self, question: Question, at: datetime) -> tuple[Question, int] | None:
        """Make an answered question, worded otherwise by now, pending anew.

        The messages of its answer belong to the new answer. It counts as asked now. Gives it with
        how often it was paid for in the last minute, each of which was a request, too. None if it
        was not answered or is asked just so already; if it was spoken, or is several messages.
        """
        with self._database.transaction():
            row = self._database.row(
                "UPDATE questions SET state = 'pending', reason = '', text = ?1, stored_at = ?4,"
                " state_at = ?4, switches = ?5"
                " WHERE message = ?2 AND chat = ?3 AND state = 'answered' AND erased = 0"
                " AND (text, switches) <> (?1, ?5) AND voice IS NULL AND pictures = ''"
                " AND NOT EXISTS (SELECT 1 FROM questions AS other"
                " WHERE other.joined_to = questions.id)"
                " RETURNING id, attempt",
                (
                    question.text,
                    question.message,
                    question.conversation.chat,
                    at,
                    _stored_switches(question.switches),
                ),
            )
            if row is None:
                return None
            number, attempt = row
            lately = self._database.rows(
                "SELECT 1 FROM payments WHERE question = ? AND at > ?",
                (number, at - timedelta(minutes=1)),
            )
        return replace(question, id=number, attempt=attempt), len(lately)

    def retry(self, chat: int, message: int, at: datetime) -> Question | str | None:
        """Make a question that failed or was skipped pending anew, and give it.

        `message` is the question's own or one of its answer's. If it is in another state, that;
        None if there is no such question, or its words were deleted.
        """
        with self._database.transaction():
            (found,) = self._database.rows(
                "SELECT coalesce((SELECT id FROM questions WHERE message = ?1 AND chat = ?2),"
                " (SELECT question FROM outbound WHERE message = ?1 AND chat = ?2))",
                (message, chat),
            )
            row = self._database.row(SELECT + " WHERE q.id = ?", (found and found[0],))
            if row is None:
                return None
            question = question_of(row)
            if not self._pending_anew(question.id, at):
                ended = row["erased"] or row["state"] in ("failed", "skipped")
                return None if ended else str(row["state"])
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
            SELECT + " WHERE q.joined_to = ? ORDER BY q.message", (question.id,)
        )
        return [question_of(row) for row in rows]

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
        database = self._database
        with database.transaction():
            # One that was joined takes the place of a last message that is gone.
            database.execute(
                "UPDATE questions SET joined_to = NULL, state_at = ?, reason = '',"
                " state = CASE WHEN state = 'skipped' AND reason = 'joined' THEN 'pending'"
                " ELSE state END WHERE id = ?",
                (at, whole.id),
            )
            joined = [(one, "joined", whole.id) for one in pieces if one.id != whole.id]
            for one, reason, joined_to in (*joined, *((*other, None) for other in gone)):
                database.execute(
                    "UPDATE questions SET state = 'skipped', reason = ?, state_at = ?,"
                    " joined_to = ?, whole = NULL WHERE id = ? AND state <> 'answered'",
                    (reason, at, joined_to, one.id),
                )
                # While it was the last one it held the words of those before it, too.
                database.execute(_REWORD, {"id": one.id, **_words_of(one)})
                # What was called for it was called for the whole.
                database.execute(
                    "UPDATE OR IGNORE tool_calls SET question = ? WHERE question = ?",
                    (whole.id, one.id),
                )
            database.execute(_REWORD, {"id": whole.id, **_words_of(whole)})

    def locate(self, question: Question) -> None:
        """It is known by now where a question looks things up."""
        self._database.execute(
            "UPDATE questions SET about_chat = :about_chat, about_topic = :about_topic,"
            " about_name = :about_name WHERE id = :id",
            {"id": question.id, **_about(question)},
        )

    def mark(self, question: Question, state: str, reason: str, at: datetime) -> None:
        """A question ends without an answer: "failed" or "skipped", and why.

        An answered question stays answered.
        """
        self._database.execute(
            "UPDATE questions SET state = ?, reason = ?, state_at = ?, whole = NULL"
            " WHERE id = ? AND state <> 'answered'",
            (state, reason, at, question.id),
        )

    def pending(self, *, terminal: bool = False) -> list[tuple[Question, bool]]:
        """Questions that are neither answered nor given up, oldest first.

        The flag tells whether a write for it was recorded. `terminal`: those that were asked
        there, and no others.
        """
        rows = self._database.rows(
            # A write of an earlier attempt says nothing about the one that is under way.
            f"SELECT {FIELDS}, EXISTS (SELECT 1 FROM outbound"
            f" WHERE question = q.id AND attempt = q.attempt) AS begun {FROM}"
            " WHERE q.state IN ('pending', 'answering') AND (q.chat = ?) = ? ORDER BY q.id",
            (TERMINAL, terminal),
        )
        return [(question_of(row), bool(row["begun"])) for row in rows]

    def settle(self, question: Question, answer: Answer, at: datetime) -> int:
        """The question is answered: its words, its answer and its state at once.

        Gives what was paid for it, in millionths. Of a question that is answered already nothing
        changes, and words that were deleted meanwhile do not come back.
        """
        with self._database.transaction():
            settled = self._database.rows(
                "UPDATE questions SET state = 'answered', reason = :reason, state_at = :at,"
                " text = CASE WHEN erased THEN '' ELSE :text END, labelled = :labelled,"
                " documents = CASE WHEN erased THEN '' ELSE :documents END,"
                " answer = CASE WHEN erased THEN '' ELSE :answer END, model = :model, own = :own,"
                " whole = NULL"
                " WHERE id = :id AND state <> 'answered' RETURNING (SELECT coalesce(sum(cost), 0)"
                " FROM payments WHERE question = :id AND payments.state = 'captured')",
                {
                    "id": question.id,
                    "at": at,
                    "reason": answer.finish.reason,
                    "model": answer.finish.model,
                    "answer": answer.text,
                    "text": question.text,
                    "labelled": question.labelled,
                    "documents": _stored_messages(question.documents),
                    "own": answer.own,
                },
            )
            if not settled:
                return 0
            self._database.execute("INSERT INTO given (at) VALUES (?)", (at,))
            if answer.cites:
                cite(self._database, question.id, answer.cites)
        return int(settled[0][0])

    def _pending_anew(self, question: int, at: datetime, reason: str = "") -> bool:
        """Let a question that failed or was skipped be asked again; False if it may not be."""
        changed = self._database.execute(
            "UPDATE questions SET state = 'pending', reason = ?, attempt = attempt + 1,"
            " state_at = ? WHERE id = ? AND state IN ('failed', 'skipped') AND erased = 0"
            " AND reason <> 'forgotten'",
            (reason, at, question),
        )
        return bool(changed.rowcount)
