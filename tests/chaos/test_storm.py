"""Drops, duplicates, disorder, floods and an endpoint that fails, together: the same zeros."""

from __future__ import annotations

import os

import pytest

from tests.chaos.crowd import BEHAVIOURS, SEED
from tests.chaos.storm import HEAD, Storm
from tests.harness import Stage
from userbot.sandbox.telegram import RandomIdBehaviour

QUESTIONS = int(os.environ.get("CHAOS_QUESTIONS", "300"))


async def test_a_few_questions_come_through_a_storm(stage: Stage) -> None:
    await weather(stage, questions=20, behaviour="duplicate")


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_many_questions_come_through_a_storm(
    stage: Stage, behaviour: RandomIdBehaviour
) -> None:
    await weather(stage, questions=QUESTIONS, behaviour=behaviour)


async def weather(stage: Stage, *, questions: int, behaviour: RandomIdBehaviour) -> None:
    print(f"\nCHAOS_SEED={SEED}")
    storm = Storm(stage, SEED, behaviour)
    tally = await storm.run(questions)
    print(HEAD)
    print(tally.row())
    if tally.left.faults:
        (stage.folder / "story.txt").write_text("\n".join(storm.story))
    assert not tally.left.faults, "\n".join([f"story in {stage.folder}", *tally.left.faults])
