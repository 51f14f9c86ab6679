"""What a method can fail with."""

from . import tl

_CODES = {
    "AUTH_KEY_DUPLICATED": 406,
    "AUTH_KEY_": 401,
    "SESSION_": 401,
    "USER_DEACTIVATED": 401,
    "FLOOD_": 420,
    "SLOWMODE_": 420,
    "FROZEN_METHOD_INVALID": 420,
    "2FA_CONFIRM_WAIT": 420,
    "TAKEOUT_INIT_DELAY": 420,
    "VOICE_MESSAGES_FORBIDDEN": 400,
    "CHAT_SEND_": 403,
    "CHAT_GUEST_SEND_FORBIDDEN": 403,
    "ALLOW_PAYMENT_REQUIRED": 403,
    "PREMIUM_ACCOUNT_REQUIRED": 403,
    "PRIVACY_PREMIUM_REQUIRED": 403,
    "RANDOM_ID_DUPLICATE": 500,
    "RPC_": 500,
    "INTERNAL": 500,
    "TIMEOUT": -503,
}
"""Codes of errors by how their names begin; the first that fits counts. The rest is 400, or 403 for
what ends in FORBIDDEN (core.telegram.org/api/errors)."""


class RpcError(Exception):
    """An error that is the answer to a request (core.telegram.org/api/errors)."""

    def __init__(self, code: int, name: str) -> None:
        super().__init__(f"{code} {name}")
        self.code = code
        self.name = name

    def to_tl(self) -> tl.Tl:
        return tl.types.RpcError(self.code, self.name)


class NotServedError(RpcError):
    """What the real Telegram would do and this one does not: counted, so that no test misses it."""

    def __init__(self, what: str = "") -> None:
        super().__init__(400, "METHOD_NOT_IMPLEMENTED")
        self.what = what
        """The part of a method that is missing; empty for all of it."""


def bad_request(name: str) -> RpcError:
    return RpcError(400, name)


def forbidden(name: str) -> RpcError:
    return RpcError(403, name)


def unauthorized(name: str) -> RpcError:
    return RpcError(401, name)


def error_from(text: str) -> RpcError:
    """`FLOOD_WAIT_3`, or with a code of one's own: `406 CHANNEL_PRIVATE`."""
    code, _, name = text.rpartition(" ")
    if code:
        return RpcError(int(code), name)
    for start, number in _CODES.items():
        if name.startswith(start):
            return RpcError(number, name)
    return RpcError(403 if name.endswith("FORBIDDEN") else 400, name)
