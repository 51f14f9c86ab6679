"""What every test may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stage import Stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A Telegram and an endpoint with Olga, Max, Lena and Vera, a group and a supergroup."""
    stage = Stage(tmp_path)
    await stage.open()
    yield stage
    await stage.close()
