"""Trouble on demand: errors, delays, lost connections, pushes out of order, limits on writing.

Telegram publishes no limits for people, so those here are assumed (ASSUMPTIONS.md): a window slides
over the last writes of a user; one too many is answered with FLOOD_WAIT and as many seconds as it
takes until there is room.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from . import tl
from .errors import RpcError, error_from
from .peers import marked_id
from .state import Group, User

Drop = Literal["before", "after"]
Push = Literal["duplicate", "swap", "lose"]

_WRITES = frozenset({"messages.sendMessage", "messages.editMessage", "messages.sendMedia"})
_SECOND, _MINUTE = 1.0, 60.0


@dataclass(eq=False, slots=True)
class TelegramFault:
    """What goes wrong with requests that fit; `None` fits everything."""

    method: str | None = None
    error: RpcError | None = None
    account: User | None = None
    chat_id: int | None = None
    times: int | None = 1
    delay: float = 0
    drop: Drop | None = None
    push: Push | None = None
    newer: bool = False
    happened: int = 0

    def cancel(self) -> None:
        self.times = 0


class TelegramFaults:
    """The faults that are still to happen, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: list[TelegramFault] = []
        self._held: dict[Callable[[bytes], None], bytes] = {}

    def add(
        self,
        method: str | None = None,
        error: str | None = None,
        *,
        account: User | None = None,
        chat: User | Group | None = None,
        times: int | None = 1,
        delay: float = 0,
        drop: Drop | None = None,
        push: Push | None = None,
        newer: bool = False,
    ) -> TelegramFault:
        """Makes something go wrong; returns a handle with `happened` and `cancel()`.

        `method` is a name such as messages.sendMessage; `account` asks, `chat` is the peer it
        names; `times` is how often (None: for ever). A request that fits waits `delay` seconds;
        then it is answered with `error` and not carried out, or the connection is dropped before
        or after it is carried out, or it is carried out as usual. `push` is about what is pushed
        to `account` instead (updates with pts): sent twice, after the next one, or never. `newer`:
        it is carried out, and answered with an object of a newer layer.
        """
        fault = TelegramFault(
            method,
            error_from(error) if error else None,
            account,
            chat.id if chat is not None else None,
            times,
            delay,
            drop,
            push,
            newer,
        )
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def take(self, method: str, account: User | None, request: tl.Tl) -> TelegramFault | None:
        """The fault that this request runs into, used up once."""
        for fault in self._faults:
            if fault.push or fault.method not in (None, method):
                continue
            if fault.chat_id is not None and fault.chat_id != marked_id(request, account):
                continue
            if fault.account in (None, account) and self._use(fault):
                return fault
        return None

    def deliver(self, account: User | None, updates: bytes, send: Callable[[bytes], None]) -> None:
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

    def _use(self, fault: TelegramFault) -> bool:
        if fault.times == 0:
            return False
        fault.happened += 1
        if fault.times is not None:
            fault.times -= 1
        return True


@dataclass(frozen=True, slots=True)
class Flood:
    """A write or a search that was refused: by whom, where (a marked id), and for how long."""

    account: int
    chat: int | None
    seconds: int


class FloodLimits:
    """None of them holds until it is set."""

    def __init__(self) -> None:
        self.group_minute: int | None = None
        """Writes of one account into one group in any minute."""
        self.account_second: int | None = None
        """Writes of one account in any second."""
        self.searches_minute: int | None = None
        """Searches of one account in any minute, in whatever chats."""
        self.floods: list[Flood] = []
        self._writes: dict[tuple[int, int | None], deque[float]] = {}
        self._searches: dict[int, deque[float]] = {}

    def take(
        self, method: str, account: int | None, chat: int | None, now: float
    ) -> RpcError | None:
        """Count a request; the error that it is answered with, if it is one too many."""
        if account is not None and method == "messages.search":
            return self._search(account, chat, now)
        if account is None or method not in _WRITES:
            return None
        waits = [self._wait((account, None), self.account_second, _SECOND, now)]
        if chat is not None and chat < 0:
            waits.append(self._wait((account, chat), self.group_minute, _MINUTE, now))
        seconds = max(waits)
        if seconds > 0:
            self.floods.append(Flood(account, chat, math.ceil(seconds)))
            return RpcError(420, f"FLOOD_WAIT_{math.ceil(seconds)}")
        for key in ((account, None), (account, chat)):
            self._writes.setdefault(key, deque()).append(now)
        return None

    def _search(self, account: int, chat: int | None, now: float) -> RpcError | None:
        searches = self._searches.setdefault(account, deque())
        seconds = _until_room(searches, self.searches_minute, _MINUTE, now)
        if seconds > 0:
            self.floods.append(Flood(account, chat, math.ceil(seconds)))
            return RpcError(420, f"FLOOD_WAIT_{math.ceil(seconds)}")
        searches.append(now)
        return None

    def _wait(
        self, key: tuple[int, int | None], most: int | None, window: float, now: float
    ) -> float:
        return _until_room(self._writes.setdefault(key, deque()), most, window, now)


def _until_room(done: deque[float], most: int | None, window: float, now: float) -> float:
    """The seconds until one more fits into the window, which slides over what was done."""
    while done and now - done[0] >= window:
        done.popleft()
    if most is None or len(done) < most:
        return 0.0
    return window - (now - done[0])
