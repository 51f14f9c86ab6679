"""The beginning of the prompt stays the same from question to question."""

from __future__ import annotations

import pytest

from tests.bench.prefix import WINDOW, play


@pytest.mark.parametrize(("context_messages", "least"), [(0, 85), (20, 60)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_most_of_a_long_conversation_can_be_reused(
    context_messages: int, least: int, seed: int
) -> None:
    share = play(context_messages, seed=seed)
    assert share.percent > least
    assert share.largest <= WINDOW
