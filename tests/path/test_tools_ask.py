"""Calls that wait for the owner's yes, asked for in plain words; others are answered meanwhile."""

from __future__ import annotations

from typing import Any

from tests.harness import Program, Stage, listed
from tests.path.test_tools import Ask, Model, call, results
from tests.path.voice.notes import until
from tests.tool_servers import Served
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Message

QUIETLY: Any = {"approvals": {"ring": False}}


def requests(stage: Stage) -> list[Message]:
    return [one for one in stage.olga.messages(stage.olga) if one.text.startswith("❓")]


async def asked(stage: Stage, number: int = 1) -> Message:
    """The newest of so many requests."""
    await until(lambda: len(requests(stage)) >= number)
    return requests(stage)[number - 1]


async def begun(stage: Stage, notes: Served, **block: Any) -> Program:
    chats = [listed(stage.group.id, "prefix", [stage.max.id, stage.lena.id])]
    return await stage.program(chats, tools=[notes.block(who="anyone", **block)], **QUIETLY)


async def test_a_call_waits_for_the_owner_in_plain_words_and_is_made_when_he_says_yes(
    stage: Stage, notes: Served
) -> None:
    stage.endpoint.responder = Model(call("now"), call("add", text="milk, and bread"))
    program = await begun(stage, notes)
    question = stage.max.says(stage.group, "/gpt note: milk, and bread")
    request = await asked(stage)
    assert request.text == (
        "❓ Weekend · Max: “note: milk, and bread”\nReply yes or no to this message.\n\n"
        "add a note (notes__add)\ntext: milk, and bread"
    )
    (told,) = program.events("asked")
    assert told.kind == "call"
    assert notes.called("add") == []
    assert stage.answers(question) == []
    stage.olga.says(stage.olga, "yes", reply_to=request)
    await program.tells("answered")
    (answer,) = stage.answers(question)
    assert "Added: milk, and bread" in answer.text
    assert notes.called("add") == [{"text": "milk, and bread"}]
    assert len(notes.called("now")) == 1, "it goes on where it was"
    assert len(stage.endpoint.requests) == 3


async def test_what_the_owner_does_not_want_is_told_to_the_model(
    stage: Stage, notes: Served
) -> None:
    for word, told in (("no", "has said no"), ("tomorrow, please", "he says: tomorrow, please")):
        stage.endpoint.requests.clear()
        stage.endpoint.responder = Model(call("add", text=f"{word}?"))
        number = len(requests(stage))
        program = await begun(stage, notes)
        question = stage.max.says(stage.group, "/gpt note it")
        stage.olga.says(stage.olga, word, reply_to=await asked(stage, number + 1))
        await program.tells("answered", message=question.id_for(stage.olga))
        assert told in results(stage.endpoint.requests[-1])[0]
        await program.stop()
    assert notes.called("add") == []


async def test_while_one_waits_the_others_are_answered(stage: Stage, notes: Served) -> None:
    def respond(request: Ask) -> Reply:
        words = request["messages"][-1]["content"]
        if results(request):
            return Reply(results(request)[-1])
        return Reply("", calls=(call("add", text="milk"),)) if "milk" in words else Reply("Yes.")

    stage.endpoint.responder = respond
    program = await begun(stage, notes)
    waits = stage.max.says(stage.group, "/gpt note: milk")
    request = await asked(stage)
    for number in range(20):
        question = stage.lena.says(stage.group, f"/gpt and number {number}?")
        await program.tells("answered", message=question.id_for(stage.olga))
    assert notes.called("add") == []
    stage.olga.says(stage.olga, "yes", reply_to=request)
    await program.tells("answered", message=waits.id_for(stage.olga))
    assert notes.called("add") == [{"text": "milk"}]


async def test_a_yes_is_for_this_call_alone(stage: Stage, notes: Served) -> None:
    stage.endpoint.responder = Model(call("add", text="milk"), call("add", text="bread"))
    program = await begun(stage, notes)
    stage.max.says(stage.group, "/gpt note: milk")
    stage.olga.says(stage.olga, "yes", reply_to=await asked(stage))
    second = await asked(stage, 2)
    assert "text: bread" in second.text
    assert notes.called("add") == [{"text": "milk"}]
    stage.olga.says(stage.olga, "no", reply_to=second)
    await program.tells("answered")
    assert notes.called("add") == [{"text": "milk"}]


