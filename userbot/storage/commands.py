"""What the owner orders by commands: its record and its results.

A command's message is a row before anything is done about it, so that it is carried out once, and
its result is a row before it leaves, so that it is known again when Telegram brings it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from userbot.storage.database import Database, moment
from userbot.types import CommandMessage, CommandNote, OpenCommand


class CommandStore:
    """The owner's commands in the history database. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, chat: int, message: int, name: str, at: datetime, title: str = ""
    ) -> CommandMessage | None:
        """Record a command's message, open until `finish`; None if it is known already."""
        cursor = self._database.execute(
            "INSERT INTO commands (chat, message, name, at, title)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (message, chat) DO NOTHING",
            (chat, message, name, at, title),
        )
        if not cursor.rowcount:
            return None
        return CommandMessage(cursor.lastrowid or 0, chat, message, name, title)

    def finish(self, command: CommandMessage) -> None:
        """Nothing more is to be done about a command; words left of its result go."""
        with self._database.transaction():
            self._database.execute("UPDATE commands SET open = 0 WHERE id = ?", (command.id,))
            self._database.execute(
                "UPDATE command_results SET text = '' WHERE command = ? AND text <> ''",
                (command.id,),
            )

    def open(self) -> list[OpenCommand]:
        """The commands that are not finished, oldest first."""
        rows = self._database.rows(
            "SELECT id, chat, message, name, title, at FROM commands WHERE open = 1 ORDER BY id"
        )
        return [
            OpenCommand(CommandMessage(*about), moment(at), self._notes_left(about[0]))
            for *about, at in rows
        ]

    def record_results(
        self, command: CommandMessage, chat: int, notes: Sequence[CommandNote], at: datetime
    ) -> None:
        """Record the messages that tell a command's result, before any leaves to `chat`."""
        with self._database.transaction():
            for note in notes:
                self._database.execute(
                    "INSERT INTO command_results (command, chat, random_id, text, at)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (command.id, chat, note.random_id, note.text, at),
                )

    def confirm_result(self, random_id: int, message: int) -> None:
        """Telegram gave the recorded result this message id; its words have served then."""
        self._database.execute(
            "UPDATE command_results SET message = ?, text = '' WHERE random_id = ?",
            (message, random_id),
        )

    def _notes_left(self, command: int) -> tuple[CommandNote, ...] | None:
        rows = self._database.rows(
            "SELECT random_id, text, message FROM command_results WHERE command = ? ORDER BY id",
            (command,),
        )
        if not rows:
            return None
        return tuple(
            CommandNote(identity, text)
            for identity, text, message in rows
            if message is None and text
        )
