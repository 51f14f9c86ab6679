"""From a message to the request at the model with a short and a long history: it must be flat.

    python tests/bench/bench_history.py [--questions 150] [--tiny]

The program runs once for each length, all at the same time, and gets its questions in turn. The
window is small, so that every request carries as much of the past as the others.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from statistics import median

from tests.bench.filling import fill
from tests.bench.harness import Ground, Program, arguments, run
from tests.bench.table import Row, Target, show
from userbot.storage.store import Store

STORED = (10, 1_000, 100_000)
TINY = (10, 100, 1_000)
PEOPLE = 5
WINDOW_TOKENS = 256
NEXT_MESSAGE = 10_000_000
"""New messages have higher numbers than the stored ones, as they would."""
FLAT = Target(ratio=1.2)


async def main() -> int:
    given = arguments(__doc__ or "", questions=(150, 4))
    lengths = TINY if given.tiny else STORED
    async with Ground(PEOPLE) as ground:
        programs = [with_history(ground, stored) for stored in lengths]
        await asyncio.gather(*(program.start() for program in programs))
        await ground.in_turn(programs, 4 * PEOPLE)  # fills the windows
        asked = await ground.in_turn(programs, given.questions)
    medians = [median(one.to_model for one in results) for results in asked]
    rows = [Row(f"{lengths[0]:,} stored, message → model", "ms", medians[0])]
    for stored, value in zip(lengths[1:], medians[1:], strict=True):
        rows.append(Row(f"{stored:,} stored, message → model", "ms", value, medians[0], FLAT))
    return show(rows, f"with {lengths[0]}", judge=not given.tiny)


def with_history(ground: Ground, stored: int) -> Program:
    """The program, with so many questions of the people who are going to ask."""
    name = f"stored{stored}"
    path = ground.folder / f"{name}.db"
    Store.open(path).close()
    fill(path, stored, [person.id for person in ground.people], datetime.now(UTC))
    program = ground.product(name, WINDOW_TOKENS)
    program.owner.mailbox.last_id = NEXT_MESSAGE
    return program


if __name__ == "__main__":
    run(main)
