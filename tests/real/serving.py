"""A real model's server in a process of its own, for as long as somebody needs it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

_PARENT_SECONDS = 0.5
"""How often a look is taken whether the parent process still lives."""


@contextlib.contextmanager
def started(module: str, *words: str, silent: str) -> Iterator[str]:
    """Start a module that serves; gives its base_url. Raises RuntimeError(`silent`)."""
    with subprocess.Popen(
        [sys.executable, "-m", module, "--port", "0", *words],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(silent)
            yield json.loads(line)["base_url"]
        finally:
            process.terminate()


@contextlib.contextmanager
def until_left() -> Iterator[None]:
    """Run the block, which begins to serve; then wait for a signal, or for the parent to be gone.

    A signal during the block ends it right behind the block.
    """
    parent = os.getppid()
    stopping: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    yield
    while not stopping and os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
