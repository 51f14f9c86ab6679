"""Many chats at once: nobody waits for another, and the defaults flood nobody."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.harness import DEFAULT_PACING, Stage
from tests.quick_clock import QuickClock
from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Reply

CHATS = 32
PIECES = (
    "Here is a whole first sentence. ",
    *[f"And then came word number {n}. " for n in range(9)],
)
WHOLE = "".join(PIECES).strip()


@asynccontextmanager
async def watched() -> AsyncIterator[list[float]]:
    """Gives how long the event loop worked each time before another task had its turn.

    In the thread's own time: what other processes take of this computer is not ours.
    """
    stretches: list[float] = []
    gc.collect()
    gc.freeze()  # what the tests before left behind is not to be searched meanwhile

    async def watch() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            stretches.append(time.thread_time() - before)

    watching = asyncio.create_task(watch())
    try:
        yield stretches
    finally:
        watching.cancel()
        gc.unfreeze()


def people(stage: Stage) -> list[Account]:
    return [stage.telegram.add_account(f"Person{n}") for n in range(CHATS)]


@pytest.mark.long
async def test_each_of_32_chats_gets_its_first_text_while_every_model_is_silent_again(
    stage: Stage,
) -> None:
    stage.endpoint.responder = lambda _: Reply(WHOLE, chunks=PIECES)
    stage.endpoint.faults.add("stall", after=1, times=CHATS)
    everybody = people(stage)
    stage.timings = replace(stage.timings, drain_seconds=0.1)  # none of these answers ever ends
    program = await stage.program()  # the governor opened; previews as by default
    questions = [person.says(stage.olga, "/gpt hello") for person in everybody]
    for person, question in zip(everybody, questions, strict=True):
        first = await person.expects(stage.olga, reply_to=question)
        assert first.text.startswith(PIECES[0].strip())
    assert not program.events("answered")


async def test_with_the_defaults_everything_arrives_and_nothing_floods(stage: Stage) -> None:
    clock = QuickClock(20)
    stage.endpoint.responder = lambda _: Reply(WHOLE, chunks=PIECES, delay=0.02)
    everybody = people(stage)
    program = await stage.program(pacing=DEFAULT_PACING, clock=clock)
    async with watched() as loop, asyncio.timeout(60):
        for person in everybody:
            person.says(stage.olga, "/gpt hello")
        for n in range(6):
            (stage.max, stage.lena, stage.vera)[n % 3].says(stage.group, f"/gpt hello {n}")
        while len(program.events("answered")) < CHATS + 6:
            await asyncio.sleep(0.05)
    assert max(loop) < sum(loop) / 4, "nobody keeps the loop for long"
    assert not program.events("failed")
    assert all(person.messages(stage.olga)[-1].text == WHOLE for person in everybody)
    assert [m.text for m in stage.max.messages(stage.group) if m.sender is stage.olga] == [
        WHOLE
    ] * 6
    calls = [
        call
        for call in stage.telegram.calls
        if call.method.endswith(("sendMessage", "editMessage"))
    ]
    everywhere = [call.at * clock.times for call in calls]
    here = [call.at * clock.times for call in calls if call.request.peer.to_dict().get("chat_id")]
    assert most_within(everywhere, 60) <= 20 + 60 * 1.0 + 3
    assert most_within(here, 60) <= 20 + 1


def most_within(times: list[float], seconds: float) -> int:
    """How many of these moments lie within so many seconds at most."""
    return max(sum(first <= at < first + seconds for at in times) for first in times)
