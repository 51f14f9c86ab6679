"""The turns of the conversations that are going on, in memory.

A place is loaded from the store once, then grows with each answer; the window keeps it small.
Places that were silent for longest are let go: the store still has them.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from userbot.messages import Ask, Place, PromptMessage, Quoted, Turn, Usage
from userbot.ports import Store
from userbot.rules import prompt
from userbot.rules.window import (
    WindowState,
    calibrated,
    estimate_messages,
    shrunk,
    window,
)

PLACES = 256
"""How many conversations are held at once."""
_SHORTEST_TURN = 40
"""Tokens; how many turns are read from the store at most is the budget divided by this."""


@dataclass(slots=True)
class _Held:
    turns: list[Turn]
    state: WindowState

    def fit(self, beside: int = 0) -> tuple[Turn, ...]:
        """Keep the turns that fit beside so many estimated tokens, and give them."""
        kept, self.state = window(self.turns, self.state, beside)
        if len(kept) < len(self.turns) or (kept and kept[0] is not self.turns[0]):
            self.turns = list(kept)
        return kept


class Memory:
    """What each conversation remembers. Its calls raise StorageError."""

    def __init__(
        self,
        store: Store,
        window_tokens: int,
        *,
        places: int = PLACES,
        idle: timedelta | None = None,
    ) -> None:
        """`idle`: a conversation that was silent for so long begins anew."""
        self._store = store
        self._idle = idle
        self._budget = window_tokens
        self._places = places
        self._held: OrderedDict[Place, _Held] = OrderedDict()

    def messages(
        self, system: str, ask: Ask, quoted: Quoted | None = None, background: str = ""
    ) -> tuple[PromptMessage, ...]:
        """What the model sees of a question, with as much of the past as fits."""
        alone = prompt.build(system, (), ask, quoted, background)
        turns = self.turns(ask.place, estimate_messages(alone))
        return prompt.build(system, turns, ask, quoted, background) if turns else alone

    def begin(self, ask: Ask) -> None:
        """A question is about to be answered: if its conversation was silent long, it is new."""
        if self._idle is None:
            return
        last = self._store.last_answered(ask.place)
        if last is not None and ask.at - last > self._idle:
            self._store.begin_anew(ask.place, ask.id - 1)
            self.forget(ask.place)

    def shrink(self, place: Place, estimated: int) -> None:
        """A request of so many estimated tokens was too long for the model: use half of that.

        Only the window is smaller from now on; the store keeps every word.
        """
        held = self._load(place)
        held.state = shrunk(held.state, estimated)

    def turns(self, place: Place, beside: int = 0) -> tuple[Turn, ...]:
        """The turns of a conversation that fit beside so many estimated tokens, oldest first."""
        return self._load(place).fit(beside)

    def remember(self, place: Place, turn: Turn, usage: Usage | None, estimated: int) -> None:
        """Append a turn. `usage` is what its request cost, `estimated` at so many tokens.

        A conversation that is not held is not loaded for it: the store gives the turn later. So
        this needs no store, and cannot fail: the answer stands already.
        """
        held = self._held.get(place)
        if held is None:
            return
        held.turns.append(turn)
        if usage is not None and not usage.estimated:
            held.state = calibrated(held.state, estimated, usage.prompt_tokens)
        held.fit()

    def holds(self, place: Place, turn: int) -> bool:
        """Whether the model sees this turn, by its question's id, in the conversation."""
        return any(held.id == turn for held in self.turns(place))

    def forget(self, place: Place) -> None:
        """Let go of a conversation: it is read from the store again when it is next needed."""
        self._held.pop(place, None)

    def clear(self) -> None:
        """Let go of every conversation."""
        self._held.clear()

    def _load(self, place: Place) -> _Held:
        if self._store.changed_elsewhere():
            self._held.clear()  # `history --clear` took words away
        held = self._held.get(place)
        if held is None:
            turns = self._store.turns(place, newest=max(1, self._budget // _SHORTEST_TURN))
            held = self._held[place] = _Held(turns, WindowState(budget=self._budget))
            if len(self._held) > self._places:
                self._held.popitem(last=False)
        else:
            self._held.move_to_end(place)
        return held
