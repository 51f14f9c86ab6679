"""1,000 questions from 50 people within a minute, against limits as they are assumed."""

from __future__ import annotations

import asyncio
import resource
import sys
from collections import Counter

import pytest

from tests.harness import Event, Stage

PEOPLE, QUESTIONS, SECONDS = 50, 1000, 60
ANSWERS_PER_HOUR = 60


@pytest.mark.slow
@pytest.mark.parametrize("groups", [5], ids=["in five groups"])
async def test_no_flood_is_provoked_and_every_question_has_its_end(
    stage: Stage, groups: int
) -> None:
    people = [stage.telegram.add_account(f"Person {number}") for number in range(PEOPLE)]
    members = [stage.olga, *people]
    rooms = [
        stage.telegram.add_supergroup(f"Room {number}", creator=stage.olga, members=members)
        for number in range(groups)
    ]
    stage.telegram.flood.group_minute = 20
    stage.telegram.flood.account_second = 30
    program = await stage.program(
        trigger={"from": "anyone", "burst_seconds": 1.5},
        limits={"requests_per_minute": 6, "answers_per_hour": ANSWERS_PER_HOUR},
        pacing={"writes_per_second": 1, "burst": 20},
    )
    before = _memory()
    for number in range(QUESTIONS):
        asks = people[number % PEOPLE]
        asks.says(rooms[number % PEOPLE % groups], f"/gpt question {number}: what is a turn?")
        await asyncio.sleep(SECONDS / QUESTIONS)
    ends = ("answered", "limited", "skipped", "failed")
    async with asyncio.timeout(120):
        while sum(event.event in ends for event in program.told) < QUESTIONS:
            await asyncio.sleep(0.1)
    assert stage.telegram.flood.floods == []
    found: list[Event] = [event for event in program.told if event.event in ends]
    ended = Counter((event.chat, event.message) for event in found)
    assert len(ended) == QUESTIONS
    assert set(ended.values()) == {1}, "each question ends once"
    told = Counter(event.reason or "answered" for event in found)
    print(f"\n{dict(told)}; {len(program.events('waiting'))} waits were shown")
    assert not program.events("failed")
    assert 0 < len(program.events("answered")) <= ANSWERS_PER_HOUR
    assert all(event.reason for event in program.events("limited"))
    assert _memory() - before < 60_000_000


def _memory() -> int:
    """The most memory that this process ever had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)
