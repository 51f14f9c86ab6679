"""A storm: everything that can go wrong on the way goes wrong at random, while people ask on.

    storm = Storm(stage, seed=1, behaviour="duplicate")
    tally = await storm.run(questions=300)
    assert tally.left.faults == []

One process, real sockets. Lines are cut, the server restarts, what is pushed comes twice, in
another order or never, Telegram asks for pauses, has troubles of its own, answers late or not at
all; the endpoint refuses, breaks off, talks junk. When all is asked it clears up. What is given up
is asked again now and then, as its owner would ask it: with `userbot retry`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.chaos.crowd import Crowd, Left
from tests.harness import Program, Stage, listed
from tests.quick_clock import QuickClock
from userbot.sandbox.telegram import RandomIdBehaviour

TIMES = 20
"""So much faster runs the program's clock: what it waits for is waited for in earnest."""
MANY = 1_000_000_000
CLEARING_SECONDS = 60.0
WRITES = ("messages.sendMessage", "messages.editMessage")
ASKED = ("messages.getHistory", "messages.getMessages", "channels.getMessages", "upload.getFile")
LATER = ("updates.getDifference", "updates.getChannelDifference", "messages.getDialogs")
REFUSED = ("server_error", "unavailable", "refuse", "rate_limit", "quota", "no_finish", "empty")
BROKEN = ("stall", "cut", "error_object", "junk", "content_filter")


class RunningAhead(QuickClock):
    """Its dates run as quickly as its seconds, so that people are not too quick to be people."""

    def __init__(self, times: float) -> None:
        super().__init__(times)
        self._began = time.monotonic()
        # A little behind at first: what is asked before the first start is nobody's question.
        self._date = datetime.now(UTC) - timedelta(minutes=1)

    def now(self) -> datetime:
        return self._date + timedelta(seconds=(time.monotonic() - self._began) * self.times)


@dataclass
class Tally:
    """What is counted."""

    seed: int
    behaviour: str
    happened: Counter[str] = field(default_factory=Counter)
    questions: int = 0
    spoken: int = 0
    again: int = 0
    """How many were given up, told so, and asked again."""
    left: Left = field(default_factory=Left)
    seconds: float = 0.0

    def row(self) -> str:
        """One line of the table."""
        kinds = ", ".join(f"{name} {number}" for name, number in sorted(self.happened.items()))
        cells = (
            self.behaviour,
            self.seed,
            f"{self.questions} ({self.spoken} spoken)",
            f"{self.happened.total()} ({kinds})",
            self.again,
            len(self.left.doubt),
            *self.left.numbers,
            f"{self.seconds:.0f} s",
        )
        return "| " + " | ".join(str(cell) for cell in cells) + " |"


HEAD = (
    "| random_id | seed | questions | faults | asked again | in doubt | lost | twice | half"
    " | lost turns | took |\n|" + " --- |" * 11
)


