"""Words that go: deleted in Telegram, expired, too old, cleared by the owner, a person's.

The row of a question stays: it proves that the message was answered. What goes are the words of
the question, of those it quotes, of the answer, and of the writes that carried it. An answer that
cites words which go may tell them: it goes, too. SQLite
overwrites them, and the write-ahead log, which still has them, is folded into the file.
"""

# ruff: noqa: S608 - statements are put together from constants, values are bound
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from userbot.storage import approvals
from userbot.storage.database import Database, Values
from userbot.types import CHANNELS, ConversationId

_AT_ONCE = 500
"""Rows in one transaction, so that a large clearing does not hold up an answer."""
_UNHEAR = "UPDATE transcripts SET text = NULL, parts = NULL"
_OPEN = "state IN ('pending', 'answering', 'awaiting')"
_ERASE = f"""
    UPDATE questions SET text = '', voice = NULL, forwarded_from = '', whole = NULL,
        about_name = '', recap = '', documents = '', switches = '',
        answer = CASE WHEN answer IS NULL THEN NULL ELSE '' END, erased = 1
    WHERE id = ? AND erased = 0 AND NOT {_OPEN}"""
_ERASE_BESIDE = (
    "UPDATE outbound SET text = '' WHERE question = ?",
    "DELETE FROM quotes WHERE question = ?",
    "DELETE FROM citations WHERE question = ?",
    *approvals.ERASE,
    # What was done stays done, without its words: its question may still be asked without some.
    (
        "UPDATE tool_calls SET arguments = '',"
        " result = CASE WHEN result IS NULL THEN NULL ELSE '' END WHERE question = ?"
    ),
    f"{_UNHEAR} WHERE question = ?",
    f"{_UNHEAR} WHERE (message, chat) = (SELECT message, chat FROM questions WHERE id = ?)",
)


