"""``--json``: one object an event or row. Names and types are a contract; fields only grow."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TextIO

from userbot.events import Event, Ignored

_encode = json.JSONEncoder(ensure_ascii=False).encode
"""Made once: `json.dumps` makes an encoder a call unless all is left at its defaults."""


def json_text(row: Mapping[str, Any]) -> str:
    """A row as JSON on one line; what could steer a terminal is escaped, as JSON allows."""
    text = _encode(row)
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        json.dumps(character)[1:-1] if unicodedata.category(character)[0] == "C" else character
        for character in text
    )


def utc(at: datetime) -> str:
    """A moment as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JsonLines:
    """Writes an object an event. `verbose`: everyday ignored messages too."""

    def __init__(self, stream: TextIO, *, verbose: bool) -> None:
        self._stream = stream
        self._verbose = verbose

    def __call__(self, event: Event) -> None:
        if isinstance(event, Ignored) and not (event.notable or self._verbose):
            return
        row: dict[str, Any] = {"at": utc(datetime.now(UTC)), "event": event.event}
        for field in fields(event):
            value = getattr(event, field.name)
            if field.name in ("notable", "title") or value is None:
                continue
            row[field.name] = value.id if field.name == "person" else value
        print(json_text(row), file=self._stream, flush=True)

    def close(self) -> None:
        """Nothing is held back, so nothing is left to write."""
