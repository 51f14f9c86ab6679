"""What is written into Telegram: a row before it leaves, which learns its message when it stands.

That is a transactional outbox: whoever is killed between the row and Telegram's answer finds at the
next start what may have left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from userbot.rules.plain import paired
from userbot.storage.database import Database
from userbot.types import Question, Recorded

_NEWEST = 64
"""How many of a chat's newest writes without an id are compared with a text."""
_UNCONFIRMED = (
    "SELECT text FROM outbound WHERE chat = ? AND message IS NULL ORDER BY id DESC LIMIT ?",
    "SELECT text FROM command_results WHERE chat = ? AND message IS NULL ORDER BY id DESC LIMIT ?",
    (
        "SELECT text FROM approval_requests WHERE chat = ? AND message IS NULL"
        " ORDER BY id DESC LIMIT ?"
    ),
)


class OutboundLog:
    """What was written, and what the owner wrote himself. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def owns(self, chat: int, message: int, text: str | None = None) -> bool:
        """Whether the program wrote the message: an answer, a command's result, a request.

        With `text`, a recorded write to that chat whose id is not yet known counts too if its
        text is the same but for white space around it, which Telegram removes.
        """
        known = self._database.row(
            "SELECT 1 FROM outbound WHERE chat = ?1 AND message = ?2 UNION ALL"
            " SELECT 1 FROM command_results WHERE chat = ?1 AND message = ?2 UNION ALL"
            " SELECT 1 FROM approval_requests WHERE chat = ?1 AND message = ?2",
            (chat, message),
        )
        if known or not text:
            return known is not None
        wanted = paired(text).strip()
        # Without words one message is like another.
        return bool(wanted) and any(
            recorded.strip() == wanted
            for unconfirmed in _UNCONFIRMED
            for (recorded,) in self._database.rows(unconfirmed, (chat, _NEWEST))
        )

    def answered_by(self, chat: int, message: int) -> int | None:
        """The question that the message answers or is a part of the answer to, if it does."""
        row = self._database.row(
            "SELECT question FROM outbound WHERE chat = ? AND message = ?", (chat, message)
        )
        return None if row is None else int(row[0])

    def record(
        self, question: Question, part: int, random_id: int, text: str, at: datetime
    ) -> None:
        """Record a write before it leaves.

        A write sent again after a crash has the same `random_id` and perhaps another text: it
        is recorded again, since either text may be the one that stands in Telegram.
        """
        self._database.execute(
            "INSERT INTO outbound (random_id, question, part, attempt, chat, text, at)"
            " VALUES (?, ?, ?, (SELECT attempt FROM questions WHERE id = ?2), ?, ?, ?)",
            (random_id, question.id, part, question.conversation.chat, text, at),
        )

    def rewrite(self, random_id: int, text: str, at: datetime) -> None:
        """Record, before it leaves, the text that a recorded write will have from now on.

        An edit replaces the text in Telegram, so it replaces it here: one row a message, however
        often it is edited. Of a write that Telegram certainly did not take it is the next text.
        """
        self._database.execute(
            "UPDATE outbound SET text = ?, at = ? WHERE random_id = ?",
            (text, at, random_id),
        )

    def confirm(self, random_id: int, message: int) -> None:
        """Telegram gave the recorded write this message id."""
        self._database.execute(
            "UPDATE outbound SET message = ? WHERE random_id = ?", (message, random_id)
        )

    def void(self, random_id: int) -> None:
        """Telegram certainly did not take the recorded write: nothing of it can stand."""
        self._database.execute(
            # A question that becomes its own answer has an id before that leaves.
            "DELETE FROM outbound WHERE random_id = ? AND (message IS NULL OR message ="
            " (SELECT message FROM questions WHERE id = question))",
            (random_id,),
        )

    def of(self, question: Question) -> list[Recorded]:
        """The writes of the answer under way, by part; those of one part in their order.

        Into the chat where it is answered: what was written into one that moved is not finished.
        """
        rows = self._database.rows(
            "SELECT part, random_id, text, message FROM outbound WHERE question = ?"
            " AND attempt = ? AND chat = ? AND part >= 0 ORDER BY part, id",
            (question.id, question.attempt, question.conversation.chat),
        )
        return [Recorded(*row) for row in rows]

    def standing(self, question: Question) -> list[tuple[int, str]]:
        """What stands of the answer under way: its messages and their texts, in order."""
        newest = {one.part: one for one in self.of(question) if one.message is not None}
        return [(one.message, one.text) for one in newest.values() if one.message is not None]

    def typed_elsewhere(self, chat: int, message: int) -> None:
        """A message of the account's came from another device: it is the owner's own."""
        self._database.execute(
            "INSERT INTO elsewhere (chat, message) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (chat, message),
        )

    def elsewhere(self, chat: int, messages: Sequence[int]) -> set[int]:
        """Which of these messages came from another device."""
        typed = "SELECT 1 FROM elsewhere WHERE chat = ? AND message = ?"
        return {one for one in messages if self._database.row(typed, (chat, one))}
