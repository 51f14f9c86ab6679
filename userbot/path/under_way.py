"""What the answers under way may still cost, each reckoned as long as answers become.

In memory only: an answer ends with the program that asked for it, so a crash gives this back. What
is known to have been paid stands in the ledger.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from userbot.types import Expected, Question, Spent


class UnderWay:
    """Running sums: many answers at once cost no more to look at than one."""

    def __init__(self) -> None:
        self._answers: dict[int, tuple[Question, Expected]] = {}
        self._people: Counter[int] = Counter()
        self._others = 0
        self._cost = 0

    def begins(self, ask: Question, answer: Expected) -> None:
        """The model is asked; a question is answered once at a time."""
        self.ends(ask)
        self._answers[ask.id] = ask, answer
        self._add(ask, answer.tokens, answer.cost)

    def ends(self, ask: Question) -> None:
        """The answer is whole, or will not be: what it cost is counted."""
        if (known := self._answers.pop(ask.id, None)) is not None:
            self._add(known[0], -known[1].tokens, -known[1].cost)

    def beside(self, spent: Spent, person: int) -> Spent:
        """What was spent, by this person too, together with what these answers may cost."""
        return replace(
            spent,
            others_tokens_today=spent.others_tokens_today + self._others,
            person_tokens_today=spent.person_tokens_today + self._people[person],
            cost_today=spent.cost_today + self._cost,
        )

    def _add(self, ask: Question, tokens: int, cost: int) -> None:
        self._cost += cost
        self._people[ask.sender.id] += tokens
        self._others += 0 if ask.by_owner else tokens
        if not self._people[ask.sender.id]:
            del self._people[ask.sender.id]
