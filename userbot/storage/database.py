"""One connection to the history database: its statements, its transactions, its errors.

Every part of the store is handed the same one. Whatever SQLite refuses becomes a StorageError
here, and nowhere else. Values are bound as they are: dates become integers, microseconds since
1970, and texts lose their lone surrogates.
"""

from __future__ import annotations

import errno
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from userbot.errors import StorageError, system_reason
from userbot.rules.plain import paired
from userbot.texts import Text, _

Values = Sequence[object] | Mapping[str, object]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def moment(instant: int) -> datetime:
    """The date of so many microseconds since 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


def _instant(at: datetime) -> int:
    """The inverse of `moment`; `at` is aware."""
    return (at - _EPOCH) // _MICROSECOND


sqlite3.register_adapter(datetime, _instant)


_connections: Final[Counter[tuple[int, int]]] = Counter()
"""How many this process has to a file, by device and inode."""


def in_use(path: Path) -> bool:
    """Whether this process has the file open as a database.

    If so, nothing may open it in any other way: whoever closes a descriptor of a file gives up
    all locks that the process has on it (https://www.sqlite.org/howtocorrupt.html, 2.2). The next
    program to close the history would then take itself for the last one, and remove the
    write-ahead log with everything in it.
    """
    file = _file(path)
    return file is not None and _connections[file] > 0


def _file(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Database:
    """A connection in autocommit mode. Every method raises StorageError."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        connection.row_factory = sqlite3.Row
        self._file = _file(path)
        if self._file is not None:
            _connections[self._file] += 1

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block, or nothing; within another transaction it is a part of that one."""
        if self.connection.in_transaction:
            yield
            return
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            self.connection.rollback()  # nothing, where SQLite has done so by itself
            raise

    def execute(self, statement: str, values: Values = ()) -> sqlite3.Cursor:
        """Change rows; the cursor tells how many, and the id of a new one."""
        try:
            return self.connection.execute(statement, values)
        except UnicodeEncodeError:
            return self.execute(statement, _without_surrogates(values))
        except sqlite3.Error as error:
            raise _of_sqlite(error, self.path) from error

    def rows(self, statement: str, values: Values = ()) -> list[Any]:
        """All rows that a statement gives."""
        try:
            return self.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise _of_sqlite(error, self.path) from error

    def row(self, statement: str, values: Values = ()) -> Any | None:
        """The first row, if there is one."""
        try:
            return self.execute(statement, values).fetchone()
        except sqlite3.Error as error:
            raise _of_sqlite(error, self.path) from error

    def data_version(self) -> int:
        """A number that is another one once another process has written."""
        row = self.row("PRAGMA data_version")
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        """Let go of the file; the write-ahead log is folded into it."""
        if self._file is not None:
            _connections[self._file] -= 1
            self._file = None
        with explained(self.path):
            self.connection.close()


def _without_surrogates(values: Values) -> Values:
    """Nobody can keep or send a lone one. They are rare: SQLite finds them when it encodes."""
    if isinstance(values, Mapping):
        return dict(zip(values, _without_surrogates(list(values.values())), strict=True))
    return [paired(value) if isinstance(value, str) else value for value in values]


# -- what can go wrong, each with a plain sentence and what to do

_NO_DATABASE: Final = _("{path} is not a history database.")
_DAMAGED_HINT: Final = _(
    "Nothing was changed. Move the file away to start over, or restore a backup."
)
_FULL: Final = (
    "storage_full",
    _("The disk is full: the history in {path} cannot be saved."),
    _("Free some space, or raise the quota."),
)
_READONLY: Final = (
    "storage_readonly",
    _("The history in {path} cannot be saved: the file or its folder is read-only."),
    _("Make both writable for you, or set [history].database to another file."),
)
_FORBIDDEN: Final = (
    "storage_forbidden",
    _("The history in {path} cannot be opened: you have no access to the file or its folder."),
    _("Make both yours (chown, chmod u+rwX), or set [history].database to another file."),
)
_BUSY: Final = (
    "storage_busy",
    _("The history in {path} is in use by another program."),
    _("Close that program (a database browser, a backup), then try again."),
)
_NAME_TAKEN: Final = (
    "storage_folder",
    _("The folder of {path} cannot be created: a file has its name."),
    _("Set [history].database to another path."),
)
_OF_SQLITE: Final[Mapping[int, tuple[str, Text, Text]]] = {
    sqlite3.SQLITE_FULL: _FULL,
    # A quota, and a limit on the size of files, are told as an error of writing.
    sqlite3.SQLITE_IOERR_WRITE: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,
    sqlite3.SQLITE_READONLY: _READONLY,
    sqlite3.SQLITE_PERM: _FORBIDDEN,
    sqlite3.SQLITE_AUTH: _FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: _FORBIDDEN,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_NOTADB: ("storage_damaged", _NO_DATABASE, _DAMAGED_HINT),
    sqlite3.SQLITE_CORRUPT: ("storage_damaged", _("{path} is damaged."), _DAMAGED_HINT),
}
"""By code, the extended ones where they say more than the code that they extend."""
_OF_SYSTEM: Final[Mapping[int | None, tuple[str, Text, Text]]] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _READONLY,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EISDIR: (
        "storage_folder",
        _("{path} is a folder, not a history database."),
        _("Set [history].database to a file in it."),
    ),
    errno.ENOTDIR: _NAME_TAKEN,
    errno.EEXIST: _NAME_TAKEN,
}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn a failure of SQLite or the file system into a StorageError with a plain sentence."""
    try:
        yield
    except sqlite3.Error as error:
        raise _of_sqlite(error, path) from error
    except OSError as error:
        raise _of_system(error, path) from error


def damaged(what: str) -> StorageError:
    """The file is not what it should be: `what` says so."""
    return StorageError(what, _DAMAGED_HINT, reason="storage_damaged")


def no_database(path: Path) -> StorageError:
    """The file is something else."""
    return damaged(_NO_DATABASE.filled(path=path))


def _of_sqlite(error: sqlite3.Error, path: Path) -> StorageError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if known := _OF_SQLITE.get(code) or _OF_SQLITE.get(code & 0xFF):
        reason, what, hint = known
        return StorageError(what.filled(path=path), hint, reason=reason)
    return StorageError(
        _("The history in {path} cannot be used: {error}.", path=path, error=error),
        _("Check the disk and the file, then start again."),
        reason="storage",
    )


def _of_system(error: OSError, path: Path) -> StorageError:
    if known := _OF_SYSTEM.get(error.errno):
        reason, what, hint = known
        return StorageError(what.filled(path=path), hint, reason=reason)
    return StorageError(
        _("The history in {path} cannot be opened: {why}.", path=path, why=system_reason(error)),
        _("Check [history].database, the disk and the file."),
        reason="storage",
    )
