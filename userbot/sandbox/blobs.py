"""The bytes of files, kept once each by what is in them.

Rules:
1. With a folder, every file lies there under its SHA-256, owner-only, and outlives the process.
2. Without one, 32 MiB are held in memory; what comes after that lies in a temporary folder which
   goes with the object. A file that is given as a path is read where it lies.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_IN_MEMORY: Final = 32 << 20
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Blob:
    """One file's bytes, in memory or on disk."""

    digest: str
    """SHA-256, in hexadecimal."""
    size: int
    content: bytes | Path

    def read(self, offset: int, limit: int) -> bytes:
        """At most `limit` bytes from `offset`. Raises OSError if the file on disk is gone."""
        if isinstance(self.content, bytes):
            return self.content[offset : offset + limit]
        with self.content.open("rb") as file:
            file.seek(offset)
            return file.read(limit)

    @property
    def data(self) -> bytes:
        return self.read(0, self.size)


class Blobs:
    """All files of one Telegram."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept = folder is not None
        self._known: dict[str, Blob] = {}
        self._in_memory = 0

    def put(self, content: bytes | Path) -> Blob:
        """Keeps a file. Raises OSError if it cannot be read or written."""
        size, digest = _measured(content)
        if digest in self._known:
            return self._known[digest]
        if isinstance(content, Path):
            place: bytes | Path = content.resolve()
            if self._kept:
                place = self._written(digest, content)
        elif self._kept or self._in_memory + size > _IN_MEMORY:
            place = self._written(digest, content)
        else:
            place = content
            self._in_memory += size
        blob = self._known[digest] = Blob(digest, size, place)
        return blob

    def get(self, digest: str) -> Blob:
        """A file that was kept, maybe by an earlier process; empty if it is lost."""
        if digest not in self._known:
            path = self._place() / digest
            size = path.stat().st_size if path.exists() else 0
            self._known[digest] = Blob(digest, size, path)
        return self._known[digest]

    def _place(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="userbot-sandbox-files-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def _written(self, digest: str, content: bytes | Path) -> Path:
        folder = self._place()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path, unfinished = folder / digest, folder / f"{digest}.part"
        if path.exists():
            return path
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                with content.open("rb") as source:
                    shutil.copyfileobj(source, file, _CHUNK)
        unfinished.replace(path)
        return path


def _measured(content: bytes | Path) -> tuple[int, str]:
    if isinstance(content, bytes):
        return len(content), hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
