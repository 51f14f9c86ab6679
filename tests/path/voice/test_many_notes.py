"""Many notes at once."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from itertools import cycle
from typing import Any

import pytest

from tests.harness import Stage, listed
from tests.pace import noticed
from tests.path.voice.blocks import long, watched_loop
from tests.path.voice.notes import EN, WORDS_EN
from userbot.sandbox import ogg
from userbot.sandbox.state import Group


@pytest.fixture
def groups(stage: Stage) -> list[Group]:
    add = stage.telegram.add_group
    people = [stage.olga, stage.max]
    return [add(f"Group {n}", creator=stage.olga, members=people) for n in range(10)]


async def ask_at_once(stage: Stage, groups: list[Group], notes: list[bytes]) -> None:
    """Notes in ten chats at once; in each they are answered in order."""
    asked = [
        (group, stage.max.sends_voice(group, note))
        for group, note in zip(cycle(groups), notes, strict=False)
    ]
    for group, question in asked:
        answer = await stage.max.expects(group, from_=stage.olga)
        assert answer.reply_to is question


@pytest.mark.long
async def test_fifty_notes_at_once_are_answered_in_order_while_nothing_else_waits(
    stage: Stage, groups: list[Group]
) -> None:
    notes = [ogg.tone(20, serial=number) for number in range(1, 51)]
    await stage.program([listed(group.id) for group in groups])
    stage.max.sends_voice(groups[0], EN)
    await stage.max.expects(groups[0], from_=stage.olga)  # all is loaded now
    with watched_loop() as blocks:
        await ask_at_once(stage, groups, notes)
    assert len(stage.endpoint.transcriptions) == 51
    assert not long(blocks)


@pytest.mark.long
async def test_many_large_notes_at_once_take_the_memory_of_a_few(
    stage: Stage, groups: list[Group]
) -> None:
    # As large as eight minutes; each with other bytes, so that none is kept twice.
    notes = [ogg.tone(20) + number.to_bytes(2, "big") * 600_000 for number in range(20)]
    await stage.program([listed(group.id) for group in groups])
    tracemalloc.start()
    try:
        await ask_at_once(stage, groups, notes)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The sandbox, its endpoint and the program share this process: each holds a few of them.
    print(f"peak {peak / 1e6:.0f} MB of {sum(map(len, notes)) / 1e6:.0f} MB")
    assert peak < 60_000_000


async def test_a_block_of_the_program_is_noticed_and_of_others_is_not() -> None:
    busy = """
async def busy(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
"""
    found, least = {}, noticed()
    for where in ("userbot/turn/slow.py", "/userbot/sandbox/slow.py"):
        scope: dict[str, Any] = {"time": time}
        exec(compile(busy, where, "exec"), scope)
        with watched_loop() as blocks:
            await asyncio.create_task(scope["busy"](2 * least))
        found[where] = long(blocks, least)
    assert list(map(len, found.values())) == [1, 0]


@pytest.mark.long
async def test_a_note_as_large_as_an_endpoint_takes_keeps_nobody_waiting(stage: Stage) -> None:
    # What walks along its pages finds one after the other, and no sound.
    last = EN[EN.rindex(b"OggS") :]
    page = last[:5] + bytes(1) + last[6:18] + bytes(9)
    note = EN + page * (24_000_000 // len(page))
    stage.endpoint.understands(note, WORDS_EN)
    await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN)
    await stage.max.expects(stage.group, from_=stage.olga)  # all is loaded now
    with watched_loop() as blocks:
        stage.max.sends_voice(stage.group, note, duration=4)
        answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert WORDS_EN in answer.text
    before, at, segments = time.thread_time(), -1, 0
    while (at := note.find(b"OggS", at + 1)) >= 0:  # the least that it takes to walk along them
        segments += note[at + 26]
    alone = time.thread_time() - before
    assert max(block.seconds for block in blocks) < alone, "it is looked at in a thread"
