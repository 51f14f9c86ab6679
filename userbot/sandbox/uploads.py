"""Files on their way in, part by part (core.telegram.org/api/files#uploading-files).

Rules:
1. A part is 1 to 512 KiB, a multiple of 1 KiB that 512 KiB is a multiple of, and all parts but the
   last are the same size.
2. A file of up to 10 MB may come by saveFilePart, with its MD5 or without; a larger one has to come
   by saveBigFilePart, which tells the number of parts.
3. Parts wait in memory until a message takes them, 256 MiB of them over all; the oldest upload is
   forgotten for a new one. They are not part of the state on disk.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from . import tl
from .errors import bad_request

MAX_PARTS: Final = 4000
_LARGEST_PART: Final = 512 << 10
_SMALL_FILE: Final = 10 << 20
_WAITING: Final = 256 << 20


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


def _check_sizes(parts: list[bytes]) -> None:
    size = len(parts[0])
    if len(parts) > 1 and (size % 1024 or _LARGEST_PART % size):
        raise bad_request("FILE_PART_SIZE_INVALID")
    if any(len(part) != size for part in parts[:-1]) or len(parts[-1]) > size:
        raise bad_request("FILE_PART_SIZE_CHANGED")


def _is_md5(told: str | bytes, data: bytes) -> bool:
    text = told.decode("ascii", "replace") if isinstance(told, bytes) else told
    return text.lower() == hashlib.md5(data, usedforsecurity=False).hexdigest()
