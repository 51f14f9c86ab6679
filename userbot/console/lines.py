"""What happened, a line an event: for pipes, as JSON for programs, and in the log file."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from userbot.console.describe import describe
from userbot.events import Event, Ignored, Notice, ToolCalled
from userbot.private_files import secure_file, secure_folder
from userbot.texts import Language

_encode = json.JSONEncoder(ensure_ascii=False).encode
"""Made once: `json.dumps` makes an encoder a call unless all is left at its defaults."""
_ELSEWHERE = frozenset({"event", "notable", "title"})
"""Fields that are for people, and the one that leads a row."""


def json_text(row: Mapping[str, Any]) -> str:
    """A row as JSON on one line; what could steer a terminal is escaped, as JSON allows."""
    text = _encode(row)
    if text.isprintable():  # as is whatever holds no control
        return text
    return "".join(
        json.dumps(character)[1:-1] if unicodedata.category(character)[0] == "C" else character
        for character in text
    )


def utc(at: datetime) -> str:
    """A moment as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JsonLines:
    """``--json``: an object an event. Names and types are a contract; fields only grow.

    `verbose`: everyday ignored messages too, and what is only being looked up.
    """

    def __init__(self, stream: TextIO, *, verbose: bool) -> None:
        self._stream = stream
        self._verbose = verbose

    def __call__(self, event: Event) -> None:
        everyday = isinstance(event, Ignored | Notice) and not event.notable
        begun = isinstance(event, ToolCalled) and not event.is_over
        if self._verbose or not (everyday or begun):
            print(self._line(event), file=self._stream, flush=True)

    def tick(self, written: Mapping[tuple[int, int], str] | None = None) -> None:
        """A line that is written does not change any more."""

    def close(self) -> None:
        """Nothing is held back, so nothing is left to write."""

    def _line(self, event: Event) -> str:
        row: dict[str, Any] = {"at": utc(datetime.now(UTC)), "event": event.event}
        for name in event.__dataclass_fields__:
            value = getattr(event, name)
            if name not in _ELSEWHERE and value is not None:
                row[name] = value.id if name == "person" else value
        return json_text(row)


class Lines(JsonLines):
    """The same in words: for pipes, files and `--plain`."""

    def __init__(self, stream: TextIO, language: Language, *, verbose: bool) -> None:
        super().__init__(stream, verbose=verbose)
        self._language = language

    def _line(self, event: Event) -> str:
        now = datetime.now().astimezone().strftime("%H:%M:%S")
        return f"{now} {describe(event, self._language).plain()}"


class LogFile:
    """Appends events to a file of the owner's. Raises OSError if it cannot be opened.

    Without `text` nothing of what people write is in it: neither questions nor answers. It is
    put aside after `most` bytes, and `kept` of those put aside are kept: name.1 is the newest.
    What cannot be written later on, to a full disk, is left out: nobody may be kept from an answer
    by that, and the console has it all the same.
    """

    def __init__(
        self, path: Path, language: Language, *, text: bool, most: int = 1_000_000, kept: int = 4
    ) -> None:
        self._path = path
        self._language = language
        self._text = text
        self._most = most
        self._kept = kept
        secure_folder(path.parent)
        secure_file(path)
        self._file = self._open()

    def __call__(self, event: Event) -> None:
        if not self._text and any(field.name == "text" for field in fields(event)):
            event = replace(event, text="")  # type: ignore[call-arg]
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        told = describe(event, self._language, text_withheld=not self._text)
        with suppress(OSError):
            print(now, told.plain(), file=self._file, flush=True)
            if self._file.tell() >= self._most:
                self._put_aside()

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):
            self._file.close()

    def _put_aside(self) -> None:
        try:
            self._file.close()
            for number in range(self._kept, 0, -1):
                older = self._numbered(number - 1)
                if older.exists():
                    older.replace(self._numbered(number))
        finally:
            self._file = self._open()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path

    def _open(self) -> TextIO:
        return open(self._path, "a", encoding="utf-8", errors="replace", opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
