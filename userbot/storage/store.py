"""Memory on disk: questions, the writes that answer them, and what they cost.

How "answered once" is kept:
1. A question is a row before anything else happens to it, unique by chat and message.
2. A write is a row before it leaves; it learns its message id when Telegram tells.
3. "answered" is final: state, turn and usage change in one transaction, once.

Every call is one short transaction on the caller's thread. Each is served by an index and
touches a bounded number of rows, however long the history is.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from userbot.messages import (
    TERMINAL,
    Answer,
    Ask,
    ChatKind,
    Expected,
    Owed,
    Person,
    Place,
    Recorded,
    Spent,
    Transcript,
    Turn,
    Usage,
)
from userbot.storage import database, ledger, migrations, voice_rows
from userbot.storage.cells import instant as _instant
from userbot.storage.cells import moment as _moment
from userbot.storage.cells import storable as _storable
from userbot.storage.eraser import Eraser
from userbot.storage.ledger import Ledger
from userbot.storage.names import Names
from userbot.storage.orders import Orders, pending_anew

R = TypeVar("R")
_NEWEST = 64
"""How many of a chat's newest writes without an id are compared with a text."""
_UNCONFIRMED = (
    "SELECT text FROM writes WHERE chat = ? AND message IS NULL ORDER BY id DESC LIMIT ?",
    "SELECT text FROM command_notes WHERE chat = ? AND message IS NULL ORDER BY id DESC LIMIT ?",
)

_ADD = """
    INSERT INTO questions (conversation, chat, message, sender, sender_name, sender_username,
        by_owner, text, reply_to, about_reply, voice, listen_first, forwarded_from, plain, pictures,
        asked_at, stored_at, state_at, expires_at)
    SELECT id, :source, :message, :sender, :name, :username, :by_owner, :text, :reply_to,
        :about_reply, :voice, :listen_first, :forwarded_from, :plain, :pictures,
        :asked_at, :stored_at, :stored_at, :expires_at
    FROM conversations WHERE chat = :chat AND topic = :topic AND kind = :kind
        AND :title IN (title, '')
    ON CONFLICT (message, chat) DO NOTHING"""
_ASKS = (
    "SELECT q.id, c.chat, c.topic, c.kind, c.title, q.message, q.sender, q.sender_name,"
    " q.sender_username, q.by_owner, q.text, q.reply_to, q.about_reply, q.asked_at, q.attempt,"
    " q.forwarded_from, q.voice, q.listen_first, q.plain, q.pictures, q.expires_at,"
    " nullif(q.chat, c.chat), q.state, q.reason,"
    # A write of an earlier attempt says nothing about the one that is under way.
    " EXISTS (SELECT 1 FROM writes WHERE question = q.id AND attempt = q.attempt)"
    " FROM questions AS q JOIN conversations AS c ON c.id = q.conversation"
)
_SEE_CONVERSATION = """
    INSERT INTO conversations (chat, topic, kind, title) VALUES (:chat, :topic, :kind, :title)
    ON CONFLICT (chat, topic) DO UPDATE SET kind = excluded.kind,
        title = CASE excluded.title WHEN '' THEN title ELSE excluded.title END
        WHERE kind <> excluded.kind OR excluded.title NOT IN (title, '')"""
"""A short update knows no title (''); the one that is known stays."""


