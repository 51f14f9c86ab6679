"""Logging in and out: by QR code, or by phone and code, with the password of the second step.

See core.telegram.org/api/auth, /api/qr-login and /api/srp.
"""

from __future__ import annotations

from typing import Protocol

from telethon.errors import (
    ApiIdInvalidError,
    FloodWaitError,
    PasswordHashInvalidError,
    PhoneCodeEmptyError,
    PhoneCodeExpiredError,
    PhoneCodeInvalidError,
    PhoneNumberBannedError,
    PhoneNumberInvalidError,
    PhoneNumberUnoccupiedError,
    RPCError,
    SessionPasswordNeededError,
)

from userbot.errors import NotLoggedInError, TelegramError, UserbotError
from userbot.telegram.client import Client
from userbot.telegram.refusals import error_name

TRIES = 5
"""How often a code or a password may be wrong before the login is given up."""


class Asks(Protocol):
    """What a login needs from a person; each may raise UserbotError to give up."""

    def phone(self) -> str:
        """The account's phone number, with its country code."""
        ...

    def code(self, wrong: bool) -> str:
        """The code that Telegram sent; `wrong`: the last one was not it."""
        ...

    def password(self, wrong: bool) -> str:
        """The password of the second step; `wrong`: the last one was not it."""
        ...

    def qr(self, url: str) -> None:
        """Show a QR code to scan; a new one replaces it when it expires."""
        ...


async def by_phone(client: Client, asks: Asks, phone: str | None) -> None:
    """Log in with a code that Telegram sends into its app. Raises UserbotError."""
    try:
        phone = phone or asks.phone()
        await client.send_code_request(phone)
        await _enter_code(client, asks, phone)
    except RPCError as error:
        raise _explained(error) from error


async def by_qr(client: Client, asks: Asks) -> None:
    """Log in by scanning a QR code with a phone that is logged in. Raises UserbotError."""
    try:
        qr = await client.qr_login()
        while True:
            asks.qr(qr.url)
            try:
                await qr.wait()
            except TimeoutError:
                await qr.recreate()
            else:
                return
    except SessionPasswordNeededError:
        await _enter_password(client, asks)
    except RPCError as error:
        raise _explained(error) from error


async def _enter_code(client: Client, asks: Asks, phone: str) -> None:
    wrong = False
    for _ in range(TRIES):
        try:
            await client.sign_in(phone, asks.code(wrong))
        except (PhoneCodeInvalidError, PhoneCodeEmptyError):
            wrong = True
        except SessionPasswordNeededError:
            await _enter_password(client, asks)
            return
        else:
            return
    raise NotLoggedInError(
        f"The code was wrong {TRIES} times.",
        "Look for a message from Telegram in your app, then run `userbot login` again.",
        reason="wrong_code",
    )


async def _enter_password(client: Client, asks: Asks) -> None:
    wrong = False
    for _ in range(TRIES):
        try:
            await client.sign_in(password=asks.password(wrong))
        except PasswordHashInvalidError:
            wrong = True
        except RPCError as error:
            raise _explained(error) from error
        else:
            return
    raise NotLoggedInError(
        f"The password was wrong {TRIES} times.",
        "It is the one of Telegram's two-step verification; you can reset it in your app.",
        reason="wrong_password",
    )


async def log_out(client: Client) -> None:
    """End this login at Telegram and remove its session file. Raises TelegramError."""
    try:
        await client.log_out()
    except RPCError as error:
        raise _explained(error) from error


def _explained(error: RPCError) -> UserbotError:
    match error:
        case PhoneNumberInvalidError():
            return TelegramError(
                "Telegram does not know this phone number.",
                "Write it with its country code, as in +491701234567.",
                reason="phone_number_invalid",
            )
        case PhoneNumberBannedError():
            return TelegramError(
                "Telegram has banned this phone number.",
                "Write to recover@telegram.org; nothing can be done here.",
                reason="phone_number_banned",
            )
        case PhoneNumberUnoccupiedError():
            return TelegramError(
                "There is no Telegram account with this number.",
                "Sign up in an official app first.",
                reason="phone_number_unoccupied",
            )
        case PhoneCodeExpiredError():
            return NotLoggedInError(
                "The code has expired.",
                "Run `userbot login` again for a new one.",
                reason="code_expired",
            )
        case ApiIdInvalidError():
            return TelegramError(
                "Telegram does not know this pair of api_id and api_hash.",
                "Copy both again from https://my.telegram.org.",
                reason="api_id_invalid",
            )
        case FloodWaitError():
            return TelegramError(
                f"Telegram asks to wait {error.seconds} seconds before another login.",
                "Asking again earlier makes the wait longer.",
                reason="flood_wait",
            )
    return TelegramError(
        f"Telegram refused the login ({error_name(error)}).", reason=error_name(error).lower()
    )
