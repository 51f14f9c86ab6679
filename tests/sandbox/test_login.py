"""Logging in: code, password, QR, and what ends a login."""

import asyncio
from typing import Any

import pytest
from telethon.errors import (
    AuthKeyNotFound,
    AuthKeyUnregisteredError,
    PasswordHashInvalidError,
    PhoneCodeExpiredError,
    SessionPasswordNeededError,
)
from telethon.network import ConnectionTcpAbridged, ConnectionTcpFull, ConnectionTcpIntermediate
from telethon.tl import functions, types

from userbot.sandbox.accounts import Account
from userbot.sandbox.telegram import Telegram

from .devices import API_HASH, API_ID, Devices, refusal


@pytest.mark.parametrize(
    "connection", [ConnectionTcpFull, ConnectionTcpAbridged, ConnectionTcpIntermediate]
)
async def test_a_stock_client_logs_in_by_phone_and_code(
    alice: Account, devices: Devices, connection: type
) -> None:
    client = (await devices.new(connection=connection)).client
    assert await client.get_me() is None
    await client.send_code_request("+999 66 21111")
    me = await client.sign_in("+9996621111", alice.code)
    assert (me.id, me.first_name, me.last_name, me.username) == (alice.id, "Alice", "A.", "alice")
    assert me.is_self
    assert await client.is_user_authorized()


@pytest.mark.parametrize(
    ("phone", "code", "error"),
    [
        pytest.param("+9996621111", "00000", "PHONE_CODE_INVALID", id="wrong code"),
        pytest.param("+9996629999", "22222", "PHONE_CODE_INVALID", id="nobody's phone"),
        pytest.param("+123", "22222", "PHONE_NUMBER_INVALID", id="not a phone"),
    ],
)
async def test_a_wrong_login_is_refused(
    alice: Account, devices: Devices, phone: str, code: str, error: str
) -> None:
    client = (await devices.new()).client

    async def login() -> None:
        await client.send_code_request(phone)
        await client.sign_in(phone, code)

    assert await refusal(login()) == error


async def test_a_code_expires_after_five_minutes(
    tg: Telegram, alice: Account, devices: Devices
) -> None:
    client = (await devices.new()).client
    await client.send_code_request(alice.phone)
    tg.advance(301)
    with pytest.raises(PhoneCodeExpiredError):
        await client.sign_in(alice.phone, alice.code)
    await client.send_code_request(alice.phone)
    assert (await client.sign_in(alice.phone, alice.code)).id == alice.id


async def test_a_code_is_good_only_for_the_phone_it_was_sent_to(
    alice: Account, bob: Account, devices: Devices
) -> None:
    client = (await devices.new()).client
    sent = await client.send_code_request(alice.phone)
    request = functions.auth.SignInRequest(bob.phone, sent.phone_code_hash, bob.code)
    assert await refusal(client(request)) == "PHONE_CODE_EXPIRED"


async def test_an_account_with_a_password_wants_it_after_the_code(
    tg: Telegram, devices: Devices
) -> None:
    vera = tg.add_account("Vera", password="open sesame")
    client = (await devices.new()).client
    await client.send_code_request(vera.phone)
    with pytest.raises(SessionPasswordNeededError):
        await client.sign_in(vera.phone, vera.code)
    assert await client.get_me() is None
    with pytest.raises(PasswordHashInvalidError):
        await client.sign_in(password="open barley")
    assert (await client.sign_in(password="open sesame")).id == vera.id


async def test_a_qr_code_scanned_by_another_client_logs_in(
    alice: Account, devices: Devices
) -> None:
    phone, new = await devices.of(alice), await devices.new()
    qr = await new.client.qr_login()
    waiting = asyncio.create_task(qr.wait(timeout=60))
    await asyncio.sleep(0.01)
    await phone.client(functions.auth.AcceptLoginTokenRequest(qr.token))
    assert (await waiting).id == alice.id
    again = functions.auth.AcceptLoginTokenRequest(qr.token)
    assert await refusal(phone.client(again)) == "AUTH_TOKEN_INVALID"


async def test_a_qr_code_of_an_account_with_a_password_wants_it_too(
    tg: Telegram, devices: Devices
) -> None:
    vera = tg.add_account("Vera", password="open sesame")
    client = (await devices.new()).client
    qr = await client.qr_login()
    waiting = asyncio.create_task(qr.wait(timeout=60))
    await asyncio.sleep(0.01)
    vera.scans(qr.url)
    with pytest.raises(SessionPasswordNeededError):
        await waiting
    assert (await client.sign_in(password="open sesame")).id == vera.id


