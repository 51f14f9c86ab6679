"""What the owner orders by commands: its record, what it sets, and what it deletes.

A command's message is a row before anything is done about it, so that it is carried out once, and
its result is a row before it leaves, so that it is known again when Telegram brings it back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from userbot.messages import Ask, CommandMessage, CommandNote, Cost, OpenCommand, Place
from userbot.settings import Override
from userbot.storage import database
from userbot.storage.cells import instant, moment, storable
from userbot.storage.steps import Steps

_WISHED = "asked_again"
"""The reason of a pending question that another process wants asked again."""


class Orders(Steps):
    """The owner's commands in the history database. Every method raises StorageError."""

    def ordered(
        self, chat: int, message: int, name: str, at: datetime, title: str = ""
    ) -> CommandMessage | None:
        """Record a command's message, open until it is `finished`; None if it is known already."""
        with database.explained(self.path):
            cursor = self._db.execute(
                "INSERT INTO commands (chat, message, name, at, title, open)"
                " VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (message, chat) DO NOTHING",
                (chat, message, storable(name), instant(at), storable(title)),
            )
        if not cursor.rowcount:
            return None
        return CommandMessage(cursor.lastrowid or 0, chat, message, name, title)

    def finished(self, command: CommandMessage) -> None:
        """Nothing more is to be done about a command; words left of its result go."""
        with self._step() as db:
            db.execute("UPDATE commands SET open = 0 WHERE id = ?", (command.id,))
            db.execute(
                "UPDATE command_notes SET text = '' WHERE command = ? AND text <> ''",
                (command.id,),
            )

    def open_commands(self) -> list[OpenCommand]:
        """The commands that are not `finished`, oldest first."""
        with database.explained(self.path):
            return [
                OpenCommand(
                    CommandMessage(number, chat, message, name, title),
                    moment(at),
                    self._notes_left(number),
                )
                for number, chat, message, name, title, at in self._db.execute(
                    "SELECT id, chat, message, name, title, at FROM commands"
                    " WHERE open = 1 ORDER BY id"
                ).fetchall()
            ]

    def _notes_left(self, command: int) -> tuple[CommandNote, ...] | None:
        rows = self._db.execute(
            "SELECT random_id, text, message FROM command_notes WHERE command = ? ORDER BY id",
            (command,),
        ).fetchall()
        if not rows:
            return None
        return tuple(
            CommandNote(identity, text)
            for identity, text, message in rows
            if message is None and text
        )

    def wish_again(self, questions: Sequence[int], at: datetime) -> set[int]:
        """Mark questions that failed to be asked again by whoever answers; gives those that are.

        Not one whose words are gone.
        """
        with self._step() as db:
            return {number for number in questions if pending_anew(db, number, at, _WISHED)}

    def wished(self) -> set[int]:
        """The questions so marked; the mark is taken off."""
        open_ones = "state IN ('pending', 'answering') AND reason = ?"
        with database.explained(self.path):
            # Looked at first, since it is asked every second: only a writer has to wait for others.
            if not self._db.execute(
                f"SELECT 1 FROM questions WHERE {open_ones}",  # noqa: S608
                (_WISHED,),
            ).fetchone():
                return set()
            rows = self._db.execute(
                f"UPDATE questions SET reason = '' WHERE {open_ones} RETURNING id",  # noqa: S608
                (_WISHED,),
            )
            return {number for (number,) in rows.fetchall()}

    def noting(
        self, command: CommandMessage, chat: int, notes: Sequence[CommandNote], at: datetime
    ) -> None:
        """Record the messages that tell a command's result, before any leaves to `chat`."""
        with self._step() as db:
            db.executemany(
                "INSERT INTO command_notes (command, chat, random_id, text, at)"
                " VALUES (?, ?, ?, ?, ?)",
                [
                    (command.id, chat, note.random_id, storable(note.text), instant(at))
                    for note in notes
                ],
            )

    def noted(self, random_id: int, message: int) -> None:
        """Telegram gave the recorded note this message id; its words have served then."""
        with database.explained(self.path):
            self._db.execute(
                "UPDATE command_notes SET message = ?, text = '' WHERE random_id = ?",
                (message, random_id),
            )

    def overrides(self) -> dict[int, Override]:
        """What commands have set, by chat."""
        with database.explained(self.path):
            rows = self._db.execute(
                "SELECT chat, respond, whom, system, model FROM overrides"
            ).fetchall()
        return {row[0]: override(*row[1:]) for row in rows}

    def override(self, chat: int, to: Override) -> None:
        """From now on this, and nothing else, is set by commands in a chat."""
        with self._step() as db:
            db.execute("DELETE FROM overrides WHERE chat = ?", (chat,))
            if to != Override():
                system = to.system and storable(to.system)
                db.execute(
                    "INSERT INTO overrides (chat, respond, whom, system, model)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (chat, to.respond, to.from_, system, to.model and storable(to.model)),
                )

    def begin_anew(self, place: Place, after: int | None = None) -> None:
        """The conversation forgets what was asked until now, or up to the question `after`."""
        with database.explained(self.path):
            self._db.execute(
                "UPDATE conversations SET begun_after ="
                " coalesce(?, (SELECT max(id) FROM questions), 0) WHERE chat = ? AND topic = ?",
                (after, place.chat, place.topic or 0),
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

    def forgotten(self) -> set[int]:
        """The people whose words are kept out."""
        with database.explained(self.path):
            return {person for (person,) in self._db.execute("SELECT person FROM forgotten")}

    def forget(self, person: int, at: datetime) -> int:
        """Delete a person's words, and where others quoted them; gives how many questions it hit.

        What was asked, answered and quoted is overwritten in the file. The rows stay: they prove
        that a message was answered.
        """
        moment = instant(at)
        with self._step() as db:
            db.execute(
                "INSERT INTO forgotten (person, at) VALUES (?, ?) ON CONFLICT (person) DO NOTHING",
                (person, moment),
            )
            db.execute(
                "UPDATE writes SET text = '' WHERE question IN"
                " (SELECT id FROM questions WHERE sender = ?)",
                (person,),
            )
            db.execute(
                "UPDATE questions SET text = own_text, own_text = NULL WHERE id IN"
                " (SELECT question FROM quotations WHERE person = ?)"
                " AND own_text IS NOT NULL",
                (person,),
            )
            db.execute(
                "UPDATE transcripts SET text = NULL, parts = NULL WHERE person = ?1 OR question IN"
                " (SELECT question FROM quotations WHERE person = ?1)",
                (person,),
            )
            db.execute("DELETE FROM quotations WHERE person = ?", (person,))
            # Whose words a result shows (/gpt_history) is not known.
            db.execute("UPDATE command_notes SET text = '' WHERE text <> ''")
            db.execute(
                "UPDATE questions SET state = 'skipped', reason = 'forgotten', state_at = ?"
                " WHERE sender = ? AND state IN ('pending', 'answering')",
                (moment, person),
            )
            hit = db.execute(
                "UPDATE questions SET text = '', own_text = NULL, answer = NULL, whole = NULL,"
                " voice = NULL, sender_name = '', sender_username = NULL, forwarded_from = '',"
                " erased = 1 WHERE sender = ?",
                (person,),
            ).rowcount
        with database.explained(self.path):
            # The write-ahead log still has the words.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return hit

    def migrate(self, old: int, new: int) -> bool:
        """A chat goes on under another id, with its conversation and what commands set.

        False if that is known already. Questions and answers keep the chat and the ids that their
        messages have; their conversation moves, and with it where open ones are answered. How far
        the old chat was seen stays until it was `read_out`.
        """
        with self._step() as db:
            if not db.execute(
                "INSERT INTO moved (old, new) VALUES (?, ?) ON CONFLICT (old) DO NOTHING",
                (old, new),
            ).rowcount:
                return False
            both = db.execute(
                "SELECT a.id, b.id, a.begun_after FROM conversations AS a JOIN conversations AS b"
                " ON a.topic = b.topic WHERE a.chat = ? AND b.chat = ?",
                (old, new),
            ).fetchall()
            for before, after, begun_after in both:
                # Somebody asked in the new chat before Telegram told of the move.
                db.execute(
                    "UPDATE questions SET conversation = ? WHERE conversation = ?", (after, before)
                )
                db.execute(
                    "UPDATE conversations SET begun_after = max(begun_after, ?) WHERE id = ?",
                    (begun_after, after),
                )
                db.execute("DELETE FROM conversations WHERE id = ?", (before,))
            db.execute(
                "UPDATE conversations SET chat = ?, kind = 'supergroup' WHERE chat = ?", (new, old)
            )
            db.execute("UPDATE OR IGNORE overrides SET chat = ? WHERE chat = ?", (new, old))
            db.execute("DELETE FROM overrides WHERE chat = ?", (old,))
            db.execute("UPDATE usage SET chat = ? WHERE chat = ?", (new, old))
            # The new history begins with the move: all of it came since the old one was seen.
            db.execute(
                "INSERT INTO seen (chat, message) SELECT ?, 0 FROM seen WHERE chat = ?"
                " ON CONFLICT (chat) DO NOTHING",
                (new, old),
            )
        return True

    def moved(self) -> dict[int, int]:
        """Basic groups that became supergroups: the new id by the old one."""
        with database.explained(self.path):
            return dict(self._db.execute("SELECT old, new FROM moved").fetchall())

    def quotes(
        self,
        ask: Ask,
        people: frozenset[int],
        messages: frozenset[int],
        until: datetime | None = None,
    ) -> None:
        """A question is about to hold words of these people, from these messages of its chat.

        `until`: when they go by themselves, because the chat deletes their message then.
        """
        with self._step() as db:
            db.executemany(
                "INSERT INTO quotations (question, person) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [(ask.id, person) for person in people],
            )
            db.executemany(
                "INSERT INTO quoted_messages (question, chat, message) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [(ask.id, ask.source, message) for message in messages],
            )
            if until is not None:
                db.execute(
                    "UPDATE questions SET quoted_until = ? WHERE id = ?", (instant(until), ask.id)
                )

    def may_quote(self, ask: Ask, people: frozenset[int], messages: frozenset[int]) -> bool:
        """Whether a question may be kept with the words that it quotes.

        Not if one of the people was forgotten, or one of the messages deleted, since `quotes`.
        """
        queries = (
            ("SELECT 1 FROM quotations WHERE question = ? AND person = ?", people),
            ("SELECT 1 FROM quoted_messages WHERE question = ? AND message = ?", messages),
        )
        with database.explained(self.path):
            return all(
                self._db.execute(query, (ask.id, number)).fetchone()
                for query, numbers in queries
                for number in numbers
            )


def pending_anew(db: sqlite3.Connection, question: int, at: datetime, reason: str = "") -> bool:
    """Let a question that failed or was skipped be asked again; False if it may not be."""
    changed = db.execute(
        "UPDATE questions SET state = 'pending', reason = ?, attempt = attempt + 1, state_at = ?"
        " WHERE id = ? AND state IN ('failed', 'skipped') AND erased = 0 AND reason <> 'forgotten'",
        (reason, instant(at), question),
    )
    return bool(changed.rowcount)


def override(
    respond: str | None, whom: str | None, system: str | None, model: str | None
) -> Override:
    """A row of `overrides`; what this version does not know counts as not set."""
    return Override(
        respond=respond if respond in ("all", "mention", "prefix", "off") else None,  # type: ignore[arg-type]
        from_=whom if whom in ("me", "contacts", "anyone") else None,  # type: ignore[arg-type]
        system=system,
        model=model,
    )
