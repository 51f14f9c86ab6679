"""Memory on disk: questions, the writes that answer them, and what they cost.

How "answered once" is kept:
1. A question is a row before anything else happens to it, unique by chat and message.
2. A write is a row before it leaves; it learns its message id when Telegram tells.
3. "answered" is final: state and answer change in one transaction, once.

Every call is one short transaction on the caller's thread. Each is served by an index and
touches a bounded number of rows, however long the history is.
"""

from __future__ import annotations

import secrets
import sqlite3
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from userbot.errors import StorageError
from userbot.storage import file, schema
from userbot.storage.approvals import ApprovalStore
from userbot.storage.chats import Names, Overrides, Watermarks
from userbot.storage.commands import CommandStore
from userbot.storage.conversations import Conversations, Quotes
from userbot.storage.database import Database, explained, moment
from userbot.storage.eraser import Eraser
from userbot.storage.ledger import Ledger
from userbot.storage.outbound import OutboundLog
from userbot.storage.questions import Questions
from userbot.storage.tools import ToolStore
from userbot.storage.transcripts import Transcripts
from userbot.texts import _


class Store:
    """The history database of one account, in parts. Every method raises StorageError.

    Use from one thread.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ledger = Ledger(database)
        self.questions = Questions(database)
        self.outbound = OutboundLog(database)
        self.quotes = Quotes(database)
        self.conversations = Conversations(database, self.quotes)
        self.transcripts = Transcripts(database)
        self.watermarks = Watermarks(database)
        self.commands = CommandStore(database)
        self.approvals = ApprovalStore(database)
        self.overrides = Overrides(database)
        self.names = Names(database)
        self.tools = ToolStore(database)
        self.eraser = Eraser(database)

    @classmethod
    def open(cls, path: Path, *, busy_seconds: float = 1.0) -> Self:
        """Open the database, creating (0600, in a 0700 folder) or migrating it.

        `busy_seconds`: how long a call waits for another process that is writing. Raises
        StorageError, with the file untouched, if it is read-only, damaged, foreign or newer.
        """
        file.create(path)
        file.look(path)
        with explained(path):
            db = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
            try:
                # The header above may be older than what the write-ahead log says.
                schema.check_opened(db, path)
                # Half the usual size: a step writes each page it touches to the log as a whole.
                db.execute("PRAGMA page_size = 2048")
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")
                # As much of the log as is kept: the pages that each step writes to it anew are
                # folded into the file once for many steps.
                db.execute("PRAGMA wal_autocheckpoint = 4096")
                db.execute("PRAGMA journal_size_limit = 8388608")
                # Words that were deleted are overwritten, not only unlinked.
                db.execute("PRAGMA secure_delete = ON")
                schema.migrate(db)
            except BaseException:
                db.close()
                raise
        return cls(Database(path, db))

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.database.path

    def limit_wait(self, seconds: float) -> None:
        """From now on no call waits longer than that for another process that is writing."""
        self.database.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def probe(self) -> None:
        """Write something of no account, to see whether the database takes it."""
        self.database.execute("REPLACE INTO meta VALUES ('probe', randomblob(16))")

    def close(self) -> None:
        """Let go of the file; the write-ahead log is folded into it."""
        self.database.close()

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
        return moment(int(self._once("first_start", now)))

    @cached_property
    def secret(self) -> bytes:
        """32 random bytes of this database, for `rules.own_writes.random_id`."""
        return bytes(self._once("secret", secrets.token_bytes(32)))

    def belongs_to(self, account: int) -> None:
        """The database is this account's from now on; raises StorageError if it is another's."""
        if self._once("account", account) != account:
            raise StorageError(
                _("The history in {path} belongs to another Telegram account.", path=self.path),
                _("Log in with that account, or set [history].database to another file."),
                reason="storage_account",
            )

    def _once(self, key: str, value: int | bytes | datetime) -> int | bytes:
        """The value under `key` in meta: this one, if there was none."""
        self.database.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO NOTHING", (key, value)
        )
        ((found,),) = self.database.rows("SELECT value FROM meta WHERE key = ?", (key,))
        kept: int | bytes = found
        return kept
