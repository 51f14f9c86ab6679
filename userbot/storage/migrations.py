"""The shape of the history database: an append-only list of steps.

A step that was ever released is never changed; a new one is added at the end of `MIGRATIONS`.
`PRAGMA user_version` counts the steps a database has taken.

Dates are integers, microseconds since 1970 in UTC: they compare and sort without parsing, keep
every digit of a `datetime`, and do not change with the computer's time zone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from userbot.errors import StorageError
from userbot.storage.people_steps import plain_questions_pictures_and_bursts
from userbot.storage.recovery_steps import own_messages_and_what_was_seen
from userbot.storage.safety_steps import (
    commands_left_open,
    counts_that_do_not_grow,
    debts_and_whole_answers,
    money_reservations_names_and_erasing,
    quoted_messages,
    quoted_words_that_expire,
    transcripts_by_question,
    words_of_results,
)

APPLICATION_ID = 0x75_62_6F_74
"""`PRAGMA application_id` of our databases: "ubot"."""


def conversations_questions_writes_and_usage(db: sqlite3.Connection) -> None:
    """The first tables.

    A topic of 0 means none. `begun_after` is the last question that a conversation has
    forgotten. `others_before` and `others_after` are running sums of the tokens of all but the
    owner, so that the tokens of a day are one subtraction; usage has one row an answer.

    A question's row is never deleted, only its words: it proves that the message was answered,
    and its id orders the turns. `message` comes first in the keys because Telegram tells of a
    deletion in private chats and basic groups without saying which chat.
    """
    for statement in (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
        """CREATE TABLE conversations (
            id INTEGER PRIMARY KEY,
            chat INTEGER NOT NULL,
            topic INTEGER NOT NULL,
            kind TEXT NOT NULL,
            title TEXT NOT NULL,
            begun_after INTEGER NOT NULL DEFAULT 0,
            UNIQUE (chat, topic)
        )""",
        """CREATE TABLE questions (
            id INTEGER PRIMARY KEY,
            conversation INTEGER NOT NULL REFERENCES conversations (id),
            chat INTEGER NOT NULL,
            message INTEGER NOT NULL,
            sender INTEGER NOT NULL,
            sender_name TEXT NOT NULL,
            sender_username TEXT,
            by_owner INTEGER NOT NULL,
            text TEXT NOT NULL,
            reply_to INTEGER,
            about_reply INTEGER NOT NULL,
            asked_at INTEGER NOT NULL,
            stored_at INTEGER NOT NULL,
            attempt INTEGER NOT NULL DEFAULT 0,
            state TEXT NOT NULL DEFAULT 'pending'
                CHECK (state IN ('pending', 'answering', 'answered', 'failed', 'skipped')),
            reason TEXT NOT NULL DEFAULT '',
            state_at INTEGER NOT NULL,
            answer TEXT,
            model TEXT,
            UNIQUE (message, chat)
        )""",
        "CREATE INDEX questions_sender ON questions (sender, stored_at) WHERE state <> 'skipped'",
        "CREATE INDEX questions_open ON questions (id) WHERE state IN ('pending', 'answering')",
        "CREATE INDEX questions_turns ON questions (conversation) WHERE state = 'answered'",
        """CREATE TABLE writes (
            id INTEGER PRIMARY KEY,
            random_id INTEGER NOT NULL,
            question INTEGER NOT NULL REFERENCES questions (id),
            part INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            chat INTEGER NOT NULL,
            text TEXT NOT NULL,
            message INTEGER,
            at INTEGER NOT NULL
        )""",
        "CREATE INDEX writes_random_id ON writes (random_id)",
        "CREATE INDEX writes_question ON writes (question)",
        "CREATE INDEX writes_message ON writes (message, chat)",
        """CREATE TABLE usage (
            id INTEGER PRIMARY KEY,
            question INTEGER NOT NULL REFERENCES questions (id),
            person INTEGER NOT NULL,
            by_owner INTEGER NOT NULL,
            chat INTEGER NOT NULL,
            at INTEGER NOT NULL,
            model TEXT NOT NULL,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            others_before INTEGER NOT NULL,
            others_after INTEGER NOT NULL
        )""",
        "CREATE INDEX usage_at ON usage (at)",
    ):
        db.execute(statement)


def voice_and_transcripts(db: sqlite3.Connection) -> None:
    """What questions sound like, and what was heard.

    `questions.voice` is JSON. `transcripts` has one row a message that was listened to; `text`
    is NULL where the words turned out to be none of our business, `seconds` is what was paid
    for all the same, by `person`.
    """
    for statement in (
        "ALTER TABLE questions ADD COLUMN voice TEXT",
        "ALTER TABLE questions ADD COLUMN listen_first INTEGER NOT NULL DEFAULT 0",
        """CREATE TABLE transcripts (
            id INTEGER PRIMARY KEY,
            question INTEGER NOT NULL REFERENCES questions (id),
            chat INTEGER NOT NULL,
            message INTEGER NOT NULL,
            person INTEGER NOT NULL,
            by_owner INTEGER NOT NULL,
            text TEXT,
            model TEXT NOT NULL,
            seconds REAL NOT NULL,
            at INTEGER NOT NULL,
            UNIQUE (message, chat)
        )""",
        "CREATE INDEX transcripts_at ON transcripts (at)",
    ):
        db.execute(statement)


def commands_overrides_and_people(db: sqlite3.Connection) -> None:
    """The owner's commands: their messages and results, what they set, whom they forget.

    `own_text` is what the asker wrote where `text` holds more, and `quotations` says whose words
    the rest are. `moved` has basic groups that became supergroups.
    """
    for statement in (
        """CREATE TABLE commands (
            id INTEGER PRIMARY KEY,
            chat INTEGER NOT NULL,
            message INTEGER NOT NULL,
            name TEXT NOT NULL,
            at INTEGER NOT NULL,
            UNIQUE (message, chat)
        )""",
        """CREATE TABLE command_notes (
            id INTEGER PRIMARY KEY,
            command INTEGER NOT NULL REFERENCES commands (id),
            chat INTEGER NOT NULL,
            random_id INTEGER NOT NULL,
            text TEXT NOT NULL,
            message INTEGER,
            at INTEGER NOT NULL
        )""",
        "CREATE INDEX notes_message ON command_notes (message, chat)",
        "CREATE INDEX notes_random_id ON command_notes (random_id)",
        """CREATE TABLE overrides (
            chat INTEGER PRIMARY KEY,
            respond TEXT,
            whom TEXT,
            system TEXT,
            model TEXT
        )""",
        "CREATE TABLE forgotten (person INTEGER PRIMARY KEY, at INTEGER NOT NULL)",
        """CREATE TABLE quotations (
            person INTEGER NOT NULL,
            question INTEGER NOT NULL REFERENCES questions (id),
            PRIMARY KEY (person, question)
        ) WITHOUT ROWID""",
        "CREATE TABLE moved (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)",
        "ALTER TABLE questions ADD COLUMN own_text TEXT",
        "ALTER TABLE questions ADD COLUMN forwarded_from TEXT NOT NULL DEFAULT ''",
    ):
        db.execute(statement)


def transcripts_in_parts(db: sqlite3.Connection) -> None:
    """What was heard of a recording before it failed: `parts` is JSON, one list a part.

    A `text` of '' stands for a recording in which nobody speaks.
    """
    db.execute("ALTER TABLE transcripts ADD COLUMN parts TEXT")


def payments_by_question(db: sqlite3.Connection) -> None:
    """What an exchange has cost is found without a scan: it is counted before it is settled."""
    db.execute("CREATE INDEX usage_question ON usage (question)")


MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = [
    conversations_questions_writes_and_usage,
    voice_and_transcripts,
    commands_overrides_and_people,
    money_reservations_names_and_erasing,
    counts_that_do_not_grow,
    plain_questions_pictures_and_bursts,
    own_messages_and_what_was_seen,
    transcripts_in_parts,
    quoted_words_that_expire,
    words_of_results,
    quoted_messages,
    commands_left_open,
    debts_and_whole_answers,
    transcripts_by_question,
    payments_by_question,
]


def version(db: sqlite3.Connection) -> int:
    """How many steps of `MIGRATIONS` the database has taken."""
    (taken,) = db.execute("PRAGMA user_version").fetchone()
    return int(taken)


def check(taken: int, application_id: int, *, empty: bool, path: Path) -> None:
    """Refuse a database that is not ours to use, before anything in it changes.

    Raises StorageError for one from a newer version of the program and for one of another
    program. `empty` says that it has no tables.
    """
    if not empty and application_id != APPLICATION_ID:
        raise StorageError(
            f"{path} is a database of another program.",
            "Set [history].database to a file of its own.",
            reason="storage_foreign",
        )
    if taken > len(MIGRATIONS):
        raise StorageError(
            f"{path} was written by a newer version of userbot.",
            "Update userbot, or set [history].database to another file.",
            reason="storage_newer",
        )


def migrate(db: sqlite3.Connection) -> None:
    """Take the steps that the database lacks, each in one transaction.

    `db` is in autocommit mode (`isolation_level=None`). Raises sqlite3.Error.
    """
    for number, step in enumerate(MIGRATIONS, start=1):
        if version(db) >= number:
            continue
        db.execute("BEGIN IMMEDIATE")
        try:
            # Asked again under the lock: another process may have taken the step meanwhile.
            if version(db) < number:
                step(db)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {number}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
