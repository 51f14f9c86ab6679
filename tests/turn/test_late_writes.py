"""What is stored late is stored in the end, if it can be."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from userbot.clock import SystemClock
from userbot.errors import StorageError
from userbot.events import Event, Waiting
from userbot.intake.late_writes import LateWrites
from userbot.storage.store import Store
from userbot.turn.store_back import StoreBack

_HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
db.execute("ROLLBACK")
print("free", flush=True)
"""


class Lock:
    """Another process that has the database to itself."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "held\n"

    def free(self) -> None:
        """Let go of it."""
        if self._process.poll() is None:
            self._process.communicate("\n")


@contextmanager
def held(path: Path) -> Iterator[Lock]:
    lock = Lock(path)
    try:
        yield lock
    finally:
        lock.free()


@pytest.mark.parametrize("free", [True, False], ids=["free by then", "busy to the end"])
async def test_at_the_end_what_waits_is_tried_once_more(tmp_path: Path, free: bool) -> None:
    told: list[Event] = []
    with Store.open(tmp_path / "history.db", busy_seconds=0) as store, held(store.path):
        back = StoreBack(store, SystemClock(), told.append, lambda _: None)
        late = LateWrites(back)
        tried = 0

        def step() -> None:
            nonlocal tried
            tried += 1
            if not (back.is_leaving and free):
                raise StorageError("It is busy.", reason="storage_busy")

        late.soon(step)
        await asyncio.sleep(0.01)
        before = tried
        back.leave()
        await asyncio.wait_for(late.drain(), 30)
        assert tried == before + 1
    assert [type(event) for event in told] == [Waiting]
