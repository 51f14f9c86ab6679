"""From the first start on each selected chat is known, however deep it lies, and heard."""

from __future__ import annotations

import pytest

from tests.harness import Stage, listed
from tests.quick_clock import QuickClock
from userbot.sandbox.state import Group


def bury(stage: Stage, count: int = 104) -> None:
    """Let as many chats have newer messages than any that was there before."""
    for number in range(count):
        newer = stage.telegram.add_group(
            f"Newer {number}", creator=stage.vera, members=[stage.vera, stage.olga]
        )
        stage.vera.says(newer, "newer")


def chat_of(stage: Stage, kind: str) -> Group:
    if kind == "an empty supergroup":
        return stage.telegram.add_supergroup(
            "Empty", creator=stage.max, members=[stage.max, stage.olga]
        )
    chat = stage.group if kind == "a group" else stage.club
    stage.telegram.advance(-100)
    stage.max.says(chat, "long ago")
    stage.telegram.advance(100)
    return chat


@pytest.mark.parametrize("kind", ["a supergroup", "a group", "an empty supergroup"])
async def test_a_chat_below_the_newest_hundred_is_answered_for_what_came_after_the_first_run(
    stage: Stage, kind: str
) -> None:
    chat = chat_of(stage, kind)
    bury(stage)
    clock = QuickClock(20)
    first = await stage.program([listed(chat.id)], clock=clock)
    await clock.sleep(60)
    await first.stop()
    missed = stage.max.says(chat, "is anybody there?")
    bury(stage)
    second = await stage.program([listed(chat.id)], clock=clock)
    assert await stage.max.expects(chat, reply_to=missed)
    assert not [*first.events("failed"), *second.events("failed")]
    assert [heard.text for heard in second.events("heard")] == [missed.text]


async def test_the_first_message_ever_of_somebody_selected_is_answered_though_nobody_listened(
    stage: Stage,
) -> None:
    clock = QuickClock(20)
    first = await stage.program([listed(stage.max.id)], clock=clock)
    await clock.sleep(60)
    await first.stop()
    stage.telegram.tells_at_most(0)
    missed = stage.max.says(stage.olga, "we have never talked")
    await stage.program([listed(stage.max.id)], clock=clock)
    assert await stage.max.expects(stage.olga, reply_to=missed)


async def test_a_sweep_over_many_chats_is_paced(stage: Stage) -> None:
    clock = QuickClock(20)
    first = await stage.program(clock=clock)
    await clock.sleep(60)
    await first.stop()
    stage.telegram.tells_at_most(0)
    bury(stage, 99)
    asked = stage.olga.says(stage.club, "/gpt and me?")
    await stage.program(clock=clock)
    assert await stage.max.expects(stage.club, reply_to=asked)
    while len(reads := _reads(stage)) < 100:
        await clock.sleep(1)
    assert (reads[-1] - reads[0]) * clock.times > 35


def _reads(stage: Stage) -> list[float]:
    return [call.at for call in stage.telegram.calls if call.method == "messages.getHistory"]
