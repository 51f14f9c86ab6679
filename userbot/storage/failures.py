"""What can go wrong with the history database, each with a plain sentence and what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from userbot.errors import StorageError, system_reason
from userbot.texts import _

_TAKES_NO_MORE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        # A quota, and a limit on the size of files, are told as an error of writing.
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
    }
)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn a failure of SQLite or the file system into a StorageError with a plain sentence."""
    try:
        yield
    except sqlite3.Error as error:
        raise of_sqlite(error, path) from error
    except OSError as error:
        raise _of_system(error, path) from error


def damaged(what: str) -> StorageError:
    """The file is not what it should be: `what` says so."""
    return StorageError(
        what,
        _("Nothing was changed. Move the file away to start over, or restore a backup."),
        reason="storage_damaged",
    )


def _full(path: Path) -> StorageError:
    return StorageError(
        _("The disk is full: the history in {path} cannot be saved.", path=path),
        _("Free some space, or raise the quota."),
        reason="storage_full",
    )


def _readonly(path: Path) -> StorageError:
    return StorageError(
        _("The history in {path} cannot be saved: the file or its folder is read-only.", path=path),
        _("Make both writable for you, or set [history].database to another file."),
        reason="storage_readonly",
    )


def _forbidden(path: Path) -> StorageError:
    return StorageError(
        _(
            "The history in {path} cannot be opened: you have no access to the file or its folder.",
            path=path,
        ),
        _("Make both yours (chown, chmod u+rwX), or set [history].database to another file."),
        reason="storage_forbidden",
    )


def of_sqlite(error: sqlite3.Error, path: Path) -> StorageError:
    """What SQLite says, for a person."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code in _TAKES_NO_MORE:
        return _full(path)
    match code & 0xFF:
        case sqlite3.SQLITE_READONLY:
            return _readonly(path)
        case sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH | sqlite3.SQLITE_CANTOPEN:
            return _forbidden(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StorageError(
                _("The history in {path} is in use by another program.", path=path),
                _("Close that program (a database browser, a backup), then try again."),
                reason="storage_busy",
            )
        case sqlite3.SQLITE_NOTADB:
            return damaged(_("{path} is not a history database.", path=path))
        case sqlite3.SQLITE_CORRUPT:
            return damaged(_("{path} is damaged.", path=path))
        case _:
            return StorageError(
                _("The history in {path} cannot be used: {error}.", path=path, error=error),
                _("Check the disk and the file, then start again."),
                reason="storage",
            )


def _of_system(error: OSError, path: Path) -> StorageError:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return _full(path)
        case errno.EROFS:
            return _readonly(path)
        case errno.EACCES | errno.EPERM:
            return _forbidden(path)
        case errno.EISDIR:
            return StorageError(
                _("{path} is a folder, not a history database.", path=path),
                _("Set [history].database to a file in it."),
                reason="storage_folder",
            )
        case errno.ENOTDIR | errno.EEXIST:
            return StorageError(
                _("The folder of {path} cannot be created: a file has its name.", path=path),
                _("Set [history].database to another path."),
                reason="storage_folder",
            )
        case _:
            return StorageError(
                _(
                    "The history in {path} cannot be opened: {why}.",
                    path=path,
                    why=system_reason(error),
                ),
                _("Check [history].database, the disk and the file."),
                reason="storage",
            )
