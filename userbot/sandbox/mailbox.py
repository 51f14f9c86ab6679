"""A mailbox: messages under its own ids, and the numbered log of what happened to them.

Rules (core.telegram.org/api/updates#message-related-event-sequences):
1. Every account has a mailbox for its private chats and basic groups; every channel has one of its
   own that all members share.
2. `pts` starts at 1. An event moves it by `pts_count`, one a message.
3. The events after a client's `pts`, in order, are the difference it has missed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .chats import Chat
    from .messages import Message


class Kind(Enum):
    NEW = auto()
    EDIT = auto()
    DELETE = auto()


@dataclass(frozen=True, slots=True)
class Event:
    mailbox: Mailbox
    kind: Kind
    pts: int
    """After the event."""
    pts_count: int
    date: int
    messages: tuple[Message, ...]


class Mailbox:
    def __init__(self, owner_id: int) -> None:
        self.owner_id = owner_id
        """The account, or the channel, as a marked id."""
        self.pts = 1
        self.messages: dict[int, Message] = {}
        self.events: list[Event] = []
        self._last_id = 0
        self._by_chat: dict[Chat, dict[int, Message]] = {}

    def add(self, message: Message) -> Event:
        self._last_id += 1
        message.ids[self.owner_id] = self._last_id
        self.messages[self._last_id] = message
        self._by_chat.setdefault(message.chat, {})[self._last_id] = message
        return self._happened(Kind.NEW, message.date, (message,))

    def edit(self, message: Message, date: int) -> Event:
        return self._happened(Kind.EDIT, date, (message,))

    def delete(self, messages: Sequence[Message], date: int) -> Event:
        for message in messages:
            number = message.ids[self.owner_id]
            del self.messages[number]
            del self._by_chat[message.chat][number]
        return self._happened(Kind.DELETE, date, tuple(messages))

    def history(self, chat: Chat) -> list[Message]:
        """What is left of a chat, oldest first."""
        return list(self._by_chat.get(chat, {}).values())

    def chats(self) -> list[Chat]:
        """The chats that have had a message here."""
        return list(self._by_chat)

    def last(self, chat: Chat) -> Message | None:
        return next(reversed(self._by_chat.get(chat, {}).values()), None)

    def since(self, pts: int) -> list[Event]:
        """The events that a client at `pts` has missed."""
        return self.events[bisect_right(self.events, pts, key=lambda event: event.pts) :]

    def _happened(self, kind: Kind, date: int, messages: tuple[Message, ...]) -> Event:
        self.pts += len(messages)
        event = Event(self, kind, self.pts, len(messages), date, messages)
        self.events.append(event)
        return event
