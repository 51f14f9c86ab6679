"""Many chats at once: nobody waits for another, and the defaults flood nobody."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import quantiles

from tests.quick_clock import QuickClock
from tests.stage import Stage
from userbot.events import Answered, Failed, Waiting
from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Reply
from userbot.settings import PacingConfig

CHATS = 32
ROUNDS = 3
PIECES = (
    "Here is a whole first sentence. ",
    *[f"And then came word number {n}. " for n in range(9)],
)
WHOLE = "".join(PIECES).strip()
PIECE_SECONDS = 0.2


class Lateness:
    """The longest stretch that the event loop worked before another task had its turn.

    In the thread's own time: what other processes take of this computer is not ours.
    """

    worst = 0.0


@asynccontextmanager
async def watched() -> AsyncIterator[Lateness]:
    """While the block runs, the loop is watched."""
    seen = Lateness()
    gc.collect()
    gc.freeze()  # what the tests before left behind is not to be searched meanwhile

    async def watch() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            seen.worst = max(seen.worst, time.thread_time() - before)

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        watching.cancel()
        gc.unfreeze()


def people(stage: Stage) -> list[Account]:
    return [stage.telegram.add_account(f"Person{n}") for n in range(CHATS)]


async def test_32_chats_at_once_get_their_first_texts_when_the_model_allows_it(
    stage: Stage,
) -> None:
    """All in one process and loop with the Telegram and the model, so it is harder than real."""
    began: dict[str, float] = {}

    def answer(request: dict[str, list[dict[str, str]]]) -> Reply:
        began[request["messages"][-1]["content"]] = time.monotonic()
        return Reply(WHOLE, chunks=PIECES, delay=PIECE_SECONDS)

    stage.endpoint.responder = answer
    everybody = people(stage)
    program = await stage.program()  # the governor opened; previews as by default

    async def ask(person: Account) -> float:
        question = person.says(stage.olga, f"/gpt {person.first_name}")
        await person.expects(stage.olga, reply_to=question, timeout=15)
        return time.monotonic() - began[person.first_name] - PIECE_SECONDS

    # What else the machine does only ever adds to a time: the best of three rounds is ours.
    for number in range(1, ROUNDS + 1):
        async with watched() as loop:
            late = quantiles(await asyncio.gather(*map(ask, everybody)), n=20)[-1]
            async with asyncio.timeout(20):
                while len(program.events(Answered)) < number * CHATS:
                    await asyncio.sleep(0.05)
        print(f"first texts p95 {late * 1000:.0f} ms; loop blocked {loop.worst * 1000:.0f} ms")
        if late < 0.15:
            break
    assert late < 0.15
    assert loop.worst < 0.05
    assert all(person.messages(stage.olga)[-1].text == WHOLE for person in everybody)


async def test_with_the_defaults_everything_arrives_and_nothing_floods(stage: Stage) -> None:
    clock = QuickClock(20)
    stage.endpoint.responder = lambda _: Reply(WHOLE, chunks=PIECES, delay=0.02)
    everybody = people(stage)
    program = await stage.program(pacing=PacingConfig(), clock=clock)
    for person in everybody:
        person.says(stage.olga, "/gpt hello")
    for n in range(6):
        (stage.max, stage.lena, stage.vera)[n % 3].says(stage.group, f"/gpt hello {n}")
    async with asyncio.timeout(30):
        while len(program.events(Answered)) < CHATS + 6:
            await asyncio.sleep(0.05)
    assert not program.events(Failed)
    assert all(person.messages(stage.olga)[-1].text == WHOLE for person in everybody)
    assert [m.text for m in stage.max.messages(stage.group) if m.sender is stage.olga] == [
        WHOLE
    ] * 6
    assert program.events(Waiting)
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
