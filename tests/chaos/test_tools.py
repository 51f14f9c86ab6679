"""Kills around calls of tools: what may change something is done once or listed, never twice."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from tests.chaos.crowd import SEED
from tests.harness import Killed, Stage
from tests.path.test_tools import Model, call
from tests.tool_servers import Served
from userbot.sandbox.state import Message

KILLS = 200
POSITIONS = 60
"""So many calls to store and Telegram a question makes until its answer stands, about."""
GIVEN = 60.0
HELD = 0.6
"""Seconds that the call takes which is killed in its middle."""


async def killed(stage: Stage, notes: Served, number: int, position: int | None) -> str:
    """Kill the program there, or in the middle of the call; gives what is wrong in the end."""
    text = f"milk {number}"
    held = HELD if position is None else 0
    looks = (call("now"), call("slow", seconds=0.05), call("add", text=text, seconds=held))
    stage.endpoint.responder = Model(looks)
    sections: Any = {"tools": [notes.block()], "catch_up": {"max_age_minutes": 600}}
    fault = "" if position is None else f"kill {position}"
    running = await stage.process(fault=fault, **sections)
    # Without what was said before: an answer to a tool's result would have it ask.
    question = stage.olga.says(stage.olga, f"/gpt -n note: {text}")
    await ended(running, notes, question, stage, text if position is None else "")
    await running.kill()
    program = await stage.program(**sections)
    message = question.id_for(stage.olga)
    try:
        async with asyncio.timeout(GIVEN):
            while not is_over(stage, message):
                await asyncio.sleep(0.05)
    except TimeoutError:
        return f"it never ended: {program.told}"
    finally:
        await program.stop()
    listed = program.events("notice", reason="tool_in_doubt")
    done = [one for one in notes.called("add") if one["text"] == text]
    row = next(row for row in stage.history() if row.message == message)
    saved = [one.text for one in stage.olga.messages(stage.olga)]
    told = [one for one in saved if one.startswith("⚠️") and one.endswith(f"text: {text}")]
    if len(told) != len(listed):
        return f"told {len(told)} times in Saved Messages, listed {listed}"
    if len(done) > 1 or not (done or listed) or row.state != "answered":
        return f"{row}: done {len(done)} times, listed {listed}"
    if position is None and not listed:
        return "nobody was told that the call is in doubt"
    return ""


async def ended(running: Killed, notes: Served, question: Message, stage: Stage, text: str) -> None:
    """Wait until it is killed, or has answered; with a text until the call of it has begun."""
    ends = asyncio.create_task(running.ends())
    message = question.id_for(stage.olga)
    while not ends.done() and not running.events("answered", message=message):
        assert not running.events("failed", message=message), running.told
        if text and any(one["text"] == text for one in notes.called("add")):
            break
        await asyncio.sleep(0.02)
    ends.cancel()
    await asyncio.wait({ends})


def is_over(stage: Stage, message: int) -> bool:
    states = [row.state for row in stage.history() if row.message == message]
    return bool(states) and states[0] in ("answered", "skipped", "failed")


async def kills(stage: Stage, notes: Served, count: int, seed: int) -> None:
    draw, wrong = random.Random(seed), []
    await (await stage.program()).stop()  # what was before the first start is nobody's question
    for number in range(count):
        position = draw.randrange(POSITIONS) if number % 4 else None
        found = await killed(stage, notes, number, position)
        if found:
            wrong.append(f"seed {seed}, killed at {position}: {found}")
    assert not wrong, "\n".join(wrong)


async def test_killed_around_a_call_it_is_made_once_or_listed(stage: Stage, notes: Served) -> None:
    await kills(stage, notes, 2, SEED)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEED, SEED + 4))
async def test_two_hundred_kills_around_calls(stage: Stage, notes: Served, seed: int) -> None:
    print(f"\nCHAOS_SEED={seed}")
    await kills(stage, notes, KILLS // 4, seed)
