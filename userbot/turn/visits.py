"""How far the owner had read each chat before he came to it.

An official app marks a chat as read when its owner opens it, and as he sends: who asks there what
he missed has read all of it, by that mark. What counts is the mark from before this visit.

Rule 1: in memory only, from what Telegram tells; nothing is marked by the program itself.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from userbot.types import ConversationId

VISIT: Final = timedelta(minutes=10)
"""Who reads on within that time has not been away."""
_CHATS: Final = 1024


@dataclass(slots=True)
class _Visit:
    read: int
    at: datetime
    before: int = 0
    """How far it was read before this visit; 0 if nobody knows."""


class Visits:
    """What was read, and when."""

    def __init__(self) -> None:
        self._visits: OrderedDict[ConversationId, _Visit] = OrderedDict()

    def read(self, conversation: ConversationId, message: int, at: datetime) -> None:
        """The owner has read a chat, or a topic of one, up to a message."""
        visit = self._visits.get(conversation)
        if visit is None:
            self._visits[conversation] = _Visit(message, at)
            if len(self._visits) > _CHATS:
                self._visits.popitem(last=False)
            return
        if at - visit.at > VISIT:
            visit.before = visit.read
        visit.read, visit.at = max(visit.read, message), at
        self._visits.move_to_end(conversation)

    def before(self, conversation: ConversationId, at: datetime) -> int:
        """Up to which message it was read before the visit that goes on; 0 if nobody knows."""
        visit = self._visits.get(conversation)
        if visit is None:
            return 0
        return visit.before if at - visit.at <= VISIT else visit.read
