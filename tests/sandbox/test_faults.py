"""Faults on demand, and what a stock client makes of them."""

import asyncio
from typing import Any

import pytest
from telethon.errors import FloodWaitError
from telethon.tl import functions, types

from userbot.sandbox.accounts import Account
from userbot.sandbox.errors import RpcError, error_from
from userbot.sandbox.telegram import Telegram

from .devices import Devices, refusal, until

SEND = "messages.sendMessage"


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("FLOOD_WAIT_3", 420, "FLOOD_WAIT_3"),
        ("SLOWMODE_WAIT_10", 420, "SLOWMODE_WAIT_10"),
        ("CHAT_WRITE_FORBIDDEN", 403, "CHAT_WRITE_FORBIDDEN"),
        ("CHAT_SEND_PLAIN_FORBIDDEN", 403, "CHAT_SEND_PLAIN_FORBIDDEN"),
        ("CHAT_SEND_VOICES_FORBIDDEN", 403, "CHAT_SEND_VOICES_FORBIDDEN"),
        ("VOICE_MESSAGES_FORBIDDEN", 400, "VOICE_MESSAGES_FORBIDDEN"),
        ("PEER_FLOOD", 400, "PEER_FLOOD"),
        ("AUTH_KEY_UNREGISTERED", 401, "AUTH_KEY_UNREGISTERED"),
        ("AUTH_KEY_DUPLICATED", 406, "AUTH_KEY_DUPLICATED"),
        ("USER_DEACTIVATED_BAN", 401, "USER_DEACTIVATED_BAN"),
        ("FROZEN_METHOD_INVALID", 420, "FROZEN_METHOD_INVALID"),
        ("ALLOW_PAYMENT_REQUIRED_5", 403, "ALLOW_PAYMENT_REQUIRED_5"),
        ("406 CHANNEL_PRIVATE", 406, "CHANNEL_PRIVATE"),
        ("INTERNAL", 500, "INTERNAL"),
    ],
)
def test_an_error_gets_the_code_that_telegram_gives_it(text: str, code: int, name: str) -> None:
    error = error_from(text)
    assert (error.code, error.name) == (code, name)
    assert isinstance(error, RpcError)


@pytest.fixture
async def client(alice: Account, bob: Account, olga: Account, devices: Devices) -> Any:
    """A client of Alice's that knows Bob and Olga."""
    for friend in (bob, olga):
        friend.says(alice, "hi")
    return (await devices.of(alice, request_retries=0)).client


async def test_a_flood_wait_hits_as_often_as_told(
    tg: Telegram, alice: Account, bob: Account, client: Any
) -> None:
    fault = tg.faults.add(SEND, "FLOOD_WAIT_7", times=2)
    for _ in range(2):
        with pytest.raises(FloodWaitError) as caught:
            await client.send_message(bob.id, "hello")
        assert caught.value.seconds == 7
        client._flood_waited_requests.clear()
    await client.send_message(bob.id, "hello")
    assert fault.happened == 2
    assert [m.text for m in bob.messages(alice)] == ["hi", "hello"]


async def test_an_error_can_be_for_one_chat_or_one_account(
    tg: Telegram, alice: Account, bob: Account, olga: Account, client: Any
) -> None:
    fault = tg.faults.add(SEND, "USER_IS_BLOCKED", chat=bob, times=None)
    tg.faults.add(SEND, "PEER_FLOOD", account=olga, times=None)
    for _ in range(3):
        assert await refusal(client.send_message(bob.id, "hello")) == "USER_IS_BLOCKED"
        await client.send_message(olga.id, "hello")
    fault.cancel()
    await client.send_message(bob.id, "hello")


async def test_a_delay_does_not_hold_up_the_others(
    tg: Telegram, alice: Account, bob: Account, client: Any
) -> None:
    tg.faults.add(SEND, delay=2)
    slow = asyncio.create_task(client.send_message(bob.id, "slow"))
    await until(lambda: tg.calls[-1].method == SEND)
    await client.send_message(bob.id, "quick")
    assert not slow.done()
    await slow
    assert [m.text for m in bob.messages(alice)] == ["hi", "quick", "slow"]


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_a_connection_dropped_around_a_send_leaves_one_message(
    tg: Telegram, alice: Account, bob: Account, client: Any, drop: Any
) -> None:
    tg.random_id_behaviour = "original"
    tg.faults.add(SEND, drop=drop)
    await client.send_message(bob.id, "once")
    assert [call.method for call in tg.calls].count(SEND) == 2
    assert [m.text for m in bob.messages(alice)] == ["hi", "once"]


async def test_a_client_comes_back_after_a_restart(
    tg: Telegram, alice: Account, bob: Account, client: Any
) -> None:
    port = tg.port
    await tg.restart()
    assert tg.port == port
    await client.send_message(bob.id, "still here")
    assert (await bob.expects(alice)).text == "still here"


async def test_one_account_can_lose_its_connections(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    hers, his = await devices.of(alice), await devices.of(bob)
    tg.drop_connections(alice)
    await until(lambda: sum(c.method == "users.getUsers" for c in tg.calls) >= 3)
    bob.says(alice, "hello")
    assert (await hers.hears()).message == "hello"
    assert (await his.hears()).out


async def test_a_method_that_is_not_served_is_refused_and_counted(
    tg: Telegram, client: Any
) -> None:
    request = functions.messages.GetAllStickersRequest(0)
    assert await refusal(client(request)) == "METHOD_NOT_IMPLEMENTED"
    broadcast = functions.channels.CreateChannelRequest("News", about="", broadcast=True)
    assert await refusal(client(broadcast)) == "METHOD_NOT_IMPLEMENTED"
    later = functions.messages.SendMessageRequest("me", "later", schedule_repeat_period=86400)
    assert await refusal(client(later)) == "METHOD_NOT_IMPLEMENTED"
    assert tg.unhandled == {
        "messages.getAllStickers": 1,
        "channels.createChannel broadcast or forum": 1,
        "messages.sendMessage schedule_repeat_period": 1,
    }
    tg.unhandled.clear()


async def test_a_mistake_of_the_sandbox_is_answered_500_and_kept(
    tg: Telegram, alice: Account, client: Any
) -> None:
    del alice.mailbox.pts
    state = functions.updates.GetStateRequest()
    assert await refusal(client._sender.send(state)) == "INTERNAL"
    alice.mailbox.pts = 1
    ((method, _, error),) = tg.crashes
    assert (method, type(error)) == ("updates.getState", AttributeError)
    tg.crashes.clear()


async def test_every_request_is_noted_with_who_made_it(
    tg: Telegram, alice: Account, bob: Account, client: Any
) -> None:
    tg.calls.clear()
    await client.send_message(bob.id, "hello")
    ((account, method, request, _),) = tg.calls
    assert (account, method, request.message) == (alice, SEND, "hello")
    assert isinstance(request.peer, types.InputPeerUser)
