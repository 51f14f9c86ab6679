"""From a message of Telethon's to `Message`: the same in the program's own words.

Above, what an update leaves out and was heard before; below, what a message says of itself.
"""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from telethon.tl import types
from telethon.utils import get_display_name, get_peer_id

from userbot.rules import pictures
from userbot.rules.plain import within
from userbot.rules.voice_note import unpacked
from userbot.telegram.people import People
from userbot.telegram.words import media_in_words, pages_of, rich_text, text_of, with_addresses
from userbot.types import (
    SAVED_TITLE,
    Came,
    ChatKind,
    ConversationId,
    LinkedPage,
    Message,
    Person,
    Quoted,
    ReplyPart,
    Voice,
)

MALFORMED = (
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    IndexError,
    KeyError,
    struct.error,
)
"""What reading an object raises that lacks a field or holds an impossible value."""
_POSTS = 4096
"""How many beginnings of threads are remembered."""
_MOST_NUMBER = 2**63
"""Below this are all of Telegram's numbers, and all that the store takes."""
MOST_ID = 2**53
"""Below this are the ids of chats and people (core.telegram.org/api/bots/ids): 52 bits."""


class Converter:
    """Adds to a message what its update leaves out and was heard before.

    `people`: who is a contact or blocked. `titles`: how chats are called, kept here as far as
    messages tell. Whatever reads a message may raise one of MALFORMED.
    """

    def __init__(self, people: People, titles: dict[int, str]) -> None:
        self.people = people
        self._titles = titles
        self._protecting: set[int] = set()
        self._posts: dict[tuple[int, int], bool] = {}

    def convert_if_known(self, message: Any, came: Came) -> Message | None:
        """The message; None while it has to be asked who sent it, or what began its thread."""
        sender = self.people.of(message)
        unknown = sender is None and message.sender_id is not None
        if unknown or self.unknown_root(message) is not None:
            return None
        return self._read(message, sender, came)

    def convert(self, message: Any, came: Came) -> Message:
        """The message; a sender that is not known by now is None."""
        return self._read(message, self.people.of(message), came)

    def _read(self, message: Any, sender: Person | None, came: Came) -> Message:
        self.look_at_title(message)
        self._look_at_protection(message)
        topic, reply_to = thread_of(message)
        shown = text_of(message)
        text = with_addresses(shown, message.entities)
        post = self._post_of(message)
        converted = Message(
            conversation=ConversationId(message.chat_id, topic if post is None else post),
            message=message.id,
            kind=self._kind(message),
            title=self._titles.get(message.chat_id, ""),
            sender=sender,
            text=text,
            shown="" if text == shown else shown,
            at=message.date,
            outgoing=bool(message.out),
            reply_to=reply_to,
            rich=rich_text(message) if self._is_reply_in_saved(message, reply_to) else None,
            reply_part=self._reply_part(message),
            mentions=_mentions(message),
            by_machine=machine_of(message),
            post=bool(message.post) or post == message.id,
            forwarded=message.fwd_from is not None,
            forwarded_from=origin_of(message),
            protected=is_protected(message) or message.chat_id in self._protecting,
            noforwards=bool(message.noforwards) or message.chat_id in self._protecting,
            expires_at=expires_at(message),
            album=message.grouped_id,
            edited_at=message.edit_date,
            scheduled=bool(message.from_scheduled),
            came=came,
        )
        _check(converted)
        return converted if message.media is None else _with_media(converted, message)

    def _is_reply_in_saved(self, message: Any, reply_to: int | None) -> bool:
        return reply_to is not None and message.chat_id == self.people.owner_id

    def look_at_title(self, message: Any) -> None:
        """How its chat is called, as far as the message tells."""
        chat = message.chat_id
        if chat == self.people.owner_id:
            self._titles[chat] = SAVED_TITLE
        elif message.chat is not None:
            self._titles[chat] = get_display_name(message.chat) or ""
        elif chat not in self._titles and (person := self.people.named(chat)):
            self._titles[chat] = person.name  # a private chat, by a short update

    def unknown_root(self, message: Any) -> int | None:
        """What began the message's thread in a discussion group, if that was never looked at.

        There every reply names its thread; a thread that comments on a channel's post is a
        conversation of its own.
        """
        root = _root(message)
        return None if root is None or (message.chat_id, root) in self._posts else root

    def root_found(self, chat: int, root: int, found: Any) -> None:
        """This is what began a thread; None if it is not to be had."""
        self._posts[chat, root] = isinstance(found, types.Message) and _is_automatic_forward(found)
        if len(self._posts) > _POSTS:
            del self._posts[next(iter(self._posts))]

    def _reply_part(self, message: Any) -> ReplyPart:
        """What of the message that it replies to a message is about."""
        part = reply_part(message)
        if not is_elsewhere(message):
            return part
        header = message.reply_to
        origin = header.reply_from
        peer = (origin.from_id if origin is not None else None) or header.reply_to_peer_id
        person = get_peer_id(peer)
        known = self.people.named(person)
        name = (origin.from_name if origin is not None else "") or (known.name if known else "")
        quoted = Quoted(
            name or self._titles.get(person, ""),
            part.text,
            person=person,
            media=None if part.text else media_in_words(header.reply_media),
        )
        return replace(part, elsewhere=quoted)

    def _post_of(self, message: Any) -> int | None:
        """The post that it comments on, itself if it is one; None if there is none."""
        if _is_automatic_forward(message):
            self.root_found(message.chat_id, message.id, message)
            post: int = message.id
            return post
        root = _root(message)
        return root if root is not None and self._posts.get((message.chat_id, root)) else None

    def _look_at_protection(self, message: Any) -> None:
        """Whether its chat is protected from copying; a short update does not say it."""
        if message.chat is not None:
            protects = getattr(message.chat, "noforwards", False)
            (self._protecting.add if protects else self._protecting.discard)(message.chat_id)

    def _kind(self, message: Any) -> ChatKind:
        peer = message.peer_id
        if isinstance(peer, types.PeerUser):
            return ChatKind.SAVED if peer.user_id == self.people.owner_id else ChatKind.PRIVATE
        if isinstance(peer, types.PeerChat):
            return ChatKind.GROUP
        broadcast = message.post or getattr(message.chat, "broadcast", False)
        return ChatKind.CHANNEL if broadcast else ChatKind.SUPERGROUP


