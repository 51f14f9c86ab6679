"""Limits on writing, where a test wants them: Telegram publishes none, so these are assumed.

A window slides over the last writes of an account; one too many is answered with FLOOD_WAIT and as
many seconds as it takes until there is room. See ASSUMPTIONS.md.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from .errors import RpcError

_WRITES = frozenset({"messages.sendMessage", "messages.editMessage", "messages.sendMedia"})
_SECOND, _MINUTE = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class Flood:
    """A write that was refused: by whom, where (a marked id), and for how long."""

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
        self.floods: list[Flood] = []
        self._writes: dict[tuple[int, int | None], deque[float]] = {}

    def take(
        self, method: str, account: int | None, chat: int | None, now: float
    ) -> RpcError | None:
        """Count a request; the error that it is answered with, if it is one too many."""
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

    def _wait(
        self, key: tuple[int, int | None], most: int | None, window: float, now: float
    ) -> float:
        writes = self._writes.setdefault(key, deque())
        while writes and now - writes[0] >= window:
            writes.popleft()
        if most is None or len(writes) < most:
            return 0.0
        return window - (now - writes[0])
