"""The program watches itself: what dies is told, what hangs is cut, and the rest goes on."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace

import pytest

from tests.quick_clock import QuickClock
from tests.stage import Stage
from userbot.build import longest_seconds
from userbot.errors import ModelError
from userbot.events import Answered, Answering, Event, Failed, Heard
from userbot.intake import forgetting
from userbot.intake.watch import Watch
from userbot.rules.limits import HELD_SECONDS
from userbot.rules.retrying import PATIENCE_SECONDS
from userbot.sandbox.endpoint import Reply
from userbot.settings import OpenAIConfig, Settings, TelegramConfig, VoiceConfig
from userbot.storage.archive import Archive


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


async def test_in_the_running_program_a_part_that_dies_is_told_and_questions_are_answered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(forgetting.Forgetting, "sweep", dies)
    program = await stage.program()
    failed = await program.tells(Failed, reason="task_died")
    assert "erasing" in failed.error
    question = stage.max.says(stage.group, "/gpt hello")
    assert await stage.max.expects(stage.group, reply_to=question)


async def first_hangs(request: dict[str, list[dict[str, str]]]) -> Reply:
    """Of the questions the one with "first" in it gets no answer for long."""
    if "first" in request["messages"][-1]["content"]:
        await asyncio.sleep(600)
    return Reply("here you are")


async def test_an_answer_that_hangs_is_cut_and_the_next_question_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("userbot.build.longest_seconds", lambda _: 0.5)

    stage.endpoint.responder = first_hangs
    program = await stage.program()
    stage.max.says(stage.group, "/gpt first")
    await program.tells(Answering)
    second = stage.max.says(stage.group, "/gpt second")
    elsewhere = stage.lena.says(stage.club, "/gpt me too")
    assert await stage.max.expects(stage.club, reply_to=elsewhere)
    failed = await program.tells(Failed, reason="hung")
    assert "retry" in failed.hint
    assert await stage.max.expects(stage.group, reply_to=second)
    await program.stop()
    with Archive.reading(stage.folder / "history.db") as archive:
        assert archive is not None
        states = {one.text: (one.state, one.reason) for one in archive.exchanges(9)}
    assert states["first"] == ("failed", "hung")


async def test_a_question_that_dies_leaves_those_behind_it_their_answers(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyError("a secret")

    monkeypatch.setattr("userbot.turn.runner.what_stands", dies)

    stage.endpoint.responder = first_hangs
    program = await stage.program()
    stage.max.says(stage.group, "/gpt first")
    await program.tells(Answering)
    second = stage.max.says(stage.group, "/gpt second")
    await program.tells(Heard, text="second")
    stage.olga.says(stage.group, "/gpt_stop")
    assert "secret" not in str(await program.tells(Failed, reason="internal"))
    assert await stage.max.expects(stage.group, reply_to=second)


async def test_what_telegram_lets_wait_does_not_hang(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("userbot.build.longest_seconds", lambda _: 1.0)
    stage.telegram.faults.add("messages.sendMessage", "FLOOD_WAIT_20", chat=stage.group)
    pacing = replace(stage.settings().pacing, max_previews=0)
    program = await stage.program(clock=QuickClock(25), pacing=pacing)
    question = stage.max.says(stage.group, "/gpt hello")
    assert await stage.max.expects(stage.group, reply_to=question)
    await program.tells(Answered)
    assert not program.events(Failed)


def test_what_waits_for_a_limit_as_long_as_it_may_is_not_taken_for_hung() -> None:
    settings = Settings(
        telegram=TelegramConfig(api_id=1, api_hash=""),
        openai=OpenAIConfig(timeout=1),
        voice=VoiceConfig(max_minutes=1),
    )
    before_its_sound_and_before_its_answer = 2 * HELD_SECONDS
    assert longest_seconds(settings) > before_its_sound_and_before_its_answer + PATIENCE_SECONDS
