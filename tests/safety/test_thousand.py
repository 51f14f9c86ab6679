"""1,000 questions from 50 people within a minute, against limits as they are assumed."""

from __future__ import annotations

import asyncio
import resource
import sys
from collections import Counter

import pytest

from tests.stage import Stage
from userbot.events import Answered, Event, Failed, Limited, Skipped, Waiting
from userbot.settings import LimitsConfig, PacingConfig, TriggerConfig

PEOPLE, QUESTIONS, SECONDS = 50, 1000, 60


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
        trigger=TriggerConfig(from_="anyone"), limits=LimitsConfig(), pacing=PacingConfig()
    )
    before = _memory()
    for number in range(QUESTIONS):
        asks = people[number % PEOPLE]
        asks.says(rooms[number % PEOPLE % groups], f"/gpt question {number}: what is a turn?")
        await asyncio.sleep(SECONDS / QUESTIONS)
    ends = (Answered, Limited, Skipped, Failed)
    async with asyncio.timeout(120):
        while sum(isinstance(event, ends) for event in program.told) < QUESTIONS:
            await asyncio.sleep(0.1)
    assert stage.telegram.flood.floods == []
    found: list[Event] = [event for event in program.told if isinstance(event, ends)]
    ended = Counter((event.chat, event.message) for event in found)
    assert len(ended) == QUESTIONS
    assert set(ended.values()) == {1}, "each question ends once"
    told = Counter(getattr(event, "reason", "") or "answered" for event in found)
    print(f"\n{dict(told)}; {len(program.events(Waiting))} waits were shown")
    assert not program.events(Failed)
    assert 0 < len(program.events(Answered)) <= LimitsConfig().answers_per_hour
    assert all(event.reason for event in program.events(Limited))
    assert _memory() - before < 60_000_000


def _memory() -> int:
    """The most memory that this process ever had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)
