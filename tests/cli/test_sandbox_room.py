"""What the one who visits the sandbox sees of its chats."""

from __future__ import annotations

import asyncio
import io

from rich.console import Console

from tests.path.voice.notes import until
from userbot.cli.line_editor import LineEditor
from userbot.cli.sandbox_room import Room
from userbot.sandbox.fixtures import Sandbox


async def test_an_answer_that_is_edited_after_it_was_seen_is_shown_again() -> None:
    paper, sandbox = io.StringIO(), Sandbox()
    room = Room(sandbox, LineEditor(Console(file=paper, width=80)))
    olga, max_ = sandbox.people["olga"], sandbox.people["max"]
    looking = asyncio.create_task(room._look())
    answer = olga.says(
        sandbox.group, "⏳ the time…", reply_to=max_.says(sandbox.group, "/gpt now?")
    )
    await until(lambda: "⏳ the time…" in paper.getvalue())
    olga.edits(answer, "12:34.")
    await until(lambda: "12:34." in paper.getvalue())
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert paper.getvalue().count("12:34.") == 1
