"""What is stored late is stored in the end, if it can be."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.database_lock import held
from userbot.errors import StorageError
from userbot.events import Event, Waiting
from userbot.ports import SystemClock
from userbot.storage.store import Store
from userbot.turn.store_back import StoreBack


@pytest.mark.parametrize("free", [True, False], ids=["free by then", "busy to the end"])
async def test_at_the_end_what_waits_is_tried_once_more(tmp_path: Path, free: bool) -> None:
    told: list[Event] = []
    with Store.open(tmp_path / "history.db", busy_seconds=0) as store, held(store.path):
        back = StoreBack(store, SystemClock(), told.append, lambda _: None)
        tried = 0

        def step() -> None:
            nonlocal tried
            tried += 1
            if not (back.is_leaving and free):
                raise StorageError("It is busy.", reason="storage_busy")

        back.soon(step)
        await asyncio.sleep(0.01)
        before = tried
        back.leave()
        await asyncio.wait_for(back.drain(), 30)
        assert tried == before + 1
    assert [type(event) for event in told] == [Waiting]
