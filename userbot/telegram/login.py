"""Logging in and out: by QR code, or by phone and code, with the password of the second step.

See core.telegram.org/api/auth, /api/qr-login and /api/srp.
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from contextlib import suppress
from typing import Any, Protocol
from unicodedata import category

from telethon import events
from telethon.errors import (
    ApiIdInvalidError,
    AuthRestartError,
    PasswordHashInvalidError,
    PhoneCodeExpiredError,
    PhoneNumberBannedError,
    PhoneNumberFloodError,
    PhoneNumberInvalidError,
    PhoneNumberUnoccupiedError,
    PhonePasswordFloodError,
    RPCError,
    SessionPasswordNeededError,
)
from telethon.tl import functions, types

from userbot.errors import NotLoggedInError, TelegramError, UserbotError
from userbot.rules.plain import invisible
from userbot.telegram.client import Client
from userbot.telegram.refusals import error_name, meaning
from userbot.texts import _

_QR_SECONDS = 5.0, 60.0
"""How long a QR code is shown at least and at most, whatever the clocks say; Telegram's live 30."""
_WRONG_CODE = ("PHONE_CODE_INVALID", "PHONE_CODE_EMPTY", "CODE_INVALID", "CODE_EMPTY")
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
    **dict.fromkeys(
        (PhoneNumberFloodError, PhonePasswordFloodError),
        (
            _("There were too many attempts to log in with this number."),
            _("Wait a day, or log in by QR code."),
        ),
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
        phone = _digits(phone or asks.phone())
        sent = await _sent_code(client, phone)
        if isinstance(sent, types.auth.SentCodeSuccess):
            await _entered(client, sent.authorization)
            return
        if isinstance(sent, types.auth.SentCodePaymentRequired):
            raise TelegramError(
                _("Telegram wants to be paid before it sends a code to this number."),
                _("Log in by QR code: run `userbot login` in a terminal, without --phone."),
                reason="code_payment_required",
            )
        if isinstance(sent.type, types.auth.SentCodeTypeSetUpEmailRequired):
            raise TelegramError(
                _("Telegram requires a login e-mail address for this account."),
                _("Add one in an official app, or log in by QR code."),
                reason="email_required",
            )
        await _enter_code(client, asks, phone, sent)
    except RPCError as error:
        raise _explained(error) from error


def _digits(phone: str) -> str:
    """A phone number as Telegram takes it, however it was written. Raises TelegramError."""
    seen = (one for one in phone if not invisible(one) and category(one)[0] != "P")
    digits = "".join(seen).removeprefix("+")
    if not (digits.isascii() and digits.isdecimal()):
        raise TelegramError(*_REFUSED[PhoneNumberInvalidError], reason="phone_number_invalid")
    return digits


async def _sent_code(client: Client, phone: str) -> Any:
    # Not by Telethon's own method, which knows one kind of answer alone (1.45).
    settings = types.CodeSettings()
    request = functions.auth.SendCodeRequest(phone, client.api_id, client.api_hash, settings)
    for _try in range(TRIES):
        try:
            return await client(request)
        except AuthRestartError as error:
            restart = error
    raise restart


async def by_qr(client: Client, asks: Asks) -> None:
    """Log in by scanning a QR code with a phone that is logged in. Raises UserbotError."""
    scanned = asyncio.Event()

    async def note(_update: Any) -> None:
        scanned.set()

    # Telegram may say that it was scanned, or not; it says so when it is asked for another code.
    told = events.Raw(types.UpdateLoginToken)
    client.add_event_handler(note, told)
    shown = False
    try:
        while True:
            scanned.clear()
            token = await _token(client)
            if isinstance(token, types.auth.LoginTokenSuccess):
                await _entered(client, token.authorization)
                return
            if shown and await _is_in(client):
                return  # the answer that said so was lost
            shown = True
            asks.qr(_url(token.token))
            left = (token.expires - client.server_now()).total_seconds()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(max(left, _QR_SECONDS[0]), _QR_SECONDS[1])):
                    await scanned.wait()
    except SessionPasswordNeededError:
        await _enter_password(client, asks)
    except RPCError as error:
        raise _explained(error) from error
    finally:
        client.remove_event_handler(note)


async def _token(client: Client) -> Any:
    """A code to scan, or the login that came of the last one, in whichever data centre it is."""
    found = await client(functions.auth.ExportLoginTokenRequest(client.api_id, client.api_hash, []))
    while isinstance(found, types.auth.LoginTokenMigrateTo):
        await client._switch_dc(found.dc_id)  # noqa: SLF001
        found = await client(functions.auth.ImportLoginTokenRequest(found.token))
    return found


async def _is_in(client: Client) -> bool:
    try:
        return bool(await client(functions.users.GetUsersRequest([types.InputUserSelf()])))
    except SessionPasswordNeededError:
        raise
    except RPCError:
        return False


def _url(token: bytes) -> str:
    return f"tg://login?token={urlsafe_b64encode(token).decode().rstrip('=')}"


async def _entered(client: Client, authorization: Any) -> None:
    """Note whose login this is. Raises NotLoggedInError where there is no account."""
    if isinstance(authorization, types.auth.AuthorizationSignUpRequired):
        raise NotLoggedInError(
            *_REFUSED[PhoneNumberUnoccupiedError], reason="phone_number_unoccupied"
        )
    await client._on_login(authorization.user)  # noqa: SLF001


async def _enter_code(client: Client, asks: Asks, phone: str, sent: Any) -> None:
    wrong = False
    where = _WHERE.get(type(sent.type), _("to you"))
    by_email = isinstance(sent.type, types.auth.SentCodeTypeEmailCode)
    for _try in range(TRIES):
        code = asks.code(where, wrong)
        wrong = True
        if not code:
            continue
        request = functions.auth.SignInRequest(
            phone,
            sent.phone_code_hash,
            phone_code=None if by_email else code,
            email_verification=types.EmailVerificationCode(code) if by_email else None,
        )
        try:
            await _entered(client, await client(request))
        except SessionPasswordNeededError:
            await _enter_password(client, asks)
        except RPCError as error:
            if error_name(error) in _WRONG_CODE:
                continue
            raise
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
