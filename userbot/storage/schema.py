"""The shape of the history database, and how it changes: an append-only list of steps.

A step that was ever released is never changed; a new one is added at the end of `STEPS`. `PRAGMA
user_version` counts them, from `_BEFORE` on: what was written before the first of them is refused.

Dates are integers, microseconds since 1970 in UTC: they compare and sort without parsing, keep
every digit of a `datetime`, and do not change with the computer's time zone.
"""

# ruff: noqa: S608 - statements are put together from constants, values are bound
from __future__ import annotations

import sqlite3
from pathlib import Path

from userbot.errors import StorageError
from userbot.texts import _

APPLICATION_ID = 0x75_62_6F_74
"""`PRAGMA application_id` of our databases: "ubot"."""
_BEFORE = 14
"""The newest version that was written before there was a release."""

_TABLES = """
-- What is known of the database as a whole: its account, its secret, its first start.
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- A topic of 0 means none. What was asked up to the question `begun_after` is forgotten.
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL,
    topic INTEGER NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    begun_after INTEGER NOT NULL DEFAULT 0,
    UNIQUE (chat, topic)
);

-- A question's row is never deleted, only its words (`erased`): it proves that the message was
-- answered, and its id orders the exchanges. `text` holds the asker's own words, `voice` (JSON)
-- what they sound like, `pictures` (JSON) the messages whose pictures belong to it. `joined_to` is
-- the question that a message is answered with. `expires_at` is when the chat deletes the message.
-- `least_tokens` and `least_cost` (millionths) are what it will cost at least; they count while it
-- is open and nothing is authorized for it. `whole` (JSON) is the model's answer to an open
-- question, from its last word on until it is settled: what was paid is not asked for again.
-- `answered_before`: how often it was answered before it was asked in other words.
-- `message` comes first in the keys because Telegram tells of a deletion in private chats and basic
-- groups without saying which chat.
CREATE TABLE questions (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations (id),
    chat INTEGER NOT NULL,
    message INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    sender_name TEXT NOT NULL,
    sender_username TEXT,
    by_owner INTEGER NOT NULL,
    text TEXT NOT NULL,
    labelled INTEGER NOT NULL,
    forwarded_from TEXT NOT NULL,
    reply_to INTEGER,
    about_reply INTEGER NOT NULL,
    voice TEXT,
    listen_first INTEGER NOT NULL,
    plain INTEGER NOT NULL,
    pictures TEXT NOT NULL,
    joined_to INTEGER REFERENCES questions (id),
    asked_at INTEGER NOT NULL,
    stored_at INTEGER NOT NULL,
    expires_at INTEGER,
    attempt INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'answering', 'answered', 'failed', 'skipped')),
    reason TEXT NOT NULL DEFAULT '',
    state_at INTEGER NOT NULL,
    least_tokens INTEGER NOT NULL DEFAULT 0,
    least_cost INTEGER NOT NULL DEFAULT 0,
    whole TEXT,
    answer TEXT,
    model TEXT,
    answered_before INTEGER NOT NULL DEFAULT 0,
    erased INTEGER NOT NULL DEFAULT 0,
    UNIQUE (message, chat)
);
CREATE INDEX questions_sender ON questions (sender, stored_at, state);
CREATE INDEX questions_open ON questions (id) WHERE state IN ('pending', 'answering');
CREATE INDEX questions_answered ON questions (conversation) WHERE state = 'answered';
CREATE INDEX questions_given ON questions (state_at, answered_before) WHERE state = 'answered';
CREATE INDEX questions_joined ON questions (joined_to) WHERE joined_to IS NOT NULL;
CREATE INDEX questions_kept ON questions (stored_at) WHERE erased = 0;
CREATE INDEX questions_expiring ON questions (expires_at)
    WHERE erased = 0 AND expires_at IS NOT NULL;

-- Words of others that a question quotes: the message it replies to last, what stands above it
-- before that. Message 0: the asker's own words, spoken beside written ones.
CREATE TABLE quotes (
    question INTEGER NOT NULL REFERENCES questions (id),
    position INTEGER NOT NULL,
    chat INTEGER NOT NULL,
    message INTEGER NOT NULL,
    person INTEGER NOT NULL,
    speaker TEXT NOT NULL,
    origin TEXT NOT NULL,
    ours INTEGER NOT NULL,
    text TEXT NOT NULL,
    media TEXT,
    expires_at INTEGER,
    PRIMARY KEY (question, position)
) WITHOUT ROWID;
CREATE INDEX quotes_message ON quotes (message, chat);
CREATE INDEX quotes_person ON quotes (person);
CREATE INDEX quotes_expiring ON quotes (expires_at) WHERE expires_at IS NOT NULL;

-- What leaves: a row before it does, which learns its message when Telegram tells.
CREATE TABLE outbound (
    id INTEGER PRIMARY KEY,
    random_id INTEGER NOT NULL,
    question INTEGER NOT NULL REFERENCES questions (id),
    part INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    chat INTEGER NOT NULL,
    text TEXT NOT NULL,
    message INTEGER,
    at INTEGER NOT NULL
);
CREATE INDEX outbound_random_id ON outbound (random_id);
CREATE INDEX outbound_question ON outbound (question);
CREATE INDEX outbound_message ON outbound (message, chat);

-- One row a payment. While it is authorized, `completion_tokens` and `answer_cost` are what the
-- answer may come to; captured, all is what was paid. `complete`: the answer came to its end.
-- Money is in millionths.
CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    question INTEGER NOT NULL REFERENCES questions (id),
    program TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'authorized' CHECK (state IN ('authorized', 'captured')),
    kind TEXT NOT NULL CHECK (kind IN ('answer', 'audio', 'speech')),
    model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    estimated INTEGER NOT NULL DEFAULT 1,
    complete INTEGER NOT NULL DEFAULT 0,
    audio_seconds REAL NOT NULL,
    cost INTEGER NOT NULL,
    answer_cost INTEGER NOT NULL,
    person INTEGER NOT NULL,
    by_owner INTEGER NOT NULL,
    chat INTEGER NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX payments_authorized ON payments (id) WHERE state = 'authorized';
CREATE INDEX payments_paid ON payments (id) WHERE state = 'captured' AND kind = 'answer';
CREATE INDEX payments_at ON payments (at);
CREATE INDEX payments_question ON payments (question);

-- What was captured, summed up by quarters of an hour: wherever a day begins, one of them does.
CREATE TABLE spent (
    person INTEGER NOT NULL,
    quarter INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    PRIMARY KEY (person, quarter)
) WITHOUT ROWID;

-- When a person was last told of a limit.
CREATE TABLE told (
    person INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (person, reason)
) WITHOUT ROWID;

-- One row a message that was transcribed. A `text` of '' stands for a recording in which nobody
-- speaks, NULL for words that are none of our business; `parts` is JSON, until all of it is there.
CREATE TABLE transcripts (
    id INTEGER PRIMARY KEY,
    question INTEGER NOT NULL REFERENCES questions (id),
    chat INTEGER NOT NULL,
    message INTEGER NOT NULL,
    person INTEGER NOT NULL,
    text TEXT,
    parts TEXT,
    model TEXT NOT NULL,
    seconds REAL NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (message, chat)
);
CREATE INDEX transcripts_question ON transcripts (question);

-- The owner's commands. `open`: the message may still stand, or the result is still to be told.
CREATE TABLE commands (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL,
    message INTEGER NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    at INTEGER NOT NULL,
    open INTEGER NOT NULL DEFAULT 1,
    UNIQUE (message, chat)
);
CREATE INDEX commands_open ON commands (id) WHERE open = 1;

-- What a result tells is kept only until Telegram has confirmed it.
CREATE TABLE command_results (
    id INTEGER PRIMARY KEY,
    command INTEGER NOT NULL REFERENCES commands (id),
    chat INTEGER NOT NULL,
    random_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    message INTEGER,
    at INTEGER NOT NULL
);
CREATE INDEX results_message ON command_results (message, chat);
CREATE INDEX results_random_id ON command_results (random_id);
CREATE INDEX results_kept ON command_results (at) WHERE text <> '';

-- What commands set, against the file.
CREATE TABLE overrides (
    chat INTEGER PRIMARY KEY,
    respond TEXT,
    whom TEXT,
    system TEXT,
    model TEXT
);

-- People whose words are kept out.
CREATE TABLE forgotten (person INTEGER PRIMARY KEY, at INTEGER NOT NULL);

-- @names of the config, as they were first resolved.
CREATE TABLE names (
    name TEXT PRIMARY KEY,
    id INTEGER NOT NULL,
    access_hash INTEGER,
    at INTEGER NOT NULL
) WITHOUT ROWID;

-- Basic groups that became supergroups.
CREATE TABLE migrated (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);

-- Own messages that came from another device: they are never taken for the program's.
CREATE TABLE elsewhere (
    chat INTEGER NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (chat, message)
) WITHOUT ROWID;

-- The newest message of a chat that was decided about.
CREATE TABLE watermarks (chat INTEGER PRIMARY KEY, message INTEGER NOT NULL);
"""

