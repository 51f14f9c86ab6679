"""The program watches itself: what dies is told, what hangs is cut, and the rest goes on."""

from __future__ import annotations

import asyncio
import gc

from tests.quick_clock import QuickClock
from userbot.build import longest_seconds
from userbot.errors import ModelError
from userbot.events import Event, Failed
from userbot.intake.watch import Watch
from userbot.rules.retrying import PATIENCE_SECONDS
from userbot.settings import OpenAIConfig, Settings, TelegramConfig, VoiceConfig
from userbot.timings import USUAL


async def test_what_dies_is_told_and_started_again() -> None:
    told: list[Event] = []
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise KeyError("a secret")

    await asyncio.wait_for(Watch(QuickClock(1000), told.append).keep(work, "the work"), 60)
    assert runs == 3
    assert [event.reason for event in told if isinstance(event, Failed)] == ["task_died"] * 2
    assert "the work (KeyError)" in str(told[0])
    assert "a secret" not in str(told)


async def test_what_knows_its_own_words_says_them() -> None:
    told: list[Event] = []

    async def work() -> None:
        raise ModelError("It is gone.", "Look for it.", reason="gone")

    await Watch(QuickClock(1), told.append).once(work(), "the work")
    (failed,) = told
    assert isinstance(failed, Failed)
    assert (failed.reason, failed.error, failed.hint) == ("gone", "It is gone.", "Look for it.")


async def test_a_task_of_anybodys_that_dies_unnoticed_is_told() -> None:
    told: list[Event] = []

    async def work() -> None:
        raise ZeroDivisionError

    with Watch(QuickClock(1), told.append).over_the_loop():
        task = asyncio.create_task(work(), name="a stranger")
        await asyncio.wait({task})
        del task
        gc.collect()
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        await asyncio.sleep(0.01)
    assert ["a stranger" in str(event) for event in told] == [True, False]
    assert "a callback (ZeroDivisionError)" in str(told[1])


def test_what_waits_for_a_limit_as_long_as_it_may_is_not_taken_for_hung() -> None:
    settings = Settings(
        telegram=TelegramConfig(api_id=1, api_hash=""),
        openai=OpenAIConfig(timeout=1),
        voice=VoiceConfig(max_minutes=1),
    )
    before_its_sound_and_before_its_answer = 2 * USUAL.limit_held_seconds
    assert (
        longest_seconds(settings, USUAL) > before_its_sound_and_before_its_answer + PATIENCE_SECONDS
    )
