"""Questions in several messages, over real sockets."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from typing import Any

import pytest

from tests.harness import Program, Stage, Timings, listed
from tests.path.test_live_reply import FAST, streamed
from userbot.sandbox.accounts import Account
from userbot.sandbox.state import Message

BURSTS = {"from": "anyone", "burst_seconds": 60}
"""Nothing waits for that long; on a busy machine a message may take longer than people set."""


def slowly(seconds: float) -> Any:
    """A model that says what it was asked, after a while."""
    return lambda request: streamed(f"You said: {_question(request)}", delay=seconds)


def held(stage: Stage) -> Any:
    """A model that says nothing to the first request, and all at once to those after it: what has
    to happen before a first text happens before it on a busy machine, too.
    """
    return lambda request: slowly(30 if len(stage.endpoint.requests) == 1 else 0)(request)


def _question(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"])


def questions(stage: Stage) -> list[str]:
    return [request[-1]["content"] for request in stage.asked()]


async def asked(stage: Stage, count: int) -> None:
    """Until the model got so many requests."""
    async with asyncio.timeout(60):
        while len(stage.endpoint.requests) < count:
            await asyncio.sleep(0.005)


async def quiet(program: Program, answers: int) -> None:
    """Until so many answers stand, and a moment longer."""
    async with asyncio.timeout(60):
        while len(program.events("answered")) < answers:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.1)


async def test_a_second_message_before_the_first_text_is_answered_with_the_first(
    stage: Stage,
) -> None:
    stage.endpoint.responder = held(stage)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    stage.max.says(stage.olga, "How do I mend")
    await asked(stage, 1)
    second = stage.max.says(stage.olga, "my bike?")
    await quiet(program, 1)
    assert questions(stage) == ["How do I mend", "How do I mend\nmy bike?"]
    (reply,) = (one for one in stage.max.messages(stage.olga) if one.sender is stage.olga)
    assert (reply.text, reply.reply_to) == ("You said: How do I mend\nmy bike?", second)
    (skipped,) = program.events("skipped")
    assert skipped.reason == "joined"
    assert len(program.events("answered")) == 1
    assert stage.endpoint.cancelled == 1


async def test_an_answer_starts_over_once_and_later_messages_are_the_next_question(
    stage: Stage,
) -> None:
    stage.endpoint.responder = slowly(0.3)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    stage.max.says(stage.olga, "one")
    await asked(stage, 1)
    stage.max.says(stage.olga, "two")
    await asked(stage, 2)
    for word in ("three", "four", "five"):
        stage.max.says(stage.olga, word)
    await quiet(program, 2)
    assert questions(stage)[1:] == ["one\ntwo", "three\nfour\nfive"]


async def test_what_comes_after_the_first_text_is_the_next_question(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: streamed("A whole sentence. ", *["and "] * 20, delay=0.02)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS, pacing=FAST)
    stage.max.says(stage.olga, "one")
    await stage.max.expects(stage.olga, from_=stage.olga)
    stage.max.says(stage.olga, "two")
    await quiet(program, 2)
    assert questions(stage) == ["one", "two"]


@pytest.mark.parametrize("why", ["too late", "another person", "without the prefix", "off"])
async def test_what_does_not_belong_to_it_does_not_join(stage: Stage, why: str) -> None:
    stage.endpoint.responder = slowly(0.4)
    trigger = BURSTS | {"burst_seconds": {"too late": 0.1, "off": 0}.get(why, 1.5)}
    program = await stage.program(trigger=trigger)
    stage.max.says(stage.group, "/gpt one")
    await asked(stage, 1)
    await asyncio.sleep(0.2)
    if why == "another person":
        stage.lena.says(stage.group, "/gpt two")
    else:
        stage.max.says(stage.group, "two" if why == "without the prefix" else "/gpt two")
    await quiet(program, 1 if why == "without the prefix" else 2)
    assert questions(stage)[0] == "Max: one"
    assert not program.events("skipped")
    assert ("two" in str(questions(stage))) == (why != "without the prefix")


async def test_a_burst_counts_as_one_question(stage: Stage) -> None:
    stage.endpoint.responder = slowly(0.3)
    limits = {"requests_per_minute": 1, "answers_per_hour": 1}
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS, limits=limits)
    stage.max.says(stage.olga, "one")
    await asked(stage, 1)
    stage.max.says(stage.olga, "two")
    await quiet(program, 1)
    assert not program.events("limited")
    stage.max.says(stage.olga, "three")
    await program.tells("limited")


async def test_what_is_forwarded_together_is_waited_for_and_keeps_who_wrote_it(
    stage: Stage,
) -> None:
    thoughts = [stage.lena.says(stage.group, "Let us go."), stage.vera.says(stage.group, "No.")]
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS | {"burst_seconds": 0})
    for thought in thoughts:
        stage.max.forwards(thought, stage.olga)
        await asyncio.sleep(0.05)
    await quiet(program, 1)
    assert questions(stage) == [
        "[Forwarded from Lena:]\n> Let us go.\n[Forwarded from Vera:]\n> No."
    ]


async def test_words_and_what_is_forwarded_with_them_are_one_question(stage: Stage) -> None:
    stage.endpoint.responder = slowly(0.3)
    thoughts = [stage.lena.says(stage.group, "Let us go."), stage.vera.says(stage.group, "No.")]
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    stage.max.says(stage.olga, "What do they want?")
    await asked(stage, 1)
    for thought in thoughts:
        stage.max.forwards(thought, stage.olga)
    await quiet(program, 1)
    assert questions(stage)[1:] == [
        "What do they want?\n[Forwarded from Lena:]\n> Let us go.\n[Forwarded from Vera:]\n> No."
    ]


async def test_a_burst_survives_a_crash_with_all_its_words(stage: Stage) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    stage.endpoint.responder = slowly(30)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    stage.max.says(stage.olga, "one")
    await asked(stage, 1)
    second = stage.max.says(stage.olga, "two")
    await asked(stage, 2)
    await program.crash()
    stage.endpoint.responder = slowly(0)
    again = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    await quiet(again, 1)
    reply = await stage.max.expects(stage.olga, reply_to=second)
    assert reply.text == "You said: one\ntwo"


@pytest.mark.slow
async def test_a_message_that_joins_just_as_the_first_text_shows_is_answered_once(
    stage: Stage,
) -> None:
    """Many times, each at another moment; whichever way it goes, nothing is lost or said twice."""
    await joining_at_any_moment(stage, times=400)


async def test_a_message_that_joins_about_when_the_first_text_shows_is_answered_once(
    stage: Stage,
) -> None:
    await joining_at_any_moment(stage, times=40)


async def joining_at_any_moment(stage: Stage, times: int) -> None:
    seed = int(os.environ.get("BURST_SEED", random.randrange(2**32)))
    print(f"BURST_SEED={seed}")
    pick = random.Random(seed)
    stage.endpoint.responder = slowly(0)
    # Her own, since somebody else would be taken for a program, so quickly as he comes back.
    program = await stage.program([listed("saved")], trigger=BURSTS, pacing=FAST)
    me = stage.olga
    joined, rounds = 0, sys.maxsize
    for number in range(times):
        first = me.says(me, f"first {number}")
        # Both ends share an event loop, and a moment is one of its rounds, however slow the
        # machine is. One comes when the text shows, one at once, the others at any moment.
        most = {0: rounds, 1: 0}.get(number, pick.randint(0, rounds * 3 // 2))
        gone = await go_round(me, first, most)
        rounds = gone if number != 1 and (gone < most or gone > rounds) else rounds
        second = me.says(me, f"second {number}")
        async with asyncio.timeout(60):
            while True:
                replies = [one for one in me.messages(me) if one.reply_to is second]
                if replies and len(program.events("heard")) == 2 * (number + 1):
                    break
                await asyncio.sleep(0.002)
        apart = any(one.reply_to is first for one in me.messages(me))
        joined += not apart
        await quiet_for(program, answers=2 * (number + 1) - joined)
        (reply,) = (one for one in me.messages(me) if one.reply_to is second)
        whole = f"first {number}\nsecond {number}"
        wanted = f"second {number}" if apart else whole
        assert reply.text == f"You said: {wanted}", (seed, number)
        before = [one for one in me.messages(me) if one.reply_to is first]
        assert [one.text for one in before] == [f"You said: first {number}"] * apart, seed
    assert len(program.events("skipped")) == joined
    print(f"{joined} of {times} joined; {rounds} rounds")
    assert 0 < joined < times, "the moments were all before, or all after the first text"


async def go_round(me: Account, question: Message, most: int) -> int:
    """Let the event loop go round so often, or until the first text shows; gives how often."""
    gone = 0
    async with asyncio.timeout(60):
        while gone < most and not any(one.reply_to is question for one in me.messages(me)):
            await asyncio.sleep(0)
            gone += 1
    return gone


async def quiet_for(program: Program, answers: int) -> None:
    async with asyncio.timeout(60):
        while len(program.events("answered")) < answers:
            await asyncio.sleep(0.002)