_CACHED_TOKENS = """
ALTER TABLE payments ADD COLUMN cached_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payments ADD COLUMN cache_write_tokens INTEGER NOT NULL DEFAULT 0
"""
_GIVEN = """
-- One row an answer that was given, numbered in turn: how many there were since a moment is the
-- difference of two numbers.
CREATE TABLE given (id INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE INDEX given_at ON given (at);
INSERT INTO given (at) SELECT state_at FROM questions WHERE state = 'answered' ORDER BY state_at;
DROP INDEX questions_given;
ALTER TABLE questions DROP COLUMN answered_before;
-- What is open and what is authorized is summed up from the index alone.
DROP INDEX questions_open;
CREATE INDEX questions_open ON questions (id, state, sender, by_owner, least_tokens, least_cost)
    WHERE state IN ('pending', 'answering');
DROP INDEX payments_authorized;
CREATE INDEX payments_authorized ON payments (id, state, question, at, person, by_owner,
    prompt_tokens, completion_tokens, cost, answer_cost) WHERE state = 'authorized'
"""
_LOOKED_UP = """
-- Which messages an answer cites: whose, and where they are; no word of them.
CREATE TABLE citations (
    question INTEGER NOT NULL REFERENCES questions (id),
    chat INTEGER NOT NULL,
    message INTEGER NOT NULL,
    person INTEGER NOT NULL,
    PRIMARY KEY (question, chat, message)
) WITHOUT ROWID;
CREATE INDEX citations_message ON citations (message, chat);
CREATE INDEX citations_person ON citations (person);
-- Where a question looks things up, if not where it is answered; NULL while that is not known.
-- `about_name`: how the owner named that chat, or its title. `quiet`: the program deletes the
-- message, and its deletion is no withdrawal.
ALTER TABLE questions ADD COLUMN about_chat INTEGER;
ALTER TABLE questions ADD COLUMN about_topic INTEGER;
ALTER TABLE questions ADD COLUMN about_name TEXT NOT NULL DEFAULT '';
ALTER TABLE questions ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0
"""
_RECAPS = """
-- What a recap is to sum up (JSON), where the question asks for one.
ALTER TABLE questions ADD COLUMN recap TEXT NOT NULL DEFAULT ''
"""
_SWITCHES = """
-- How it is asked (JSON), where that is otherwise than in its chat.
ALTER TABLE questions ADD COLUMN switches TEXT NOT NULL DEFAULT ''
"""
_DOCUMENTS = """
-- The messages whose files belong to a question (JSON); of an answered one, those that were read.
-- No word of them.
ALTER TABLE questions ADD COLUMN documents TEXT NOT NULL DEFAULT '';
CREATE INDEX questions_documents ON questions (conversation) WHERE documents <> ''
"""
_QUESTION = (
    "conversation, chat, message, sender, sender_name, sender_username, by_owner, text,"
    " labelled, forwarded_from, reply_to, about_reply, voice, listen_first, plain, pictures,"
    " joined_to, asked_at, stored_at, expires_at, attempt, state, reason, state_at, least_tokens,"
    " least_cost, whole, answer, model, erased, about_chat, about_topic, about_name, quiet, recap,"
    " switches, documents"
)
_APPROVALS = f"""
-- A question may wait for its owner's yes ('awaiting'). SQLite changes no CHECK: the table is made
-- anew (https://www.sqlite.org/lang_altertable.html, 7).
CREATE TABLE questions_anew (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations (id),
    chat INTEGER NOT NULL,
    message INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    sender_name TEXT NOT NULL,
    sender_username TEXT,
    by_owner INTEGER NOT NULL,
    text TEXT NOT NULL,
    labelled INTEGER NOT NULL,
    forwarded_from TEXT NOT NULL,
    reply_to INTEGER,
    about_reply INTEGER NOT NULL,
    voice TEXT,
    listen_first INTEGER NOT NULL,
    plain INTEGER NOT NULL,
    pictures TEXT NOT NULL,
    joined_to INTEGER REFERENCES questions (id),
    asked_at INTEGER NOT NULL,
    stored_at INTEGER NOT NULL,
    expires_at INTEGER,
    attempt INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'pending' CHECK
        (state IN ('pending', 'answering', 'awaiting', 'answered', 'failed', 'skipped')),
    reason TEXT NOT NULL DEFAULT '',
    state_at INTEGER NOT NULL,
    least_tokens INTEGER NOT NULL DEFAULT 0,
    least_cost INTEGER NOT NULL DEFAULT 0,
    whole TEXT,
    answer TEXT,
    model TEXT,
    erased INTEGER NOT NULL DEFAULT 0,
    about_chat INTEGER,
    about_topic INTEGER,
    about_name TEXT NOT NULL DEFAULT '',
    quiet INTEGER NOT NULL DEFAULT 0,
    recap TEXT NOT NULL DEFAULT '',
    switches TEXT NOT NULL DEFAULT '',
    documents TEXT NOT NULL DEFAULT '',
    UNIQUE (message, chat)
);
INSERT INTO questions_anew (id, {_QUESTION}) SELECT id, {_QUESTION} FROM questions;
DROP TABLE questions;
ALTER TABLE questions_anew RENAME TO questions;
CREATE INDEX questions_sender ON questions (sender, stored_at, state);
CREATE INDEX questions_open ON questions (id, state, sender, by_owner, least_tokens, least_cost)
    WHERE state IN ('pending', 'answering');
CREATE INDEX questions_awaiting ON questions (id) WHERE state = 'awaiting';
CREATE INDEX questions_answered ON questions (conversation) WHERE state = 'answered';
CREATE INDEX questions_joined ON questions (joined_to) WHERE joined_to IS NOT NULL;
CREATE INDEX questions_kept ON questions (stored_at) WHERE erased = 0;
CREATE INDEX questions_expiring ON questions (expires_at)
    WHERE erased = 0 AND expires_at IS NOT NULL;
CREATE INDEX questions_documents ON questions (conversation) WHERE documents <> '';
-- What needs the owner's yes: an answer (`what` is its Markdown) or a call of a tool (JSON). `word`
-- is what became of it, once and for all; `text` and `entities` (JSON) are the owner's own words,
-- `said_in` the message that they stand in. `over`: its question has ended, or asks something else.
CREATE TABLE approvals (
    id INTEGER PRIMARY KEY,
    question INTEGER NOT NULL REFERENCES questions (id),
    attempt INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('answer', 'call')),
    what TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    word TEXT CHECK (word IN ('yes', 'no', 'again', 'text', 'late', 'withdrawn')),
    text TEXT NOT NULL DEFAULT '',
    entities TEXT NOT NULL DEFAULT '[]',
    said_in INTEGER NOT NULL DEFAULT 0,
    decided_at INTEGER,
    over INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX approvals_question ON approvals (question);
CREATE INDEX approvals_open ON approvals (deadline) WHERE word IS NULL;
-- The messages in Saved Messages that ask for it: a row before one leaves. `scheduled` is its id
-- until Telegram sends it.
CREATE TABLE approval_requests (
    id INTEGER PRIMARY KEY,
    random_id INTEGER NOT NULL UNIQUE,
    approval INTEGER NOT NULL REFERENCES approvals (id),
    chat INTEGER NOT NULL,
    text TEXT NOT NULL,
    scheduled INTEGER,
    message INTEGER
);
CREATE INDEX approval_requests_approval ON approval_requests (approval);
CREATE INDEX approval_requests_message ON approval_requests (message, chat);
CREATE INDEX approval_requests_scheduled ON approval_requests (scheduled)
    WHERE scheduled IS NOT NULL;
-- Whether answers in a chat wait for a yes, by command.
ALTER TABLE overrides ADD COLUMN answer TEXT
"""
_TOOLS = """
-- Whether question and answer hold the owner's own words alone; of old ones nobody knows.
ALTER TABLE questions ADD COLUMN own INTEGER NOT NULL DEFAULT 0;
-- The definitions of tools that the owner knows, by a hash of what a model is told of them.
-- `seen`: that of another definition, which he has not looked at.
CREATE TABLE tools (
    name TEXT PRIMARY KEY,
    known TEXT NOT NULL,
    seen TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
-- Calls that may change something: a row before one leaves. `result` is NULL while nobody knows
-- what came of it; `told`: the owner knows that. `arguments` is JSON with its keys in order.
CREATE TABLE tool_calls (
    id INTEGER PRIMARY KEY,
    question INTEGER NOT NULL REFERENCES questions (id),
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,
    result TEXT,
    told INTEGER NOT NULL DEFAULT 0,
    at INTEGER NOT NULL
);
CREATE UNIQUE INDEX tool_calls_once ON tool_calls (question, tool, arguments);
CREATE INDEX tool_calls_in_doubt ON tool_calls (id) WHERE result IS NULL
"""
_CALLS_TOLD = """
-- A call as its owner reads it; the requests in Saved Messages show the same.
ALTER TABLE approvals ADD COLUMN told TEXT NOT NULL DEFAULT ''
"""
_CALL_DIGESTS = """
-- By what a call is known again, whatever becomes of its words: a hash of its arguments.
ALTER TABLE tool_calls ADD COLUMN digest TEXT NOT NULL DEFAULT '';
UPDATE tool_calls SET digest = '#' || id;
UPDATE tool_calls SET arguments = '' WHERE substr(arguments, 1, 1) = '#';
DROP INDEX tool_calls_once;
CREATE UNIQUE INDEX tool_calls_once ON tool_calls (question, tool, digest)
"""
STEPS = [
    _TABLES,
    _CACHED_TOKENS,
    _GIVEN,
    _LOOKED_UP,
    _RECAPS,
    _SWITCHES,
    _DOCUMENTS,
    _APPROVALS,
    _TOOLS,
    _CALL_DIGESTS,
    _CALLS_TOLD,
]
"""Each is SQL, taken in one transaction."""
NEWEST = _BEFORE + len(STEPS)


