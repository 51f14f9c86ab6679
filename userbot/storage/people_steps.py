"""A step of the database: what questions are made of, as people really write."""

from __future__ import annotations

import sqlite3


def plain_questions_pictures_and_bursts(db: sqlite3.Connection) -> None:
    """Whether a question's message is plain text, its pictures, what it joined.

    `pictures` are the messages whose pictures belong to the question, as a JSON list; the pictures
    themselves are not kept. `joined_to` is the question that a message is answered with: the words
    of both are there.
    """
    for statement in (
        "ALTER TABLE questions ADD COLUMN plain INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE questions ADD COLUMN pictures TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE questions ADD COLUMN joined_to INTEGER REFERENCES questions (id)",
        "CREATE INDEX questions_joined ON questions (joined_to) WHERE joined_to IS NOT NULL",
    ):
        db.execute(statement)
