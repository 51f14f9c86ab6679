"""The file of the history database: created private, and looked at before it is opened.

A file that is not ours to use is refused before SQLite may write to it.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from userbot.storage import schema
from userbot.storage.database import damaged, explained, no_database
from userbot.texts import _

_MAGIC = b"SQLite format 3\x00"
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


def _make_folders(folder: Path) -> None:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(mode=0o700, exist_ok=True)
        new.chmod(0o700)
