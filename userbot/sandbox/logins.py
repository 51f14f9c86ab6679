"""Who is behind an auth key: logging in by code, password or QR, logging out, being revoked.

Rules (core.telegram.org/api/auth, /api/srp, /api/qr-login):
1. A login belongs to the auth key, not to a connection: whoever has the key is logged in.
2. A code is good for five minutes and for the key and phone it was sent to.
3. With a password set, code and QR only lead to SESSION_PASSWORD_NEEDED.
4. A QR token is good for 30 seconds and confirmed by another session of the user.
5. Codes, tokens and half logins are lost with the process; keys and who has them are not.
"""

from __future__ import annotations

import base64
import secrets

from .errors import bad_request, unauthorized
from .mtproto.auth_key import AuthKey
from .state import Login, LoginToken, SentCode, User
from .world import World, command

CODE_SECONDS = 300
TOKEN_SECONDS = 30


@command
def new_key(world: World, data: bytes, layer: int | None = None) -> Login:
    """A client has agreed upon a key."""
    login = Login(AuthKey(data), layer)
    world.state.logins[login.key.id] = login
    return login


@command
def drop_key(world: World, login: Login) -> None:
    world.state.logins.pop(login.key.id, None)


@command
def set_layer(_world: World, login: Login, layer: int) -> None:
    login.layer = layer


@command
def log_in(_world: World, login: Login, user: User) -> User:
    login.user, login.half, login.revoked = user, None, None
    return user


@command
def log_out(_world: World, login: Login, error: str | None = None) -> None:
    """Ends a login; with `error`, that is what its requests get from then on."""
    login.user, login.half, login.revoked = None, None, error


def send_code(world: World, login: Login, phone: str) -> str:
    """Sends the code to a phone, returns phone_code_hash."""
    phone_code_hash = secrets.token_hex(9)
    world.state.codes[phone_code_hash] = SentCode(login, phone, world.now() + CODE_SECONDS)
    return phone_code_hash


def check_code(world: World, login: Login, phone: str, phone_code_hash: str, code: str) -> User:
    """Who logs in with this code. Raises RpcError."""
    sent = world.state.codes.get(phone_code_hash)
    if not sent or sent.login is not login or sent.phone != phone or sent.expires <= world.now():
        raise bad_request("PHONE_CODE_EXPIRED")
    user = world.state.by_phone(phone)
    if user is None or user.code != code:
        raise bad_request("PHONE_CODE_INVALID")
    del world.state.codes[phone_code_hash]
    return user


def enter(world: World, login: Login, user: User) -> User:
    """Logs in unless a password is needed, which raises RpcError."""
    if user.password is not None:
        login.half = user
        raise unauthorized("SESSION_PASSWORD_NEEDED")
    return log_in(world, login, user)


def finish(world: World, login: Login) -> User:
    """Logs in whoever has just given the password."""
    if login.half is None:
        raise unauthorized("AUTH_KEY_UNREGISTERED")
    return log_in(world, login, login.half)


def export_token(world: World, login: Login) -> LoginToken:
    """A token to show as a QR code, or the one that was accepted since."""
    mine = [token for token in world.state.tokens if token.login is login]
    accepted = next((token for token in mine if token.accepted_by), None)
    fresh = LoginToken(login, secrets.token_bytes(32), world.now() + TOKEN_SECONDS)
    others = [token for token in world.state.tokens if token.login is not login]
    world.state.tokens = others if accepted else [*others, fresh]
    return accepted or fresh


def accept_token(world: World, user: User, data: bytes) -> Login:
    """`user` lets whoever shows the token in; returns whose it was. Raises RpcError."""
    for token in world.state.tokens:
        if not secrets.compare_digest(token.data, data):
            continue
        if token.expires <= world.now():
            raise bad_request("AUTH_TOKEN_EXPIRED")
        if token.accepted_by:
            raise bad_request("AUTH_TOKEN_ALREADY_ACCEPTED")
        token.accepted_by = user
        if world.listener and world.tells_scans:
            world.listener.token_accepted(token.login)
        return token.login
    raise bad_request("AUTH_TOKEN_INVALID")


def accept_url(world: World, user: User, url: str) -> None:
    """The same for a QR code's tg://login?token=…"""
    encoded = url.partition("token=")[2]
    accept_token(world, user, base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
