"""Typing: from the question until the first text, and never in the way."""

from __future__ import annotations

import asyncio

import pytest

from tests.harness import Stage
from tests.path.test_live_reply import FAST
from tests.quick_clock import QuickClock
from userbot.sandbox import tl
from userbot.sandbox.endpoint import Reply


async def test_others_see_typing_until_the_answer(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: Reply(
        "Here you are. ", chunks=("Here ", "you."), delay=0.2
    )
    program = await stage.program()
    stage.max.says(stage.club, "/gpt tell me")
    await program.tells("answered")
    (signal,) = stage.writes("setTyping")
    assert isinstance(signal.action, tl.types.SendMessageTypingAction)
    methods = [call.method for call in stage.telegram.calls]
    assert methods.index("messages.setTyping") < methods.index("messages.sendMessage")


async def test_once_a_text_stands_there_is_no_signal_however_long_the_rest_takes(
    stage: Stage,
) -> None:
    said = ("This stands by now, and can be read. ", "The rest took half a minute.")
    stage.endpoint.responder = lambda _: Reply("".join(said), chunks=said, delay=0.5)
    program = await stage.program(pacing=FAST, clock=QuickClock(60))
    stage.max.says(stage.club, "/gpt tell me")
    await program.tells("answered")
    methods = [call.method for call in stage.telegram.calls]
    assert "messages.editMessage" in methods, "the first text stood before the rest came"
    assert "messages.setTyping" in methods
    assert "messages.setTyping" not in methods[methods.index("messages.sendMessage") :]


async def test_when_the_model_fails_typing_ends(stage: Stage) -> None:
    stage.endpoint.faults.add("content_filter", after=0)

    async def slow(_: object) -> Reply:
        await asyncio.sleep(0.2)
        return Reply("never")

    stage.endpoint.responder = slow
    program = await stage.program()
    stage.max.says(stage.group, "/gpt tell me")
    await program.tells("failed")
    actions = [type(signal.action).__name__ for signal in stage.writes("setTyping")]
    assert actions == ["SendMessageTypingAction", "SendMessageCancelAction"]


@pytest.mark.parametrize("error", ["FLOOD_WAIT_60", "CHAT_WRITE_FORBIDDEN", "INTERNAL"])
async def test_a_signal_that_is_refused_never_fails_an_answer(stage: Stage, error: str) -> None:
    async def slow(_: object) -> Reply:
        await asyncio.sleep(0.2)
        return Reply("Here you are.")

    stage.endpoint.responder = slow
    stage.telegram.faults.add("messages.setTyping", error, times=None)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt tell me")
    await stage.max.expects(stage.group, reply_to=question)
    assert all(failed.message is None for failed in program.events("failed"))
