"""Questions as rows: how one is stored, and how it is read again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from userbot.storage.columns import instant, moment, storable, stored_voice, voice_of
from userbot.types import ChatKind, ConversationId, Person, Question

ADD = """
    INSERT INTO questions (conversation, chat, message, sender, sender_name, sender_username,
        by_owner, text, reply_to, about_reply, voice, listen_first, forwarded_from, plain, pictures,
        asked_at, stored_at, state_at, expires_at)
    SELECT id, :source, :message, :sender, :name, :username, :by_owner, :text, :reply_to,
        :about_reply, :voice, :listen_first, :forwarded_from, :plain, :pictures,
        :asked_at, :stored_at, :stored_at, :expires_at
    FROM conversations WHERE chat = :chat AND topic = :topic AND kind = :kind
        AND :title IN (title, '')
    ON CONFLICT (message, chat) DO NOTHING"""

QUESTIONS = (
    "SELECT q.id, c.chat, c.topic, c.kind, c.title, q.message, q.sender, q.sender_name,"
    " q.sender_username, q.by_owner, q.text, q.reply_to, q.about_reply, q.asked_at, q.attempt,"
    " q.forwarded_from, q.voice, q.listen_first, q.plain, q.pictures, q.expires_at,"
    " nullif(q.chat, c.chat), q.state, q.reason,"
    # A write of an earlier attempt says nothing about the one that is under way.
    " EXISTS (SELECT 1 FROM writes WHERE question = q.id AND attempt = q.attempt)"
    " FROM questions AS q JOIN conversations AS c ON c.id = q.conversation"
)

SEE_CONVERSATION = """
    INSERT INTO conversations (chat, topic, kind, title) VALUES (:chat, :topic, :kind, :title)
    ON CONFLICT (chat, topic) DO UPDATE SET kind = excluded.kind,
        title = CASE excluded.title WHEN '' THEN title ELSE excluded.title END
        WHERE kind <> excluded.kind OR excluded.title NOT IN (title, '')"""
"""A short update knows no title (''); the one that is known stays."""


def numbers(numbers: Sequence[int]) -> str:
    """Ids of messages as one cell."""
    return json.dumps(list(numbers)) if numbers else ""


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
        "text": storable(question.text),
        "reply_to": question.reply_to,
        "about_reply": question.about_reply,
        "forwarded_from": storable(question.forwarded_from),
        "voice": question.voice and stored_voice(question.voice),
        "listen_first": question.listen_first,
        "plain": question.plain,
        "pictures": numbers(question.pictures),
        "asked_at": instant(question.at),
        "stored_at": instant(at),
        "expires_at": question.expires_at and instant(question.expires_at),
    }


def question_of(row: Sequence[Any]) -> Question:
    """The question that QUESTIONS has found."""
    ident, chat, topic, kind, title, message, sender, name, username, *rest = row
    by_owner, text, reply_to, about_reply, asked_at, attempt, forwarded_from, *more = rest[:13]
    voice, listen_first, plain, pictures, expires_at, moved_from = more
    return Question(
        id=ident,
        conversation=ConversationId(chat, topic or None),
        kind=ChatKind(kind),
        title=title,
        message=message,
        sender=Person(id=sender, name=name, username=username),
        by_owner=bool(by_owner),
        text=text,
        reply_to=reply_to,
        about_reply=bool(about_reply),
        forwarded_from=forwarded_from,
        voice=voice_of(voice) if voice else None,
        listen_first=bool(listen_first),
        plain=bool(plain),
        pictures=tuple(json.loads(pictures or "[]")),
        expires_at=None if expires_at is None else moment(expires_at),
        at=moment(asked_at),
        attempt=attempt,
        moved_from=moved_from,
    )
