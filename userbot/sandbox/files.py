"""The bytes of files: where they lie, how they come in part by part, who may have them.

Rules (core.telegram.org/api/files):
1. Every file is kept once, by what is in it. With a folder it lies there under its SHA-256,
   owner-only, and outlives the process. Without one, 32 MiB are held in memory; what comes after
   that lies in a temporary folder which goes with the object. A file that is given as a path is
   read where it lies.
2. A part on its way in has 1 to 512 KiB, a multiple of 1 KiB that 512 KiB is a multiple of, and all
   parts but the last are the same size. A file of up to 10 MB may come by saveFilePart, with its
   MD5 or without; a larger one has to come by saveBigFilePart, which tells the number of parts.
3. Parts wait in memory until a message takes them, 256 MiB of them over all; the oldest upload is
   forgotten for a new one. They are not part of the state on disk.
4. Whoever downloads gives an id, an access hash and a file reference. The reference is good for an
   hour of the world's clock, or until all are made to expire; every look at the message gives a new
   one (core.telegram.org/api/file_reference).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
import struct
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from . import tl
from .errors import bad_request

MAX_PARTS: Final = 4000
REFERENCE_SECONDS: Final = 3600
_IN_MEMORY: Final = 32 << 20
_CHUNK: Final = 1 << 20
_LARGEST_PART: Final = 512 << 10
_SMALL_FILE: Final = 10 << 20
_WAITING: Final = 256 << 20


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


@dataclass(slots=True)
class _Upload:
    parts: dict[int, bytes] = field(default_factory=dict)
    total: int | None = None
    size: int = 0


class Uploads:
    """What accounts have uploaded and not yet sent."""

    def __init__(self, waiting: int = _WAITING) -> None:
        """`waiting` is how many bytes may wait."""
        self._most = waiting
        self._uploads: dict[tuple[int, int], _Upload] = {}
        self._waiting = 0

    def save(
        self, account: int, file_id: int, part: int, data: bytes, total: int | None = None
    ) -> None:
        """Takes a part; `total` parts make a big file. Raises RpcError."""
        if not 0 <= part < MAX_PARTS:
            raise bad_request("FILE_PART_INVALID")
        if total is not None and not (total == -1 or 1 <= total <= MAX_PARTS):
            raise bad_request("FILE_PARTS_INVALID")
        if not data:
            raise bad_request("FILE_PART_EMPTY")
        if len(data) > _LARGEST_PART:
            raise bad_request("FILE_PART_TOO_BIG")
        upload = self._uploads.setdefault((account, file_id), _Upload())
        grown = len(data) - len(upload.parts.get(part, b""))
        upload.parts[part], upload.total = data, total
        upload.size += grown
        self._waiting += grown
        while self._waiting > self._most:
            self._forget(next(iter(self._uploads)))

    def take(self, account: int, file: tl.Tl) -> bytes:
        """The whole of what an InputFile or InputFileBig names. Raises RpcError."""
        upload = self._uploads.get((account, file.id))
        if upload is None or not 1 <= file.parts <= MAX_PARTS:
            raise bad_request("FILE_PARTS_INVALID")
        for part in range(file.parts):
            if part not in upload.parts:
                raise bad_request(f"FILE_PART_{part}_MISSING")
        parts = [upload.parts[part] for part in range(file.parts)]
        _check_sizes(parts)
        data = b"".join(parts)
        if isinstance(file, tl.types.InputFile):
            if len(data) > _SMALL_FILE:
                raise bad_request("FILE_PARTS_INVALID")
            if file.md5_checksum and not _is_md5(file.md5_checksum, data):
                raise bad_request("MD5_CHECKSUM_INVALID")
        self._forget((account, file.id))
        return data

    def _forget(self, name: tuple[int, int]) -> None:
        self._waiting -= self._uploads.pop(name).size


class FileReferences:
    """Makes file references and knows the good ones again."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._generation = 0

    def new(self, media_id: int, now: int) -> bytes:
        head = struct.pack(">II", now, self._generation)
        return head + self._signature(media_id, head)

    def expire(self) -> None:
        """From now on no reference that was given out is good."""
        self._generation += 1

    def check(self, media_id: int, reference: bytes, now: int) -> None:
        """Raises RpcError for a reference that is not good."""
        if not reference:
            raise bad_request("FILE_REFERENCE_EMPTY")
        head, signature = reference[:8], reference[8:]
        if len(head) < 8 or not hmac.compare_digest(signature, self._signature(media_id, head)):
            raise bad_request("FILE_REFERENCE_INVALID")
        given, generation = struct.unpack(">II", head)
        if generation != self._generation or now - given >= REFERENCE_SECONDS:
            raise bad_request("FILE_REFERENCE_EXPIRED")

    def _signature(self, media_id: int, head: bytes) -> bytes:
        return hmac.digest(self._secret, b"file" + struct.pack(">q", media_id) + head, "sha256")[:8]


def _measured(content: bytes | Path) -> tuple[int, str]:
    if isinstance(content, bytes):
        return len(content), hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def _check_sizes(parts: list[bytes]) -> None:
    size = len(parts[0])
    if len(parts) > 1 and (size % 1024 or _LARGEST_PART % size):
        raise bad_request("FILE_PART_SIZE_INVALID")
    if any(len(part) != size for part in parts[:-1]) or len(parts[-1]) > size:
        raise bad_request("FILE_PART_SIZE_CHANGED")


def _is_md5(told: str | bytes, data: bytes) -> bool:
    text = told.decode("ascii", "replace") if isinstance(told, bytes) else told
    return text.lower() == hashlib.md5(data, usedforsecurity=False).hexdigest()
