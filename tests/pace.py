"""What a machine is capable of just now, so that no test depends on how fast it is."""

from __future__ import annotations

import time
from collections.abc import Callable

ROUNDS = 3
DOUBTFUL = 20
"""A growth from here on may be that of a machine that was busy just then."""


def growth(small: Callable[[], object], large: Callable[[], object]) -> float:
    """How many times as long the large piece of work takes as the small one.

    For ten times the size it is about 10 when time grows with the length and 100 when it grows
    with its square: between them lies 40. Of each the least of several rounds counts, in the
    thread's own time: what else the machine does only adds to it. The large one, which takes ten
    times as long, has more than one round only where that leaves a doubt.
    """
    least = max(min(map(_took, [small] * ROUNDS)), 1e-6)
    grown = _took(large) / least
    for _ in range(ROUNDS - 1):
        if grown < DOUBTFUL:
            break
        grown = min(grown, _took(large) / least)
    return grown


def noticed() -> float:
    """Seconds of the thread's own time that others who share its event loop would notice.

    They are what a fixed piece of work takes: about 0.1 s on a computer of today.
    """
    return max(_took(lambda: sum(n * n for n in range(2_000_000))) for _ in range(ROUNDS))


def _took(work: Callable[[], object]) -> float:
    before = time.thread_time()
    work()
    return time.thread_time() - before
