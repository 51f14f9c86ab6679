"""Memory on disk: questions, the writes that answer them, and what they cost.

How "answered once" is kept:
1. A question is a row before anything else happens to it, unique by chat and message.
2. A write is a row before it leaves; it learns its message id when Telegram tells.
3. "answered" is final: state, turn and usage change in one transaction, once.

Every call is one short transaction on the caller's thread. Each is served by an index and
touches a bounded number of rows, however long the history is.
"""

from __future__ import annotations

import secrets
import sqlite3
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from userbot.storage import database, ledger, migrations
from userbot.storage.cells import instant, moment
from userbot.storage.debts import Debts
from userbot.storage.dialogue import Dialogue
from userbot.storage.eraser import Eraser
from userbot.storage.heard import Heard
from userbot.storage.ledger import Ledger
from userbot.storage.moves import Moves
from userbot.storage.names import Names
from userbot.storage.orders import Orders
from userbot.storage.questions import Questions
from userbot.storage.quotations import Quotations
from userbot.storage.sights import Sights
from userbot.types import Spent


class Store(Questions, Debts, Dialogue, Heard, Quotations, Sights, Moves, Orders):
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
        return moment(int(self._once("first_start", instant(now))))

    def secret(self) -> bytes:
        """32 random bytes of this database, for `rules.random_id`."""
        return bytes(self._once("secret", secrets.token_bytes(32)))

    def changed_elsewhere(self) -> bool:
        """Whether another process has written since the last call (`history --clear`)."""
        version = self._data_version()
        changed, self._version = version != self._version, version
        return changed

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
