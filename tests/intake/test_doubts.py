"""Calls of tools of which nobody knows whether they were carried out: their owner is told, once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Stage, listed
from tests.path.voice.notes import until
from tests.questions import NOW
from userbot.sandbox.state import Message
from userbot.storage.store import Store

CHATS = [listed("saved", "all", "me")]


def told(stage: Stage) -> list[Message]:
    return [one for one in stage.olga.messages(stage.olga) if one.text.startswith("⚠️")]


async def left(stage: Stage, arguments: str) -> None:
    """What a kill leaves behind while a call of a question is under way."""
    program = await stage.program(CHATS)
    stage.olga.says(stage.olga, "note: milk")
    await program.tells("answered")
    await program.stop()
    with Store.open(stage.folder / "history.db") as store:
        row = store.database.row("SELECT max(id) FROM questions")
        assert row is not None
        store.tools.begin(store.questions.find(row[0]), "notes__add", arguments, NOW)


async def test_a_call_cut_off_by_a_kill_is_told_in_saved_messages_exactly_once(
    stage: Stage,
) -> None:
    await left(stage, '{"text": "milk\\nand bread"}')
    program = await stage.program(CHATS)
    notice = await program.tells("notice", reason="tool_in_doubt")
    assert "milk" not in notice.detail, "what is said is not in the log"
    await program.crash()  # whether it has left by now or not
    for _ in range(2):
        program = await stage.program(CHATS)
        await until(lambda: bool(told(stage)))
        await program.stop()
        assert not program.events("notice", reason="tool_in_doubt")
        assert not program.events("heard"), "what it says itself is no question"
    (message,) = told(stage)
    assert message.text.endswith("\n\nnotes__add\ntext: milk\n    and bread")
    assert "it is unknown whether this was done" in message.text
    assert "--confirm notes__add" in message.text
    assert message.reply_to is None


@pytest.mark.parametrize("fault", [{"error": "CHAT_WRITE_FORBIDDEN"}, {"drop": "after"}])
async def test_what_saved_messages_did_not_take_is_told_at_the_next_start(
    stage: Stage, fault: Any
) -> None:
    await left(stage, "{}")
    refused = stage.telegram.faults.add("messages.sendMessage", **fault)
    program = await stage.program(CHATS)
    await until(lambda: refused.happened > 0)
    await program.crash()
    program = await stage.program(CHATS)
    await until(lambda: bool(told(stage)))
    await program.stop()
    assert len(told(stage)) == 1
