"""A running sandbox with three people and stock clients, for every test here."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from userbot.sandbox.accounts import Account
from userbot.sandbox.telegram import Telegram

from .devices import Devices, trust


@pytest.fixture
async def tg() -> AsyncIterator[Telegram]:
    telegram = Telegram()
    await telegram.start()
    trust(telegram)
    yield telegram
    await telegram.stop()
    assert not telegram.unhandled
    assert not telegram.crashes


@pytest.fixture
def alice(tg: Telegram) -> Account:
    return tg.add_account("Alice", last_name="A.", username="alice", phone="+9996621111")


@pytest.fixture
def bob(tg: Telegram, alice: Account) -> Account:
    return tg.add_account("Bob", username="bob", contact_of=[alice])


@pytest.fixture
def olga(tg: Telegram, bob: Account) -> Account:
    return tg.add_account("Olga")


@pytest.fixture
async def devices(tg: Telegram, tmp_path: Path) -> AsyncIterator[Devices]:
    async with AsyncExitStack() as stack:
        yield Devices(tg, tmp_path, stack)
