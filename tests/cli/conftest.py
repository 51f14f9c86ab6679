"""What the tests of the command line may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cli.house import House
from tests.stage import Stage


@pytest.fixture
async def house(stage: Stage, tmp_path: Path) -> AsyncIterator[House]:
    """A folder without a config yet, and the program to be started in it."""
    house = House(stage, tmp_path / "house")
    yield house
    await house.close()
