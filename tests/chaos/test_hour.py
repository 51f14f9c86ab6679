"""An hour without a line, in virtual time, while people ask on: answered or listed, as age says.

The whole program runs before, meanwhile and after, over real sockets. Its clock and Telegram's
dates go together; what is asked, when, and what its sender does about it, a seed decides.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Program, Stage, listed
from tests.quick_clock import SteppedClock
from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Group, Message

SEED = int(os.environ.get("CHAOS_SEED", "1"))
HOUR = 3600.0
MAX_AGE = 600.0
"""[catch_up].max_age_minutes as by default."""
NEAR = 120.0
"""So near to that age nothing is asked: until the line is back a minute may pass."""
MANY = 1_000_000
EN = (Path(__file__).parent.parent / "data" / "voice_en.ogg").read_bytes()


@dataclass
class Question:
    """One question; what is expected of it, and why."""

    number: int
    message: Message
    where: Account | Group
    text: str
    """As it reads when the line is back."""
    fate: str
    """"answered", "old" (listed), "by hand" or "deleted"."""
    by_hand: bool = False


@dataclass
class Act:
    """What somebody does, so many seconds after the line was lost."""

    at: float
    kind: str
    who: Account
    where: Account | Group


@dataclass
class Hour:
    """`stage` is open and has no program yet.

    `half_open`: lines can be made all that time, and nothing comes through them.
    """

    stage: Stage
    seed: int
    half_open: bool
    clock: SteppedClock = field(default_factory=SteppedClock)
    questions: list[Question] = field(default_factory=list)
    lost_at: float = 0.0

    def __post_init__(self) -> None:
        stage = self.stage
        self.dice = random.Random(self.seed)
        self.held = asyncio.Event()
        """Set when the model says what it was asked right before the line was lost."""
        stage.telegram.goes_by(lambda: self.clock.now().timestamp())
        stage.endpoint.responder = self._answer
        self.places: list[tuple[Account, Account | Group]] = [
            (stage.max, stage.olga),
            (stage.vera, stage.olga),
            (stage.max, stage.group),
            (stage.lena, stage.group),
            (stage.lena, stage.club),
            (stage.vera, stage.club),
            (stage.olga, stage.lena),  # the owner himself, from his phone, in a chat not selected
        ]

    # -- what happens --

    async def run(self) -> Program:
        clock = self.clock
        async with clock.running(20):
            program = await self._start()
            await self._before()
        self.lost_at = clock.monotonic()
        await self._line(False)
        await self._people(self._acts())
        await self._until(HOUR)
        await self._line(True)
        self._age()
        async with clock.running(20):
            await program.tells("notice", reason="reconnected")
            await self._settled(program)
        await program.stop()
        return program

    async def _line(self, on: bool) -> None:
        telegram = self.stage.telegram
        if self.half_open:
            telegram.swallow(not on)
        elif on:
            await telegram.start(telegram.port)
        else:
            await telegram.stop()

    async def _start(self) -> Program:
        stage = self.stage
        chats = [stage.max.id, stage.vera.id, stage.group.id, stage.club.id]
        return await stage.program(
            [listed(chat) for chat in chats],
            clock=self.clock,
            limits={"requests_per_minute": MANY, "answers_per_hour": MANY, "tokens_per_day": MANY},
            openai={"base_url": stage.endpoint.base_url, "api_key": "sandbox-key", "model": "test"},
        )

    async def _before(self) -> None:
        """One question is answered; three are under way when the line is lost, and three wait."""
        stage = self.stage
        first = self._asks(stage.max, stage.group)
        await stage.max.expects(stage.group, reply_to=first.message)
        self._asks(stage.lena, stage.club, "slow")  # its answer shows, and grows
        self._asks(stage.max, stage.olga, "slow")
        self._asks(stage.lena, stage.group, "held")  # of this one nothing shows
        self._asks(stage.lena, stage.club)
        self._asks(stage.max, stage.olga)
        self._asks(stage.lena, stage.group)
        await stage.lena.expects(stage.club)
        await stage.max.expects(stage.olga)

    def _acts(self) -> Iterator[Act]:
        at = 30.0
        while (at := at + self.dice.uniform(15, 90)) < HOUR - 15:
            if not HOUR - MAX_AGE - NEAR < at < HOUR - MAX_AGE + NEAR:
                kinds = ["asks"] * 5 + ["by hand", "edits", "deletes"]
                yield Act(at, self.dice.choice(kinds), *self.dice.choice(self.places))

    async def _people(self, acts: Iterator[Act]) -> None:
        for act in acts:
            await self._until(act.at)
            if not self.held.is_set() and act.at > self.dice.uniform(0, HOUR):
                self.held.set()
            if act.kind == "asks":
                self._asks(act.who, act.where)
            else:
                self._changes(act)

    def _asks(self, who: Account, where: Account | Group, how: str = "") -> Question:
        number = len(self.questions) + 1
        text = f"question {number}, please, {how or 'now'}"
        if self.dice.random() < 0.25 and not how and who is not self.stage.olga:
            recording = EN + number.to_bytes(8, "big")
            self.stage.endpoint.understands(recording, text)
            message = who.sends_voice(where, recording)
        else:
            message = who.says(where, f"/gpt {text}")
        self.questions.append(Question(number, message, where, text, "answered"))
        return self.questions[-1]

    def _changes(self, act: Act) -> None:
        """Something becomes of a question that waits."""
        waiting = [
            one
            for one in self.questions
            if one.where is act.where and one.fate == "answered" and not self._answers(one)
        ]
        if not waiting:
            return  # there is none, or the owner asked it himself
        one = self.dice.choice(waiting)
        sender = self._asker(one)
        if act.kind == "deletes":
            sender.deletes(one.message)
            one.fate = "deleted"
        elif act.kind == "edits" and one.message.media is None:
            one.text = f"question {one.number}, as it reads now"
            sender.edits(one.message, f"/gpt {one.text}")
        elif act.kind == "by hand" and sender is not self.stage.olga:
            where = one.where if isinstance(one.where, Group) else sender
            self.stage.olga.says(where, f"By hand: {one.number}", reply_to=one.message)
            one.fate, one.by_hand = "by hand", True

    def _age(self) -> None:
        """The line is back: what is old by now, and nothing of its answer shows, is listed."""
        for one in self.questions:
            age = self.clock.now().timestamp() - one.message.date
            if age > MAX_AGE and one.fate in ("answered", "by hand") and not self._answers(one):
                one.fate = "old"

    async def _settled(self, program: Program) -> None:
        for _ in range(400):
            await asyncio.sleep(0.05)
            waiting = [one for one in self.questions if one.fate == "answered"]
            if all(self._answers(one) for one in waiting) and not self.stage.pending():
                await asyncio.sleep(1.2)  # what is too old is told together, after a second
                return
        raise AssertionError(f"not all is settled\n{self.story(program)}")

    async def _until(self, at: float) -> None:
        await self.clock.passes(self.lost_at + at - self.clock.monotonic(), 5)

    async def _answer(self, request: dict[str, Any]) -> Reply:
        question = str(request["messages"][-1]["content"])
        number = re.findall(r"question (\d+)", question)[-1]
        if "held" in question:
            await self.held.wait()
        if "slow" in question and not self.held.is_set():
            pieces = *(f"Sentence {n} of {number}. " for n in range(20)), f"End of {number}."
            return Reply("".join(pieces), chunks=pieces, delay=0.1)
        return Reply(f"Answer to “{question}”. End of {number}.")

    # -- what is seen --

    def _answers(self, one: Question) -> list[Message]:
        """The replies of the owner's account to a question, his own words left out."""
        return [
            message
            for message in self.stage.olga.messages(self._chat(one))
            if message.sender is self.stage.olga
            and message.reply_to is one.message
            and not message.text.startswith(("By hand", "/gpt"))
        ]

    def _asker(self, one: Question) -> Account:
        return next(it for it in self.stage.telegram.accounts if it is one.message.sender)

    def _chat(self, one: Question) -> Account | Group:
        if isinstance(one.where, Group) or one.message.sender is self.stage.olga:
            return one.where
        return self._asker(one)

    def faults(self) -> list[str]:
        """What is not as it should be, one line each."""
        found = []
        rows = self._rows()
        for one in self.questions:
            row = rows.get((self._chat(one).id, one.message.id_for(self.stage.olga)))
            ends = {"answered": [("answered", "stop")], "old": [("skipped", "too_old")]}
            expected = ends.get(one.fate, [])
            if one.by_hand:
                expected = [*expected, ("skipped", "owner_answered")]
            if expected and row not in expected:
                found.append(f"{row}: {one}")
            answers = self._answers(one)
            texts = [answer.text for answer in answers]
            if one.fate != "answered":
                if answers:
                    found.append(f"{one.fate}, and answered: {one}: {texts}")
            elif len(answers) != 1:
                found.append(f"answered {len(answers)} times: {one}: {texts}")
            elif not texts[0].endswith(f"nd of {one.number}."):
                found.append(f"half: {one}: {texts}")
            elif texts[0].startswith("Answer to") and one.text not in texts[0]:
                found.append(f"not as it reads now: {one}: {texts}")
        for where in dict.fromkeys(self._chat(one) for one in self.questions):
            here = [one for one in self.questions if self._chat(one) is where]
            order = [self._answers(one)[0].uid for one in here if self._answers(one)]
            if order != sorted(order):
                found.append(f"out of order in {where}: {order}")
        return found

    def listed(self) -> int:
        """How many the history has as too old."""
        return list(self._rows().values()).count(("skipped", "too_old"))

    def _rows(self) -> dict[tuple[int, int], tuple[str, str]]:
        rows = self.stage.history()
        return {(row.chat, row.message): (row.state, row.reason) for row in rows}

    def story(self, program: Program) -> str:
        """What the console showed, and what became of every question."""
        shown = [str(event) for event in program.told]
        fates = [f"{one}: {self._answers(one)}" for one in self.questions]
        return "\n".join([*shown, *fates])


