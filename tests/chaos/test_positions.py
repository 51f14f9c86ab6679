"""A fault at every position of a question: answered exactly once in the end, or listed."""

from __future__ import annotations

import pytest

from tests.chaos.crowd import BEHAVIOURS, SEED
from tests.chaos.positions import SCENARIOS, Walk, sample
from tests.harness import Stage
from userbot.sandbox.telegram import RandomIdBehaviour

TROUBLES = ["busy", "full", "line lost before", "line lost after"]
LINE = TROUBLES[2:]
STAYING = [name for name, scenario in SCENARIOS.items() if not scenario.moves]
DISTURBED = [
    (scenario, trouble)
    for scenario in STAYING
    for trouble in TROUBLES
    if scenario != "text" or trouble not in LINE  # with each answer to a used random_id, below
]
WORKERS = 4
"""Every position of a text question is gone through by so many tests."""
SOME = 3
"""Positions of everything else, where not all are gone through."""


_counted: dict[str, int] = {}


async def count_of(walk: Walk, scenario: str) -> int:
    """How many positions there are: they are the same whatever is to go wrong there."""
    if scenario not in _counted:
        _counted[scenario] = len(await walk.count())
    return _counted[scenario]


async def walk_of(stage: Stage, scenario: str) -> Walk:
    print(f"\nCHAOS_SEED={SEED}")
    walk = Walk(stage, SCENARIOS[scenario])
    await walk.first_run()
    return walk


async def kills(stage: Stage, scenario: str, some: int | None = None) -> None:
    walk = await walk_of(stage, scenario)
    count = await count_of(walk, scenario)
    assert count > SOME, "there is something to go through"
    for position in sample(SEED, count if some is None else some, count):
        await walk.killed_at(position)
    assert walk.wrong == []


async def disturbances(stage: Stage, scenario: str, *troubles: str, some: bool) -> None:
    walk = await walk_of(stage, scenario)
    count = await count_of(walk, scenario)
    for trouble in troubles:
        await walk.disturbed_at(sample(SEED, SOME if some else count, count), trouble)
    assert walk.wrong == []


async def losses(stage: Stage, scenario: str, *, some: bool) -> None:
    walk = await walk_of(stage, scenario)
    count = await count_of(walk, scenario)
    for position in sample(SEED, SOME if some else count, count):
        await walk.lost_at(position)
    assert walk.wrong == []


@pytest.mark.parametrize("part", range(WORKERS))
@pytest.mark.long
async def test_killed_at_every_position_of_a_written_question(stage: Stage, part: int) -> None:
    walk = await walk_of(stage, "text")
    count = await count_of(walk, "text")
    assert count > 20, "there is something to go through"
    for position in range(part, count, WORKERS):
        await walk.killed_at(position)
    assert walk.wrong == []


@pytest.mark.parametrize("scenario", list(SCENARIOS)[1:])
@pytest.mark.long
async def test_killed_at_some_positions_of_other_questions(stage: Stage, scenario: str) -> None:
    await kills(stage, scenario, SOME)


@pytest.mark.parametrize("scenario", STAYING)
@pytest.mark.long
async def test_disturbed_at_some_positions(stage: Stage, scenario: str) -> None:
    troubles = [trouble for one, trouble in DISTURBED if one == scenario]
    await disturbances(stage, scenario, *troubles, some=True)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("trouble", LINE)
async def test_the_line_lost_with_each_answer_to_a_used_random_id(
    stage: Stage, trouble: str, behaviour: RandomIdBehaviour
) -> None:
    stage.telegram.random_id_behaviour = behaviour
    await disturbances(stage, "text", trouble, some=True)


@pytest.mark.parametrize("scenario", ["text", "voice"])
async def test_a_database_that_is_lost_at_some_positions(stage: Stage, scenario: str) -> None:
    await losses(stage, scenario, some=True)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", list(SCENARIOS)[1:])
async def test_killed_at_every_position(stage: Stage, scenario: str) -> None:
    await kills(stage, scenario)


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "trouble"), DISTURBED)
async def test_disturbed_at_every_position(stage: Stage, scenario: str, trouble: str) -> None:
    await disturbances(stage, scenario, trouble, some=False)


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("trouble", LINE)
async def test_the_line_lost_at_every_position_with_each_answer_to_a_used_random_id(
    stage: Stage, trouble: str, behaviour: RandomIdBehaviour
) -> None:
    stage.telegram.random_id_behaviour = behaviour
    await disturbances(stage, "text", trouble, some=False)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["text", "voice", "own prompt"])
async def test_a_database_that_is_lost_at_every_position(stage: Stage, scenario: str) -> None:
    await losses(stage, scenario, some=False)


async def test_a_question_that_searches_has_its_search_among_its_positions(stage: Stage) -> None:
    walk = await walk_of(stage, "searched")
    calls = await walk.count()
    assert [call.what for call in calls].count("SearchRequest") == 1
    assert walk.wrong == []
