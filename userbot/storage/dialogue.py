"""Conversations: what was asked and answered in them, as the model is told of it."""

from __future__ import annotations

from datetime import datetime

from userbot.storage import database, ledger
from userbot.storage.cells import instant, moment, storable
from userbot.storage.steps import Steps
from userbot.types import Answer, ConversationId, Cost, Exchange, Question


class Dialogue(Steps):
    """Questions with their answers. Every method raises StorageError."""

    def settle(
        self, question: Question, text: str, answer: Answer, at: datetime, *, cost: int = 0
    ) -> None:
        """The question (as `text`) is answered: its state, its turn and its usage at once.

        Of a question that is answered already nothing changes. An answer whose usage the
        endpoint did not tell counts no tokens. `cost` is in millionths. Words that were deleted
        meanwhile do not come back.
        """
        moment = instant(at)
        with self._step() as db:
            changed = db.execute(
                "UPDATE questions SET state = 'answered', reason = ?1, state_at = ?2,"
                " text = CASE WHEN erased THEN '' ELSE ?3 END,"
                " own_text = CASE WHEN erased THEN NULL ELSE ?4 END,"
                " answer = CASE WHEN erased THEN '' ELSE ?5 END, model = ?6, whole = NULL"
                " WHERE id = ?7 AND state <> 'answered'",
                (
                    answer.finish.reason,
                    moment,
                    storable(text),
                    None if text == question.text else storable(question.text),
                    storable(answer.text),
                    answer.finish.model,
                    question.id,
                ),
            )
            if changed.rowcount:
                ledger.enter(
                    db,
                    question,
                    at,
                    kind="answer",
                    model=answer.finish.model,
                    usage=answer.finish.usage,
                    cost=cost,
                )

    def turns(self, conversation: ConversationId, newest: int) -> list[Exchange]:
        """The newest turns of a conversation, oldest first, since it was last begun anew."""
        with database.explained(self.path):
            rows = self._db.execute(
                "SELECT sender_name, text, answer, id FROM questions WHERE state = 'answered'"
                " AND answer IS NOT NULL AND erased = 0"
                " AND conversation = (SELECT id FROM conversations WHERE chat = ?1 AND topic = ?2)"
                " AND id > (SELECT begun_after FROM conversations WHERE chat = ?1 AND topic = ?2)"
                " ORDER BY id DESC LIMIT ?3",
                (conversation.chat, conversation.topic or 0, newest),
            ).fetchall()
        return [Exchange(*row) for row in reversed(rows)]

    def last_answered(self, conversation: ConversationId) -> datetime | None:
        """When the conversation was last answered since it was begun anew, if it was."""
        with database.explained(self.path):
            row = self._db.execute(
                "SELECT state_at FROM questions WHERE state = 'answered'"
                " AND conversation = (SELECT id FROM conversations WHERE chat = ?1 AND topic = ?2)"
                " AND id > (SELECT begun_after FROM conversations WHERE chat = ?1 AND topic = ?2)"
                " ORDER BY id DESC LIMIT 1",
                (conversation.chat, conversation.topic or 0),
            ).fetchone()
        return None if row is None else moment(row[0])

    def begin_anew(self, conversation: ConversationId, after: int | None = None) -> None:
        """The conversation forgets what was asked until now, or up to the question `after`."""
        with database.explained(self.path):
            self._db.execute(
                "UPDATE conversations SET begun_after ="
                " coalesce(?, (SELECT max(id) FROM questions), 0) WHERE chat = ? AND topic = ?",
                (after, conversation.chat, conversation.topic or 0),
            )

    def cost(self, since: datetime, chat: int | None = None) -> Cost:
        """What answers have cost since then, in one chat or in all."""
        with database.explained(self.path):
            row = self._db.execute(
                "SELECT count(CASE WHEN kind = 'answer' THEN 1 END),"
                " coalesce(sum(prompt_tokens), 0),"
                " coalesce(sum(completion_tokens), 0) FROM usage"
                " WHERE at >= ?1 AND (?2 IS NULL OR chat = ?2)",
                (instant(since), chat),
            ).fetchone()
        return Cost(*row)
