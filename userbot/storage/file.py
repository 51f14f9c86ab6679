"""The file of the history database: created private, looked at before it is opened, and copied.

A file that is not ours to use is refused before SQLite may write to it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from userbot.errors import StorageError
from userbot.private_files import secure_folder
from userbot.storage import schema
from userbot.storage.database import damaged, explained, in_use, no_database
from userbot.texts import _

_MAGIC = b"SQLite format 3\x00"
_HEADER = 100
"""Bytes of the file's header (https://www.sqlite.org/fileformat2.html, 1.3)."""


def create(path: Path) -> None:
    """Make the file (0600) and the folders it lacks (0700), whatever the umask; it is private then.

    Raises StorageError.
    """
    with explained(path):
        if not path.parent.exists():
            secure_folder(path.parent)
        if not in_use(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)


def look(path: Path) -> None:
    """Refuse, by its header alone, a file that is no database, cut short, foreign or newer.

    A missing or empty file is fine, as is one that this process has open: it was looked at
    then. Raises StorageError; changes nothing.
    """
    if in_use(path):
        return
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
        raise no_database(path)
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    # A page size of 1 means 65536. While a write-ahead log holds the missing pages, a short
    # file is in order: the program was killed while it copied them.
    log = path.with_name(path.name + "-wal")
    if pages * (65536 if page == 1 else page) > size and not (log.exists() and log.stat().st_size):
        raise damaged(_("{path} is damaged: its end is missing.", path=path))
    schema.check(
        int.from_bytes(header[60:64], "big"),
        int.from_bytes(header[68:72], "big"),
        empty=pages <= 1,
        path=path,
    )


def backup(path: Path, to: Path) -> None:
    """Copy a history to a new file (0600) as it is at one moment; the writer is not held up.

    The copy is one file, without a log beside it. Raises StorageError, and leaves nothing of a
    copy, if there is a file already, if either disk fails, and if the history is damaged.
    """
    with explained(to):
        try:
            os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise StorageError(
                _("The file {to} already exists.", to=to),
                _("A backup never overwrites a file: choose another name."),
                reason="backup_exists",
            ) from None
        except FileNotFoundError:
            raise StorageError(
                _("No such folder: {parent}.", parent=to.parent),
                _("Create it first."),
                reason="backup_folder",
            ) from None
    done = False
    try:
        with (
            explained(path),
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            explained(to),
            closing(sqlite3.connect(to)) as copy,
        ):
            source.backup(copy)  # at one go: with a write-ahead log that locks nobody out
            copy.execute("PRAGMA journal_mode = DELETE").fetchall()
            (sound,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise StorageError(
                _("{path} is damaged, so it was not copied.", path=path),
                _(
                    "An older backup may be intact; `userbot history --export json` saves"
                    " what it can."
                ),
                reason="storage_damaged",
            )
        done = True
    finally:
        if not done:
            to.unlink(missing_ok=True)
