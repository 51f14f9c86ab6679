"""Pauses and refusals of what is asked at a start, and of what Telethon asks by itself."""

from __future__ import annotations

import asyncio
import inspect
import sqlite3
from typing import Any

import pytest
from telethon import TelegramClient
from telethon.network import MTProtoSender

from tests.harness import ProgramError, Stage, Timings, listed
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


@pytest.mark.parametrize("method", ["help.getConfig", "contacts.getBlocked"])
async def test_a_start_outlasts_telegrams_own_trouble(stage: Stage, method: str) -> None:
    program = await stage.program(clock=QUICK)
    await program.stop()
    stage.telegram.faults.add(method, "500 INTERNAL")
    await stage.program([listed(stage.group.id, from_=("@max_m",))], clock=QUICK)
    question = stage.max.says(stage.group, "hello")
    assert await stage.max.expects(stage.group, reply_to=question)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("FROZEN_METHOD_INVALID", "frozen_method_invalid"),
        ("AUTH_KEY_DUPLICATED", "auth_key_duplicated"),
    ],
)
@pytest.mark.parametrize("method", ["messages.getHistory", "messages.getDialogs", "users.getUsers"])
async def test_what_ends_the_account_ends_the_program_also_where_it_only_reads(
    stage: Stage, method: str, error: str, reason: str
) -> None:
    stage.telegram.faults.add(method, error)

    async def listen() -> None:
        program = await stage.program([listed(stage.group.id)])
        stage.max.says(stage.group, "hello")
        await program.ends()

    with pytest.raises(ProgramError) as ended:
        await listen()
    assert ended.value.reason == reason
    sent = [call for call in stage.telegram.calls if call.method == "messages.sendMessage"]
    assert not [call for call in sent if call.account is stage.olga]


async def test_a_first_answer_that_nobody_can_read_is_a_sentence(stage: Stage) -> None:
    stage.telegram.faults.add("help.getConfig", newer=True)
    with pytest.raises(ProgramError, match=r"^Telegram's answer is too new for this version\.$"):
        await stage.program()


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
    "error",
    [
        pytest.param("FLOOD_WAIT_3", id="a pause"),
        pytest.param("PERSISTENT_TIMESTAMP_OUTDATED", id="a number it does not like"),
        pytest.param("CHANNEL_PRIVATE", id="as if we were not in it"),
        pytest.param("CDN_METHOD_INVALID", id="anything else"),
    ],
)
async def test_what_a_refused_difference_of_a_supergroup_would_have_brought_is_answered(
    stage: Stage, error: str
) -> None:
    await stage.program([listed(stage.club.id)], clock=QuickClock(5))
    known = stage.max.says(stage.club, "hello")
    assert await stage.max.expects(stage.club, reply_to=known)
    stage.telegram.faults.add("updates.getChannelDifference", error)
    stage.telegram.faults.add(account=stage.olga, push="lose")
    lost = stage.max.says(stage.club, "do you hear me?")
    stage.lena.says(stage.club, "only talk")  # by its number it is known that one is missing
    assert await stage.max.expects(stage.club, reply_to=lost)


async def test_a_long_pause_of_a_difference_holds_no_question_up(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)], clock=QuickClock(5))
    stage.telegram.faults.add("updates.getDifference", "FLOOD_WAIT_3000")
    stage.telegram.faults.add(account=stage.olga, push="lose")
    lost = stage.max.says(stage.group, "do you hear me?")
    stage.lena.says(stage.olga, "only talk")
    assert await stage.max.expects(stage.group, reply_to=lost)
    assert await program.tells("waiting", reason="flood_wait")


@pytest.mark.parametrize("answer", ["refuses", "has nothing to tell"])
async def test_a_session_that_counts_further_than_telegram_is_not_deaf(
    stage: Stage, answer: str
) -> None:
    program = await stage.program([listed(stage.group.id), listed(stage.club.id)])
    for chat in (stage.group, stage.club):
        assert await stage.max.expects(chat, reply_to=stage.max.says(chat, "hello"))
    await program.stop()
    with sqlite3.connect(stage.folder / "me.session") as session:
        session.execute("UPDATE update_state SET pts = pts + 1000")
    if answer != "refuses":
        stage.telegram.shrugs_at_the_future()
    program = await stage.program([listed(stage.group.id), listed(stage.club.id)])
    await asyncio.sleep(0.5)
    for chat in (stage.group, stage.club):
        assert await stage.max.expects(chat, reply_to=stage.max.says(chat, "and now?"), timeout=20)


async def test_a_program_that_hears_nothing_at_all_looks_at_the_chats(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)], clock=QuickClock(200))
    stage.telegram.faults.add(account=stage.olga, push="lose", times=None)
    silent = stage.max.says(stage.group, "does anybody hear me?")
    assert await stage.max.expects(stage.group, reply_to=silent)
    own = stage.olga.says(stage.olga, "/gpt and me?")
    assert await program.tells("answered", message=own.id_for(stage.olga))


async def test_before_it_is_known_who_is_blocked_nobody_may_ask(stage: Stage) -> None:
    stage.olga.blocks(stage.max)
    stage.timings = Timings(contacts_seconds=0.0)
    stage.telegram.faults.add("contacts.getBlocked", "FLOOD_WAIT_9")
    starting = asyncio.create_task(stage.program([listed(stage.group.id)], clock=QuickClock(10)))
    await asyncio.sleep(0.3)
    stage.max.says(stage.group, "let me in")
    program = await starting
    asked = stage.lena.says(stage.group, "and me?")
    assert await stage.lena.expects(stage.group, reply_to=asked)
    assert [one.text for one in program.events("heard")] == [asked.text]


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
                "_return_exported_sender",
                "_run_until_disconnected",
                "_save_states_and_entities",
            ],
            id="client",
        ),
        pytest.param(
            MTProtoTransport,
            MTProtoSender,
            [
                "_handle_gzip_packed",
                "_handle_rpc_result",
                "_reconnect",
                "_start_reconnect",
                "_try_connect",
                "send",
            ],
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
