"""From Telegram's updates to `Incoming`: what arrived, in the program's own words.

Messages that arrive before the path is ready are held and handed over in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telethon import events
from telethon.helpers import add_surrogate, del_surrogate
from telethon.tl import types
from telethon.utils import get_display_name

from userbot.messages import ChatKind, Incoming, Person, Place
from userbot.telegram.client import Client
from userbot.telegram.origin import is_protected, origin_of

Receive = Callable[[Incoming], None]

_POSTS = 4096
"""How many beginnings of threads are remembered."""


class Inbox:
    """Listens on a client. `owner` is the account's own id."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._owner = 0
        self._receive: Receive | None = None
        self._held: list[Any] = []
        self._people: dict[int, Person] = {}
        self._titles: dict[int, str] = {}
        self._posts: dict[tuple[int, int], bool] = {}
        client.add_event_handler(self._on_message, events.NewMessage())

    async def open(self, owner: Person, receive: Receive) -> None:
        """Hand over what was held, then every message as it comes."""
        self._owner = owner.id
        self._people[owner.id] = owner
        self._receive = receive
        held, self._held = self._held, []
        for message in held:
            await self._hand_over(message)

    def title(self, chat: int) -> str:
        """The title of a chat as it was last seen; "" if it was not."""
        return self._titles.get(chat, "")

    def close(self) -> None:
        """Stop listening; what arrives from now on is left for the next start."""
        self._client.remove_event_handler(self._on_message)

    async def _on_message(self, event: events.NewMessage.Event) -> None:
        if self._receive is None:
            self._held.append(event.message)
        else:
            await self._hand_over(event.message)

    async def _hand_over(self, message: Any) -> None:
        assert self._receive is not None
        self._receive(await self.read(message))

    async def read(self, message: Any) -> Incoming:
        """A message of Telethon's in the program's own words. Raises RPCError."""
        sender = self._known_sender(message)
        if sender is None and message.sender_id is not None:
            # A short update names its sender by id only; the answer is remembered, so this
            # costs one request per person and run.
            entity = await message.get_sender()
            if entity is not None:
                sender = self._remember(message.sender_id, entity)
        comments = await self._comments_on(message)
        return self._incoming(message, sender, comments)

    async def _comments_on(self, message: Any) -> int | None:
        """The post, in its channel's discussion group, that the message comments on.

        In such a group every reply names its thread, so it takes a look at what began the thread.
        Posts are remembered as they arrive; an older one costs one request, once.
        """
        if not getattr(message.chat, "has_link", False):
            return None
        if _automatic_forward(message):
            return self._know_post(message.chat_id, message.id, True)
        header = message.reply_to
        if not isinstance(header, types.MessageReplyHeader) or header.forum_topic:
            return None
        root = header.reply_to_top_id or header.reply_to_msg_id
        if root is None:
            return None
        known = self._posts.get((message.chat_id, root))
        if known is None:
            found = await self._client.get_messages(message.chat_id, ids=root)
            known = isinstance(found, types.Message) and _automatic_forward(found)
        return self._know_post(message.chat_id, root, known)

    def _know_post(self, chat: int, message: int, is_post: bool) -> int | None:
        self._posts[chat, message] = is_post
        if len(self._posts) > _POSTS:
            del self._posts[next(iter(self._posts))]
        return message if is_post else None

    def _known_sender(self, message: Any) -> Person | None:
        sender_id = message.sender_id
        if sender_id is None:
            return self._people[self._owner] if message.out and not message.post else None
        entity = message.sender
        known = self._people.get(sender_id)
        if entity is None or (known is not None and getattr(entity, "min", False)):
            return known
        return self._remember(sender_id, entity)

    def _remember(self, marked_id: int, entity: Any) -> Person:
        person = self._people.get(marked_id)
        if person is None or marked_id != self._owner:
            person = person_of(marked_id, entity)
            self._people[marked_id] = person
        return person

    def _incoming(self, message: Any, sender: Person | None, comments_on: int | None) -> Incoming:
        chat = message.chat_id
        if message.chat is not None:
            self._titles[chat] = get_display_name(message.chat)
        topic, reply_to = thread_of(message)
        return Incoming(
            place=Place(chat, topic if comments_on is None else comments_on),
            message=message.id,
            kind=self._kind(message),
            title=self._titles.get(chat, ""),
            sender=sender,
            text=message.message or "",
            at=message.date,
            outgoing=bool(message.out),
            reply_to=reply_to,
            mentions=_mentions(message),
            via_bot=message.via_bot_id is not None,
            post=bool(message.post) or _automatic_forward(message),
            forwarded=message.fwd_from is not None,
            forwarded_from=origin_of(message),
            protected=is_protected(message),
            media=_media(message),
        )

    def _kind(self, message: Any) -> ChatKind:
        peer = message.peer_id
        if isinstance(peer, types.PeerUser):
            return ChatKind.SAVED if peer.user_id == self._owner else ChatKind.PRIVATE
        if isinstance(peer, types.PeerChat):
            return ChatKind.GROUP
        broadcast = message.post or getattr(message.chat, "broadcast", False)
        return ChatKind.CHANNEL if broadcast else ChatKind.SUPERGROUP


def person_of(marked_id: int, entity: Any) -> Person:
    """A user, or a chat that speaks as one, as a Person."""
    # People known only in passing (`min`) carry no trustworthy contact flag.
    known_well = isinstance(entity, types.User) and not entity.min
    return Person(
        id=marked_id,
        name=get_display_name(entity) or str(marked_id),
        username=getattr(entity, "username", None),
        bot=bool(getattr(entity, "bot", False)),
        contact=known_well and bool(entity.contact),
    )


def thread_of(message: Any) -> tuple[int | None, int | None]:
    """The forum topic of a message, and the message that it replies to."""
    header = message.reply_to
    if not isinstance(header, types.MessageReplyHeader):
        return None, None
    if not header.forum_topic:
        return None, header.reply_to_msg_id
    if header.reply_to_top_id is None:
        # Posted into the topic, in reply to nobody: the header names the topic itself.
        return header.reply_to_msg_id, None
    return header.reply_to_top_id, header.reply_to_msg_id


def _mentions(message: Any) -> frozenset[int | str]:
    found: set[int | str] = set()
    text: str | None = None
    for entity in message.entities or ():
        if isinstance(entity, types.MessageEntityMentionName):
            found.add(entity.user_id)
        elif isinstance(entity, types.MessageEntityMention):
            text = text or add_surrogate(message.message)
            name = del_surrogate(text[entity.offset : entity.offset + entity.length])
            found.add(name.removeprefix("@").lower())
    return frozenset(found)


def _automatic_forward(message: Any) -> bool:
    """Whether this is a channel's post that Telegram copied into the discussion group."""
    origin = message.fwd_from
    return (
        origin is not None
        and origin.saved_from_msg_id is not None
        and isinstance(message.from_id, types.PeerChannel)
    )


def _media(message: Any) -> str | None:
    media = message.media
    if media is None or isinstance(media, types.MessageMediaWebPage):
        return None
    if message.voice:
        return "voice"
    if message.video_note:
        return "video_note"
    return type(media).__name__.removeprefix("MessageMedia").lower()
