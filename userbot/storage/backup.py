"""A copy of the history database, made while the program may be writing into it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from userbot.errors import StorageError
from userbot.storage.database import explained
from userbot.texts import _


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
