"""From the start of the process to listening, with a login that is there.

    python tests/bench/bench_start.py [--times 9] [--tiny]

The program and the bare script start in turn; the fastest start of each counts, because what
else the machine does only ever adds. The program listens before it has imported openai, so the
first request is told too. `userbot --help` stands beside the start of typer alone.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.harness import USERBOT, Ground, Program, arguments, run
from tests.bench.table import Row, Target, show

START = Target(limit=0.8, ratio=1)
ASKING = Target(ratio=1.15)
HELP = Target(ratio=2)
HELP_TIMES = 9


async def main() -> int:
    given = arguments(__doc__ or "", times=(9, 1))
    async with Ground(people=1) as ground:
        programs = [ground.product(), ground.bare()]
        for program in programs:  # the first start makes the database and reads cold files
            await start(ground, program)
        starts: list[list[Start]] = [[] for _ in programs]
        for _ in range(given.times):
            for results, program in zip(starts, programs, strict=True):
                results.append(await start(ground, program))
    listening = [[one.listening for one in results] for results in starts]
    asking = [[one.asking for one in results] for results in starts]
    cpu = [min(one.cpu for one in results) for results in starts]
    helps, typer = fastest([USERBOT, "--help"]), fastest([sys.executable, "-c", "import typer"])
    rows = [
        Row("start → listening, fastest", "s", min(listening[0]), min(listening[1]), START),
        Row("start → listening, median", "s", median(listening[0]), median(listening[1])),
        Row("start → first request, fastest", "s", min(asking[0]), min(asking[1])),
        Row("start → first answer, processor", "s", cpu[0], cpu[1], ASKING),
        Row("--help, beside import typer", "s", helps, typer, HELP),
    ]
    return show(rows, judge=not given.tiny)


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from the start of the process."""

    listening: float
    asking: float
    """Until the model got a question that was sent as soon as the program listened."""
    cpu: float
    """Processor time until that question was answered; 0 where the system does not tell."""


async def start(ground: Ground, program: Program) -> Start:
    """Start a program, ask it something at once, and stop it."""
    listening = await program.start()
    asked = await ground.ask(ground.people[0], program)
    cpu = program.cpu_seconds() or 0.0
    await program.stop()
    return Start(listening, listening + asked.to_model / 1000, cpu)


def fastest(command: Sequence[str]) -> float:
    """Seconds that a command takes from beginning to end, at its best."""
    took = []
    for _ in range(HELP_TIMES):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - began)
    return min(took)


if __name__ == "__main__":
    run(main)
