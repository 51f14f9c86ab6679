"""A message has another text now: what becomes of the question that it was.

Rule 1: before the first text of its answer leaves, the question is asked as it reads, or not at all
if it asks nothing any more.
Rule 2: after that, only with `trigger.edits`, and only by who may ask today: its answer is written
anew in its own messages, and takes the old one's place in the history.
Rule 3: what the program wrote itself is no question, such as an answer in the owner's own prompt.
A burst that was answered stays as it is, and so does what was heard.
Rule 4: what was not asked since its owner had mistaken a switch is asked once he mends that.
"""

from __future__ import annotations

from datetime import timedelta

from userbot.intake.queue import Queue
from userbot.intake.retries import Retries
from userbot.ports import Clock
from userbot.rules.trigger import is_prefixed
from userbot.turn.chat_rules import ChatRules
from userbot.turn.understand.background import Background
from userbot.types import Message, Question

MENDED = timedelta(seconds=30)
"""So long after it was sent, a message that gets the prefix by an edit is a question after all; and
so old may the edit be that mends a switch.
"""


class Edits:
    """Takes edits. `answers_anew`: so long after an edit what was answered is answered anew.

    None where [trigger].edits is off.
    """

    def __init__(
        self,
        chats: ChatRules,
        background: Background,
        queue: Queue,
        retries: Retries,
        clock: Clock,
        answers_anew: timedelta | None,
    ) -> None:
        self._chats = chats
        self._background = background
        self._queue = queue
        self._retries = retries
        self._clock = clock
        self._answers_anew = answers_anew

    def edited(self, message: Message) -> timedelta | None:
        """Take an edit of any message. Raises StorageError; it can be taken again then.

        Gives how long after it was sent a message that was no question got the prefix, if it did.
        """
        self._background.edited(message)
        if self._chats.wrote(message):
            return None
        prefixed = is_prefixed(message, self._chats.policy.prefix)
        if prefixed and not self._chats.asked(message):
            if isinstance(self._chats.decide(message), Question):
                return (message.edited_at or self._clock.now()) - message.at
            return None
        self._take(message)
        return None

    def _take(self, message: Message) -> None:
        piece = self._queue.piece(
            message.conversation.chat, message.message, shown=self._answers_anew is not None
        )
        if piece is None and self._answers_anew is None and not message.outgoing:
            return
        decision = self._chats.decide(message)
        asks = decision if isinstance(decision, Question) else None
        if piece is None:
            if asks is not None:
                self._take_ended(message, asks)
        elif asks is None:
            self._queue.withdraw(piece)
        elif asks.quiet and not piece.quiet:
            self._queue.withdraw(piece)  # it is not wanted where it would be answered
        elif not (now := piece.reworded(asks)).asks_the_same(piece):
            self._queue.change(now)

    def _take_ended(self, message: Message, asks: Question) -> None:
        now = self._clock.now()
        age = now - (message.edited_at or message.at)
        if age <= MENDED and self._retries.mended(asks, now):
            return
        if self._answers_anew is not None and age <= self._answers_anew:
            self._retries.reopen(asks, now)