async def test_a_yes_counts_after_a_restart(stage: Stage, notes: Served) -> None:
    stage.endpoint.responder = Model(call("add", text="milk"))
    program = await begun(stage, notes)
    question = stage.max.says(stage.group, "/gpt note: milk")
    request = await asked(stage)
    await program.stop()
    program = await begun(stage, notes)
    stage.olga.says(stage.olga, "yes", reply_to=request)
    await program.tells("answered")
    assert notes.called("add") == [{"text": "milk"}]
    (answer,) = stage.answers(question)
    assert "Added: milk" in answer.text
    assert len(requests(stage)) == 1


async def test_reading_the_open_world_with_others_words_is_asked_once_a_question(
    stage: Stage, notes: Served
) -> None:
    pages = [call("fetch", url=f"https://example.org/{number}") for number in range(3)]
    stage.endpoint.responder = Model(*pages)
    program = await begun(stage, notes)
    stage.max.says(stage.group, "/gpt read these")
    request = await asked(stage)
    assert request.text.endswith("fetch a page (notes__fetch)\nurl: https://example.org/0")
    assert "A yes is for every call of this tool" in request.text
    assert notes.called("fetch") == []
    stage.olga.says(stage.olga, "yes", reply_to=request)
    await program.tells("answered")
    assert len(notes.called("fetch")) == 3
    assert len(requests(stage)) == 1


async def test_nothing_is_shown_where_answers_wait_for_a_yes(stage: Stage, notes: Served) -> None:
    stage.endpoint.responder = Model(call("slow", seconds=1.3))
    chats = [listed(stage.group.id, answer="ask", draft_after=0)]
    await stage.program(chats, tools=[notes.block(who="anyone")], **QUIETLY)
    question = stage.max.says(stage.group, "look for it")
    await asked(stage)
    assert stage.answers(question) == []
    assert stage.writes("setTyping") == []


async def test_of_several_calls_at_once_each_is_asked_for(stage: Stage, notes: Served) -> None:
    adds = (call("add", text="milk"), call("now"), call("add", text="bread"))
    stage.endpoint.responder = Model(adds)
    program = await begun(stage, notes)
    stage.max.says(stage.group, "/gpt note: milk, bread")
    stage.olga.says(stage.olga, "yes", reply_to=await asked(stage))
    stage.olga.says(stage.olga, "yes", reply_to=await asked(stage, 2))
    await program.tells("answered")
    assert notes.called("add") == [{"text": "milk"}, {"text": "bread"}]
    assert len(stage.endpoint.requests) == 2


async def test_the_owner_is_shown_the_whole_call_however_long(stage: Stage, notes: Served) -> None:
    text = "milk\n" * 1100 + "to: everybody"
    stage.endpoint.responder = Model(call("add", text=text))
    program = await begun(stage, notes)
    stage.max.says(stage.group, "/gpt note it all")
    await until(lambda: "everybody" in "".join(o.text for o in stage.olga.messages(stage.olga)))
    shown = [one.text for one in stage.olga.messages(stage.olga)]
    assert shown[0].startswith("❓ Weekend · Max")
    assert "".join(shown).count("milk") == 1100
    assert shown[-1].endswith("\n    to: everybody")
    stage.olga.says(stage.olga, "yes", reply_to=await asked(stage))
    await program.tells("answered")
    assert notes.called("add") == [{"text": text}]


async def test_a_call_that_is_too_long_to_be_read_is_not_made(stage: Stage, notes: Served) -> None:
    stage.endpoint.responder = Model(call("add", text="milk " * 9000))
    program = await begun(stage, notes)
    stage.max.says(stage.group, "/gpt note it all")
    await program.tells("answered")
    assert requests(stage) == []
    assert notes.called("add") == []
    assert "too long for the owner" in results(stage.endpoint.requests[-1])[0]
