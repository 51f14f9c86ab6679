"""State on disk: the list of commands, one JSON line each.

Rules:
1. The first line names the format and holds the secret; every other is a command's name, its date,
   arguments and keywords. What an argument is of the state, or TL, stands there as a reference:
   {"@user": 7000000001}.
2. A line is written, and handed to the system, when its command has been carried out. A line that a
   kill has cut short is dropped: its command was not confirmed to anyone.
3. Files that were sent lie beside it, in `files/`, each under its SHA-256 (files.py).
4. Nothing in the file is code. It holds auth keys and passwords of toy accounts, and is owner-only.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import tl
from .files import Blob, Blobs
from .media import Media
from .state import Group, Login, Message, Private, User
from .world import COMMANDS, World

FORMAT = 2
FILE = "commands.jsonl"
FILES = "files"


class CommandLog:
    """The file of one world."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / FILE
        self._blobs = Blobs(folder / FILES)
        self._fd: int | None = None

    def open(self) -> World:
        """The world as it was left, or a new one; from now on its commands are written.

        Raises ValueError if the file is not one of ours.
        """
        lines = self._whole_lines()
        head = json.loads(lines[0]) if lines else {}
        if lines and (not isinstance(head, dict) or head.get("format") != FORMAT):
            raise ValueError(f"{self._path} has another format")
        world = World(bytes.fromhex(head.get("secret", "")), self._blobs)
        for line in lines[1:]:
            name, at, args, kwargs = json.loads(
                line, object_hook=lambda found: _referred(world, found)
            )
            world.perform(COMMANDS[name], args, kwargs, at)
        if not lines:
            self._write({"format": FORMAT, "secret": world.state.secret.hex()})
        world.record = self._record
        return world

    def close(self) -> None:
        """Closes the file until the next command."""
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

    def _record(self, name: str, at: int, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self._write([name, at, args, kwargs])

    def _write(self, value: object) -> None:
        if self._fd is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._fd = os.open(self._path, flags, 0o600)
        line = json.dumps(value, ensure_ascii=False, default=_reference)
        os.write(self._fd, line.encode() + b"\n")


def _reference(value: Any) -> dict[str, Any]:
    """A part of the state by its id; bytes and TL as they are."""
    match value:
        case User():
            return {"@user": value.id}
        case Group():
            return {"@group": value.id}
        case Private():
            return {"@private": [value.first.id, value.second.id]}
        case Message():
            return {"@message": value.uid}
        case Media():
            return {"@media": value.id}
        case Blob():
            return {"@file": value.digest}
        case Login():
            return {"@login": value.key.id}
        case bytes():
            return {"@bytes": value.hex()}
    return {"@tl": bytes(value).hex()}


def _referred(world: World, found: dict[str, Any]) -> Any:
    """What a reference names; keywords stay as they are."""
    state, kind = world.state, next(iter(found), "")
    key: Any = found.get(kind)
    match kind:
        case "@user":
            return state.users[key]
        case "@group":
            return state.groups[key]
        case "@private":
            first, second = key
            return state.chat_of(state.users[first], state.users[second])
        case "@message":
            return state.messages[key]
        case "@media":
            return state.media[key]
        case "@file":
            return world.blobs.get(key)
        case "@login":
            return state.logins[key]
        case "@bytes":
            return bytes.fromhex(key)
        case "@tl":
            return tl.read(bytes.fromhex(key))
    return found