def version(db: sqlite3.Connection) -> int:
    """The version of a database; 0 if it has none yet."""
    (taken,) = db.execute("PRAGMA user_version").fetchone()
    return int(taken)


def check(taken: int, application_id: int, *, empty: bool, path: Path) -> None:
    """Refuse a database that is not ours to use, before anything in it changes.

    Raises StorageError for one from a newer version of the program, for one from before its first
    release, and for one of another program. `empty` says that it has no tables.
    """
    if not empty and application_id != APPLICATION_ID:
        raise StorageError(
            _("{path} is another program's database.", path=path),
            _("Set [history].database to a file of its own."),
            reason="storage_foreign",
        )
    if taken > NEWEST:
        raise StorageError(
            _("{path} was written by a newer version of userbot.", path=path),
            _("Update userbot, or set [history].database to another file."),
            reason="storage_newer",
        )
    if 0 < taken <= _BEFORE:
        raise StorageError(
            _(
                "{path} is from before the first release of userbot and can no longer be read.",
                path=path,
            ),
            _("Nothing was changed. Move the file away, and userbot starts a new history."),
            reason="storage_before",
        )


def check_opened(db: sqlite3.Connection, path: Path) -> int:
    """`check` by what an open database says of itself; gives its version."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    check(version(db), application, empty=not tables, path=path)
    return version(db)


def migrate(db: sqlite3.Connection) -> None:
    """Take the steps that the database lacks, each in one transaction.

    `db` is in autocommit mode (`isolation_level=None`). Raises sqlite3.Error.
    """
    for number, step in enumerate(STEPS, start=_BEFORE + 1):
        if version(db) >= number:
            continue
        db.execute("BEGIN IMMEDIATE")
        try:
            # Asked again under the lock: another process may have taken the step meanwhile.
            if version(db) < number:
                for statement in step.split(";\n"):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {number}")
            db.execute("COMMIT")
        except BaseException:
            db.rollback()
            raise
