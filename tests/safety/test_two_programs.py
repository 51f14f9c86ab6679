"""Two copies of the program with two accounts in one group, both answering all."""

from __future__ import annotations

import asyncio

import pytest

from tests.harness import Stage, listed
from userbot.sandbox.state import Group


@pytest.mark.parametrize("how", ["group", "club", "private"])
@pytest.mark.parametrize("said", ["short", "growing"])
async def test_they_fall_silent_after_a_handful_and_say_so(
    stage: Stage, how: str, said: str
) -> None:
    if said == "short":
        stage.endpoint.responder = lambda _: "I could not agree more."
    group: Group = stage.club if how == "club" else stage.group
    trigger = {"from": "anyone", "burst_seconds": 0}
    first = await stage.program([listed(group.id), listed(stage.max.id)], trigger=trigger)
    chats = [listed(group.id), listed(stage.olga.id)]
    second = await stage.program(chats, account=stage.max, trigger=trigger)
    if how == "private":
        stage.max.says(stage.olga, "/gpt hello there")
    else:
        stage.lena.says(group, "hello everybody")
    state = stage.telegram.state
    seen, quiet = -1, 0
    while quiet < 5:
        await asyncio.sleep(0.2)
        quiet = quiet + 1 if len(state.messages) == seen else 0
        seen = len(state.messages)
        assert seen < 100, "they do not stop"
    assert len(stage.asked()) <= 32
    stopped = [*first.events("limited"), *second.events("limited")]
    assert "loop" in {event.reason for event in stopped}
    # A person is still answered, by both.
    where = stage.group
    question = stage.vera.says(where, "/gpt are you both there?")
    if how != "private":
        await stage.vera.expects(where, reply_to=question)
