"""What every test of voice may ask for."""

from __future__ import annotations

import pytest

from tests.path.voice.notes import EN, RU, WORDS_EN, WORDS_RU
from tests.stage import Stage


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """The stage, whose endpoint knows what is said in the two notes."""
    stage.endpoint.understands(EN, WORDS_EN)
    stage.endpoint.understands(RU, WORDS_RU)
    return stage
