"""Many notes at once."""

from __future__ import annotations

import asyncio
import time
import tracemalloc

import pytest

from tests.path.voice.notes import (
    EN,
)
from tests.stage import Stage, listed
from userbot.sandbox import ogg
from userbot.sandbox.chats import Group


@pytest.fixture
def groups(stage: Stage) -> list[Group]:
    add = stage.telegram.add_group
    people = [stage.olga, stage.max]
    return [add(f"Group {n}", creator=stage.olga, members=people) for n in range(10)]


async def ask_fifty_times(stage: Stage, groups: list[Group], notes: list[bytes]) -> None:
    """Five notes in each of ten chats at once; in each they are answered in order."""
    asked = [
        (group, stage.max.sends_voice(group, note))
        for group, note in zip(groups * 5, notes, strict=True)
    ]
    for group, question in asked:
        answer = await stage.max.expects(group, from_=stage.olga, timeout=30)
        assert answer.reply_to is question


async def test_fifty_notes_at_once_are_answered_in_order_while_nothing_else_waits(
    stage: Stage, groups: list[Group]
) -> None:
    notes = [ogg.tone(20, serial=number) for number in range(1, 51)]
    await stage.program([listed(group.id) for group in groups])
    stage.max.sends_voice(groups[0], EN)
    await stage.max.expects(groups[0], from_=stage.olga)  # all is loaded now
    async with Heartbeat() as heartbeat:
        await ask_fifty_times(stage, groups, notes)
    assert len(stage.endpoint.transcriptions) == 51
    assert heartbeat.longest < 0.05


async def test_fifty_large_notes_at_once_take_the_memory_of_a_few(
    stage: Stage, groups: list[Group]
) -> None:
    # As large as ten minutes; each with other bytes, so that none is kept twice.
    notes = [ogg.tone(20) + number.to_bytes(2, "big") * 700_000 for number in range(50)]
    await stage.program([listed(group.id) for group in groups])
    tracemalloc.start()
    try:
        await ask_fifty_times(stage, groups, notes)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The sandbox, its endpoint and the program share this process: each holds a few of them.
    print(f"peak {peak / 1e6:.0f} MB of {sum(map(len, notes)) / 1e6:.0f} MB")
    assert peak < 100_000_000


class Heartbeat:
    """Measures for how long the event loop did nothing else, in seconds of its own work."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def __aenter__(self) -> Heartbeat:
        self._task = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _beat(self) -> None:
        while True:
            # Of the thread, since on a busy machine others take their turns in between.
            before = time.thread_time()
            await asyncio.sleep(0)
            self.longest = max(self.longest, time.thread_time() - before)
            await asyncio.sleep(0.001)
