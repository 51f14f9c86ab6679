"""The account's write bucket: how long the next write has to wait.

A token bucket: `burst` writes at once, then `writes_per_second`. Telegram publishes no limits;
the defaults keep well below what is reported to provoke FLOOD_WAIT.
"""

from __future__ import annotations


class Governor:
    """Pure but for its own count; the caller gives the time, in seconds that never go back."""

    def __init__(self, writes_per_second: float, burst: int) -> None:
        self._interval = 1.0 / writes_per_second
        self._allowance = self._interval * burst
        self._busy_until = 0.0

    def reserve(self, now: float) -> float:
        """Take the next free place; gives the seconds to wait before writing.

        The bucket is kept as the moment at which it would be full again (the "virtual
        scheduling" form of a leaky bucket): one number, however many writes wait.
        """
        start = max(self._busy_until, now)
        self._busy_until = start + self._interval
        return max(0.0, self._busy_until - self._allowance - now)
