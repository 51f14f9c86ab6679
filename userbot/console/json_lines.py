"""``--json``: one object an event. Names and types are a contract; fields only grow."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TextIO

from userbot.console.safe import json_text
from userbot.events import Event, Ignored


class JsonLines:
    """Writes an object an event. `verbose`: everyday ignored messages too."""

    def __init__(self, stream: TextIO, *, verbose: bool) -> None:
        self._stream = stream
        self._verbose = verbose

    def __call__(self, event: Event) -> None:
        if isinstance(event, Ignored) and not (event.notable or self._verbose):
            return
        row: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "event": event.event,
        }
        for field in fields(event):
            value = getattr(event, field.name)
            if field.name in ("notable", "title") or value is None:
                continue
            row[field.name] = value.id if field.name == "person" else value
        print(json_text(row), file=self._stream, flush=True)

    def close(self) -> None:
        """Nothing is held back, so nothing is left to write."""
