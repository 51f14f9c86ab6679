"""Faults on demand: errors, delays, lost connections, pushes out of order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from . import tl
from .accounts import Account
from .chats import CHANNEL_MARK, Group
from .errors import RpcError

Drop = Literal["before", "after"]
Push = Literal["duplicate", "swap", "lose"]

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


def error_from(text: str) -> RpcError:
    """`FLOOD_WAIT_3`, or with a code of one's own: `406 CHANNEL_PRIVATE`."""
    code, _, name = text.rpartition(" ")
    if code:
        return RpcError(int(code), name)
    for start, number in _CODES.items():
        if name.startswith(start):
            return RpcError(number, name)
    return RpcError(403 if name.endswith("FORBIDDEN") else 400, name)


@dataclass(eq=False, slots=True)
class Fault:
    """What goes wrong with requests that fit; `None` fits everything."""

    method: str | None = None
    error: RpcError | None = None
    account: Account | None = None
    chat_id: int | None = None
    times: int | None = 1
    delay: float = 0
    drop: Drop | None = None
    push: Push | None = None
    happened: int = 0

    def cancel(self) -> None:
        self.times = 0


class Faults:
    """The faults that are still to happen, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._held: dict[Callable[[bytes], None], bytes] = {}

    def add(
        self,
        method: str | None = None,
        error: str | None = None,
        *,
        account: Account | None = None,
        chat: Account | Group | None = None,
        times: int | None = 1,
        delay: float = 0,
        drop: Drop | None = None,
        push: Push | None = None,
    ) -> Fault:
        """Makes something go wrong; returns a handle with `happened` and `cancel()`.

        `method` is a name such as messages.sendMessage; `account` asks, `chat` is the peer it
        names; `times` is how often (None: for ever). A request that fits waits `delay` seconds;
        then it is answered with `error` and not carried out, or the connection is dropped before
        or after it is carried out, or it is carried out as usual. `push` is about what is pushed
        to `account` instead (updates with pts): sent twice, after the next one, or never.
        """
        fault = Fault(
            method,
            error_from(error) if error else None,
            account,
            chat.id if chat is not None else None,
            times,
            delay,
            drop,
            push,
        )
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def take(self, method: str, account: Account | None, request: tl.Tl) -> Fault | None:
        """The fault that this request runs into, used up once."""
        for fault in self._faults:
            if fault.push or fault.method not in (None, method):
                continue
            if fault.chat_id is not None and fault.chat_id != marked_id(request, account):
                continue
            if fault.account in (None, account) and self._use(fault):
                return fault
        return None

    def deliver(
        self, account: Account | None, updates: bytes, send: Callable[[bytes], None]
    ) -> None:
        """Sends a push through `send`, unless a fault changes that."""
        fault = next(
            (
                fault
                for fault in self._faults
                if fault.push and fault.account in (None, account) and self._use(fault)
            ),
            None,
        )
        kind = fault.push if fault else None
        if kind == "swap":
            self._held[send] = updates
            return
        if kind != "lose":
            send(updates)
        if kind == "duplicate":
            send(updates)
        if held := self._held.pop(send, None):
            send(held)

    def _use(self, fault: Fault) -> bool:
        if fault.times == 0:
            return False
        fault.happened += 1
        if fault.times is not None:
            fault.times -= 1
        return True


def marked_id(request: tl.Tl, account: Account | None) -> int | None:
    """The chat that a request names, as a marked id."""
    peer = getattr(request, "peer", None) or getattr(request, "channel", None)
    match peer:
        case tl.types.InputPeerSelf():
            return account.id if account else None
        case tl.types.InputPeerUser():
            return int(peer.user_id)
        case tl.types.InputPeerChat():
            return -int(peer.chat_id)
        case tl.types.InputPeerChannel() | tl.types.InputChannel():
            return -(CHANNEL_MARK + int(peer.channel_id))
    chat_id = getattr(request, "chat_id", None)
    return -int(chat_id) if chat_id else None
