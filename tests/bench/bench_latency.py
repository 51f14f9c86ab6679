"""From a person's message to the request at the model, the question stored and decided.

    python tests/bench/bench_latency.py [--questions 300] [--tiny]

One question at a time, to the program and to the bare script in turn, in private chats.
"""

from __future__ import annotations

import asyncio
from statistics import median, quantiles

from tests.bench.harness import Asked, Ground, arguments, run
from tests.bench.table import Row, Target, show

PEOPLE = 30
MEDIAN = Target(limit=5, ratio=2.5)


async def main() -> int:
    given = arguments(__doc__ or "", questions=(300, 4))
    async with Ground(min(PEOPLE, given.questions)) as ground:
        programs = [ground.product(), ground.bare()]
        await asyncio.gather(*(program.start() for program in programs))
        await ground.in_turn(programs, len(ground.people))  # first meetings cost more
        product, bare = await ground.in_turn(programs, given.questions)
    rows = [
        Row("message → model, median", "ms", middle(product), middle(bare), MEDIAN),
        Row("message → model, p95", "ms", late(product), late(bare)),
        Row("message → answer, median", "ms", whole(product), whole(bare)),
    ]
    return show(rows, judge=not given.tiny)


def middle(asked: list[Asked]) -> float:
    return median(one.to_model for one in asked)


def late(asked: list[Asked]) -> float:
    return quantiles((one.to_model for one in asked), n=20)[-1]


def whole(asked: list[Asked]) -> float:
    return median(one.to_answer for one in asked)


if __name__ == "__main__":
    run(main)
