"""Killed at any instant: nothing lost, nothing said twice, nothing left half, no turn lost."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.crowd import BEHAVIOURS, SEED
from tests.chaos.siege import HEAD, Siege
from tests.cli.house import House
from tests.harness import Stage
from userbot.sandbox.telegram import RandomIdBehaviour

KILLS = int(os.environ.get("CHAOS_KILLS", "500"))


@pytest.fixture
async def house(stage: Stage, tmp_path: Path) -> AsyncIterator[House]:
    house = House(stage, tmp_path / "house")
    yield house
    await house.close()


@pytest.mark.long
async def test_a_few_kills_leave_nothing_lost_or_said_twice(house: House) -> None:
    await besiege(house, kills=12, behaviour="duplicate")


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_many_kills_leave_nothing_lost_or_said_twice(
    house: House, behaviour: RandomIdBehaviour
) -> None:
    await besiege(house, kills=KILLS // len(BEHAVIOURS), behaviour=behaviour)


async def besiege(house: House, *, kills: int, behaviour: RandomIdBehaviour) -> None:
    print(f"\nCHAOS_SEED={SEED}")
    siege = Siege(house, SEED, behaviour)
    tally = await siege.run(kills)
    print(HEAD)
    print(tally.row())
    faults = [*tally.left.faults, *tally.left.doubt]  # a kill leaves no doubt
    if faults:
        (house.folder / "story.txt").write_text("\n".join(siege.story))
    # Each request that left is counted once; of those that a kill kept from leaving, some are too.
    asked = len(house.stage.endpoint.requests)
    assert asked <= tally.paid <= asked + kills
    assert not faults, "\n".join([f"story in {house.folder}", *faults])
