"""Looking something up in Telegram, whatever it says."""

from __future__ import annotations

import pytest
from telethon.errors import (
    ChannelPrivateError,
    FileReferenceExpiredError,
    HistoryGetFailedError,
    TimedOutError,
)

from tests.quick_clock import QuickClock
from userbot.errors import TelegramError
from userbot.events import Event, Waiting
from userbot.rules.retrying import ATTEMPTS
from userbot.telegram.waits import Tries, Waits


class Asked:
    """Fails with these errors, one a time, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.left = list(errors)
        self.times = 0

    async def __call__(self) -> str:
        self.times += 1
        if self.left:
            raise self.left.pop(0)
        return "history"


def tries(told: list[Event]) -> Tries:
    waits = Waits(QuickClock(10_000), told.append)
    waits.titles[7] = "Weekend"
    return Tries(waits, 7)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(HistoryGetFailedError(None), "telegram_trouble", id="server"),
        pytest.param(TimedOutError(None, "Timedout"), "telegram_trouble", id="timeout"),
        pytest.param(ConnectionError("gone"), "network", id="connection"),
        pytest.param(TimeoutError(), "network", id="silence"),
    ],
)
async def test_trouble_that_passes_is_waited_out_and_shown(error: Exception, reason: str) -> None:
    told: list[Event] = []
    asked = Asked(*[error] * (ATTEMPTS - 1))
    assert await tries(told).ask(asked) == "history"
    waits = [one for one in told if isinstance(one, Waiting)]
    assert [(one.reason, one.title) for one in waits] == [(reason, "Weekend")] * (ATTEMPTS - 1)


async def test_a_stale_reference_to_a_file_is_asked_for_again_without_a_wait() -> None:
    told: list[Event] = []
    assert await tries(told).ask(Asked(FileReferenceExpiredError(None))) == "history"
    assert not told


@pytest.mark.parametrize("error", [HistoryGetFailedError(None), ConnectionError("gone")])
async def test_trouble_without_an_end_is_given_up(error: Exception) -> None:
    asked = Asked(*[error] * (ATTEMPTS + 1))
    with pytest.raises(TelegramError):
        await tries([]).ask(asked)
    assert asked.times == ATTEMPTS


async def test_who_gets_further_has_all_the_tries_again() -> None:
    download = tries([])
    for _ in range(3 * ATTEMPTS):
        await download.wait(ConnectionError("gone"))
        download.progressed()


async def test_a_refusal_is_no_trouble_and_ends_it_at_once() -> None:
    asked = Asked(ChannelPrivateError(None))
    with pytest.raises(TelegramError) as caught:
        await tries([]).ask(asked)
    assert (caught.value.reason, asked.times) == ("channel_private", 1)
