"""Who is behind an auth key: logging in by code, password or QR, logging out, being revoked.

Rules (core.telegram.org/api/auth, /api/srp, /api/qr-login):
1. A login belongs to the auth key, not to a connection: whoever has the key is logged in.
2. A code is good for five minutes and for the key and phone it was sent to.
3. With a password set, code and QR only lead to SESSION_PASSWORD_NEEDED.
4. A QR token is good for 30 seconds and confirmed by another session of the account.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import bad_request, unauthorized
from .mtproto.auth_key import AuthKey
from .password import Challenge

if TYPE_CHECKING:
    from .accounts import Account
    from .world import World

CODE_SECONDS = 300
TOKEN_SECONDS = 30


@dataclass(eq=False, slots=True)
class Login:
    """What the server knows of one auth key."""

    key: AuthKey
    layer: int | None = None
    account: Account | None = None
    revoked: str | None = None
    """The error that requests get since the login was ended from elsewhere."""
    half: Account | None = None
    """Who has given the code or scanned the QR, and still has to give the password."""
    challenge: Challenge | None = None


@dataclass(frozen=True, slots=True)
class _SentCode:
    login: Login
    phone: str
    expires: int


@dataclass(slots=True)
class Token:
    """A QR login on its way."""

    login: Login
    data: bytes
    expires: int
    accepted_by: Account | None = None


class Logins:
    """All auth keys. What changes a login for good is recorded by the world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_key_id: dict[int, Login] = {}
        self._codes: dict[str, _SentCode] = {}
        self._tokens: list[Token] = []

    def of(self, account: Account) -> list[Login]:
        return [login for login in self.by_key_id.values() if login.account is account]

    def send_code(self, login: Login, phone: str) -> str:
        """Sends the code to a phone, returns phone_code_hash."""
        phone_code_hash = secrets.token_hex(9)
        expires = self._world.now() + CODE_SECONDS
        self._codes[phone_code_hash] = _SentCode(login, phone, expires)
        return phone_code_hash

    def forget_code(self, phone_code_hash: str) -> None:
        self._codes.pop(phone_code_hash, None)

    def check_code(self, login: Login, phone: str, phone_code_hash: str, code: str) -> Account:
        """Who logs in with this code. Raises RpcError."""
        sent = self._codes.get(phone_code_hash)
        if not sent or sent.login is not login or sent.phone != phone:
            raise bad_request("PHONE_CODE_EXPIRED")
        if sent.expires <= self._world.now():
            raise bad_request("PHONE_CODE_EXPIRED")
        account = self._world.by_phone(phone)
        if account is None or account.code != code:
            raise bad_request("PHONE_CODE_INVALID")
        del self._codes[phone_code_hash]
        return account

    def enter(self, login: Login, account: Account) -> Account:
        """Logs in unless a password is needed, which raises RpcError."""
        if account.srp:
            login.half = account
            raise unauthorized("SESSION_PASSWORD_NEEDED")
        self._world.login(login.key.id, account.id)
        return account

    def finish(self, login: Login) -> Account:
        """Logs in whoever has just given the password."""
        account = login.half
        if account is None:
            raise unauthorized("AUTH_KEY_UNREGISTERED")
        self._world.login(login.key.id, account.id)
        return account

    def export_token(self, login: Login) -> Token:
        """A token to show as a QR code, or the one that was accepted since."""
        for token in self._tokens:
            if token.login is login and token.accepted_by:
                self._tokens.remove(token)
                return token
        self._tokens = [token for token in self._tokens if token.login is not login]
        token = Token(login, secrets.token_bytes(32), self._world.now() + TOKEN_SECONDS)
        self._tokens.append(token)
        return token

    def accept_token(self, account: Account, data: bytes) -> Login:
        """`account` lets whoever shows the token in; returns whose it was. Raises RpcError."""
        for token in self._tokens:
            if not secrets.compare_digest(token.data, data):
                continue
            if token.expires <= self._world.now():
                raise bad_request("AUTH_TOKEN_EXPIRED")
            if token.accepted_by:
                raise bad_request("AUTH_TOKEN_ALREADY_ACCEPTED")
            token.accepted_by = account
            self._world.listener.token_accepted(token.login)
            return token.login
        raise bad_request("AUTH_TOKEN_INVALID")

    def accept_url(self, account: Account, url: str) -> None:
        encoded = url.partition("token=")[2]
        data = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        self.accept_token(account, data)
