"""Looking something up in Telegram, whatever it says."""

from __future__ import annotations

import pytest
from telethon.errors import (
    FloodPremiumWaitError,
    FloodWaitError,
    HistoryGetFailedError,
    RPCError,
    TimedOutError,
)

from tests.quick_clock import QuickClock
from userbot.errors import TelegramError
from userbot.events import Event, Waiting
from userbot.rules.retrying import ATTEMPTS
from userbot.telegram.history import patiently

TROUBLE = [HistoryGetFailedError(None), TimedOutError(None, "Timedout")]


@pytest.mark.parametrize("error", TROUBLE, ids=lambda error: type(error).__name__)
async def test_telegrams_own_trouble_is_waited_out_and_shown(error: RPCError) -> None:
    told: list[Event] = []
    left = [error] * (ATTEMPTS - 1)

    async def ask() -> str:
        if left:
            raise left.pop()
        return "history"

    assert await patiently(ask, 7, QuickClock(1000), told.append) == "history"
    waits = [one for one in told if isinstance(one, Waiting)]
    assert [one.reason for one in waits] == ["telegram_trouble"] * (ATTEMPTS - 1)
    assert all(one.chat == 7 and one.detail for one in waits)


@pytest.mark.parametrize("error", [FloodWaitError, FloodPremiumWaitError])
async def test_a_pause_that_telegram_asks_for_is_waited_out_and_shown(
    error: type[FloodWaitError | FloodPremiumWaitError],
) -> None:
    told: list[Event] = []
    left = [error(None, capture=1000)]

    async def ask() -> str:
        if left:
            raise left.pop()
        return "history"

    assert await patiently(ask, 7, QuickClock(100_000), told.append) == "history"
    assert [(one.reason, one.seconds) for one in told if isinstance(one, Waiting)] == [
        ("flood_wait", 1001)
    ]


async def test_trouble_without_an_end_is_given_up() -> None:
    async def ask() -> str:
        raise HistoryGetFailedError(None)

    with pytest.raises(TelegramError):
        await patiently(ask, 7, QuickClock(1000), lambda _: None)
