"""`console.log_file`: what happened, a line an event, in a file that does not grow for ever.

Without `log_text` nothing of what people write is in it: neither questions nor answers.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

from userbot.console.describe import describe
from userbot.events import Event
from userbot.private_files import secure_file, secure_folder
from userbot.texts import Language

BYTES = 1_000_000
"""How large the file grows before it is put aside."""
KEPT = 4
"""How many that were put aside are kept: name.1 is the newest."""


class LogFile:
    """Appends events to a file of the owner's. Raises OSError if it cannot be opened.

    What cannot be written later on, to a full disk, is left out: nobody may be kept from an answer
    by that, and the console has it all the same.
    """

    def __init__(
        self, path: Path, language: Language, *, text: bool, most: int = BYTES, kept: int = KEPT
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
        if not self._text:
            event = _without_words(event)
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


def _without_words(event: Event) -> Event:
    names = {field.name for field in fields(event)}
    return replace(event, text="") if "text" in names else event  # type: ignore[call-arg]
