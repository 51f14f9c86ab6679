"""From a person's message to the request at the model, the question stored and decided.

    python tests/bench/bench_latency.py [--questions 300] [--tiny]

One question at a time, to the program and to the bare script in turn, in private chats.
"""

from __future__ import annotations

import asyncio
from statistics import median, quantiles

from tests.bench.harness import Asked, Ground, Program, arguments
from tests.bench.table import Row, Target, show

PEOPLE = 30
PAUSE = 0.005
"""Seconds between two questions, for what is done after an answer."""


async def main() -> int:
    given = arguments(__doc__ or "", questions=(300, 4))
    async with Ground(min(PEOPLE, given.questions)) as ground:
        programs = (ground.product(), ground.bare())
        await asyncio.gather(*(program.start() for program in programs))
        await measure(ground, programs, len(ground.people))  # first meetings cost more
        product, bare = await measure(ground, programs, given.questions)
    return show(
        [
            Row("message → model, median", "ms", _middle(product), _middle(bare), TARGET),
            Row("message → model, p95", "ms", _late(product), _late(bare)),
            Row("message → answer, median", "ms", _whole(product), _whole(bare)),
        ]
    )


TARGET = Target(limit=5, ratio=2.5)


async def measure(
    ground: Ground, programs: tuple[Program, ...], questions: int
) -> list[list[Asked]]:
    """So many questions to each program, in turn."""
    asked: list[list[Asked]] = [[] for _ in programs]
    for number in range(questions):
        person = ground.people[number % len(ground.people)]
        for results, program in zip(asked, programs, strict=True):
            results.append(await ground.ask(person, program))
            await asyncio.sleep(PAUSE)
    return asked


def _middle(asked: list[Asked]) -> float:
    return median(one.to_model for one in asked)


def _late(asked: list[Asked]) -> float:
    return quantiles((one.to_model for one in asked), n=20)[-1]


def _whole(asked: list[Asked]) -> float:
    return median(one.to_answer for one in asked)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
