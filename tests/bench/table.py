"""The table that every measurement prints, and whether its targets are met.

A target is a limit for an idle machine, and a ratio to what stands beside it, which holds on a
loaded or slower one too: either is enough. Only a clear miss of both fails the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MARGIN = 1.3
"""How far beyond its target a number may be before the run fails: machines are noisy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`limit` in the row's unit, `ratio` to what stands beside; `at_least`: more is better."""

    limit: float | None = None
    ratio: float | None = None
    at_least: bool = False

    def miss(self, value: float, beside: float | None) -> float:
        """How many times beyond the target the value is; 1 or less is met."""
        misses = []
        if self.limit is not None:
            misses.append(self._miss(value, self.limit))
        if self.ratio is not None and beside:
            misses.append(self._miss(value / beside, self.ratio))
        return min(misses)

    def _miss(self, value: float, limit: float) -> float:
        return limit / value if self.at_least else value / limit

    def told(self, unit: str) -> str:
        """The target in words."""
        sign = "≥" if self.at_least else "≤"
        parts = [] if self.limit is None else [f"{sign} {self.limit:g} {unit}"]
        parts += [] if self.ratio is None else [f"{sign} {self.ratio:g}×"]
        return " or ".join(parts)


@dataclass(frozen=True, slots=True)
class Row:
    """One number of the program, and the same of what stands beside it."""

    name: str
    unit: str
    value: float
    beside: float | None = None
    target: Target | None = None

    @property
    def verdict(self) -> str:
        """ "ok", "close" (missed within the margin), "MISSED", or nothing without a target."""
        if self.target is None:
            return ""
        miss = self.target.miss(self.value, self.beside)
        return "ok" if miss <= 1 else "close" if miss <= MARGIN else "MISSED"


def show(rows: Sequence[Row], beside: str = "bare", *, judge: bool = True) -> int:
    """Print the rows; gives the exit code: 1 if a target is clearly missed, and `judge`."""
    print(f"{'':<34}{'userbot':>12}{beside:>12}{'ratio':>8}   target")
    for row in rows:
        ratio = f"{row.value / row.beside:.2f}" if row.beside else ""
        target = row.target.told(row.unit) if row.target else ""
        print(
            f"{row.name:<34}{_number(row.value, row.unit):>12}{_number(row.beside, row.unit):>12}"
            f"{ratio:>8}   {target:<20} {row.verdict}".rstrip()
        )
    return int(judge and any(row.verdict == "MISSED" for row in rows))


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.2f} {unit}"
