"""Questions as rows: how one is stored, and how it is read again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from userbot.storage.columns import instant, moment, storable, stored_voice, voice_of
from userbot.types import ChatKind, ConversationId, Person, Question

ADD = """
    INSERT INTO questions (conversation, chat, message, sender, sender_name, sender_username,
        by_owner, text, labelled, reply_to, about_reply, voice, listen_first, forwarded_from,
        plain, pictures, asked_at, stored_at, state_at, expires_at)
    SELECT id, :source, :message, :sender, :name, :username,
        :by_owner, :text, :labelled, :reply_to, :about_reply, :voice, :listen_first,
        :forwarded_from, :plain, :pictures, :asked_at, :stored_at, :stored_at, :expires_at
    FROM conversations WHERE chat = :chat AND topic = :topic AND kind = :kind
        AND :title IN (title, '')
    ON CONFLICT (message, chat) DO NOTHING"""

FIELDS = """q.*, c.chat AS place, c.topic, c.kind, c.title"""
FROM = " FROM questions AS q JOIN conversations AS c ON c.id = q.conversation "
SELECT = f"SELECT {FIELDS} {FROM}"

SEE_CONVERSATION = """
    INSERT INTO conversations (chat, topic, kind, title) VALUES (:chat, :topic, :kind, :title)
    ON CONFLICT (chat, topic) DO UPDATE SET kind = excluded.kind,
        title = CASE excluded.title WHEN '' THEN title ELSE excluded.title END
        WHERE kind <> excluded.kind OR excluded.title NOT IN (title, '')"""
"""A short update knows no title (''); the one that is known stays."""


def row_of(question: Question, at: datetime) -> dict[str, Any]:
    """What ADD and SEE_CONVERSATION are filled with; `at`: when it is stored."""
    return {
        "chat": question.chat,
        "source": question.source,
        "topic": question.conversation.topic or 0,
        "kind": str(question.kind),
        "title": storable(question.title),
        "message": question.message,
        "sender": question.sender.id,
        "name": storable(question.sender.name),
        "username": question.sender.username and storable(question.sender.username),
        "by_owner": question.by_owner,
        "voice": question.voice and stored_voice(question.voice),
        "listen_first": question.listen_first,
        "plain": question.plain,
        "asked_at": instant(question.at),
        "stored_at": instant(at),
        **words_of(question),
    }


def words_of(question: Question) -> dict[str, Any]:
    """What changes when a question is worded otherwise."""
    return {
        "text": storable(question.text),
        "labelled": question.labelled,
        "forwarded_from": storable(question.forwarded_from),
        "reply_to": question.reply_to,
        "about_reply": question.about_reply,
        "pictures": _numbers(question.pictures),
        "expires_at": question.expires_at and instant(question.expires_at),
    }


def question_of(row: sqlite3.Row) -> Question:
    """The question that SELECT has found."""
    expires_at = row["expires_at"]
    return Question(
        id=row["id"],
        conversation=ConversationId(row["place"], row["topic"] or None),
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
        voice=voice_of(row["voice"]) if row["voice"] else None,
        listen_first=bool(row["listen_first"]),
        plain=bool(row["plain"]),
        pictures=tuple(json.loads(row["pictures"] or "[]")),
        expires_at=None if expires_at is None else moment(expires_at),
        at=moment(row["asked_at"]),
        attempt=row["attempt"],
        moved_from=None if row["chat"] == row["place"] else row["chat"],
    )


def _numbers(numbers: Sequence[int]) -> str:
    """Ids of messages as one column."""
    return json.dumps(list(numbers)) if numbers else ""
