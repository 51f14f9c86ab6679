"""What Telegram has told, and is not asked again for a few minutes."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from userbot.ports import Clock

K = TypeVar("K")
T = TypeVar("T")

_SECONDS: Final = 300.0
_REMEMBERED: Final = 1000


class Believed(Generic[K, T]):
    """By what it was asked for; of too many, what was told first is forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[K, tuple[float, T]] = {}

    def get(self, key: K) -> T | None:
        """What was told, while it is believed."""
        until, told = self._told.get(key, (0.0, None))
        return told if until > self._clock.monotonic() else None

    def last(self, key: K) -> T | None:
        """What was told, however long ago."""
        return self._told[key][1] if key in self._told else None

    def keep(self, key: K, told: T) -> None:
        """It was told now."""
        self._told.pop(key, None)
        self._told[key] = (self._clock.monotonic() + _SECONDS, told)
        if len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]
