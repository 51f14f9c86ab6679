"""A siege: real processes of the program, killed at random instants while people go on asking.

    siege = Siege(house, seed=1, behaviour="duplicate")
    tally = await siege.run(kills=500)
    assert tally.left.faults == []

While the program is dead people ask on, and sometimes the owner answers by hand. When all kills are
done one last run may finish, and then every question is looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.crowd import Asked, Crowd, Left
from tests.cli.house import House, Running
from userbot.sandbox.state import Group
from userbot.sandbox.telegram import RandomIdBehaviour

WRITES = {"messages.sendMessage": "send", "messages.editMessage": "edit"}
CONFIG = """
[trigger]
from = "anyone"
burst_seconds = 0
[history]
database = "sessions/history.db"
[pacing]
writes_per_second = 1000
burst = 1000
edit_seconds = 0.5
[limits]
requests_per_minute = 1000000
answers_per_hour = 1000000
tokens_per_day = 1000000000
[catch_up]
max_age_minutes = 600
"""
LAST_RUN_SECONDS = 30.0


@dataclass
class Tally:
    """What is counted."""

    seed: int
    behaviour: str
    kills: Counter[str] = field(default_factory=Counter)
    """By what was going on."""
    questions: int = 0
    spoken: int = 0
    by_hand: int = 0
    taken_up: int = 0
    """How often a run went on with what a killed one had begun."""
    paid: int = 0
    """Requests to the model that were counted."""
    left: Left = field(default_factory=Left)
    seconds: float = 0.0

    def row(self) -> str:
        """One line of the table."""
        where = ", ".join(f"{name} {number}" for name, number in sorted(self.kills.items()))
        cells = (
            self.behaviour,
            self.seed,
            f"{self.kills.total()} ({where})",
            f"{self.questions} ({self.spoken} spoken)",
            self.by_hand,
            self.taken_up,
            *self.left.numbers,
            f"{self.seconds:.0f} s",
        )
        return "| " + " | ".join(str(cell) for cell in cells) + " |"


HEAD = (
    "| random_id | seed | kills | questions | by hand | taken up | lost | twice | half | lost turns"
    " | took |\n|" + " --- |" * 11
)


class Siege:
    """`house` has neither config nor login yet. Two sieges with a seed do the same to the program,
    as far as its own timing allows."""

    def __init__(self, house: House, seed: int, behaviour: RandomIdBehaviour) -> None:
        self.house = house
        self.stage = house.stage
        self.dice = random.Random(seed)
        self.tally = Tally(seed, behaviour)
        self.crowd = Crowd(self.stage, self.dice)
        self.story: list[str] = []
        self._running: Running | None = None
        self._trap: Callable[[str], str | None] = lambda _: None
        self.stage.telegram.random_id_behaviour = behaviour
        self._lay_trap()
        blocks = "".join(
            f'[[chats]]\nid = {chat}\nrespond = "all"\nfrom = "anyone"\n'
            for chat in self.crowd.chats
        )
        house.write_config(CONFIG + blocks)
        house.log_in()

    async def run(self, kills: int) -> Tally:
        began = time.monotonic()
        await self._begin()
        while self.tally.kills.total() < kills:
            await self._life()
            self._while_dead()
        await self._last_run()
        self._judge()
        self.tally.seconds = time.monotonic() - began
        return self.tally

    # -- what happens --

    async def _begin(self) -> None:
        """The first start comes to its end: what was before it is nobody's question."""
        running = await self.house.start("run", "--json")
        await running.event("ready")
        await running.stop(signal.SIGINT)

    async def _life(self) -> None:
        """One run, from its start to its kill."""
        dice = self.dice
        self._running = await self.house.start("run", "--json")
        killed = asyncio.Event()
        kind = dice.choice(["instant", "instant", "write", "write", "write", "request", "start"])
        self._trap = self._new_trap(kind, killed)
        end = time.monotonic() + (
            dice.uniform(0, 0.25)
            if kind == "start"
            else dice.uniform(0.1, 1.2)
            if kind == "instant"
            else 3
        )
        while time.monotonic() < end and not killed.is_set():
            if dice.random() < 0.4:
                self._ask()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0, min(0.1, end - time.monotonic()))):
                    await killed.wait()
        self._trap = lambda _: None
        if not killed.is_set():
            self.tally.kills["at the start" if kind == "start" else "at some instant"] += 1
            self._kill()
        out, err = await self._running.process.communicate()
        self._note(out.decode() + err.decode())
        await self._running.kill()
        self._running = None

    def _while_dead(self) -> None:
        dice = self.dice
        if dice.random() < 0.3:
            self._ask()
        open_ones = self.crowd.open
        if open_ones and dice.random() < 0.15:
            self._answer_by_hand(dice.choice(open_ones))

    def _ask(self) -> None:
        if one := self.crowd.ask():
            who = one.message.sender.first_name
            self._note(f"{who} asks {one.number}{' by voice' if one.voice else ''}")

    def _answer_by_hand(self, one: Asked) -> None:
        one.begun_before = bool(self.crowd.answers(one))
        where = one.where if isinstance(one.where, Group) else one.message.sender
        one.by_hand = self.stage.olga.says(
            where, f"By hand: {one.number}.", reply_to=one.message.id_for(self.stage.olga)
        )
        self.tally.by_hand += 1
        self._note(f"Olga answers {one.number} by hand")

    async def _last_run(self) -> None:
        running = await self.house.start("run", "--json")
        end = time.monotonic() + LAST_RUN_SECONDS
        while time.monotonic() < end and self.crowd.open:
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        ended = await running.stop(signal.SIGINT)
        self._note(ended.out + ended.err)

    # -- kills --

    def _new_trap(self, kind: str, killed: asyncio.Event) -> Callable[[str], str | None]:
        """Kills at the so-manieth write or request, before or after it is carried out."""
        if kind not in ("write", "request"):
            return lambda _: None
        left = self.dice.randint(1, 4 if kind == "write" else 14)
        when = self.dice.choice(["before", "after", "answered"])

        def trap(method: str) -> str | None:
            nonlocal left
            if killed.is_set() or (kind == "write" and method not in WRITES):
                return None
            left -= 1
            if left:
                return None
            killed.set()
            self.tally.kills[
                f"at {'a ' + WRITES[method] if method in WRITES else 'another request'}"
            ] += 1
            self._note(f"killed {when} {method}")
            if when == "answered":
                asyncio.get_running_loop().call_later(self.dice.uniform(0, 0.01), self._kill)
            else:
                self._kill()
            return when

        return trap

    def _kill(self) -> None:
        assert self._running is not None
        self._running.process.kill()

    def _lay_trap(self) -> None:
        server = self.stage.telegram._server
        finish = server._finish

        def watched(client: Any, request: Any, query: Any, fault: Any, *, late: bool) -> None:
            mine = client.login.user is self.stage.olga
            if mine and self._trap(query.method) == "before":
                client.connection.drop()
                return
            finish(client, request, query, fault, late=late)

        server._finish = watched  # type: ignore[method-assign]

    def _judge(self) -> None:
        tally = self.tally
        tally.questions = len(self.crowd.asked)
        tally.spoken = sum(one.voice for one in self.crowd.asked)
        tally.taken_up = "".join(self.story).count('"taken_up"')
        file = self.house.folder / "config.toml"
        everything = ("history", "--search", "", "--limit", "100000")
        tally.left = self.crowd.judge(self.stage.command(*everything, file=file))
        tally.paid = sum(
            day.requests for day in self.stage.command("usage", "--by", "day", file=file)
        )

    def _note(self, what: str) -> None:
        self.story.append(what)
