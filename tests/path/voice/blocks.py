"""Measures for how long the program keeps the event loop to itself."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.pace import noticed

_OTHERS = ("/sandbox/", "/tests/")
"""Where the code is that shares the test's loop, and not the program's."""


@dataclass(frozen=True, slots=True)
class Block:
    """One callback: what it took of the thread's time, and where it went on."""

    seconds: float
    where: str


@contextmanager
def watched_loop() -> Iterator[list[Block]]:
    """Times every callback of the loop, but for the sandbox's and tests'."""
    blocks: list[Block] = []
    kept: Any = asyncio.Handle
    run = kept._run

    def timed(handle: asyncio.Handle) -> None:
        where = _where(handle)
        # Of the thread, since on a busy machine others take their turns in between.
        before = time.thread_time()
        run(handle)
        seconds = time.thread_time() - before
        if not any(other in where for other in _OTHERS):
            blocks.append(Block(seconds, where))

    # What hundreds of tests left behind would be walked through in the middle of a callback.
    gc.collect()
    gc.freeze()
    kept._run = timed
    try:
        yield blocks
    finally:
        kept._run = run
        gc.unfreeze()


def long(blocks: list[Block], least: float | None = None) -> list[Block]:
    """Those that others notice, or that take as much."""
    least = noticed() if least is None else least
    return [block for block in blocks if block.seconds > least]


def _where(handle: Any) -> str:
    """The file and the line at which a callback goes on, as far as it tells."""
    callback = handle._callback
    task = getattr(callback, "__self__", None)
    if not isinstance(task, asyncio.Task):
        return f"{getattr(callback, '__module__', '')} {callback!r}"
    frames = [f"{frame.f_code.co_filename}:{frame.f_lineno}" for frame in task.get_stack()]
    return " ".join(frames[:1] + frames[-1:]) or repr(task)
