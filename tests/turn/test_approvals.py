"""A call that needs the owner's yes: its question waits for it, and goes on where it was."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Stage, ToolCall
from tests.path.test_approvals import QUIETLY, requested
from tests.path.voice.notes import until
from userbot.sandbox.endpoint import Reply
from userbot.tools.search import SearchInChat
from userbot.turn.turn import Turn, YesNeeded
from userbot.types import RichText, Wanted

CALL = ToolCall("a1", "search_chat", '{"words": ["Saturday"]}')


@pytest.mark.parametrize(("word", "result"), [("yes", "It is done."), ("no", "The owner said no.")])
async def test_a_call_that_needs_a_yes_waits_for_it_and_its_answer_goes_on_where_it_was(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, word: str, result: str
) -> None:
    async def call(tools: Any, turn: Turn, name: str, arguments: Any) -> str:
        wanted = Wanted("call", f"{name}{dict(arguments)}", (RichText(f"{name}: Saturday"),))
        said = tools._chats._store.approvals.said(turn.question, wanted)
        if said is None:
            raise YesNeeded(wanted)
        return "It is done." if said.word == "yes" else "The owner said no."

    def model(request: dict[str, Any]) -> Reply:
        found = any(one["role"] == "tool" for one in request["messages"])
        return Reply("Well.") if found else Reply("", calls=(CALL,))

    monkeypatch.setattr(SearchInChat, "call", call)
    stage.endpoint.responder = model
    program = await stage.program(reading={"search": "me"}, **QUIETLY)
    question = stage.olga.says(stage.group, "/gpt is it on?")
    asked = await program.tells("asked")
    assert asked.kind == "call"
    request = await requested(stage)
    assert request.text.endswith("Reply yes or no to this message.\n\nsearch_chat: Saturday")
    later = stage.olga.says(stage.group, "/gpt hello")
    await until(lambda: len(program.events("asked")) == 2)
    stage.olga.says(stage.olga, word, reply_to=request)
    await program.tells("answered")
    assert len(stage.answers(question)) == 1
    assert stage.answers(later) == []
    (told,) = [one["content"] for one in stage.asked()[-1] if one["role"] == "tool"]
    assert result in told
    assert len(stage.asked()) == 3, "what was paid is not asked for again"
