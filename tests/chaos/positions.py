"""One question at a time, with one fault at one position of what the program does for it.

A position is a statement to the store or a request to Telegram, counted from the question on: what
there is to go through is what the program does, and nobody has to keep a list of it. What is asked
may be a question or an order of the owner's.

Each answer of the model costs its own number of tokens, so that of the sum alone one sees whether a
request was paid once.

    walk = Walk(stage, SCENARIOS["text"])
    async for position in walk.positions():     # as many as there are
        await walk.killed_at(position)
    assert walk.wrong == []
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import Call, busy, damaged, full, watched
from tests.harness import Program, ProgramError, Stage, Told, ToolCall, Usage, listed
from tests.quick_clock import QuickClock
from userbot.sandbox import ogg
from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.faults import Drop
from userbot.sandbox.state import Group, Message

EN = (Path(__file__).parent.parent / "data" / "voice_en.ogg").read_bytes()
MINUTES = (ogg.duration(EN) or 0) / 60
"""What a recording costs."""
QUICK = 40
"""Seconds of the program's in one of ours."""
SECONDS = 10
"""Of its seconds, for which the store takes nothing."""
GIVEN = 30.0
"""Real seconds that a question may take in the end, on a slow machine."""
LISTED = {"in_doubt", "begun_before_move", "recap_cut_off"}
"""Why a question may be listed and not answered."""
SEARCH = ToolCall("a1", "search_chat", '{"words": ["question"]}')
UNIT, BASE = 1_000, 4
"""The answer to a question's n-th request costs UNIT * BASE**n tokens, half of one less than
UNIT: so the digits of a sum tell how often each was paid."""


@dataclass(frozen=True)
class Scenario:
    """What is asked, and how the program is configured for it."""

    ask: Callable[[Walk, int], Message]
    config: dict[str, Any] = field(default_factory=dict)
    in_place: bool = False
    """The answer stands in the question's own message."""
    moves: bool = False
    """The group becomes a supergroup after the fault."""
    respond: str = "all"
    """Which messages in the group are questions."""
    searches: bool = False
    """The model looks something up before it answers."""
    is_recap: bool = False
    """A kill may leave one line of it, and what was asked by then was paid."""
    is_quiet: bool = False
    """The question leaves the chat, and its answer is in Saved Messages."""
    is_command: bool = False
    """The owner's: it leaves the chat, and its one result is in Saved Messages."""


def _asker(walk: Walk, number: int) -> Account:
    """One of three in turn: who asks so quickly is else taken for a program."""
    return (walk.stage.max, walk.stage.lena, walk.stage.vera)[number % 3]


def _text(walk: Walk, number: int) -> Message:
    return _asker(walk, number).says(walk.group, f"/gpt question {number}, please")


def _voice(walk: Walk, number: int) -> Message:
    recording = EN + number.to_bytes(4, "big")
    walk.stage.endpoint.understands(recording, f"question {number}, please")
    return _asker(walk, number).sends_voice(walk.group, recording)


def _own(walk: Walk, number: int) -> Message:
    return walk.stage.olga.says(walk.group, f"/gpt question {number}, please")


def _quiet(walk: Walk, number: int) -> Message:
    return walk.stage.olga.says(walk.group, f"/gpt -q question {number}, please")


def _burst(walk: Walk, number: int) -> Message:
    asker = _asker(walk, number)
    asker.says(walk.group, "/gpt Listen,")
    return asker.says(walk.group, f"question {number}, please")


def _reply(walk: Walk, number: int) -> Message:
    said = _asker(walk, number + 1).says(walk.group, f"question {number}, please")
    return _asker(walk, number).says(walk.group, "/gpt", reply_to=said)


def _reply_to_voice(walk: Walk, number: int) -> Message:
    recording = EN + number.to_bytes(4, "big")
    walk.stage.endpoint.understands(recording, f"question {number}, please")
    said = _asker(walk, number + 1).sends_voice(walk.group, recording)
    return _asker(walk, number).says(walk.group, "/gpt", reply_to=said)


def _recap(walk: Walk, number: int) -> Message:
    _asker(walk, number).says(walk.group, f"question {number}, please")
    return walk.stage.olga.says(walk.group, "/gpt_recap 1")


def _new(walk: Walk, _: int) -> Message:
    return walk.stage.olga.says(walk.group, "/gpt_new")


def _history(walk: Walk, _: int) -> Message:
    return walk.stage.olga.says(walk.group, "/gpt_history")


