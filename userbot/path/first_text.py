"""Which answers have begun to show: from then on a question is what it was asked as.

Whoever writes says so in the same breath in which the first text is about to leave, so that
whoever wants the question to start over sees one or the other, and nothing in between.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from userbot.types import Question


class FirstText:
    """The questions that are past that point, of those under way.

    `before`: looks whether a question is still what it was asked as, if nobody might have told.
    """

    def __init__(self) -> None:
        self.before: Callable[[Question], Awaitable[None]] | None = None
        self._shown: set[int] = set()
        self._unsure: set[int] = set()

    async def leaves(self, ask: Question) -> None:
        """The first text of its answer is about to leave. Raises what `before` raises."""
        if self.before is not None and ask.id not in self._shown:
            await self.before(ask)
        self._shown.add(ask.id)

    def left(self, ask: Question) -> bool:
        """Whether it has."""
        return ask.id in self._shown

    def lost_sight(self, ask: Question) -> None:
        """Nobody knows any more how much of its answer stands."""
        self._unsure.add(ask.id)

    def known(self, ask: Question) -> bool:
        """Whether it is known how much of its answer stands."""
        return ask.id not in self._unsure

    def forget(self, ask: Question) -> None:
        """The question is settled, or its answer begins anew."""
        self._shown.discard(ask.id)
        self._unsure.discard(ask.id)
