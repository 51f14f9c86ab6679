"""Pauses and refusals of what is asked at a start, and of what Telethon asks by itself."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from telethon import TelegramClient
from telethon.network import MTProtoSender

from tests.harness import Stage, listed
from tests.quick_clock import QuickClock
from userbot.telegram.client import Client
from userbot.telegram.transport import MTProtoTransport

QUICK = QuickClock(100)
AT_A_START = [
    "help.getConfig",
    "users.getUsers",
    "contacts.resolveUsername",
    "contacts.getContacts",
    "contacts.getBlocked",
    "messages.getDialogs",
    "messages.getPeerDialogs",
    "updates.getDifference",
]


@pytest.mark.parametrize("method", AT_A_START)
async def test_a_pause_at_the_start_is_waited_out_and_shown(stage: Stage, method: str) -> None:
    chats = [listed(stage.group.id, from_=("@max_m",))]
    program = await stage.program(clock=QUICK)  # a difference is asked for at a second start
    await program.stop()
    stage.telegram.faults.add(method, "FLOOD_WAIT_9")
    program = await stage.program(chats, clock=QUICK)
    assert 1 < (await program.tells("waiting", reason="flood_wait")).seconds < 10
    question = stage.max.says(stage.group, "hello")
    assert await stage.max.expects(stage.group, reply_to=question)
    assert not program.events("failed")


@pytest.mark.parametrize(
    ("error", "clock"),
    [
        pytest.param("FLOOD_WAIT_3", QUICK, id="a pause"),
        pytest.param("PERSISTENT_TIMESTAMP_INVALID", None, id="a number it does not like"),
        pytest.param("CDN_METHOD_INVALID", None, id="anything else"),
    ],
)
async def test_what_a_refused_difference_would_have_brought_is_answered(
    stage: Stage, error: str, clock: QuickClock | None
) -> None:
    program = await stage.program([listed(stage.group.id)], clock=clock)
    stage.telegram.faults.add("updates.getDifference", error)
    stage.telegram.faults.add(account=stage.olga, push="lose")
    lost = stage.max.says(stage.group, "do you hear me?")
    stage.lena.says(stage.olga, "only talk")  # by its number it is known that one is missing
    assert await stage.max.expects(stage.group, reply_to=lost)
    assert await program.tells("answered")
    assert not program.events("failed")


@pytest.mark.parametrize(
    ("ours", "telethons", "names"),
    [
        pytest.param(
            Client,
            TelegramClient,
            [
                "_call",
                "_create_exported_sender",
                "_disconnect_coro",
                "_handle_auto_reconnect",
                "_run_until_disconnected",
                "_save_states_and_entities",
            ],
            id="client",
        ),
        pytest.param(
            MTProtoTransport,
            MTProtoSender,
            ["_reconnect", "_start_reconnect", "_try_connect", "send"],
            id="transport",
        ),
    ],
)
def test_what_is_overridden_in_telethon_is_there(
    ours: Any, telethons: Any, names: list[str]
) -> None:
    for name in names:
        theirs = inspect.signature(getattr(telethons, name)).parameters
        assert list(inspect.signature(getattr(ours, name)).parameters) == list(theirs), name
