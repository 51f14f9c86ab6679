"""A message has another text now: what becomes of the question that it was.

Rule 1: before the first text of its answer leaves, the question is asked as it reads, or not at all
if it asks nothing any more.
Rule 2: after that, only with `trigger.edits`, and only by who may ask today: its answer is written
anew in its own messages, and takes the old one's place in the history.
Rule 3: what the program wrote itself is no question, such as an answer in the owner's own prompt.
A burst that was answered stays as it is, and so does what was heard.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from userbot.intake.queue import Queue
from userbot.intake.retries import Retries
from userbot.ports import Clock
from userbot.storage.store import Store
from userbot.turn.judge import Judge
from userbot.turn.understand.background import Background
from userbot.types import Message, Question


class Edits:
    """Takes edits."""

    def __init__(
        self,
        judge: Judge,
        background: Background,
        queue: Queue,
        retries: Retries,
        store: Store,
        clock: Clock,
    ) -> None:
        self.answers_anew: timedelta | None = None
        """So long after an edit what was answered is answered anew, as [trigger].edits says."""
        self._judge = judge
        self._background = background
        self._queue = queue
        self._retries = retries
        self._store = store
        self._clock = clock

    def edited(self, message: Message) -> None:
        """Take an edit of any message. Raises StorageError; it can be taken again then."""
        self._background.edited(message)
        if not self._store.outbound.owns(message.conversation.chat, message.message):
            self._take(message)

    def _take(self, message: Message) -> None:
        piece = self._queue.piece(
            message.conversation.chat, message.message, shown=self.answers_anew is not None
        )
        if piece is None and self.answers_anew is None:
            return
        decision = self._judge.decide(message)
        asks = decision if isinstance(decision, Question) else None
        if piece is None:
            now = self._clock.now()
            assert self.answers_anew is not None
            if asks is not None and now - (message.edited_at or message.at) <= self.answers_anew:
                self._retries.reopen(asks, now)
        elif asks is None:
            self._queue.withdraw(piece)
        elif asks.text != piece.text:  # a reaction or a preview is an edit too
            self._queue.change(replace(piece, text=asks.text))
