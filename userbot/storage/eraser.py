"""Words that go: deleted in Telegram, expired, too old, or cleared by the owner.

The row of a question stays: it proves that the message was answered. What goes are the words of
the question, of the answer, and of the writes that carried it; SQLite overwrites them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from userbot.storage.columns import instant
from userbot.storage.database import Database
from userbot.types import CHANNELS, ConversationId

_AT_ONCE = 500
"""Rows in one transaction, so that a large clearing does not hold up an answer."""


class Eraser:
    """Takes words out of the history. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deleted(
        self, messages: Sequence[int], chat: int | None, now: datetime
    ) -> set[ConversationId]:
        """Messages were deleted in Telegram; gives the conversations that lost words.

        Without `chat` they are of a private chat or a basic group. A question that was not
        answered yet is given up; an answer that lost one of its messages loses all its words. A
        question that quoted one of them keeps the words that are its own.
        """
        where, values = ("chat = ?", [chat]) if chat is not None else ("chat > ?", [CHANNELS])
        found: list[int] = []
        for message in messages:
            for query in (
                f"SELECT id FROM questions WHERE message = ? AND {where}",  # noqa: S608
                f"SELECT question FROM writes WHERE message = ? AND {where}",  # noqa: S608
                # Its words are in the question that it joined, too.
                f"SELECT joined_to FROM questions WHERE message = ? AND {where}",  # noqa: S608
            ):
                rows = self._database.rows(query, (message, *values))
                found += [number for (number,) in rows if number is not None]
        places = self._unquoted(messages, where, values)
        return places | self._erase(found, now, gave_up="deleted")

    def _unquoted(
        self, messages: Sequence[int], where: str, values: list[int]
    ) -> set[ConversationId]:
        """Take messages out of the questions that quote them.

        A question that is being answered holds no quoted words yet: `Store.may_quote` keeps
        them out of it.
        """
        places: set[ConversationId] = set()
        heard = 0
        with self._database.transaction():
            for message in messages:
                # What was heard in it, for whatever question.
                heard += self._database.execute(
                    f"UPDATE transcripts SET text = NULL, parts = NULL"  # noqa: S608
                    f" WHERE message = ? AND {where}",
                    (message, *values),
                ).rowcount
                rows = self._database.rows(
                    f"DELETE FROM quoted_messages WHERE message = ? AND {where}"  # noqa: S608
                    " RETURNING question",
                    (message, *values),
                )
                for (number,) in rows:
                    _own_words(self._database, number)
                    places.add(_place_of(self._database, number))
        if places or heard:
            self._database.checkpoint()
        return places

    def older_than(self, before: datetime, now: datetime) -> set[ConversationId]:
        """Erase what was asked before a date."""
        self._erase_notes("at < ?", (instant(before),))
        return self._erase(
            self._ids("stored_at < ? AND erased = 0", (instant(before),)), now, gave_up=None
        )

    def expired(self, now: datetime) -> set[ConversationId]:
        """Erase the words of messages that their chats have deleted by themselves by now."""
        expired = "expires_at <= ? AND expires_at IS NOT NULL AND erased = 0"
        places = self._erase(self._ids(expired, (instant(now),)), now, gave_up="deleted")
        return places | self._quotes_expired(now)

    def _quotes_expired(self, now: datetime) -> set[ConversationId]:
        """Of questions that quote what their chats have deleted by now, keep the asker's words."""
        found = self._ids(
            "quoted_until <= ? AND state NOT IN ('pending', 'answering')", (instant(now),)
        )
        places: set[ConversationId] = set()
        if not found:
            return places  # looked for again and again: nobody is held up, and nobody waited for
        with self._database.transaction():
            for number in found:
                _own_words(self._database, number)
                self._database.execute(
                    "UPDATE questions SET quoted_until = NULL WHERE id = ?", (number,)
                )
                # What was heard in the message that it replies to.
                self._database.execute(
                    "UPDATE transcripts SET text = NULL, parts = NULL WHERE (message, chat) ="
                    " (SELECT reply_to, chat FROM questions WHERE id = ?)",
                    (number,),
                )
                places.add(_place_of(self._database, number))
        if places:
            self._database.checkpoint()
        return places

    def clear(self, now: datetime, chat: int | None = None, topic: int | None = None) -> int:
        """Erase all words, or those of a chat or of one of its topics; gives how many exchanges.

        What is being answered at this moment stays, and is not counted.
        """
        where = (
            "erased = 0 AND (?1 IS NULL OR conversation IN"
            " (SELECT id FROM conversations WHERE chat = ?1 AND (?2 IS NULL OR topic = ?2)))"
        )
        ids = self._ids(where, (chat, topic))
        # A result does not tell which topic it shows.
        self._erase_notes(
            "?1 IS NULL OR command IN (SELECT id FROM commands WHERE chat = ?1)", (chat,)
        )
        self._erase(ids, now, gave_up=None)
        return len(set(ids).difference(self._ids(where, (chat, topic))))

    def _erase_notes(self, where: str, values: Sequence[Any]) -> None:
        """Erase what results of commands told, /gpt_history above all."""
        erased = self._database.execute(
            f"UPDATE command_notes SET text = '' WHERE text <> '' AND ({where})",  # noqa: S608
            values,
        )
        if erased.rowcount:
            self._database.checkpoint()

    def _ids(self, where: str, values: Sequence[Any]) -> list[int]:
        rows = self._database.rows(f"SELECT id FROM questions WHERE {where}", values)  # noqa: S608
        return [number for (number,) in rows]

    def _erase(
        self, ids: Sequence[int], now: datetime, *, gave_up: str | None
    ) -> set[ConversationId]:
        places: set[ConversationId] = set()
        for start in range(0, len(ids), _AT_ONCE):
            with self._database.transaction():
                for number in ids[start : start + _AT_ONCE]:
                    conversation = _erase_one(self._database, number, instant(now), gave_up)
                    if conversation is not None:
                        places.add(conversation)
        if places:
            self._database.checkpoint()
        return places