class Eraser:
    """Takes words out of the history. Every method raises StorageError.

    What a method gives are the conversations that lost words.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def deleted(
        self, chat: int | None, messages: Sequence[int], now: datetime
    ) -> set[ConversationId]:
        """Messages were deleted in Telegram.

        Without `chat` they are of a private chat or a basic group. A question that was not
        answered yet is given up; an answer that lost one of its messages, or cites one of them,
        loses all its words. A question that quoted one of them keeps the words that are its own.
        What the program itself deletes of a question is known by `quiet`.
        """
        where, bound = ("chat = ?2", chat) if chat is not None else ("chat > ?2", CHANNELS)
        of_message = f"WHERE message = ?1 AND {where}"
        questions: list[int] = []
        citing: list[int] = []
        conversations: set[ConversationId] = set()
        with self._folding(), self._database.transaction():
            for message in messages:
                # What a recording says, for whatever question.
                self._database.execute(f"{_UNHEAR} {of_message}", (message, bound))
                conversations |= self._unquote(of_message, (message, bound))
                citing += self._ids(
                    f"SELECT question FROM citations {of_message}", (message, bound)
                )
                questions += self._ids(
                    f"SELECT id FROM questions {of_message} AND NOT quiet"
                    f" UNION SELECT question FROM outbound {of_message}"
                    # Its words are in the question that it joined, too.
                    f" UNION SELECT joined_to FROM questions {of_message}"
                    " AND joined_to IS NOT NULL",
                    (message, bound),
                )
            conversations |= self._erase_citing(citing, now)
            return conversations | self._erase(questions, now, gave_up="deleted")

    def expired(self, now: datetime) -> set[ConversationId]:
        """Erase the words of messages that their chats have deleted by themselves by now."""
        expired = "expires_at <= ? AND expires_at IS NOT NULL"
        questions = self._ids(f"SELECT id FROM questions WHERE {expired} AND erased = 0", (now,))
        conversations: set[ConversationId] = set()
        with self._folding():
            # Looked for again and again: while there is nothing, nobody is held up.
            if self._database.row(f"SELECT 1 FROM quotes WHERE {expired}", (now,)):
                with self._database.transaction():
                    conversations = self._unquote(f"WHERE {expired}", (now,))
            return conversations | self._erase(questions, now, gave_up="deleted")

    def older_than(self, before: datetime, now: datetime) -> set[ConversationId]:
        """Erase what was asked before a date."""
        with self._folding():
            self._erase_results("at < ?", before)
            return self._erase(
                self._ids("SELECT id FROM questions WHERE stored_at < ? AND erased = 0", (before,)),
                now,
            )

    def clear(self, now: datetime, chat: int | None = None, topic: int | None = None) -> int:
        """Erase all words, or those of a chat or of one of its topics; gives how many exchanges.

        What is being answered at this moment stays, and is not counted.
        """
        questions = self._ids(
            f"SELECT id FROM questions WHERE erased = 0 AND NOT {_OPEN}"
            " AND (?1 IS NULL OR conversation IN (SELECT id FROM conversations"
            " WHERE chat = ?1 AND (?2 IS NULL OR topic = ?2)))",
            (chat, topic),
        )
        with self._folding():
            # A result does not tell which topic it shows.
            self._erase_results(
                "?1 IS NULL OR command IN (SELECT id FROM commands WHERE chat = ?1)", chat
            )
            self._erase(questions, now)
        return len(questions)

    def forget(self, person: int, now: datetime) -> int:
        """Delete a person's words, and where others quoted them; gives how many questions it hit.

        From now on they are kept out: nothing that the person asks is answered.
        """
        database = self._database
        with self._folding(), database.transaction():
            database.execute(
                "INSERT INTO forgotten VALUES (?, ?) ON CONFLICT DO NOTHING", (person, now)
            )
            database.execute(
                f"{_UNHEAR} WHERE person = ?1"
                " OR question IN (SELECT question FROM quotes WHERE person = ?1)",
                (person,),
            )
            self._unquote("WHERE person = ?", (person,))
            # Whose words a result shows (/gpt_history) is not known.
            self._erase_results("?1 IS NULL", None)
            questions = self._ids("SELECT id FROM questions WHERE sender = ?", (person,))
            self._erase(questions, now, gave_up="forgotten")
            citing = self._ids("SELECT question FROM citations WHERE person = ?", (person,))
            self._erase_citing(citing, now)
            database.execute(
                "UPDATE questions SET sender_name = '', sender_username = NULL WHERE sender = ?",
                (person,),
            )
        return len(questions)

    def forgotten(self) -> set[int]:
        """The people whose words are kept out."""
        return {person for (person,) in self._database.rows("SELECT person FROM forgotten")}

    def _erase_citing(self, questions: Sequence[int], now: datetime) -> set[ConversationId]:
        """Erase what cites something that is gone; what is still being answered is asked anew."""
        for question in questions:
            self._database.execute(
                f"UPDATE questions SET whole = NULL WHERE id = ? AND {_OPEN}", (question,)
            )
        return self._erase(questions, now)

    def _unquote(self, where: str, values: Values) -> set[ConversationId]:
        """Take words out of the questions that quote them, and what their recordings say.

        What stood above them in a question goes too: they were all that it belonged to.
        """
        database = self._database
        rows = database.rows(
            f"DELETE FROM quotes {where} RETURNING question, position, chat, message",
            values,
        )
        for question, position, chat, message in rows:
            above = database.rows(
                "DELETE FROM quotes WHERE question = ? AND position < ? RETURNING message, chat",
                (question, position),
            )
            for heard in above:  # for this question, if they were: whose they are is forgotten
                database.execute(
                    f"{_UNHEAR} WHERE message = ? AND chat = ? AND question = ?",
                    (*heard, question),
                )
            database.execute(f"{_UNHEAR} WHERE message = ? AND chat = ?", (message, chat))
        return {self._conversation_of(question) for question, *_ in rows}

    def _erase_results(self, where: str, value: object) -> None:
        """Erase what results of commands told, /gpt_history above all."""
        self._database.execute(
            f"UPDATE command_results SET text = '' WHERE text <> '' AND ({where})", (value,)
        )

    def _erase(
        self, questions: Sequence[int], now: datetime, *, gave_up: str | None = None
    ) -> set[ConversationId]:
        """Erase the words of questions; those that are open are given up, or left for next time."""
        conversations: set[ConversationId] = set()
        for start in range(0, len(questions), _AT_ONCE):
            with self._database.transaction():
                for one in questions[start : start + _AT_ONCE]:
                    if gave_up is not None:
                        self._database.execute(
                            "UPDATE questions SET state = 'skipped', reason = ?, state_at = ?"
                            f" WHERE id = ? AND {_OPEN}",
                            (gave_up, now, one),
                        )
                    if not self._database.execute(_ERASE, (one,)).rowcount:
                        continue
                    for statement in _ERASE_BESIDE:
                        self._database.execute(statement, (one,))
                    conversations.add(self._conversation_of(one))
        return conversations

    @contextmanager
    def _folding(self) -> Iterator[None]:
        """What is overwritten in this block is gone from the write-ahead log as well."""
        before = self._database.connection.total_changes
        yield
        if self._database.connection.total_changes != before:
            # Another reader may put this off.
            self._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def _ids(self, select: str, values: Values) -> list[int]:
        return [number for (number,) in self._database.rows(select, values)]

    def _conversation_of(self, question: int) -> ConversationId:
        ((chat, topic),) = self._database.rows(
            "SELECT c.chat, c.topic FROM questions AS q JOIN conversations AS c"
            " ON c.id = q.conversation WHERE q.id = ?",
            (question,),
        )
        return ConversationId(chat, topic or None)
