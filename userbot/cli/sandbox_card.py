"""Where the sandbox that runs says how it is reached, and `init --sandbox` reads it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from userbot.config.environment import xdg_state
from userbot.errors import UserbotError
from userbot.private_files import secure_folder, write_private
from userbot.texts import _

_TRY_SECONDS = 2.0


def _file() -> Path:
    return xdg_state(os.environ) / "sandbox.json"


@contextmanager
def announced(card: dict[str, Any]) -> Iterator[None]:
    """Within, the card can be read; of several sandboxes the newest counts, then the one before."""
    path, text, before = _file(), json.dumps(card), ""
    with suppress(OSError):  # a convenience: without it, init is told where by hand
        if path.exists():
            before = path.read_text(encoding="utf-8")
        secure_folder(path.parent)
        write_private(path, text)
    try:
        yield
    finally:
        with suppress(OSError):
            if path.read_text(encoding="utf-8") == text:
                if before:
                    write_private(path, before)
                else:
                    path.unlink()


def running_sandbox() -> dict[str, Any]:
    """The card of the sandbox that runs. Raises UserbotError if there is none."""
    try:
        card: dict[str, Any] = json.loads(_file().read_text(encoding="utf-8"))
        address = (str(card["telegram"]["host"]), int(card["telegram"]["port"]))
        socket.create_connection(address, timeout=_TRY_SECONDS).close()
    except (OSError, ValueError, KeyError, TypeError):
        raise UserbotError(
            _("No sandbox is running."),
            _("Start `userbot sandbox` in another terminal first."),
            reason="no_sandbox",
        ) from None
    return card
