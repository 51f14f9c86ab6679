"""From a message of Telethon's to `Message`: the same in the program's own words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from telethon.tl import types
from telethon.utils import get_display_name

from userbot.rules.utf16 import within
from userbot.telegram.media import is_protected, media_of, picture_in, voice_of
from userbot.telegram.people import People
from userbot.telegram.threads import Threads, is_automatic_forward
from userbot.types import SAVED_TITLE, ChatKind, ConversationId, Message, Person

MALFORMED = (TypeError, ValueError, AttributeError, OverflowError, IndexError, KeyError)
"""What reading an object raises that lacks a field or holds an impossible value."""


class Converter:
    """Adds to a message what its update leaves out and was heard before.

    `people`: who is a contact or blocked. `titles`: how chats are called, kept here as far as
    messages tell. Whatever reads a message may raise one of MALFORMED.
    """

    def __init__(self, people: People, titles: dict[int, str]) -> None:
        self.people = people
        self.threads = Threads()
        self._owner = 0
        self._titles = titles
        self._protecting: set[int] = set()

    def introduce(self, owner: Person) -> None:
        """Whose account it is."""
        self._owner = owner.id
        self.people.introduce(owner)

    def title(self, chat: int) -> str:
        """The title of a chat as it was last seen; "" if it was not."""
        return self._titles.get(chat, "")

    def complete(self, message: Any) -> bool:
        """Whether all is known that has to be: who sent it, and what began its thread."""
        sender = self.people.of(message)
        known = sender is not None or message.sender_id is None
        return known and self.threads.unknown_root(message) is None

    def incoming(self, message: Any, *, live: bool) -> Message:
        """The message; a sender that is not known by now is None."""
        self.look_at_title(message)
        sender = self.people.of(message)
        topic, reply_to = self.threads.place(message)
        incoming = Message(
            conversation=ConversationId(message.chat_id, topic),
            message=message.id,
            kind=self._kind(message),
            title=self.title(message.chat_id),
            sender=None if sender is None else self.people.known(sender),
            text=message.message or "",
            at=message.date,
            outgoing=bool(message.out),
            reply_to=reply_to,
            mentions=_mentions(message),
            via_bot=message.via_bot_id is not None,
            post=bool(message.post) or is_automatic_forward(message),
            forwarded=message.fwd_from is not None,
            forwarded_from=origin_of(message),
            protected=self._is_protected(message),
            media=media_of(message),
            voice=voice_of(message),
            expires_at=expires_at(message),
            album=message.grouped_id,
            picture=picture_in(message) is not None,
            edited_at=message.edit_date,
            live=live,
        )
        _check(incoming)
        return incoming

    def look_at_title(self, message: Any) -> None:
        """How its chat is called, as far as the message tells."""
        chat = message.chat_id
        if chat == self._owner:
            self._titles[chat] = SAVED_TITLE
        elif message.chat is not None:
            self._titles[chat] = get_display_name(message.chat) or ""
        elif chat not in self._titles and (person := self.people.named(chat)):
            self._titles[chat] = person.name  # a private chat, by a short update

    def _is_protected(self, message: Any) -> bool:
        """Whether it must not leave Telegram; a short update does not say it of the chat."""
        if message.chat is not None:
            protects = getattr(message.chat, "noforwards", False)
            (self._protecting.add if protects else self._protecting.discard)(message.chat_id)
        return is_protected(message) or message.chat_id in self._protecting

    def _kind(self, message: Any) -> ChatKind:
        peer = message.peer_id
        if isinstance(peer, types.PeerUser):
            return ChatKind.SAVED if peer.user_id == self._owner else ChatKind.PRIVATE
        if isinstance(peer, types.PeerChat):
            return ChatKind.GROUP
        broadcast = message.post or getattr(message.chat, "broadcast", False)
        return ChatKind.CHANNEL if broadcast else ChatKind.SUPERGROUP


def origin_of(message: Any) -> str:
    """The name of who wrote what was forwarded; "" if it was not forwarded or nobody tells.

    People may hide behind a name without an account (`from_name`).
    """
    header = message.fwd_from
    if header is None:
        return ""
    forward = message.forward
    # A channel's author signs beside the channel; the channel is where it comes from.
    for entity in (forward.chat, forward.sender) if forward is not None else ():
        if entity is not None and (name := get_display_name(entity)):
            return str(name)
    return header.from_name or header.post_author or "somebody else"


def expires_at(message: Any) -> datetime | None:
    """When the chat deletes the message by itself (auto-delete), if it does."""
    period = message.ttl_period
    if not period or period < 0 or message.date is None:
        return None
    try:
        found: datetime = message.date + timedelta(seconds=period)
    except OverflowError:
        return None
    return found


def _check(incoming: Message) -> None:
    """Raise ValueError for what Telegram's schema would not let through."""
    if not isinstance(incoming.text, str) or not isinstance(incoming.at, datetime):
        raise ValueError("no text or no date")
    if not isinstance(incoming.title, str):
        raise ValueError("a title that is no text")
    if incoming.sender is not None and not isinstance(incoming.sender.username, str | None):
        raise ValueError("a name that is no text")
    if not isinstance(incoming.edited_at, datetime | None):
        raise ValueError("a date that is none")
    numbers = (
        incoming.chat,
        incoming.message,
        incoming.reply_to,
        incoming.conversation.topic,
        incoming.album,
    )
    for number in (*numbers, incoming.sender.id if incoming.sender else None):
        if number is not None and not (isinstance(number, int) and abs(number) < 2**63):
            raise ValueError("an id that is none")
    if incoming.chat is None or incoming.message is None:
        raise ValueError("a message without an id")


def _mentions(message: Any) -> frozenset[int | str]:
    found: set[int | str] = set()
    for entity in message.entities or ():
        if isinstance(entity, types.MessageEntityMentionName):
            found.add(entity.user_id)
        elif isinstance(entity, types.MessageEntityMention):
            start, end = within(message.message, entity.offset, entity.length)
            found.add(message.message[start:end].removeprefix("@").lower())
    return frozenset(found)
