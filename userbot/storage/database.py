"""The file of the history database: created private, looked at before it is opened, explained.

A file that is not ours to use is refused before SQLite may write to it.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from userbot.errors import StorageError
from userbot.storage import migrations

_MAGIC = b"SQLite format 3\x00"
_TAKES_NO_MORE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        # A quota, and a limit on the size of files, are told as an error of writing.
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
    }
)
_HEADER = 100
"""Bytes of the file's header (https://www.sqlite.org/fileformat2.html, 1.3)."""


def create(path: Path) -> int | None:
    """Make the file (0600) and the folders it lacks (0700), whatever the umask.

    An existing file that others may read is made private; its former mode is returned.
    Raises StorageError.
    """
    with explained(path):
        _make_folders(path.parent)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            handle = os.open(path, os.O_RDWR)
        try:
            mode = stat.S_IMODE(os.fstat(handle).st_mode)
            # A file of size 0 that we did not make is empty too: there is nothing to tell.
            fresh = os.fstat(handle).st_size == 0
            if sys.platform != "win32" and mode != 0o600:
                os.fchmod(handle, 0o600)
        finally:
            os.close(handle)
    return mode if mode & 0o077 and not fresh and sys.platform != "win32" else None


def look(path: Path) -> None:
    """Refuse, by its header alone, a file that is no database, cut short, foreign or newer.

    A missing or empty file is fine. Raises StorageError; changes nothing.
    """
    with explained(path):
        try:
            with path.open("rb") as file:
                header = file.read(_HEADER)
                size = os.fstat(file.fileno()).st_size
        except FileNotFoundError:
            return
    if not header:
        return
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise _damaged(path, "is not a history database")
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    # A page size of 1 means 65536. While a write-ahead log holds the missing pages, a short
    # file is in order: the program was killed while it copied them.
    log = path.with_name(path.name + "-wal")
    if pages * (65536 if page == 1 else page) > size and not (log.exists() and log.stat().st_size):
        raise _damaged(path, "is damaged: its end is missing")
    migrations.check(
        int.from_bytes(header[60:64], "big"),
        int.from_bytes(header[68:72], "big"),
        empty=pages <= 1,
        path=path,
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn a failure of SQLite or the file system into a StorageError with a plain sentence."""
    try:
        yield
    except sqlite3.Error as error:
        raise _of_sqlite(error, path) from error
    except OSError as error:
        raise _of_system(error, path) from error


@contextmanager
def step(db: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction: all of the block, or nothing. Raises StorageError."""
    with explained(path):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def _make_folders(folder: Path) -> None:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(mode=0o700, exist_ok=True)
        new.chmod(0o700)


def _damaged(path: Path, what: str) -> StorageError:
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


def _of_sqlite(error: sqlite3.Error, path: Path) -> StorageError:
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
            return _damaged(path, "is not a history database")
        case sqlite3.SQLITE_CORRUPT:
            return _damaged(path, "is damaged")
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