class Store(Orders):
    """The history database of one account. Every method raises StorageError.

    Use from one thread. `repaired` is the mode that the file had if others could read it
    (it is 0600 now), else None.
    """

    def __init__(self, path: Path, db: sqlite3.Connection, repaired: int | None) -> None:
        self.path = path
        self.repaired = repaired
        self.ledger = Ledger(path, db)
        self.names = Names(path, db)
        self.eraser = Eraser(path, db)
        self._db = db
        self._version = self._data_version()

    @classmethod
    def open(cls, path: Path, *, busy_seconds: float = 1.0) -> Self:
        """Open the database, creating (0600, in a 0700 folder) or migrating it.

        `busy_seconds`: how long a call waits for another process that is writing. Raises
        StorageError, with the file untouched, if it is read-only, damaged, foreign or newer.
        """
        repaired = database.create(path)
        database.look(path)
        with database.explained(path):
            db = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
            try:
                # The header above may be older than what the write-ahead log says.
                (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
                (application,) = db.execute("PRAGMA application_id").fetchone()
                migrations.check(migrations.version(db), application, empty=not tables, path=path)
                # Half the usual size: a step writes each page it touches to the log as a whole.
                db.execute("PRAGMA page_size = 2048")
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")
                db.execute("PRAGMA journal_size_limit = 8388608")
                # Words that were deleted are overwritten, not only unlinked.
                db.execute("PRAGMA secure_delete = ON")
                migrations.migrate(db)
            except BaseException:
                db.close()
                raise
        return cls(path, db, repaired)

    def hurry(self, seconds: float) -> None:
        """From now on no call waits longer than that for another process that is writing."""
        with database.explained(self.path):
            self._db.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def close(self) -> None:
        """Let go of the file; the write-ahead log is folded into it."""
        with database.explained(self.path):
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def began(self, now: datetime) -> datetime:
        """The moment of the first start; `now` if this is it."""
        return _moment(int(self._once("first_start", _instant(now))))

    def secret(self) -> bytes:
        """32 random bytes of this database, for `rules.random_id`."""
        return bytes(self._once("secret", secrets.token_bytes(32)))

    def owns(self, chat: int, message: int, text: str | None = None) -> bool:
        """Whether the program wrote the message: an answer, or a command's result.

        With `text`, a recorded write to that chat whose id is not yet known counts too if its
        text is the same but for white space around it, which Telegram removes.
        """
        with database.explained(self.path):
            known = self._db.execute(
                "SELECT 1 FROM writes WHERE chat = ?1 AND message = ?2 UNION ALL"
                " SELECT 1 FROM command_notes WHERE chat = ?1 AND message = ?2",
                (chat, message),
            ).fetchone()
            wanted = _storable(text or "").strip()
            if known or not wanted:  # without words one message is like another
                return known is not None
            return any(
                recorded.strip() == wanted
                for unconfirmed in _UNCONFIRMED
                for (recorded,) in self._db.execute(unconfirmed, (chat, _NEWEST))
            )

    def answered_by(self, chat: int, message: int) -> int | None:
        """The question that the message answers or is a part of the answer to, if it does."""
        return self._question(
            "SELECT question FROM writes WHERE chat = ? AND message = ?", chat, message
        )

    def asked_by(self, chat: int, message: int) -> int | None:
        """The question that the message is, if it is one."""
        return self._question(
            "SELECT id FROM questions WHERE chat = ? AND message = ?", chat, message
        )

    def _question(self, select: str, chat: int, message: int) -> int | None:
        with database.explained(self.path):
            row = self._db.execute(select, (chat, message)).fetchone()
        return None if row is None else int(row[0])

    def again(self, chat: int, message: int, at: datetime) -> Ask | str | None:
        """Make a question that failed or was skipped pending anew, and give it.

        `message` is the question's own or one of its answer's. If it is in another state, that;
        None if there is no such question, or its words were deleted.
        """
        with self._step() as db:
            found = db.execute(
                "SELECT coalesce((SELECT id FROM questions WHERE message = ?1 AND chat = ?2),"
                " (SELECT question FROM writes WHERE message = ?1 AND chat = ?2))",
                (message, chat),
            ).fetchone()
            row = db.execute(_ASKS + " WHERE q.id = ?", found).fetchone()
            if row is None:
                return None
            ask = _ask(row)
            state = str(row[-3])
            if not pending_anew(db, ask.id, at):
                return None if state in ("failed", "skipped") or self.eraser.gone(ask) else state
        return replace(ask, attempt=ask.attempt + 1)

    def anew(
        self,
        ask: Ask,
        at: datetime,
        day_began: datetime,
        expected: Expected,
        judge: Callable[[Spent], R | None],
    ) -> tuple[Ask, R | None] | None:
        """Make an answered question, worded otherwise by now, pending anew, unless `judge` refuses.

        The messages of its answer belong to the new answer. It counts as asked now. None if it was
        not answered or has these words already; if it was spoken, or is several messages.
        """
        with self._step() as db:
            row = db.execute(
                "SELECT id, attempt, reason, text, own_text, stored_at, state_at FROM questions"
                " WHERE message = ? AND chat = ? AND state = 'answered' AND erased = 0"
                " AND coalesce(own_text, text) <> ? AND voice IS NULL AND pictures = ''"
                " AND NOT EXISTS (SELECT 1 FROM questions AS other"
                " WHERE other.joined_to = questions.id)",
                (ask.message, ask.chat, _storable(ask.text)),
            ).fetchone()
            if row is None:
                return None
            number, attempt, *before = row
            kept = replace(ask, id=number, attempt=attempt)
            change = (
                "UPDATE questions SET state = ?, reason = ?, text = ?, own_text = ?,"
                " stored_at = ?, state_at = ? WHERE id = ?"
            )
            now = _instant(at)
            db.execute(change, ("pending", "", _storable(ask.text), None, now, now, number))
            spent = ledger.spent(db, ask.sender.id, at, day_began, number)
            # Its row counts once; each time it was answered lately was a request, too.
            (lately,) = db.execute(
                "SELECT count(*) FROM usage WHERE question = ? AND at > ?",
                (number, _instant(at - timedelta(minutes=1))),
            ).fetchone()
            requests = spent.person_requests_last_minute + lately
            verdict = judge(replace(spent, person_requests_last_minute=requests))
            if verdict is None:
                ledger.hold(db, number, expected)
            else:
                db.execute(change, ("answered", *before, number))
        return kept, verdict

    def changed_elsewhere(self) -> bool:
        """Whether another process has written since the last call (`history --clear`)."""
        version = self._data_version()
        changed, self._version = version != self._version, version
        return changed

    def admit(
        self,
        ask: Ask,
        at: datetime,
        day_began: datetime,
        expected: Expected,
        judge: Callable[[Spent], R | None],
    ) -> tuple[Ask, R | None] | None:
        """Store a question and reserve what it is expected to cost, all at once.

        `judge` looks at what was spent; what it gives refuses the question, which is then only
        stored, with the state "skipped". Gives the question with its id and what `judge` gave;
        None if its message is known.
        """
        with self._step() as db:
            kept = self._insert(ask, at)
            if kept is None:
                return None
            verdict = judge(ledger.spent(db, ask.sender.id, at, day_began, kept.id))
            if verdict is None:
                ledger.hold(db, kept.id, expected)
            else:
                db.execute("UPDATE questions SET state = 'skipped' WHERE id = ?", (kept.id,))
        return kept, verdict

    def add(self, ask: Ask, at: datetime) -> Ask | None:
        """Store a question as pending and give it with its id; None if its message is known."""
        with database.explained(self.path):
            return self._insert(ask, at)

    def _insert(self, ask: Ask, at: datetime) -> Ask | None:
        stored_at = _instant(at)
        row = {
            "chat": ask.chat,
            "source": ask.source,
            "topic": ask.place.topic or 0,
            "kind": str(ask.kind),
            "title": _storable(ask.title),
            "message": ask.message,
            "sender": ask.sender.id,
            "name": _storable(ask.sender.name),
            "username": ask.sender.username and _storable(ask.sender.username),
            "by_owner": ask.by_owner,
            "text": _storable(ask.text),
            "reply_to": ask.reply_to,
            "about_reply": ask.about_reply,
            "forwarded_from": _storable(ask.forwarded_from),
            "voice": ask.voice and voice_rows.stored(ask.voice),
            "listen_first": ask.listen_first,
            "plain": ask.plain,
            "pictures": _numbers(ask.pictures),
            "asked_at": _instant(ask.at),
            "stored_at": stored_at,
            "expires_at": ask.expires_at and _instant(ask.expires_at),
        }
        cursor = self._db.execute(_ADD, row)
        if not cursor.rowcount:
            # The message is known, or its conversation is new or has another title.
            with nullcontext(self._db) if self._db.in_transaction else self._step() as db:
                db.execute(_SEE_CONVERSATION, row)
                cursor = db.execute(_ADD, row)
        return replace(ask, id=cursor.lastrowid or 0) if cursor.rowcount else None

    def join(self, earlier: Ask, whole: Ask, at: datetime) -> None:
        """A question that is not answered yet is one with a later message, as `whole`.

        It ends as skipped ("joined"); its words go where those of the later one go.
        """
        with self._step() as db:
            db.execute(
                "UPDATE questions SET state = 'skipped', reason = 'joined', state_at = ?,"
                " whole = NULL, joined_to = ? WHERE id = ? AND state <> 'answered'",
                (_instant(at), whole.id, earlier.id),
            )
            db.execute(
                "UPDATE questions SET joined_to = ? WHERE joined_to = ?", (whole.id, earlier.id)
            )
            _reword(db, whole)

    def reword(self, whole: Ask) -> None:
        """A question that is not answered yet has other words now."""
        with self._step() as db:
            _reword(db, whole)

    def mark(self, ask: Ask, state: str, reason: str, at: datetime) -> None:
        """Set a question's state: "answering", "failed" or "skipped", and why.

        An answered question stays answered.
        """
        with database.explained(self.path):
            self._db.execute(
                "UPDATE questions SET state = ?1, reason = ?2, state_at = ?3,"
                " whole = CASE ?1 WHEN 'answering' THEN whole END"
                " WHERE id = ?4 AND state <> 'answered'",
                (state, reason, _instant(at), ask.id),
            )

    def writing(self, ask: Ask, part: int, random_id: int, text: str, at: datetime) -> None:
        """Record a write before it leaves.

        A write sent again after a crash has the same `random_id` and perhaps another text: it
        is recorded again, since either text may be the one that stands in Telegram.
        """
        with database.explained(self.path):
            self._db.execute(
                "INSERT INTO writes (random_id, question, part, attempt, chat, text, at)"
                " VALUES (?, ?, ?, (SELECT attempt FROM questions WHERE id = ?2), ?, ?, ?)",
                (random_id, ask.id, part, ask.chat, _storable(text), _instant(at)),
            )

    def rewriting(self, random_id: int, text: str, at: datetime) -> None:
        """Record, before it leaves, the text that a recorded write will have from now on.

        An edit replaces the text in Telegram, so it replaces it here: one row a message, however
        often it is edited. Of a write that Telegram certainly did not take it is the next text.
        """
        with database.explained(self.path):
            self._db.execute(
                "UPDATE writes SET text = ?, at = ? WHERE random_id = ?",
                (_storable(text), _instant(at), random_id),
            )

    def written(self, random_id: int, message: int) -> None:
        """Telegram gave the recorded write this message id."""
        with database.explained(self.path):
            self._db.execute(
                "UPDATE writes SET message = ? WHERE random_id = ?", (message, random_id)
            )

    def unwritten(self, random_id: int) -> None:
        """Telegram certainly did not take the recorded write: nothing of it can stand."""
        with database.explained(self.path):
            self._db.execute(
                # A question that becomes its own answer has an id before that leaves.
                "DELETE FROM writes WHERE random_id = ? AND (message IS NULL OR message ="
                " (SELECT message FROM questions WHERE id = question))",
                (random_id,),
            )

    def recorded(self, ask: Ask) -> list[Recorded]:
        """The writes of the answer under way, by part; those of one part in their order."""
        with database.explained(self.path):
            rows = self._db.execute(
                "SELECT part, random_id, text, message FROM writes WHERE question = ?"
                " AND attempt = ? AND part >= 0 ORDER BY part, id",
                (ask.id, ask.attempt),
            ).fetchall()
        return [Recorded(*row) for row in rows]

    def seen(self, chat: int) -> int | None:
        """The newest message of a chat that was decided about; None if it is not known."""
        with database.explained(self.path):
            row = self._db.execute("SELECT message FROM seen WHERE chat = ?", (chat,)).fetchone()
        return None if row is None else int(row[0])

    def see(self, chat: int, message: int) -> None:
        """The chat was seen up to this message, unless it was seen further already."""
        with database.explained(self.path):
            self._db.execute(
                "INSERT INTO seen (chat, message) VALUES (?, ?) ON CONFLICT (chat) DO UPDATE"
                " SET message = excluded.message WHERE message < excluded.message",
                (chat, message),
            )

    def read_out(self, chat: int) -> None:
        """A group that became a supergroup holds nothing that was not decided about."""
        with database.explained(self.path):
            self._db.execute("DELETE FROM seen WHERE chat = ?", (chat,))

    def last_look(self) -> datetime | None:
        """When all chats were last looked at; None: never."""
        with database.explained(self.path):
            row = self._db.execute("SELECT value FROM meta WHERE key = 'last_look'").fetchone()
        return None if row is None else _moment(row[0])

    def looked(self, at: datetime) -> None:
        """All chats were looked at."""
        with database.explained(self.path):
            self._db.execute(
                "INSERT INTO meta VALUES ('last_look', ?) ON CONFLICT (key) DO UPDATE"
                " SET value = excluded.value",
                (_instant(at),),
            )

    def typed_elsewhere(self, chat: int, message: int) -> None:
        """A message of the account's came from another device: it is the owner's own."""
        with database.explained(self.path):
            self._db.execute(
                "INSERT INTO elsewhere (chat, message) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (chat, message),
            )

    def elsewhere(self, chat: int, messages: Sequence[int]) -> set[int]:
        """Which of these messages came from another device."""
        with database.explained(self.path):
            return {
                message
                for message in messages
                if self._db.execute(
                    "SELECT 1 FROM elsewhere WHERE chat = ? AND message = ?", (chat, message)
                ).fetchone()
            }

    def standing(self, ask: Ask) -> list[tuple[int, str]]:
        """What stands of the answer under way: its messages and their texts, in order."""
        with database.explained(self.path):
            rows = self._db.execute(
                "SELECT part, message, text FROM writes WHERE question = ? AND attempt = ?"
                " AND message IS NOT NULL AND part >= 0 ORDER BY id",
                (ask.id, ask.attempt),
            )
            newest = {part: (message, text) for part, message, text in rows}
        return [newest[part] for part in sorted(newest)]

    def settle(self, ask: Ask, text: str, answer: Answer, at: datetime, *, cost: int = 0) -> None:
        """The question (as `text`) is answered: its state, its turn and its usage at once.

        Of a question that is answered already nothing changes. An answer whose usage the
        endpoint did not tell counts no tokens. `cost` is in millionths. Words that were deleted
        meanwhile do not come back.
        """
        moment = _instant(at)
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
                    _storable(text),
                    None if text == ask.text else _storable(ask.text),
                    _storable(answer.text),
                    answer.finish.model,
                    ask.id,
                ),
            )
            if changed.rowcount:
                ledger.enter(
                    db,
                    ask,
                    at,
                    kind="answer",
                    model=answer.finish.model,
                    usage=answer.finish.usage,
                    cost=cost,
                )

    def transcript(self, chat: int, message: int) -> Transcript | None:
        """What was heard in a message before, if it was kept."""
        with database.explained(self.path):
            return voice_rows.transcript(self._db, chat, message)

    def heard(
        self, ask: Ask, message: int, transcript: Transcript, at: datetime, *, keep: bool
    ) -> None:
        """A message was listened to for a question; its words are stored only if to `keep`.

        Heard again, its seconds add up, and words that are stored stay. Without words ("") it is
        known that nobody speaks there.
        """
        text = _storable(transcript.text) if keep else None
        with database.explained(self.path):
            voice_rows.heard(self._db, ask, message, text, transcript, _instant(at))

    def parts_heard(self, chat: int, message: int) -> list[Transcript]:
        """What was heard of a message that was not heard to its end, part by part."""
        with database.explained(self.path):
            return voice_rows.parts(self._db, chat, message)

    def heard_parts(
        self, ask: Ask, message: int, parts: Sequence[Transcript], at: datetime
    ) -> None:
        """So far a message was listened to; its parts are kept until all of it is `heard`.

        Not if the question's words were erased meanwhile.
        """
        with database.explained(self.path):
            voice_rows.heard_parts(self._db, ask, message, parts, _instant(at))

    def turns(self, place: Place, newest: int) -> list[Turn]:
        """The newest turns of a conversation, oldest first, since it was last begun anew."""
        with database.explained(self.path):
            rows = self._db.execute(
                "SELECT sender_name, text, answer, id FROM questions WHERE state = 'answered'"
                " AND answer IS NOT NULL AND erased = 0"
                " AND conversation = (SELECT id FROM conversations WHERE chat = ?1 AND topic = ?2)"
                " AND id > (SELECT begun_after FROM conversations WHERE chat = ?1 AND topic = ?2)"
                " ORDER BY id DESC LIMIT ?3",
                (place.chat, place.topic or 0, newest),
            ).fetchall()
        return [Turn(*row) for row in reversed(rows)]

    def last_answered(self, place: Place) -> datetime | None:
        """When the conversation was last answered since it was begun anew, if it was."""
        with database.explained(self.path):
            row = self._db.execute(
                "SELECT state_at FROM questions WHERE state = 'answered'"
                " AND conversation = (SELECT id FROM conversations WHERE chat = ?1 AND topic = ?2)"
                " AND id > (SELECT begun_after FROM conversations WHERE chat = ?1 AND topic = ?2)"
                " ORDER BY id DESC LIMIT 1",
                (place.chat, place.topic or 0),
            ).fetchone()
        return None if row is None else _moment(row[0])

    def pending(self, *, terminal: bool = False) -> list[tuple[Ask, bool]]:
        """Questions that are neither answered nor given up, oldest first.

        The flag tells whether a write for it was recorded. `terminal`: those that were asked
        there, and no others.
        """
        with database.explained(self.path):
            rows = self._db.execute(
                _ASKS + " WHERE q.state IN ('pending', 'answering') AND (q.chat = ?) = ?"
                " ORDER BY q.id",
                (TERMINAL, terminal),
            ).fetchall()
        return [(_ask(row), bool(row[-1])) for row in rows]

    def owed(
        self, before: datetime | None = None, *, terminal: bool = False
    ) -> list[tuple[Ask, Owed, str]]:
        """What is owed for questions, asked `before` then, and what stands of each answer.

        `terminal`: for those that were asked there, and no others.
        """
        with database.explained(self.path):
            rows = self._db.execute("SELECT * FROM owed ORDER BY question").fetchall()
            found = []
            for question, kind, model, prompt_tokens, completion_tokens, estimated, seconds in rows:
                row = self._db.execute(_ASKS + " WHERE q.id = ?", (question,)).fetchone()
                ask = _ask(row)
                recent = before is not None and ask.at >= before
                if (ask.chat == TERMINAL) is not terminal or recent:
                    continue
                usage = None
                if prompt_tokens is not None:
                    usage = Usage(prompt_tokens, completion_tokens, bool(estimated))
                stands = "".join(text for _, text in self.standing(ask))
                found.append((ask, Owed(kind, model, usage, seconds), stands))
        return found

    def spent(self, person: int, now: datetime, day_began: datetime, question: int = 0) -> Spent:
        """What counts against the limits, beside what `question` is expected to cost.

        The person's requests are those of the last 60 seconds that were not skipped, or were
        paid for all the same, that question among them. Everything else includes what is
        reserved for the other questions that are open: many asked at once do not slip through.
        """
        with database.explained(self.path):
            return ledger.spent(self._db, person, now, day_began, question)

    def _data_version(self) -> int:
        with database.explained(self.path):
            (version,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _once(self, key: str, value: int | bytes) -> int | bytes:
        """The value under `key` in meta: this one, if there was none."""
        with database.explained(self.path):
            self._db.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO NOTHING", (key, value)
            )
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        found: int | bytes = row[0]
        return found


