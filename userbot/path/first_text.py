"""Which answers have begun to show: from then on a question is what it was asked as.

Whoever writes says so in the same breath in which the first text is about to leave, so that
whoever wants the question to start over sees one or the other, and nothing in between.
"""

from __future__ import annotations

from userbot.messages import Ask


class FirstText:
    """The questions that are past that point, of those under way."""

    def __init__(self) -> None:
        self._shown: set[int] = set()

    def leaves(self, ask: Ask) -> None:
        """The first text of its answer is about to leave."""
        self._shown.add(ask.id)

    def left(self, ask: Ask) -> bool:
        """Whether it has."""
        return ask.id in self._shown

    def forget(self, ask: Ask) -> None:
        """The question is settled."""
        self._shown.discard(ask.id)
