"""What can go wrong with the history database, each with a plain sentence and what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from userbot.errors import StorageError

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


def damaged(path: Path, what: str) -> StorageError:
    """The file is not what it should be: `what` is the rest of a sentence."""
    return StorageError(
        f"{path} {what}.",
        "Nothing was changed. Move the file away to begin anew, or put a backup in its place.",
        reason="storage_damaged",
    )


def _full(path: Path) -> StorageError:
    return StorageError(
        f"The disk is full: the history in {path} cannot be written.",
        "Free some space, or raise the quota.",
        reason="storage_full",
    )


def _readonly(path: Path) -> StorageError:
    return StorageError(
        f"The history in {path} cannot be written: the file or its folder is read-only.",
        "Make both writable for you, or set [history].database to another place.",
        reason="storage_readonly",
    )


def _forbidden(path: Path) -> StorageError:
    return StorageError(
        f"The history in {path} cannot be opened: the file or its folder is closed to you.",
        "Make both yours (chown, chmod u+rwX), or set [history].database to another place.",
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
                f"The history in {path} is in use by another program.",
                "Close what has it open (a database browser, a backup), then try again.",
                reason="storage_busy",
            )
        case sqlite3.SQLITE_NOTADB:
            return damaged(path, "is not a history database")
        case sqlite3.SQLITE_CORRUPT:
            return damaged(path, "is damaged")
        case _:
            return StorageError(
                f"The history in {path} cannot be used: {error}.",
                "Look at the disk and at the file, then start again.",
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
                f"{path} is a folder, not a history database.",
                "Set [history].database to a file in it.",
                reason="storage_folder",
            )
        case errno.ENOTDIR | errno.EEXIST:
            return StorageError(
                f"The folder of {path} cannot be made: a file stands in its place.",
                "Set [history].database to another place.",
                reason="storage_folder",
            )
        case _:
            return StorageError(
                f"The history in {path} cannot be opened: {error.strerror}.",
                "Look at [history].database, at the disk and at the file.",
                reason="storage",
            )
