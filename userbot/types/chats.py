"""Chats and the people in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SAVED_TITLE = "Saved Messages"
"""How the chat with oneself is called; Telegram gives it the owner's name."""

TERMINAL = 0
"""The chat that is no chat: a conversation in the terminal. No marked id is 0."""


CHANNELS = -1_000_000_000_000
"""Marked ids of channels and supergroups are below this (core.telegram.org/api/bots/ids)."""


class ChatKind(StrEnum):
    """What kind of chat a message stands in."""

    SAVED = "saved"
    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"

    @property
    def several_people(self) -> bool:
        """Whether others than one person and the owner can speak here."""
        return self in (ChatKind.GROUP, ChatKind.SUPERGROUP, ChatKind.CHANNEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who sent a message; a channel or an anonymous admin has a negative id."""

    id: int
    name: str
    username: str | None = None
    bot: bool = False
    contact: bool = False
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class ConversationId:
    """One conversation: a private chat, a group, a forum topic or a comment thread, or what one
    subscriber writes to a channel."""

    chat: int
    topic: int | None = None
    """The message that began it. Below 0 it names a subscriber: a channel by its marked id, a
    person by the negative of his."""

    @property
    def subscriber(self) -> int | None:
        """The marked id of who writes to the channel, in its direct messages."""
        if self.topic is None or self.topic >= 0:
            return None
        return self.topic if self.topic < CHANNELS else -self.topic

    @property
    def thread(self) -> int | None:
        """The message that began the topic or thread, if it is one."""
        return self.topic if self.subscriber is None else None


@dataclass(frozen=True, slots=True)
class Dialog:
    """One of the account's chats; `username` without the @, None if it has no public name."""

    id: int
    kind: ChatKind
    title: str
    username: str | None


@dataclass(frozen=True, slots=True)
class ChatTop:
    """A chat's newest message and its date; 0 where there is none, no date where it is unread.

    `read`: up to which message the owner has read it, on whatever device.
    """

    chat: int
    message: int
    at: datetime | None
    supergroup: bool
    joined: bool = True
    """Whether the account is in it: of a public chat it may read, nothing arrives otherwise."""
    read: int = 0


def may_be_deleted_in(chat: int, told: int | None) -> bool:
    """Whether a deletion that Telegram tells of may be of a message in this chat.

    `told`: the chat that it names; None for private chats and basic groups, which it never names.
    """
    return chat == told if told is not None else chat > CHANNELS


def is_basic_group(chat: int) -> bool:
    """Whether the marked id is that of a basic group."""
    return CHANNELS < chat < 0


@dataclass(frozen=True, slots=True)
class KeptName:
    """An @name (without the @, in lower case) and whom it meant when it was first resolved.

    `id` is marked; `access_hash` is what the account needs to reach them, if Telegram gave one.
    """

    name: str
    id: int
    access_hash: int | None = None