def _erase_one(
    database: Database, question: int, now: int, gave_up: str | None
) -> ConversationId | None:
    if gave_up is not None:
        database.execute(
            "UPDATE questions SET state = 'skipped', reason = ?, state_at = ?"
            " WHERE id = ? AND state IN ('pending', 'answering')",
            (gave_up, now, question),
        )
    elif database.row(
        "SELECT 1 FROM questions WHERE id = ? AND state IN ('pending', 'answering')", (question,)
    ):
        return None  # it is being answered at this moment: its words are needed, and go next time
    erased = database.execute(
        "UPDATE questions SET text = '', own_text = NULL, voice = NULL, forwarded_from = '',"
        " answer = CASE WHEN answer IS NULL THEN NULL ELSE '' END, whole = NULL,"
        " erased = 1 WHERE id = ? AND erased = 0",
        (question,),
    )
    if not erased.rowcount:
        return None
    database.execute("UPDATE writes SET text = '' WHERE question = ?", (question,))
    for heard in (
        "UPDATE transcripts SET text = NULL, parts = NULL WHERE question = ?",
        """UPDATE transcripts SET text = NULL, parts = NULL WHERE (message, chat) =
            (SELECT message, chat FROM questions WHERE id = ?)""",
    ):
        database.execute(heard, (question,))
    return _place_of(database, question)


def _own_words(database: Database, question: int) -> None:
    """Leave a question the words of who asked it."""
    database.execute(
        "UPDATE questions SET text = coalesce(own_text, text), own_text = NULL WHERE id = ?",
        (question,),
    )


def _place_of(database: Database, question: int) -> ConversationId:
    row = database.row(
        "SELECT c.chat, c.topic FROM questions AS q JOIN conversations AS c"
        " ON c.id = q.conversation WHERE q.id = ?",
        (question,),
    )
    assert row is not None  # a question has a conversation
    return ConversationId(row[0], row[1] or None)
