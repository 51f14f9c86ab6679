"""A siege: real processes of the program, killed at random instants while people go on asking.

    siege = Siege(house, seed=1, behaviour="duplicate")
    tally = await siege.run(kills=500)
    assert tally.faults == []

Five conversations ask numbered questions, in writing and by voice; the model's answer to question
7 ends with "end of 7.". While the program is dead people ask on, and sometimes the owner answers by
hand. When all kills are done one last run may finish, and then every question is looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cli.house import House, Running
from userbot.sandbox.accounts import Account
from userbot.sandbox.chats import Group
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.messages import Message
from userbot.sandbox.telegram import RandomIdBehaviour

EN = Path(__file__).parent.parent / "data" / "voice_en.ogg"
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
class Asked:
    """One question and what people did about it."""

    number: int
    message: Message
    where: Account | Group
    voice: bool
    by_hand: Message | None = None
    begun_before: bool = False
    """The program had written something before the owner answered."""


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
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    turns: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    """Words of the owner's that are not as he wrote them."""
    seconds: float = 0.0

    @property
    def faults(self) -> list[str]:
        return [*self.lost, *self.twice, *self.half, *self.turns, *self.touched]

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
            len(self.lost),
            len(self.twice),
            len(self.half),
            len(self.turns),
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
        self.asked: list[Asked] = []
        self.story: list[str] = []
        self._takes: Counter[int] = Counter()
        self._running: Running | None = None
        self._trap: Callable[[str], str | None] = lambda _: None
        stage = self.stage
        stage.telegram.random_id_behaviour = behaviour
        everybody = [stage.olga, stage.max, stage.lena, stage.vera]
        choir = stage.telegram.add_supergroup("Choir", creator=stage.vera, members=everybody)
        self.places: list[tuple[Account, Account | Group]] = [
            (stage.max, stage.olga),
            (stage.lena, stage.olga),
            (stage.max, stage.group),
            (stage.lena, stage.club),
            (stage.vera, choir),
        ]
        stage.endpoint.responder = self._answer
        self._recording = EN.read_bytes()
        self._lay_trap()
        ids = [stage.max.id, stage.lena.id, stage.group.id, stage.club.id, choir.id]
        blocks = "".join(
            f'[[chats]]\nid = {chat}\nrespond = "all"\nfrom = "anyone"\n' for chat in ids
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
        open_ones = [one for one in self.asked if one.by_hand is None and not self._whole(one)]
        if open_ones and dice.random() < 0.15:
            self._answer_by_hand(dice.choice(open_ones))

    def _ask(self) -> None:
        who, where = self.dice.choice(self.places)
        waiting = [
            one
            for one in self.asked
            if one.where is where
            and one.message.sender is who
            and one.by_hand is None
            and not self._whole(one)
        ]
        if len(waiting) >= 2:
            return
        number = len(self.asked) + 1
        voice = self.dice.random() < 0.3
        words = f"question {number}, please"
        if voice:
            recording = self._recording + number.to_bytes(8, "big")
            self.stage.endpoint.understands(recording, words)
            message = who.sends_voice(where, recording)
        else:
            message = who.says(where, words)
        self.asked.append(Asked(number, message, where, voice))
        self._note(f"{who.first_name} asks {number}{' by voice' if voice else ''}")

    def _answer_by_hand(self, one: Asked) -> None:
        one.begun_before = bool(self._answers(one))
        where = one.where if isinstance(one.where, Group) else one.message.sender
        one.by_hand = self.stage.olga.says(
            where, f"By hand: {one.number}.", reply_to=one.message.id_for(self.stage.olga)
        )
        self.tally.by_hand += 1
        self._note(f"Olga answers {one.number} by hand")

    def _answer(self, request: dict[str, Any]) -> Reply:
        number = int(re.findall(r"question (\d+)", str(request["messages"][-1]["content"]))[-1])
        self._takes[number] += 1
        words = f"Answer {number}, take {self._takes[number]}. " + "It goes on like this. " * (
            250 if number % 7 == 0 else 20
        )
        pieces = re.findall(r".{1,40}|.{1,400}" if number % 7 else r".{1,400}", words)
        pieces.append(f" This is the end of {number}.")
        seconds = (0.1, 0.3, 1.0)[number % 3]
        return Reply("".join(pieces), chunks=tuple(pieces), delay=seconds / len(pieces))

    async def _last_run(self) -> None:
        running = await self.house.start("run", "--json")
        end = time.monotonic() + LAST_RUN_SECONDS
        while time.monotonic() < end and any(
            one.by_hand is None and not self._whole(one) for one in self.asked
        ):
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
            mine = client.login.account is self.stage.olga
            if mine and self._trap(query.method) == "before":
                client.connection.drop()
                return
            finish(client, request, query, fault, late=late)

        server._finish = watched  # type: ignore[method-assign]

    # -- what is left --

    def _answers(self, one: Asked) -> list[Message]:
        """The program's replies to a question."""
        olga = self.stage.olga
        return [
            message
            for message in self._history(one)
            if message.sender is olga
            and message.reply_to is one.message
            and message is not one.by_hand
        ]

    def _history(self, one: Asked) -> list[Message]:
        where = one.where if isinstance(one.where, Group) else one.message.sender
        return self.stage.olga.messages(where)

    def _chain(self, one: Asked, first: Message) -> list[Message]:
        chain, found = [first], True
        while found:
            found = False
            for message in self._history(one):
                if message.reply_to is chain[-1] and message.sender is first.sender:
                    chain.append(message)
                    found = True
                    break
        return chain

    def _whole(self, one: Asked) -> bool:
        return any(
            f"end of {one.number}." in self._chain(one, answer)[-1].text
            for answer in self._answers(one)
        )

    def _judge(self) -> None:
        tally = self.tally
        tally.questions = len(self.asked)
        tally.spoken = sum(one.voice for one in self.asked)
        tally.taken_up = "".join(self.story).count('"taken_up"')
        with contextlib.closing(
            sqlite3.connect(self.house.folder / "sessions" / "history.db")
        ) as db:
            rows = {
                (chat, message): (state, reason, answer or "", usages)
                for chat, message, state, reason, answer, usages in db.execute(
                    "SELECT chat, message, state, reason, answer,"
                    " (SELECT count(*) FROM usage WHERE question = questions.id"
                    " AND kind = 'answer') FROM questions"
                )
            }
        for one in self.asked:
            self._judge_one(one, rows)

    def _judge_one(self, one: Asked, rows: dict[tuple[int, int], Any]) -> None:
        tally, answers = self.tally, self._answers(one)
        chat = one.where.id if isinstance(one.where, Group) else one.message.sender.id
        row = rows.get((chat, one.message.id_for(self.stage.olga)))
        about = f"question {one.number} in {chat}: {row}, {answers}"
        if len(answers) > 1 or (answers and one.by_hand and not one.begun_before):
            tally.twice.append(f"twice: {about}")
        if not answers and one.by_hand is None:
            tally.lost.append(f"lost: {about}")
        if any(f"end of {one.number}." not in self._chain(one, it)[-1].text for it in answers):
            tally.half.append(f"half: {about}")
        if row is None or (
            row[0] != "answered" or f"end of {one.number}." not in row[2] or row[3] != 1
            if answers
            else row[:2] != ("skipped", "owner_answered")
        ):
            tally.turns.append(f"turn: {about}")
        if one.by_hand and (one.by_hand.text != f"By hand: {one.number}." or one.by_hand.edits):
            tally.touched.append(f"touched: {about}")

    def _note(self, what: str) -> None:
        self.story.append(what)