class Storm:
    """`stage` is open and has no program yet."""

    def __init__(self, stage: Stage, seed: int, behaviour: RandomIdBehaviour) -> None:
        self.stage = stage
        self.dice = random.Random(seed)
        self.tally = Tally(seed, behaviour)
        # Words after the prefix are meant: who asks so quickly is else taken for a program.
        self.crowd = Crowd(stage, self.dice, prefix="/gpt ")
        self.program: Program | None = None
        stage.telegram.random_id_behaviour = behaviour

    async def run(self, questions: int) -> Tally:
        began = time.monotonic()
        crowd, stage, tally = self.crowd, self.stage, self.tally
        self.program = await stage.program(
            [listed(chat) for chat in crowd.chats],
            clock=RunningAhead(TIMES),
            catch_up={"max_age_minutes": 600},
            limits={"requests_per_minute": MANY, "answers_per_hour": MANY, "tokens_per_day": MANY},
            openai={
                "timeout": 2,
            },
        )
        end = began + questions + CLEARING_SECONDS
        while len(crowd.asked) < questions and time.monotonic() < end:
            # As much goes wrong as there is to go wrong: a queue of faults would never end.
            if crowd.ask() and self.dice.random() < 0.9:
                await self._strike()
            if self.dice.random() < 0.1:
                self._ask_again()
            await asyncio.sleep(self.dice.uniform(0, 0.2))
        await self._clear_up()
        await self.program.stop()
        tally.questions = len(crowd.asked)
        tally.spoken = sum(one.voice for one in crowd.asked)
        tally.left = crowd.judge(stage.history())
        tally.seconds = time.monotonic() - began
        return tally

    # -- what happens --

    async def _strike(self) -> None:
        strike = self.dice.choice(
            2 * [self._write, self._push, self._model] + [self._question, self._line, self._hearing]
        )
        name = strike()
        if name == "restart":
            await self.stage.telegram.restart()
        self.tally.happened[name] += 1

    def _write(self) -> str:
        """A write is lost on its way out or back, refused, or comes late."""
        method = self.dice.choice(WRITES)
        kinds = ["lost", "lost", "flood", "trouble"]
        if self.tally.behaviour != "forget":
            # Carried out after it was looked for, and forgotten: that nobody could find out.
            kinds.append("late")
        return self._request(method, self.dice.choice(kinds))

    def _question(self) -> str:
        """The same with what the program asks Telegram."""
        method = self.dice.choice(ASKED + LATER)
        return self._request(method, self.dice.choice(["lost", "flood", "trouble", "late"]))

    def _request(self, method: str, kind: str) -> str:
        add, dice, olga = self.stage.telegram.faults.add, self.dice, self.stage.olga
        times = dice.randint(1, 2)
        if kind == "lost":
            add(method, account=olga, drop=dice.choice(["before", "after"]), times=times)
        elif kind == "flood":
            add(method, f"FLOOD_WAIT_{dice.randint(1, 20)}", account=olga)
        elif kind == "trouble":
            error = dice.choice(["RPC_CALL_FAIL", "INTERNAL", "TIMEOUT", "RPC_MCGET_FAIL"])
            add(method, error, account=olga, times=times)
        else:
            add(method, account=olga, delay=dice.uniform(0.05, 0.5), times=times)
        return kind

    def _push(self) -> str:
        kind = self.dice.choice(["duplicate", "swap", "lose"])
        self.stage.telegram.faults.add(
            account=self.stage.olga,
            push=kind,  # type: ignore[arg-type]
            times=self.dice.randint(1, 3),
        )
        return kind

    def _line(self) -> str:
        if self.dice.random() < 0.2:
            return "restart"
        self.stage.telegram.drop_connections(self.stage.olga)
        return "cut"

    def _model(self) -> str:
        dice, faults = self.dice, self.stage.endpoint.faults
        kind = dice.choice([*REFUSED, *BROKEN])
        if kind in BROKEN:
            faults.add(kind, after=dice.randint(0, 8))
        elif kind == "rate_limit":
            faults.add(kind, retry_after=dice.choice([None, 1, 5]))
        else:
            faults.add(kind, times=dice.randint(1, 2))
        return "model"

    def _hearing(self) -> str:
        kind = self.dice.choice(REFUSED[:4])
        self.stage.endpoint.faults.add(kind, on="/audio/transcriptions")
        return "hearing"

    # -- when it is over --

    async def _clear_up(self) -> None:
        assert self.program is not None
        self.stage.telegram.faults.clear()
        self.stage.endpoint.faults.clear()
        self.stage.max.says(self.stage.vera, "It has cleared up.")
        self.stage.vera.says(self.stage.olga, "Has it?")  # shows Olga's clients what they missed
        end = time.monotonic() + CLEARING_SECONDS
        while time.monotonic() < end and self.crowd.open:
            await asyncio.sleep(0.2)
            self._ask_again()
        await self._settled()

    def _ask_again(self) -> None:
        self.tally.again += len(self.stage.command("retry"))

    async def _settled(self) -> None:
        """What stands in the chat is in the history a moment later."""
        for _ in range(50):
            if not self.stage.pending():
                return
            await asyncio.sleep(0.1)

    @property
    def story(self) -> list[str]:
        """What the program told, and what it did, for whoever looks for the cause."""
        assert self.program is not None
        told = [str(event) for event in self.program.told]
        calls = [
            f"{call.at} {call.method} {call.request}"
            for call in self.stage.telegram.calls
            if call.account is self.stage.olga
        ]
        return [*told, *calls]