def _check(converted: Message) -> None:
    """Raise ValueError for what Telegram's schema would not let through."""
    sender = converted.sender
    place = (converted.conversation.chat, converted.message)
    if converted.at is None or None in place:
        raise ValueError("a message without a date or an id")
    for text in (converted.text, converted.title, sender.username if sender else None):
        if not isinstance(text, str | None):
            raise ValueError("a text that is none")
    for date in (converted.at, converted.edited_at):
        if not isinstance(date, datetime | None):
            raise ValueError("a date that is none")
    more = (converted.reply_to, converted.conversation.topic, sender.id if sender else None)
    numbers = [(number, MOST_ID) for number in (*place, *more)]
    for number, most in (*numbers, (converted.album, _MOST_NUMBER)):
        if number is not None and not (isinstance(number, int) and abs(number) < most):
            raise ValueError("an id that is none")


# Where it stands.


def thread_of(message: Any) -> tuple[int | None, int | None]:
    """The forum topic of a message, and the message that it replies to.

    In the direct messages of a channel each subscriber is a topic (`ConversationId.subscriber`).
    """
    topic, reply_to = _thread_of(message)
    if message.saved_peer_id is not None and isinstance(message.peer_id, types.PeerChannel):
        subscriber = get_peer_id(message.saved_peer_id)
        topic = -abs(subscriber)
    return topic, reply_to


def _thread_of(message: Any) -> tuple[int | None, int | None]:
    header = message.reply_to
    if not isinstance(header, types.MessageReplyHeader):
        return None, None
    if is_elsewhere(message):
        # It replies to a message of another chat: the number means nothing in this one.
        return (header.reply_to_top_id if header.forum_topic else None), None
    if not header.forum_topic:
        return None, header.reply_to_msg_id
    if header.reply_to_top_id is None:
        # Posted into the topic, in reply to nobody: the header names the topic itself.
        return header.reply_to_msg_id, None
    return header.reply_to_top_id, header.reply_to_msg_id


def is_elsewhere(message: Any) -> bool:
    """Whether it replies to a message of another chat."""
    peer = getattr(message.reply_to, "reply_to_peer_id", None)
    return peer is not None and bool(get_peer_id(peer) != message.chat_id)


def reply_part(message: Any) -> ReplyPart:
    """What of the message that it replies to a message is about, by its own header."""
    header = message.reply_to
    if not isinstance(header, types.MessageReplyHeader):
        return ReplyPart()
    return ReplyPart(
        with_addresses(header.quote_text or "", header.quote_entities),
        header.todo_item_id or 0,
        header.poll_option or b"",
    )


def _root(message: Any) -> int | None:
    """What began the message's thread, where that may be a post: in a discussion group."""
    header = message.reply_to
    if not isinstance(header, types.MessageReplyHeader) or header.forum_topic:
        return None
    if not getattr(message.chat, "has_link", False):
        return None
    number = None if is_elsewhere(message) else header.reply_to_msg_id
    root: int | None = header.reply_to_top_id or number
    return root


def _is_automatic_forward(message: Any) -> bool:
    """Whether this is a channel's post that Telegram copied into the discussion group."""
    origin = message.fwd_from
    return (
        origin is not None
        and origin.saved_from_msg_id is not None
        and isinstance(message.from_id, types.PeerChannel)
    )


# What it says.


