"""Kills around the owner's yes: the answer stands once or is listed, and never without it."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from tests.chaos.crowd import BEHAVIOURS, SEED
from tests.harness import Killed, Program, Stage, listed
from userbot.sandbox.state import Message
from userbot.sandbox.telegram import RandomIdBehaviour

KILLS = 100
POSITIONS = 90
"""So many calls a question makes until its answer stands, and a look-out or two."""
ANSWER, OWN = "On Saturday.", "On Sunday."
SAYS = {"yes": [ANSWER], OWN: [OWN], "no": [], "": []}
"""What stands in the end by what the owner says; nothing is said to the last."""
GIVEN = 60.0


class Owner:
    """He says his word to the first request that he sees, once."""

    def __init__(self, stage: Stage, word: str) -> None:
        self.stage = stage
        self.word = word
        self.said: Message | None = None
        self.seen: set[int] = {one.uid for one in stage.olga.messages(stage.olga)}

    def look(self) -> Message | None:
        """The newest request, to which he says what he has to say."""
        stage = self.stage
        if stage.olga.scheduled(stage.olga):
            stage.telegram.advance(20)
        requests = [one for one in self.written() if one.text.startswith("❓")]
        if requests and self.word and self.said is None:
            self.said = stage.olga.says(stage.olga, self.word, reply_to=requests[0])
        return requests[0] if requests else None

    def written(self) -> list[Message]:
        """What stands in his Saved Messages since."""
        stage = self.stage
        return [one for one in stage.olga.messages(stage.olga) if one.uid not in self.seen]


async def killed_at(stage: Stage, position: int, word: str, *, ring: bool) -> str:
    """Kill the program there, start it again; gives what is wrong in the end, if anything."""
    chats = [listed(stage.group.id, answer="ask", draft_after=0)]
    sections: Any = {"approvals": {"ring": ring}, "catch_up": {"max_age_minutes": 600}}
    owner = Owner(stage, word)
    killed = await stage.process(chats, fault=f"kill {position}", **sections)
    question = stage.max.says(stage.group, f"when do we meet ({position})?")
    ends = asyncio.create_task(killed.ends())
    while not ends.done() and not over(killed, question, stage, word):
        owner.look()
        await asyncio.sleep(0.02)
    ends.cancel()
    await asyncio.wait({ends})
    await killed.kill()
    program = await stage.program(chats, **sections)
    try:
        async with asyncio.timeout(GIVEN):
            while owner.look() is None or not settled(stage, question, word):
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)
    except TimeoutError:
        return f"it never ended: {word!r} {row_of(stage, question)} {program.told}"
    finally:
        await program.stop()
    row = row_of(stage, question)
    stands = [one.text for one in stage.answers(question)]
    in_doubt = row.state == "skipped" and row.reason == "in_doubt" and len(stands) <= 1
    if stands != SAYS[word] and not (in_doubt and word in ("yes", OWN)):
        return f"{word!r}: {row}: {stands}"
    asked = [one.text for one in owner.written() if one is not owner.said]
    return "" if len(asked) == 1 else f"{word!r}: asked {len(asked)} times: {asked}"


def row_of(stage: Stage, question: Message) -> Any:
    message = question.id_for(stage.olga)
    return next((row for row in stage.history() if row.message == message), None)


def settled(stage: Stage, question: Message, word: str) -> bool:
    row = row_of(stage, question)
    ended = ("awaiting",) if not word else ("answered", "skipped", "failed")
    return row is not None and row.state in ended


def over(program: Killed | Program, question: Message, stage: Stage, word: str) -> bool:
    message = question.id_for(stage.olga)
    kinds = ("asked",) if not word else ("answered", "skipped", "failed")
    return any(program.events(kind, message=message) for kind in kinds)


async def kills(stage: Stage, count: int, seed: int) -> None:
    draw, wrong = random.Random(seed), []
    stage.endpoint.responder = lambda _: ANSWER
    await (await stage.program()).stop()  # what was before the first start is nobody's question
    for number in range(count):
        word, position = list(SAYS)[number % len(SAYS)], draw.randrange(POSITIONS)
        found = await killed_at(stage, position, word, ring=number % 3 == 2)
        if found:
            wrong.append(f"seed {seed}, killed at {position}: {found}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("seed", [SEED])
async def test_killed_around_a_yes_it_is_said_once_or_listed(stage: Stage, seed: int) -> None:
    await kills(stage, 4, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("turn", "behaviour"), list(enumerate(BEHAVIOURS)))
async def test_a_hundred_kills_around_a_yes(
    stage: Stage, turn: int, behaviour: RandomIdBehaviour
) -> None:
    print(f"\nCHAOS_SEED={SEED + turn}")
    stage.telegram.random_id_behaviour = behaviour
    await kills(stage, KILLS // len(BEHAVIOURS), SEED + turn)