async def test_a_qr_code_expires_and_can_be_made_anew(
    tg: Telegram, alice: Account, devices: Devices
) -> None:
    phone, new = await devices.of(alice), await devices.new()
    qr = await new.client.qr_login()
    tg.advance(31)
    accept = functions.auth.AcceptLoginTokenRequest(qr.token)
    assert await refusal(phone.client(accept)) == "AUTH_TOKEN_EXPIRED"
    old = qr.token
    await qr.recreate()
    assert qr.token != old
    alice.scans(qr.url)
    export = functions.auth.ExportLoginTokenRequest(API_ID, API_HASH, [])
    assert isinstance(await new.client(export), types.auth.LoginTokenSuccess)


async def test_who_logs_out_is_out(alice: Account, devices: Devices) -> None:
    device = await devices.of(alice)
    copy = devices.copy(device)
    assert await device.client.log_out()
    again = await devices.open(copy)
    assert await again.client.get_me() is None


async def test_two_clients_with_one_key_are_both_served(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    first = await devices.of(alice)
    second = await devices.open(devices.copy(first))
    bob.says(alice, "hello")
    assert (await first.hears()).message == "hello"
    assert (await second.hears()).message == "hello"


@pytest.mark.parametrize("error", ["SESSION_REVOKED", "AUTH_KEY_UNREGISTERED"])
async def test_a_revoked_login_is_refused_and_the_client_learns_of_it(
    tg: Telegram, alice: Account, devices: Devices, error: str
) -> None:
    device = await devices.of(alice)
    path = device.file
    tg.revoke(alice, error=error)
    async with asyncio.timeout(60):
        assert await refusal(device.client.run_until_disconnected()) == error
    again = await devices.open(path)
    assert await refusal(again.client(functions.updates.GetStateRequest())) == error


async def test_a_client_with_an_unknown_key_is_told_so(
    tg: Telegram, alice: Account, devices: Devices
) -> None:
    path = tg.seed_session(devices.file(), alice)
    tg.state.logins.clear()
    with pytest.raises(AuthKeyNotFound):
        await devices.open(path)


async def test_without_a_login_only_logging_in_is_allowed(tg: Telegram, devices: Devices) -> None:
    client = (await devices.new()).client
    with pytest.raises(AuthKeyUnregisteredError):
        await client(functions.messages.GetChatsRequest([1]))


async def test_a_seeded_session_cannot_replace_another(tg: Telegram, devices: Devices) -> None:
    account = tg.add_account("Anna")
    path = tg.seed_session(devices.file().with_suffix(""), account)
    assert path.suffix == ".session"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        tg.seed_session(path, account)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        pytest.param(
            functions.auth.SendCodeRequest("+9996621111", 0, "", types.CodeSettings()),
            "API_ID_INVALID",
            id="no application",
        ),
        pytest.param(
            functions.auth.SignInRequest("+9996621111", "", "22222"),
            "PHONE_CODE_HASH_EMPTY",
            id="no hash",
        ),
        pytest.param(
            functions.auth.SignInRequest("+9996621111", "x", ""), "PHONE_CODE_EMPTY", id="no code"
        ),
        pytest.param(
            functions.auth.ImportLoginTokenRequest(b"x"), "AUTH_TOKEN_INVALID", id="no token"
        ),
        pytest.param(
            functions.auth.CheckPasswordRequest(types.InputCheckPasswordEmpty()),
            "PASSWORD_HASH_INVALID",
            id="no password",
        ),
        pytest.param(
            functions.auth.CheckPasswordRequest(types.InputCheckPasswordSRP(1, b"x", b"y")),
            "SRP_ID_INVALID",
            id="no challenge",
        ),
        pytest.param(
            functions.account.GetPasswordRequest(), "AUTH_KEY_UNREGISTERED", id="nobody's password"
        ),
    ],
)
async def test_an_incomplete_login_is_refused(
    alice: Account, devices: Devices, request_: object, error: str
) -> None:
    client = (await devices.new()).client
    assert await refusal(client(request_)) == error


async def test_a_code_can_be_sent_again_or_called_off(alice: Account, devices: Devices) -> None:
    client = (await devices.new()).client
    first = await client.send_code_request(alice.phone)
    again = await client(functions.auth.ResendCodeRequest(alice.phone, first.phone_code_hash))
    assert await client(functions.auth.CancelCodeRequest(alice.phone, first.phone_code_hash))

    def sign_in(sent: Any) -> Any:
        number, code = alice.phone, alice.code
        return client(functions.auth.SignInRequest(number, sent.phone_code_hash, code))

    assert await refusal(sign_in(first)) == "PHONE_CODE_EXPIRED"
    assert (await sign_in(again)).user.id == alice.id


async def test_an_account_without_a_password_says_so(alice: Account, devices: Devices) -> None:
    client = (await devices.of(alice)).client
    password = await client(functions.account.GetPasswordRequest())
    assert (password.has_password, password.srp_id) == (False, None)