SCENARIOS = {
    "text": Scenario(_text),
    "voice": Scenario(_voice),
    "own prompt": Scenario(_own, {"trigger": {"own_prompt": "edit"}}, in_place=True),
    "quiet": Scenario(_quiet, is_quiet=True),
    "burst": Scenario(_burst, {"trigger": {"burst_seconds": 0.3}}),
    "moved": Scenario(_text, moves=True),
    "reply": Scenario(_reply, respond="prefix"),
    "reply to voice": Scenario(_reply_to_voice, respond="prefix"),
    "searched": Scenario(_own, {"reading": {"search": "me"}}, searches=True),
    "recap": Scenario(_recap, respond="prefix", is_quiet=True, is_recap=True),
    "/gpt_new": Scenario(_new, is_command=True),
    "/gpt_history": Scenario(_history, is_command=True),
}


class Counter:
    """Counts the calls of a program, and does something before one of them."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.armed = False
        self.at = -1
        self.does: Callable[[Call], None] = lambda _: None

    def arm(self, at: int, does: Callable[[Call], None]) -> None:
        self.calls, self.at, self.does, self.armed = [], at, does, True

    def before(self, call: Call) -> None:
        if not self.armed:
            return
        self.calls.append(call)
        if len(self.calls) > self.at >= 0:
            self.does(call)


@dataclass(frozen=True)
class Counts:
    """What there was before a question, or after it."""

    requests: int
    """That the model got."""
    heard: int
    """Recordings that were transcribed."""
    paid: int
    """Payments for answers."""
    tokens: int
    minutes: float
    results: int
    """Of commands, in Saved Messages."""


class Walk:
    """One scenario on a stage, question after question."""

    def __init__(self, stage: Stage, scenario: Scenario) -> None:
        self.stage = stage
        self.scenario = scenario
        self.wrong: list[str] = []
        self.listed = 0
        self._is_put_off = False
        self._put_off: list[Message] = []
        """Commands whose result is told by the next start."""
        self._number = 0
        self._newest = stage.group
        self._before = self._counted()
        stage.endpoint.responder = self._answer

    @property
    def group(self) -> Group:
        """Where the next question is asked."""
        return self._newest

    @property
    def config(self) -> dict[str, Any]:
        """The program's config, the group selected."""
        pacing = {"edit_seconds": 0.5, "max_previews": 12}
        catch_up = {"max_age_minutes": 600}
        chats = [listed(self.group.id, self.scenario.respond)]
        limits = {"tokens_per_day": 10**12}
        usual = {"chats": chats, "pacing": pacing, "catch_up": catch_up, "limits": limits}
        return usual | self.scenario.config

    async def first_run(self) -> None:
        """What was before the first start is nobody's question."""
        await (await self.stage.program(**self.config)).stop()

    async def count(self) -> list[Call]:
        """What the program does for one question, undisturbed."""
        counter = Counter()
        with watched(counter.before):
            program = await self.stage.program(**self.config)
            await self._quiet(program)
            counter.arm(-1, lambda _: None)
            question = self._ask()
            await self._ends(program, question)
            counter.armed = False
            await program.stop()
        self._judge(question, "nothing")
        return counter.calls

    async def killed_at(self, position: int) -> None:
        """Kill the program there, start it again, and look at what stands in the end."""
        self._new_group()
        killed = await self.stage.process(fault=f"kill {position}", **self.config)
        question = self._ask()
        ends = asyncio.create_task(killed.ends())
        over = asyncio.create_task(self._ends(killed, question))
        await asyncio.wait({ends, over}, return_when=asyncio.FIRST_COMPLETED)
        for task in (ends, over):
            task.cancel()
        await asyncio.wait({ends, over})
        await killed.kill()
        await self._goes_on(question, f"killed at {position}", killed=True)

    async def lost_at(self, position: int) -> None:
        """The database is found damaged there: the program ends, and the next one answers."""
        self._new_group()
        counter = Counter()

        def lost(call: Call) -> None:
            if call.where == "store":
                raise damaged()

        with watched(counter.before):
            program = await self.stage.program(**self.config)
            await self._quiet(program)
            counter.arm(position, lost)
            question = self._ask()
            try:
                await asyncio.wait_for(self._either(program, question), GIVEN)
            except ProgramError as error:
                if error.reason != "storage_damaged":
                    self.wrong.append(f"damaged at {position}: {error}")
            counter.armed = False
            if program.runs:
                await program.stop()
        await self._goes_on(question, f"damaged at {position}: {_named(counter, position)}")

    async def disturbed_at(self, positions: list[int], trouble: str) -> None:
        """At each of these something goes wrong for a while: one run must get over all of it."""
        counter = Counter()
        does: dict[str, Callable[[], Callable[[Call], None]]] = {
            "busy": lambda: self._for_a_while(counter, busy),
            "full": lambda: self._for_a_while(counter, full),
            "line lost before": lambda: self._line(counter, "before"),
            "line lost after": lambda: self._line(counter, "after"),
        }
        with watched(counter.before):
            program = await self.stage.program(clock=QuickClock(QUICK), **self.config)
            await self._quiet(program)
            for position in positions:
                counter.arm(position, does[trouble]())
                question = self._ask()
                about = f"{trouble} at {position}"
                if not await self._ends(program, question):
                    self.wrong.append(f"{about}: it never ended: {program.told}")
                    break
                counter.armed = False
                self._judge(question, f"{about}: {_named(counter, position)}")
            counter.armed = False
            self.stage.telegram.faults.clear()
            await program.stop()
        await self._what_was_put_off()

    # -- faults --

    def _for_a_while(self, counter: Counter, error: Callable[[], Exception]) -> Any:
        clock = QuickClock(QUICK)
        until = -1.0

        def does(call: Call) -> None:
            nonlocal until
            if until < 0:
                until = clock.monotonic() + SECONDS
            if clock.monotonic() > until:
                counter.armed = False
            elif call.where == "store" and not call.what.startswith(("COMMIT", "ROLLBACK")):
                raise error()

        return does

    def _line(self, counter: Counter, drop: Drop) -> Any:
        def does(call: Call) -> None:
            if call.where == "telegram":
                counter.armed = False
                self.stage.telegram.faults.add(account=self.stage.olga, drop=drop)

        return does

    # -- one question --

    def _new_group(self) -> None:
        if self.scenario.moves:
            stage = self.stage
            everybody = [stage.olga, stage.max, stage.lena, stage.vera]
            title = f"Weekend {self._number}"
            self._newest = stage.telegram.add_group(title, creator=stage.max, members=everybody)

    def _ask(self) -> Message:
        self._number += 1
        self._before = self._counted()
        return self.scenario.ask(self, self._number)

    async def _goes_on(self, question: Message, about: str, *, killed: bool = False) -> None:
        config = self.config
        if self.scenario.moves:
            self._newest = self.stage.telegram.migrate(self.group)
        program = await self.stage.program(**config)
        if not await self._ends(program, question):
            self.wrong.append(f"{about}: it never ended: {program.told}")
        await program.stop()
        self._judge(question, about, killed=killed)

    async def _ends(self, program: Told, question: Message) -> bool:
        """Wait until it is answered or listed, also by a run before this one."""
        try:
            async with asyncio.timeout(GIVEN):
                while not self._is_listed(question):
                    for _ in range(20):
                        if self._is_done(program, question):
                            return True
                        await asyncio.sleep(0.02)
        except TimeoutError:
            return False
        return True

    def _is_done(self, program: Told, question: Message) -> bool:
        message = question.id_for(self.stage.olga)
        if not self.scenario.is_command:
            return bool(program.events("answered", message=message))
        self._is_put_off = bool(program.events("failed", message=message))
        told = len(self._results()) > self._before.results
        return self._is_put_off or (question.deleted and told)

    def _is_listed(self, question: Message) -> bool:
        row = None if self.scenario.is_command else self._row(question)
        return row is not None and row.state in ("answered", "skipped", "failed")

    async def _what_was_put_off(self) -> None:
        """What could not be told, since nobody knew its end, the next start tells, once."""
        if not self._put_off:
            return
        before = len(self._results())
        program = await self.stage.program(**self.config)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GIVEN):
                while len(self._results()) < before + len(self._put_off):
                    await asyncio.sleep(0.02)
        await program.stop()
        told = self._results()[before:]
        if len(told) != len(self._put_off) or not all(one.deleted for one in self._put_off):
            self.wrong.append(f"put off: {self._put_off}: {[one.text for one in told]}")

    async def _either(self, program: Program, question: Message) -> None:
        ends = asyncio.create_task(program.ends(GIVEN))
        done = asyncio.create_task(self._ends(program, question))
        await asyncio.wait({ends, done}, return_when=asyncio.FIRST_COMPLETED)
        done.cancel()
        if ends.done():
            ends.result()
        ends.cancel()

    async def _quiet(self, program: Program) -> None:
        """What a start still does is over."""
        await program.tells("ready")
        await self.stage.all_arrives()
        await asyncio.sleep(0.1)

    def _row(self, question: Message) -> Any:
        message = question.id_for(self.stage.olga)
        rows = [row for row in self.stage.history() if row.message == message]
        return rows[-1] if rows else None

    def _results(self) -> list[Message]:
        """What the owner's commands came to."""
        return self.stage.olga.messages(self.stage.olga)

    def _counted(self) -> Counts:
        days = self.stage.spent() if (self.stage.folder / "history.db").exists() else []
        endpoint = self.stage.endpoint
        return Counts(
            requests=len(endpoint.requests),
            heard=len(endpoint.transcriptions),
            paid=sum(day.requests for day in days),
            tokens=sum(day.completion_tokens for day in days),
            minutes=sum(day.audio_minutes for day in days),
            results=len(self._results()),
        )

    def _judge(self, question: Message, about: str, *, killed: bool = False) -> None:
        self._judge_payments(about, killed=killed)
        if self.scenario.is_command:
            self._judge_command(question, about)
        else:
            self._judge_answer(question, about)

    def _judge_payments(self, about: str, *, killed: bool) -> None:
        """Each request has one payment. One that a kill kept from leaving may have one, too."""
        now, before = self._counted(), self._before
        requests, more = now.requests - before.requests, 1 if killed else 0
        tokens, times = (now.tokens - before.tokens) // UNIT, []
        for _ in range(requests):
            tokens, paid = divmod(tokens, BASE)
            times.append(paid)
        if not requests <= now.paid - before.paid <= requests + more:
            self.wrong.append(f"{about}: {requests} requests, {now.paid - before.paid} payments")
        cut_off = killed and self.scenario.is_recap
        if tokens or any(paid > 1 for paid in times) or (times[-1:] == [0] and not cut_off):
            self.wrong.append(f"{about}: so often each request was paid: {times}, {tokens}")
        heard = now.heard - before.heard
        minutes = now.minutes - before.minutes
        if not (heard - 0.5) * MINUTES < minutes < (heard + more + 0.5) * MINUTES:
            self.wrong.append(f"{about}: {heard} recordings, {minutes:.2f} minutes paid")

    def _judge_command(self, command: Message, about: str) -> None:
        """Nothing of it stays in the chat, and its result was told once."""
        told = [one.text for one in self._results()[self._before.results :]]
        if self._is_put_off and not told:
            self._put_off.append(command)
        elif not command.deleted or len(told) != 1 or command.text not in told[0]:
            self.wrong.append(f"{about}: {command}: {told}")

    def _judge_answer(self, question: Message, about: str) -> None:
        """It was answered exactly once and to its end, or it is listed and was not."""
        stage, number = self.stage, self._number
        row = self._row(question)
        end = f"end of {number}."
        everywhere = [*stage.olga.messages(self.group), *stage.olga.messages(stage.group)]
        everywhere += stage.olga.messages(stage.olga)
        if isinstance(question.chat, Group):
            everywhere += stage.olga.messages(question.chat)
        said = {one.uid: one for one in everywhere if one.sender is stage.olga}.values()
        whole = [one for one in said if one.text.endswith(end)]
        replies = [one for one in said if one.reply_to is question and one not in whole]
        stands = f"{about}: {row}: {[one.text for one in (*whole, *replies)]}"
        if row is not None and row.state in ("skipped", "failed") and row.reason in LISTED:
            self.listed += 1
            if whole:
                self.wrong.append(f"listed, and answered: {stands}")
            return
        if row is None or row.state != "answered" or len(whole) != 1 or replies:
            self.wrong.append(stands)
        elif self.scenario.is_quiet and not (
            question.deleted and whole[0] in stage.olga.messages(stage.olga)
        ):
            self.wrong.append(f"not quiet: {question}: {stands}")
        elif self.scenario.in_place and whole != [question]:
            self.wrong.append(f"not in its place: {stands}")

    def _answer(self, request: dict[str, Any]) -> Reply:
        asked = [one["content"] for one in request["messages"] if one["role"] == "user"]
        found = re.findall(r"question (\d+)", str(asked[-1]))
        number = found[-1] if found else "none"
        take = len(self.stage.endpoint.requests) - self._before.requests - 1
        pieces = f"This answers {number}. ", "It goes on for a while, ", f"to the end of {number}."
        usage = Usage(60, UNIT * BASE**take)
        if self.scenario.searches and request["messages"][-1]["role"] == "user":
            return Reply("I look. ", usage=usage, calls=(SEARCH,))
        return Reply("".join(pieces), chunks=pieces, delay=0.03, usage=usage)


def sample(seed: int, count: int, of: int) -> list[int]:
    """So many of these positions, in order."""
    return sorted(random.Random(seed).sample(range(of), min(count, of)))


def _named(counter: Counter, position: int) -> str:
    calls = counter.calls[position : position + 1]
    return calls[0].what[:60] if calls else "nothing"
