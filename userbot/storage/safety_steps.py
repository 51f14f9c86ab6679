"""Steps of the database: what limits, rights and forgetting need to know."""

from __future__ import annotations

import sqlite3


def money_reservations_names_and_erasing(db: sqlite3.Connection) -> None:
    """Limits of a person and of money; kept names; words that go while their row stays.

    `usage` gets running sums of each person's tokens and of all money (in millionths), so that a
    day's are one subtraction, and rows that are no answers: "audio" that was transcribed, and
    requests that "failed" after they had cost something.
    `reserved_tokens` and `reserved_cost` are what an open question is expected to cost; they count
    only while it is open. `expires_at` is when the chat deletes the message by itself; `erased`
    says that the words of a question and its answer are gone.
    `told` is when a person was last told of a limit. `names` are @names of the config, as they
    were first resolved.
    """
    for statement in (
        "ALTER TABLE usage ADD COLUMN kind TEXT NOT NULL DEFAULT 'answer'",
        "ALTER TABLE usage ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE usage ADD COLUMN audio_seconds REAL NOT NULL DEFAULT 0",
        "ALTER TABLE usage ADD COLUMN cost INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE usage ADD COLUMN cost_before INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE usage ADD COLUMN cost_after INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE usage ADD COLUMN person_before INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE usage ADD COLUMN person_after INTEGER NOT NULL DEFAULT 0",
        """UPDATE usage SET person_after = sums.tokens,
            person_before = sums.tokens
                - coalesce(prompt_tokens, 0) - coalesce(completion_tokens, 0)
            FROM (SELECT id, sum(coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0))
                OVER (PARTITION BY person ORDER BY id) AS tokens FROM usage) AS sums
            WHERE usage.id = sums.id""",
        "CREATE INDEX usage_person ON usage (person)",
        "CREATE INDEX usage_person_at ON usage (person, at)",
        "ALTER TABLE questions ADD COLUMN reserved_tokens INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE questions ADD COLUMN reserved_cost INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE questions ADD COLUMN expires_at INTEGER",
        "ALTER TABLE questions ADD COLUMN erased INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX questions_kept ON questions (stored_at) WHERE erased = 0",
        """CREATE INDEX questions_expiring ON questions (expires_at)
            WHERE erased = 0 AND expires_at IS NOT NULL""",
        """CREATE TABLE told (
            person INTEGER NOT NULL,
            reason TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (person, reason)
        ) WITHOUT ROWID""",
        """CREATE TABLE names (
            name TEXT PRIMARY KEY,
            id INTEGER NOT NULL,
            access_hash INTEGER,
            at INTEGER NOT NULL
        ) WITHOUT ROWID""",
    ):
        db.execute(statement)


def counts_that_do_not_grow(db: sqlite3.Connection) -> None:
    """What the limits count is found by an index or a subtraction, however long the history.

    `answers_before` is a running sum of the answers. A person's requests are looked for among
    all their questions, since a skipped one counts too if it was listened to.
    """
    for statement in (
        "ALTER TABLE usage ADD COLUMN answers_before INTEGER NOT NULL DEFAULT 0",
        """UPDATE usage SET answers_before = sums.answers - (kind = 'answer')
            FROM (SELECT id, sum(kind = 'answer') OVER (ORDER BY id) AS answers FROM usage) AS sums
            WHERE usage.id = sums.id""",
        "DROP INDEX questions_sender",
        "CREATE INDEX questions_sender ON questions (sender, stored_at, state)",
        "CREATE INDEX notes_told ON command_notes (at) WHERE text <> ''",
    ):
        db.execute(statement)


def debts_and_whole_answers(db: sqlite3.Connection) -> None:
    """`owed` is what is being paid and is not in usage yet; a killed program leaves it behind.

    `whole` is the model's answer to an open question, as JSON, from its last word on until it is
    settled: what was paid for is not asked for again.
    """
    for statement in (
        """CREATE TABLE owed (
            question INTEGER NOT NULL REFERENCES questions (id),
            kind TEXT NOT NULL,
            model TEXT NOT NULL,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            estimated INTEGER NOT NULL,
            audio_seconds REAL NOT NULL,
            PRIMARY KEY (question, kind)
        ) WITHOUT ROWID""",
        "ALTER TABLE questions ADD COLUMN whole TEXT",
    ):
        db.execute(statement)


def words_of_results(db: sqlite3.Connection) -> None:
    """What a command's result told is kept only until Telegram has confirmed it."""
    db.execute("UPDATE command_notes SET text = '' WHERE message IS NOT NULL")
    db.execute("CREATE INDEX notes_kept ON command_notes (at) WHERE text <> ''")


def commands_left_open(db: sqlite3.Connection) -> None:
    """`open`: the command's message may still stand, or its result is still to be told."""
    for statement in (
        "ALTER TABLE commands ADD COLUMN title TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE commands ADD COLUMN open INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX commands_open ON commands (id) WHERE open = 1",
    ):
        db.execute(statement)


def quoted_words_that_expire(db: sqlite3.Connection) -> None:
    """`quoted_until` is when the words of others in a question go, before the question itself."""
    for statement in (
        "ALTER TABLE questions ADD COLUMN quoted_until INTEGER",
        """CREATE INDEX questions_quoting ON questions (quoted_until)
            WHERE quoted_until IS NOT NULL""",
    ):
        db.execute(statement)


def quoted_messages(db: sqlite3.Connection) -> None:
    """Which messages a question quotes: with a message that is deleted, its words go there too."""
    db.execute(
        """CREATE TABLE quoted_messages (
            message INTEGER NOT NULL,
            chat INTEGER NOT NULL,
            question INTEGER NOT NULL REFERENCES questions (id),
            PRIMARY KEY (message, chat, question)
        ) WITHOUT ROWID"""
    )


def transcripts_by_question(db: sqlite3.Connection) -> None:
    """What was heard for a question is found without a scan when the question's words go."""
    db.execute("CREATE INDEX transcripts_question ON transcripts (question)")
