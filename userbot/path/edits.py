"""A message has another text now: what becomes of the question that it was.

Rule 1: before the first text of its answer leaves, the question is asked as it reads, or not at all
if it asks nothing any more.
Rule 2: after that, only with `trigger.edits`, and only by who may ask today: its answer is written
anew in its own messages, and takes the old one's place in the history.
Rule 3: what the program wrote itself is no question, such as an answer in the owner's own prompt.
A burst that was answered stays as it is, and so does what was heard.
Rule 4: where an edit has to wait for the database, the newest of a message is the one that counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from userbot.path.allowance import Allowance
from userbot.path.background import Background
from userbot.path.conversations import Conversations
from userbot.path.memory import Memory
from userbot.path.settlement import Settlement
from userbot.path.storing import Storing
from userbot.ports import Clock
from userbot.storage.store import Store
from userbot.types import Decision, Message, Question


class Edits:
    """`again`: whether what was answered is answered anew, as [trigger].edits says.

    `decide`: what is to be done about a message by the rules of now.
    """

    def __init__(
        self,
        again: bool,
        max_age_minutes: float,
        decide: Callable[[Message], Decision],
        background: Background,
        memory: Memory,
        allowance: Allowance,
        conversations: Conversations,
        settlement: Settlement,
        store: Store,
        storing: Storing,
        clock: Clock,
    ) -> None:
        self._again = again
        self._max_age = timedelta(minutes=max_age_minutes)
        self._decide = decide
        self._background = background
        self._memory = memory
        self._allowance = allowance
        self._conversations = conversations
        self._settlement = settlement
        self._store = store
        self._storing = storing
        self._clock = clock
        self._newest: dict[tuple[int, int], Message] = {}
        """What is still to be taken."""

    def edited(self, incoming: Message) -> None:
        """Take an edit of any message, as soon as the database allows."""
        at = incoming.chat, incoming.message
        self._newest[at] = incoming
        self._storing.soon(partial(self._look, at))

    def _look(self, at: tuple[int, int]) -> None:
        incoming = self._newest.get(at)
        if incoming is None:
            return  # a newer one was taken before it
        self._background.edited(incoming)
        if not self._store.outbound.owns(*at):
            self._take(incoming)
        del self._newest[at]

    def _take(self, incoming: Message) -> None:
        piece = self._conversations.piece(incoming.chat, incoming.message, shown=self._again)
        if piece is None and not self._again:
            return
        decision = self._decide(incoming)
        if piece is not None:
            self._before_the_end(piece, decision if isinstance(decision, Question) else None)
        elif isinstance(decision, Question) and self._is_recent(incoming):
            self._after_the_end(decision)

    def _before_the_end(self, piece: Question, decision: Question | None) -> None:
        if decision is None:
            self._conversations.withdrawn(piece)
        elif decision.text != piece.text:  # a reaction or a preview is an edit too
            self._conversations.edited(replace(piece, text=decision.text))

    def _after_the_end(self, decision: Question) -> None:
        if decision.moved_from is not None:
            return  # nothing is written anew where it stands
        anew = self._allowance.admit_anew(decision, self._clock.now())
        if anew is None:
            return
        ask, refusal = anew
        if refusal is not None:
            self._settlement.limited(ask, refusal.reason, refusal.detail)
            return
        self._memory.forget(ask.conversation)  # its old turn is none any more
        self._settlement.reworded(ask)
        self._conversations.put(ask)

    def _is_recent(self, incoming: Message) -> bool:
        return self._clock.now() - (incoming.edited_at or incoming.at) <= self._max_age
