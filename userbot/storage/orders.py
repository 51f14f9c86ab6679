"""What the owner orders by commands: its record, what it sets, and what it deletes.

A command's message is a row before anything is done about it, so that it is carried out once, and
its result is a row before it leaves, so that it is known again when Telegram brings it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from userbot.settings import Override
from userbot.storage import database
from userbot.storage.cells import instant, moment, storable
from userbot.storage.questions import pending_anew
from userbot.storage.steps import Steps
from userbot.types import CommandMessage, CommandNote, OpenCommand

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
