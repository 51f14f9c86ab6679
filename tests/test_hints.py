"""What a hint tells people to do can be done."""

from __future__ import annotations

import re
from pathlib import Path

from userbot.cli import app

PACKAGE = Path(__file__).parent.parent / "userbot"


def test_every_command_that_a_text_names_exists() -> None:
    known = {
        info.name or getattr(info.callback, "__name__", "") for info in app.registered_commands
    }
    named = {
        (path.name, word)
        for path in PACKAGE.rglob("*.py")
        for word in re.findall(r"`userbot ([a-z]+)", path.read_text(encoding="utf-8"))
    }
    assert not {(file, word) for file, word in named if word not in known}