def _mentions(message: Any) -> frozenset[int | str]:
    found: set[int | str] = set()
    names: list[tuple[int, int]] = []
    for entity in message.entities or ():
        if isinstance(entity, types.MessageEntityMentionName):
            found.add(entity.user_id)
        elif isinstance(entity, types.MessageEntityMention):
            names.append((entity.offset, entity.length))
    for start, end in within(message.message, names) if names else ():
        found.add(message.message[start:end].removeprefix("@").lower())
    return frozenset(found)


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


def machine_of(message: Any) -> str:
    """What made a message in its sender's name; "" if he wrote it himself, as far as it tells.

    A bot that he chose from (`via_bot_id`) or that answered as a guest, a bot that he has
    connected to his account, a greeting or away text (`offline`), another messenger's history
    (https://core.telegram.org/constructor/message). What he has scheduled, he has written.
    """
    if message.via_bot_id is not None or message.guestchat_via_from is not None:
        return "via_bot"
    if message.via_business_bot_id is not None:
        return "via_business_bot"
    if message.offline:
        return "away"
    return "imported" if message.fwd_from is not None and message.fwd_from.imported else ""


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


def is_protected(message: Any) -> bool:
    """Whether it must not leave Telegram: protected from copying, or to be seen once."""
    chat = getattr(message, "chat", None)
    once = getattr(message.media, "ttl_seconds", None)
    return bool(message.noforwards or getattr(chat, "noforwards", False) or once)


# What it carries.


def _with_media(converted: Message, message: Any) -> Message:
    return replace(
        converted,
        media=media_in_words(message.media),
        voice=voice_of(message),
        picture=picture_in(message) is not None,
        document=document_in(message) is not None,
        pages=linked_in(message),
    )


def voice_of(message: Any) -> Voice | None:
    """The sound that a message carries; None if it has none, or is gone."""
    document = getattr(message.media, "document", None)
    if not isinstance(document, types.Document):
        return None
    attributes = {type(each): each for each in document.attributes}
    kind = _sound_of(attributes, document.mime_type or "")
    if kind is None:
        return None
    audio = attributes.get(types.DocumentAttributeAudio)
    video = attributes.get(types.DocumentAttributeVideo)
    # The length is what its sender tells: none at all, such as NaN, is 0.
    seconds = float(getattr(audio or video, "duration", 0) or 0)
    # A lifetime of any length begins when it is opened, and opening it is the receiver's to do:
    # core.telegram.org/constructor/messageMediaDocument. (`ttl_period` is the chat's own timer.)
    once = "view_once" if message.media.ttl_seconds else ""
    return Voice(
        kind=kind,
        size=document.size,
        seconds=seconds if 0 < seconds < math.inf else 0.0,
        mime=document.mime_type or "",
        file_name=name_of(document),
        waveform=unpacked(audio.waveform) if audio and audio.waveform else b"",
        sealed=once or ("protected" if is_protected(message) else ""),
    )


def _sound_of(attributes: dict[type, Any], mime: str) -> str | None:
    """What kind of sound a file is; None if it is none."""
    if types.DocumentAttributeSticker in attributes:
        return None
    if audio := attributes.get(types.DocumentAttributeAudio):
        return "voice" if audio.voice else "audio"
    if video := attributes.get(types.DocumentAttributeVideo):
        if video.round_message:
            return "video_note"
        # What people call a GIF is a film without sound.
        silent = video.nosound or types.DocumentAttributeAnimated in attributes
        return None if silent else "video"
    return "document" if mime.startswith(("audio/", "video/")) else None


def linked_in(message: Any) -> tuple[LinkedPage, ...] | None:
    """What stands at the address in a message; None while Telegram still looks at that."""
    if is_protected(message):
        return ()
    try:
        return pages_of(message)
    except MALFORMED:
        return ()


def document_in(message: Any) -> Any:
    """The file that may be read; None if there is none: it has sound, or is looked at."""
    document = getattr(message.media, "document", None)
    if not isinstance(document, types.Document) or is_protected(message):
        return None
    looked_at = (document.mime_type or "").startswith(("audio/", "video/", "image/"))
    told = {type(one) for one in document.attributes}
    return None if looked_at or told & _NO_DOCUMENT else document


_NO_DOCUMENT = {
    types.DocumentAttributeSticker,
    types.DocumentAttributeCustomEmoji,
    types.DocumentAttributeAnimated,
    types.DocumentAttributeAudio,
    types.DocumentAttributeVideo,
}


def name_of(document: Any) -> str:
    """How a file is called, by its sender; "" if it has no name."""
    names = (getattr(one, "file_name", None) for one in document.attributes)
    return next((str(name) for name in names if name), "")


def picture_in(message: Any) -> Any:
    """The photo, or the document that is a picture; None if there is none to be looked at."""
    photo = getattr(message.media, "photo", None)
    document = getattr(message.media, "document", None)
    if is_protected(message):
        return None
    if isinstance(photo, types.Photo):
        return photo
    if not isinstance(document, types.Document) or document.mime_type not in pictures.TYPES:
        return None
    sticker = any(isinstance(one, types.DocumentAttributeSticker) for one in document.attributes)
    return None if sticker else document
