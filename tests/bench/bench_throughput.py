"""Answers a second with many private chats at once and a model that answers at once.

    python tests/bench/bench_throughput.py [--chats 32] [--each 10] [--rounds 9] [--tiny]

Every person asks again as soon as the answer stands. The program and the bare script take turns;
the median round counts. A conversation remembers 1,000 tokens, about twenty turns: with more, the
rounds would differ by how much there is to remember. The sandbox shares the machine and is the
same for both, so the processor time of the measured process is told beside the rate.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from statistics import median

from tests.bench.harness import Ground, Program, arguments, run
from tests.bench.table import Row, Target, show
from userbot.sandbox.accounts import Account

TARGET = Target(limit=250, ratio=0.57, at_least=True)
CPU = Target(ratio=1.9)
WINDOW_TOKENS = 1000


@dataclass(frozen=True, slots=True)
class Round:
    """What one program did in one round."""

    rate: float
    """Answers a second."""
    cpu: float | None
    """Milliseconds of processor time an answer."""


async def main() -> int:
    given = arguments(__doc__ or "", chats=(32, 4), each=(10, 1), rounds=(9, 1))
    async with Ground(given.chats) as ground:
        product, bare = programs = ground.product(window_tokens=WINDOW_TOKENS), ground.bare()
        await asyncio.gather(*(program.start() for program in programs))
        rounds: dict[Program, list[Round]] = {program: [] for program in programs}
        for program in programs:
            await measure(ground, program, given.each)  # first meetings cost more
        for _ in range(given.rounds):
            for program in programs:
                rounds[program].append(await measure(ground, program, given.each))
    rates = [median(one.rate for one in rounds[program]) for program in programs]
    rows = [Row(f"answers, {given.chats} chats at once", "/s", rates[0], rates[1], TARGET)]
    times = [[one.cpu for one in rounds[program] if one.cpu] for program in (product, bare)]
    if all(times):
        rows.append(Row("processor time an answer", "ms", median(times[0]), median(times[1]), CPU))
    return show(rows, judge=not given.tiny)


async def measure(ground: Ground, program: Program, each: int) -> Round:
    """One round: every person asks so many questions, one after the other."""

    async def ask(person: Account) -> None:
        for _ in range(each):
            await ground.ask(person, program)

    cpu, began = program.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(ask(person) for person in ground.people))
    seconds = time.perf_counter() - began
    used = program.cpu_seconds()
    answers = each * len(ground.people)
    spent = None if cpu is None or used is None else (used - cpu) / answers * 1000
    return Round(answers / seconds, spent)


if __name__ == "__main__":
    run(main)
