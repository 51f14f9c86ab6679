"""Chats and topics that refused a message: left alone for a while, longer each time running.

Why they refuse may pass by itself: somebody is muted for a minute, a topic is closed for a night.
Times are seconds of a clock that never goes back; the caller gives them.
"""

from __future__ import annotations

from dataclasses import dataclass

from userbot.errors import ChatRefusedError
from userbot.types import ConversationId

REST_SECONDS = (600.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
"""How long: the first time, the second time running, …"""


@dataclass(frozen=True, slots=True)
class _Rest:
    why: ChatRefusedError
    until: float
    times: int


class Resting:
    """Knows which of them rest. A chat that rests does so in all of its topics."""

    def __init__(self) -> None:
        self._rests: dict[ConversationId, _Rest] = {}

    def why(self, conversation: ConversationId, now: float) -> ChatRefusedError | None:
        """The refusal for which nothing is written here now."""
        for where in (ConversationId(conversation.chat), conversation):
            rest = self._rests.get(where)
            if rest is not None and rest.until > now:
                return rest.why
        return None

    def refused(self, conversation: ConversationId, why: ChatRefusedError, now: float) -> None:
        """A message was refused: what is said of a topic holds for it alone."""
        topic_only = why.reason.startswith("topic_")
        where = conversation if topic_only else ConversationId(conversation.chat)
        times = self._rests[where].times + 1 if where in self._rests else 1
        seconds = REST_SECONDS[min(times, len(REST_SECONDS)) - 1]
        self._rests[where] = _Rest(why, now + seconds, times)

    def taken(self, conversation: ConversationId) -> None:
        """A message was taken."""
        if self._rests:
            self._rests.pop(ConversationId(conversation.chat), None)
            self._rests.pop(conversation, None)
