"""State on disk: the list of the world's acts, one JSON line each.

Rules:
1. The first line names the format and holds the secret; every other is [act, arguments, keywords].
2. A line is written, and handed to the system, when its act has been carried out. A line that a
   kill has cut short is dropped: its act was not confirmed to anyone.
3. Files that were sent lie beside it, in `files/`, each under its SHA-256 (blobs.py).
4. Nothing in the file is code. It holds auth keys and passwords of toy accounts, and is owner-only.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .blobs import Blobs
from .world import World

FORMAT = 1
FILE = "acts.jsonl"
FILES = "files"


class Keeper:
    """The file of one world."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / FILE
        self._blobs = Blobs(folder / FILES)
        self._fd: int | None = None

    def open(self) -> World:
        """The world as it was left, or a new one; from now on its acts are written.

        Raises ValueError if the file is not one of ours.
        """
        lines = self._whole_lines()
        if lines:
            head = json.loads(lines[0])
            if not isinstance(head, dict) or head.get("format") != FORMAT:
                raise ValueError(f"{self._path} has another format")
            world = World(bytes.fromhex(head["secret"]), self._blobs)
            for line in lines[1:]:
                name, args, kwargs = json.loads(line)
                getattr(world, name)(*args, **kwargs)
        else:
            world = World(blobs=self._blobs)
        if not lines:
            self._write({"format": FORMAT, "secret": world.secret.hex()})
        world.record = self._record
        return world

    def close(self) -> None:
        """Closes the file until the next act."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _whole_lines(self) -> list[bytes]:
        if not self._path.exists():
            return []
        data = self._path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            os.truncate(self._path, len(whole))
        return whole.splitlines()

    def _record(self, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self._write([name, list(args), kwargs])

    def _write(self, value: object) -> None:
        if self._fd is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._fd = os.open(self._path, flags, 0o600)
        os.write(self._fd, json.dumps(value, ensure_ascii=False).encode() + b"\n")
