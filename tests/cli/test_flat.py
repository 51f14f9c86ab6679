"""Memory and open files of the program stay as they are, however many messages it has seen.

The long form, 20,000 messages, is `make soak`.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.house import House, Running
from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Group

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

QUESTION_EVERY = 10
UNDER_WAY = 8
"""Questions that wait for their answers at once, so that it is not the queue that grows."""
ANSWER = "An answer of some length. " * 12
OPEN = """
[trigger]
from = "anyone"
burst_seconds = 0
[limits]
requests_per_minute = 100000
tokens_per_day = 1000000000
answers_per_hour = 1000000
[pacing]
writes_per_second = 100000
burst = 100000
"""


@dataclass(frozen=True)
class Sample:
    """A process at one moment: its memory in megabytes, and its open files."""

    megabytes: float
    files: int

    @classmethod
    def of(cls, pid: int) -> Sample:
        process = Path(f"/proc/{pid}")
        lines = (process / "smaps_rollup").read_text().splitlines()
        private = [int(line.split()[1]) for line in lines if line.startswith("Private_")]
        return cls(sum(private) / 1024, len(list((process / "fd").iterdir())))


class Counting:
    """Reads what the program tells, and counts."""

    def __init__(self, running: Running) -> None:
        self.answered = 0
        self.wrong: list[str] = []
        self._running = running
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._read())

    async def until(self, answered: int) -> None:
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: self.answered >= answered)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        assert self._running.process.stdout is not None
        while line := await self._running.process.stdout.readline():
            event = json.loads(line)["event"]
            if event in ("failed", "limited", "skipped", "waiting"):
                self.wrong.append(line.decode())
            if event == "answered":
                async with self._news:
                    self.answered += 1
                    self._news.notify_all()


async def lives(house: House, messages: int, samples: int) -> list[Sample]:
    """Send so many messages to a program of its own; gives that many looks at it."""
    stage = house.stage
    house.log_in()
    house.write_config(OPEN)
    stage.endpoint.responder = lambda _: Reply(ANSWER)
    running = await house.start("run", "--json", warm=False)  # no pages shared with a parent
    await running.event("ready")
    counting = Counting(running)
    places: list[Account | Group] = [stage.group, stage.club, stage.olga]
    people = [stage.max, stage.lena, stage.vera]
    seen: list[Sample] = []
    asked = 0
    pid = running.process.pid
    assert pid is not None
    for number in range(1, messages + 1):
        place, person = places[number % 3], people[number // 3 % 3]
        if number % QUESTION_EVERY:
            person.says(place, f"just talking, for the {number}th time " + "word " * 20)
            if not number % 7:
                await asyncio.sleep(0)
        else:
            asked += 1
            person.says(place, f"/gpt question {number} " + "word " * 20)
            stage.endpoint.requests.clear()
            await counting.until(asked - UNDER_WAY)
        if not number % (messages // samples):
            await counting.until(asked)
            seen.append(Sample.of(pid))
    await counting.close()
    assert not counting.wrong
    assert counting.answered == asked == messages // QUESTION_EVERY
    running.process.send_signal(signal.SIGINT)
    assert (await running.ends(30)).code == 130
    return seen


def told(samples: list[Sample]) -> str:
    return "  ".join(f"{one.megabytes:.1f} MB/{one.files}" for one in samples)


@pytest.mark.long
async def test_a_thousand_messages_leave_nothing_behind(house: House) -> None:
    samples = await lives(house, 1000, 10)
    begun, ended = samples[4], samples[-1]
    assert ended.files <= begun.files, told(samples)
    assert ended.megabytes - begun.megabytes < 4, told(samples)


@pytest.mark.slow
async def test_twenty_thousand_messages_leave_nothing_behind(house: House) -> None:
    samples = await lives(house, 20_000, 20)
    print(told(samples))
    begun, ended = samples[6], samples[-1]
    assert ended.files <= begun.files, told(samples)
    assert ended.megabytes - begun.megabytes < 5, told(samples)
