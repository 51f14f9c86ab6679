"""What a method can fail with."""

from . import tl


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
