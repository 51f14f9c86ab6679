"""A step of the database: what finding out after a crash needs to know."""

from __future__ import annotations

import sqlite3


def own_messages_and_what_was_seen(db: sqlite3.Connection) -> None:
    """What the owner typed on other devices, and how far each chat was seen.

    `elsewhere` has own messages that reply to a question and came from another device: they are
    never taken for the program's. `seen` is the newest message of a chat that was decided about.
    """
    for statement in (
        """CREATE TABLE elsewhere (
            chat INTEGER NOT NULL,
            message INTEGER NOT NULL,
            PRIMARY KEY (chat, message)
        ) WITHOUT ROWID""",
        "CREATE TABLE seen (chat INTEGER PRIMARY KEY, message INTEGER NOT NULL)",
    ):
        db.execute(statement)
