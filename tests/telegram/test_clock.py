"""Time is Telegram's: a computer's clock that is wrong loses no question."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.harness import Stage, listed
from tests.quick_clock import QuickClock


@pytest.mark.parametrize("minutes", [20, 11, -20, -24 * 60])
async def test_with_the_clock_wrong_every_question_is_answered_and_it_is_told_once(
    stage: Stage, minutes: int
) -> None:
    clock = QuickClock(1, timedelta(minutes=minutes))
    for _ in range(2):
        program = await stage.program([listed(stage.club.id)], clock=clock)
        question = stage.max.says(stage.club, "what time is it?")
        assert await stage.max.expects(stage.club, reply_to=question)
        (told,) = program.events("notice", reason="clock_off")
        assert ("ahead" if minutes > 0 else "behind") in told.detail
        await program.stop()


async def test_what_was_missed_is_as_old_as_telegram_says(stage: Stage) -> None:
    clock = QuickClock(1, timedelta(minutes=11))
    program = await stage.program([listed(stage.club.id)], clock=clock)
    await program.stop()
    missed = stage.max.says(stage.club, "a moment ago")
    program = await stage.program([listed(stage.club.id)], clock=clock)
    assert await stage.max.expects(stage.club, reply_to=missed)
    assert not program.events("notice", reason="old_questions")


async def test_a_clock_that_is_right_is_not_told_of(stage: Stage) -> None:
    program = await stage.program(
        [listed(stage.club.id)], clock=QuickClock(1, timedelta(seconds=5))
    )
    assert not program.events("notice", reason="clock_off")
