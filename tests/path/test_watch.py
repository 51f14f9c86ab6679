"""The program watches itself: what dies is told, what hangs is cut, and the rest goes on."""

from __future__ import annotations

import asyncio

from tests.harness import Stage, Timings
from tests.quick_clock import QuickClock
from userbot.sandbox.endpoint import Reply


async def first_hangs(request: dict[str, list[dict[str, str]]]) -> Reply:
    """Of the questions the one with "first" in it gets no answer for long."""
    if "first" in request["messages"][-1]["content"]:
        await asyncio.sleep(600)
    return Reply("here you are")


async def test_an_answer_that_hangs_is_cut_and_the_next_question_goes_on(stage: Stage) -> None:
    stage.timings = Timings(hung_seconds=4.0)

    stage.endpoint.responder = first_hangs
    program = await stage.program()
    stage.max.says(stage.group, "/gpt first")
    await program.tells("answering")
    second = stage.max.says(stage.group, "/gpt second")
    elsewhere = stage.lena.says(stage.club, "/gpt me too")
    assert await stage.max.expects(stage.club, reply_to=elsewhere)
    failed = await program.tells("failed", reason="hung")
    assert "retry" in failed.hint
    assert await stage.max.expects(stage.group, reply_to=second)
    await program.stop()
    states = {row.text: (row.state, row.reason) for row in stage.history()}
    assert states["first"] == ("failed", "hung")


async def test_what_telegram_lets_wait_does_not_hang(stage: Stage) -> None:
    stage.timings = Timings(hung_seconds=4.0)
    stage.telegram.faults.add("messages.sendMessage", "FLOOD_WAIT_150", chat=stage.group)
    pacing = {"max_previews": 0}
    program = await stage.program(clock=QuickClock(25), pacing=pacing)
    question = stage.max.says(stage.group, "/gpt hello")
    assert await stage.max.expects(stage.group, reply_to=question)
    await program.tells("answered")
    assert not program.events("failed")
