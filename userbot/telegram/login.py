"""Logging in and out: by QR code, or by phone and code, with the password of the second step.

See core.telegram.org/api/auth, /api/qr-login and /api/srp.
"""

from __future__ import annotations

from typing import Protocol

from telethon.errors import (
    ApiIdInvalidError,
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
from telethon.tl import functions, types

from userbot.errors import NotLoggedInError, TelegramError, UserbotError
from userbot.telegram.client import Client
from userbot.telegram.refusals import error_name, meaning
from userbot.texts import _

TRIES = 5
"""How often a code or a password may be wrong before the login is given up."""


_WHERE = {
    types.auth.SentCodeTypeApp: _("into your Telegram app, in the chat “Telegram”"),
    types.auth.SentCodeTypeSms: _("by SMS"),
    types.auth.SentCodeTypeSmsWord: _("by SMS"),
    types.auth.SentCodeTypeSmsPhrase: _("by SMS"),
    types.auth.SentCodeTypeFragmentSms: _("to your number at fragment.com"),
    types.auth.SentCodeTypeEmailCode: _("by e-mail"),
    types.auth.SentCodeTypeCall: _("by a phone call"),
    types.auth.SentCodeTypeMissedCall: _("by a phone call: the last digits of the caller's number"),
}
"""Where Telegram sends login codes (core.telegram.org/type/auth.SentCodeType)."""

_REFUSED = {
    PhoneNumberInvalidError: (
        _("Telegram does not know this phone number."),
        _("Include the country code, as in +491701234567."),
    ),
    PhoneNumberBannedError: (
        _("Telegram has banned this phone number."),
        _("Write to recover@telegram.org."),
    ),
    PhoneNumberUnoccupiedError: (
        _("There is no Telegram account with this number."),
        _("Sign up in an official app first."),
    ),
    ApiIdInvalidError: (
        _("Telegram does not recognize this api_id and api_hash."),
        _("Copy both again from https://my.telegram.org."),
    ),
}
"""What was wrong, and what to do. Its reason is Telegram's own name of it."""


class Asks(Protocol):
    """What a login needs from a person; each may raise UserbotError to give up."""

    def phone(self) -> str:
        """The account's phone number, with its country code."""
        ...

    def code(self, where: str, wrong: bool) -> str:
        """The code that Telegram sent; `where` it is found; `wrong`: the last one was not it."""
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
        sent = await client.send_code_request(phone)
        if isinstance(sent.type, types.auth.SentCodeTypeSetUpEmailRequired):
            raise TelegramError(
                _("Telegram requires a login e-mail address for this account."),
                _("Add one in an official app, or log in by QR code."),
                reason="email_required",
            )
        await _enter_code(client, asks, phone, _WHERE.get(type(sent.type), _("to you")))
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


async def _enter_code(client: Client, asks: Asks, phone: str, where: str) -> None:
    wrong = False
    for _try in range(TRIES):
        code = asks.code(where, wrong)
        wrong = True
        if not code:  # Telethon would take that as the wish for another code
            continue
        try:
            await client.sign_in(phone, code)
        except (PhoneCodeInvalidError, PhoneCodeEmptyError):
            continue
        except SessionPasswordNeededError:
            await _enter_password(client, asks)
            return
        else:
            return
    raise NotLoggedInError(
        _("The code was wrong {tries} times.", tries=TRIES),
        _("Look for Telegram's message in your app, then run `userbot login` again."),
        reason="wrong_code",
    )


async def _enter_password(client: Client, asks: Asks) -> None:
    wrong = False
    for _try in range(TRIES):
        password = asks.password(wrong)
        wrong = True
        if not password:
            continue
        try:
            await client.sign_in(password=password)
        except PasswordHashInvalidError:
            continue
        except RPCError as error:
            raise _explained(error) from error
        else:
            return
    raise NotLoggedInError(
        _("The password was wrong {tries} times.", tries=TRIES),
        _(
            "It is your two-step verification password, not your phone's; an official app"
            " can reset it."
        ),
        reason="wrong_password",
    )


async def log_out(client: Client) -> None:
    """End this login at Telegram. Raises NotLoggedInError if there is none, TelegramError."""
    try:
        await client(functions.auth.LogOutRequest())
    except RPCError as error:
        raise meaning(error) from error


def _explained(error: RPCError) -> UserbotError:
    name = error_name(error)
    if isinstance(error, PhoneCodeExpiredError):
        return NotLoggedInError(
            _("The code has expired."),
            _("Run `userbot login` again for a new one."),
            reason="code_expired",
        )
    refused = _("Telegram refused the login ({name}).", name=name)
    other = (refused, _("Try again later, or another way: QR code, or --phone."))
    return TelegramError(*_REFUSED.get(type(error), other), reason=name.lower())