@pytest.mark.parametrize(
    ("seed", "half_open"),
    [pytest.param(SEED, False, id="lost"), pytest.param(SEED + 1, True, id="half-open")],
)
@pytest.mark.long
async def test_after_an_hour_without_a_line_what_is_young_is_answered_and_the_rest_is_listed(
    stage: Stage, seed: int, half_open: bool
) -> None:
    print(f"\nCHAOS_SEED={seed}")
    hour = Hour(stage, seed, half_open)
    program = await hour.run()
    print(hour.story(program))
    assert hour.faults() == []
    told = program.events("notice")
    (listing,) = [one.detail for one in told if one.reason == "old_questions"]
    assert listing.startswith(f"{hour.listed()} questions are too old to answer: ")

    waits = [one for one in program.events("waiting") if one.reason == "network"]
    assert not any(one.detail for one in waits)
    assert waits[0].seconds < 30
    minutes = [after.seconds - before.seconds for before, after in itertools.pairwise(waits)]
    assert all(59 < seconds < 80 for seconds in minutes[:10])
    assert all(599 < seconds < 620 for seconds in minutes[10:])
    assert len(minutes) in (13, 14)
    (back,) = [one.detail for one in told if one.reason == "reconnected"]
    away = re.fullmatch(r"Reconnected to Telegram after (\d+) s\.", back)
    assert away is not None
    assert HOUR - 60 < float(away[1]) < HOUR + 60
    order = [one.reason for one in told]
    assert order.index("reconnected") < len(order) - order[::-1].index("caught_up") - 1
