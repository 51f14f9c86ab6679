"""The server over its socket: pings, sessions and keys taken down, layers, strangers."""

import asyncio
import os
import struct

import pytest
from telethon.errors import AuthKeyNotFound
from telethon.network import ConnectionTcpObfuscated
from telethon.tl import functions, types

from userbot.sandbox import tl
from userbot.sandbox.accounts import Account
from userbot.sandbox.mtproto.transport import Full
from userbot.sandbox.telegram import Telegram

from .devices import Devices, refusal, until


async def test_a_silent_client_is_dropped_when_it_asked_for_that(
    tg: Telegram, alice: Account, devices: Devices
) -> None:
    device = await devices.of(alice, auto_reconnect=False)
    pong = await device.client._sender.send(functions.PingDelayDisconnectRequest(1, 60))
    assert pong.ping_id == 1
    await device.client._sender.send(functions.PingDelayDisconnectRequest(2, 0))
    await until(lambda: not device.client.is_connected())


async def test_a_session_of_the_same_key_can_be_destroyed(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    first = await devices.of(alice)
    second = await devices.open(devices.copy(first))
    number = second.client._sender._state.id
    destroy = functions.DestroySessionRequest(number)
    assert isinstance(await first.client._sender.send(destroy), types.DestroySessionOk)
    assert isinstance(await first.client._sender.send(destroy), types.DestroySessionNone)
    bob.says(alice, "hello")
    assert (await first.hears()).message == "hello"
    assert second.updates.empty()


async def test_a_destroyed_key_is_unknown_from_then_on(alice: Account, devices: Devices) -> None:
    device = await devices.of(alice)
    copy = devices.copy(device)
    answer = await device.client._sender.send(functions.DestroyAuthKeyRequest())
    assert isinstance(answer, types.DestroyAuthKeyOk)
    with pytest.raises(AuthKeyNotFound):
        await devices.open(copy)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        pytest.param(
            functions.InvokeWithLayerRequest(tl.LAYER - 1, functions.help.GetConfigRequest()),
            "CONNECTION_LAYER_INVALID",
            id="another layer",
        ),
        pytest.param(
            functions.InitConnectionRequest(
                0, "", "", "", "", "", "", functions.help.GetConfigRequest()
            ),
            "CONNECTION_API_ID_INVALID",
            id="no application",
        ),
        pytest.param(
            functions.InvokeAfterMsgRequest(4, functions.help.GetConfigRequest()),
            "nothing",
            id="in order",
        ),
    ],
)
async def test_wrappers_are_taken_off(
    alice: Account, devices: Devices, request_: object, error: str
) -> None:
    client = (await devices.of(alice)).client
    assert await refusal(client(request_)) == error


async def test_a_key_that_was_never_set_up_is_told_so(
    tg: Telegram, alice: Account, devices: Devices
) -> None:
    device = await devices.of(alice)
    for login in tg.state.logins_of(alice):
        login.layer = None
    config = functions.help.GetConfigRequest()
    assert await refusal(device.client(config)) == "CONNECTION_NOT_INITED"


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        pytest.param(os.urandom(64), struct.pack("<i", -404), id="an unknown key"),
        pytest.param(bytes(64), struct.pack("<i", -404), id="a broken key exchange"),
        pytest.param(None, b"", id="no framing"),
    ],
)
async def test_a_stranger_is_turned_away(
    tg: Telegram, payload: bytes | None, answer: bytes
) -> None:
    framing = Full()
    reader, writer = await asyncio.open_connection(tg.host, tg.port)
    writer.write(framing.encode(payload) if payload else b"GET / HTTP/1.1\r\n\r\n")
    try:
        data = await reader.read()
    except ConnectionResetError:
        data = b""
    if answer:
        assert framing.split(data) == (answer, len(data))
    else:
        assert data == b""
    writer.close()


async def test_a_damaged_message_ends_the_connection(
    tg: Telegram, alice: Account, devices: Devices
) -> None:
    await devices.of(alice)
    (login,) = tg.state.logins_of(alice)
    framing = Full()
    reader, writer = await asyncio.open_connection(tg.host, tg.port)
    writer.write(framing.encode(struct.pack("<Q", login.key.id) + bytes(80)))
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(4)
    writer.close()


async def test_an_obfuscated_client_does_not_get_through(tg: Telegram, devices: Devices) -> None:
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await devices.new(connection=ConnectionTcpObfuscated, connection_retries=0)