def _reword(db: sqlite3.Connection, whole: Ask) -> None:
    db.execute(
        "UPDATE questions SET text = ?, forwarded_from = ?, reply_to = ?, about_reply = ?,"
        " pictures = ?, expires_at = ?, whole = NULL"
        " WHERE id = ? AND erased = 0 AND state <> 'answered'",
        (
            _storable(whole.text),
            _storable(whole.forwarded_from),
            whole.reply_to,
            whole.about_reply,
            _numbers(whole.pictures),
            whole.expires_at and _instant(whole.expires_at),
            whole.id,
        ),
    )


def _numbers(numbers: Sequence[int]) -> str:
    return json.dumps(list(numbers)) if numbers else ""


def _ask(row: Sequence[Any]) -> Ask:
    ident, chat, topic, kind, title, message, sender, name, username, *rest = row
    by_owner, text, reply_to, about_reply, asked_at, attempt, forwarded_from, *more = rest[:13]
    voice, listen_first, plain, pictures, expires_at, moved_from = more
    return Ask(
        id=ident,
        place=Place(chat, topic or None),
        kind=ChatKind(kind),
        title=title,
        message=message,
        sender=Person(id=sender, name=name, username=username),
        by_owner=bool(by_owner),
        text=text,
        reply_to=reply_to,
        about_reply=bool(about_reply),
        forwarded_from=forwarded_from,
        voice=voice_rows.restored(voice) if voice else None,
        listen_first=bool(listen_first),
        plain=bool(plain),
        pictures=tuple(json.loads(pictures or "[]")),
        expires_at=None if expires_at is None else _moment(expires_at),
        at=_moment(asked_at),
        attempt=attempt,
        moved_from=moved_from,
    )
