"""From Telegram's updates to `Incoming`: what arrived, in the program's own words.

Rule 1: a message is handed over before anything is awaited, if its sender is known.
Rule 2: else Telegram is asked who that is; what the same chat brings meanwhile waits behind it.
Rule 3: messages that arrive before the path is ready are held and handed over in order.
Rule 4: what is no message of the schema, whatever is wrong with it, is told and goes no further.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from telethon import events
from telethon.errors import FloodWaitError, RPCError
from telethon.helpers import add_surrogate, del_surrogate
from telethon.tl import types
from telethon.utils import get_display_name

from userbot.activity import Ignored, Report, Waiting
from userbot.errors import TelegramError
from userbot.messages import SAVED_TITLE, ChatKind, Incoming, Person, Place
from userbot.ports import Clock
from userbot.telegram.client import Client
from userbot.telegram.media import media_of, voice_of
from userbot.telegram.origin import is_protected, origin_of
from userbot.telegram.people import People
from userbot.telegram.pictures import has_picture
from userbot.telegram.protection import expires_at

_PEOPLE = 10_000
"""How many people are remembered; whoever was heard of first is forgotten first."""

_MALFORMED = (TypeError, ValueError, AttributeError, OverflowError, IndexError, KeyError)
"""What reading an object raises that lacks a field or holds an impossible value."""
_log = logging.getLogger(__name__)

Receive = Callable[[Incoming], None]

_POSTS = 4096
"""How many beginnings of threads are remembered."""


class Inbox:
    """Listens on a client from the moment it is made. `people`: who is a contact or blocked."""

    def __init__(self, client: Client, people: People, clock: Clock, report: Report) -> None:
        self._client = client
        self._who = people
        self._clock = clock
        self._report = report
        self._owner = 0
        self._receive: Receive | None = None
        self._held: list[tuple[Any, bool]] = []
        self._waiting: dict[int, deque[tuple[Any, bool]]] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._people: dict[int, Person] = {}
        self._titles: dict[int, str] = {}
        self._posts: dict[tuple[int, int], bool] = {}
        self._protecting: set[int] = set()
        client.add_event_handler(self._on_message, events.NewMessage())

    def open(self, owner: Person, receive: Receive) -> None:
        """Hand over what was held, then every message as it comes."""
        self._owner = owner.id
        self._people[owner.id] = owner
        self._receive = receive
        held, self._held = self._held, []
        for message, live in held:
            self._take(message, live)

    def title(self, chat: int) -> str:
        """The title of a chat as it was last seen; "" if it was not."""
        return self._titles.get(chat, "")

    def bring(self, message: Any) -> None:
        """Take a message that was found in its chat, as if it had just arrived."""
        self._take(message, live=False)

    @property
    def waits(self) -> bool:
        """Whether something that was taken is not handed over yet."""
        return bool(self._waiting)

    async def settled(self, chat: int) -> None:
        """Wait until what was taken in a chat has been handed over."""
        while chat in self._waiting:
            await asyncio.wait(self._asking, return_when=asyncio.FIRST_COMPLETED)

    async def read(self, message: Any) -> Incoming:
        """A message of Telethon's in the program's own words, whoever has to be asked.

        It was looked up, not brought.
        """
        sender = self._known_sender(message)
        if sender is None and message.sender_id is not None:
            sender = await self._fetch_sender(message)
        await self._look_at_thread(message)
        if sender is not None:
            sender = self._who.known(sender)
        return self._incoming(message, sender, live=False)

    async def close(self) -> None:
        """Stop listening; what arrives from now on is left for the next start."""
        self._client.remove_event_handler(self._on_message)
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _on_message(self, event: events.NewMessage.Event) -> None:
        # Telethon 1.45 gives what getDifference brings no pts of its own.
        live = bool(getattr(event.original_update, "pts", 0))
        if self._receive is None:
            self._held.append((event.message, live))
        else:
            self._take(event.message, live)

    def _take(self, message: Any, live: bool) -> None:
        try:
            chat = message.chat_id
            sender = self._known_sender(message)
            root = self._unknown_root(message)
        except _MALFORMED as error:
            self._malformed(message, error)
            return
        if chat in self._waiting:
            self._waiting[chat].append((message, live))
            return
        if (sender is not None or message.sender_id is None) and root is None:
            self._hand_over(message, sender, live)
            return
        self._waiting[chat] = deque([(message, live)])
        task = asyncio.create_task(self._ask_who(chat), name=f"senders of {chat}")
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask_who(self, chat: int) -> None:
        waiting = self._waiting[chat]
        try:
            while waiting:
                message, live = waiting[0]
                try:
                    sender = self._known_sender(message)
                    if sender is None and message.sender_id is not None:
                        sender = await self._fetch_sender(message)
                    await self._look_at_thread(message)
                except _MALFORMED as error:
                    waiting.popleft()
                    self._malformed(message, error)
                    continue
                waiting.popleft()
                self._hand_over(message, sender, live)
        finally:
            del self._waiting[chat]

    async def _fetch_sender(self, message: Any) -> Person | None:
        # A short update names its sender by id only; the answer is remembered, so this costs one
        # request per person and run. Whoever stays unknown is not answered.
        entity = await self._asked(message, message.get_sender)
        return None if entity is None else self._remember(message.sender_id, entity)

    async def _look_at_thread(self, message: Any) -> None:
        """In a discussion group, see whether the message comments on a post.

        There every reply names its thread, so it takes a look at what began the thread. Posts
        are remembered as they arrive; an older beginning costs one request, once.
        """
        root = self._unknown_root(message)
        if root is not None:
            fetch = partial(self._client.get_messages, message.chat_id, ids=root)
            found = await self._asked(message, fetch)
            is_post = isinstance(found, types.Message) and _automatic_forward(found)
            self._remember_post(message.chat_id, root, is_post)

    async def _asked(self, message: Any, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What Telegram answers, waiting as it wants; None if it does not."""
        while True:
            try:
                return await ask()
            except FloodWaitError as error:
                seconds = error.seconds + 1
                chat = message.chat_id
                self._look_at_title(message)
                self._report(
                    Waiting(chat=chat, title=self.title(chat), reason="flood_wait", seconds=seconds)
                )
                await self._clock.sleep(seconds)
            except (RPCError, ConnectionError, TelegramError, *_MALFORMED):
                return None

    def _unknown_root(self, message: Any) -> int | None:
        """What began the message's thread in a discussion group, if that was never looked at."""
        root = _root(message)
        known = root is None or (message.chat_id, root) in self._posts
        return None if known else root

    def _remember_post(self, chat: int, message: int, is_post: bool) -> None:
        self._posts[chat, message] = is_post
        if len(self._posts) > _POSTS:
            del self._posts[next(iter(self._posts))]

    def _hand_over(self, message: Any, sender: Person | None, live: bool) -> None:
        assert self._receive is not None
        if sender is not None:
            sender = self._who.known(sender)
        try:
            incoming = self._incoming(message, sender, live=live)
            _check(incoming)
        except _MALFORMED as error:
            self._malformed(message, error)
            return
        self._receive(incoming)

    def _malformed(self, message: Any, error: Exception) -> None:
        number = getattr(message, "id", None)
        _log.debug("a message that cannot be read", exc_info=error)
        self._report(
            Ignored(message=number if isinstance(number, int) else None, reason="malformed")
        )

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
            if len(self._people) > _PEOPLE:
                del self._people[next(one for one in self._people if one != self._owner)]
        return person

    def _incoming(self, message: Any, sender: Person | None, *, live: bool) -> Incoming:
        chat = message.chat_id
        self._look_at_title(message)
        topic, reply_to = thread_of(message)
        if _automatic_forward(message):
            self._remember_post(chat, message.id, True)
            topic = message.id
        elif (root := _root(message)) is not None and self._posts.get((chat, root)):
            topic = root
        return Incoming(
            place=Place(chat, topic),
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
            protected=self._is_protected(message),
            media=media_of(message),
            voice=voice_of(message),
            expires_at=expires_at(message),
            album=message.grouped_id,
            picture=has_picture(message),
            edited_at=message.edit_date,
            live=live,
        )

    def _is_protected(self, message: Any) -> bool:
        """Whether it must not leave Telegram; a short update does not say it of the chat."""
        if message.chat is not None:
            protects = getattr(message.chat, "noforwards", False)
            (self._protecting.add if protects else self._protecting.discard)(message.chat_id)
        return is_protected(message) or message.chat_id in self._protecting

    def _look_at_title(self, message: Any) -> None:
        chat = message.chat_id
        if chat == self._owner:
            self._titles[chat] = SAVED_TITLE
        elif message.chat is not None:
            self._titles[chat] = get_display_name(message.chat) or ""
        elif chat not in self._titles and chat in self._people:
            self._titles[chat] = self._people[chat].name  # a private chat, by a short update

    def _kind(self, message: Any) -> ChatKind:
        peer = message.peer_id
        if isinstance(peer, types.PeerUser):
            return ChatKind.SAVED if peer.user_id == self._owner else ChatKind.PRIVATE
        if isinstance(peer, types.PeerChat):
            return ChatKind.GROUP
        broadcast = message.post or getattr(message.chat, "broadcast", False)
        return ChatKind.CHANNEL if broadcast else ChatKind.SUPERGROUP


def _check(incoming: Incoming) -> None:
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
        incoming.place.topic,
        incoming.album,
    )
    for number in (*numbers, incoming.sender.id if incoming.sender else None):
        if number is not None and not (isinstance(number, int) and abs(number) < 2**63):
            raise ValueError("an id that is none")
    if incoming.chat is None or incoming.message is None:
        raise ValueError("a message without an id")


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
    if header.reply_to_peer_id is not None:
        # It replies to a message of another chat: the number means nothing in this one.
        return (header.reply_to_top_id if header.forum_topic else None), None
    if not header.forum_topic:
        return None, header.reply_to_msg_id
    if header.reply_to_top_id is None:
        # Posted into the topic, in reply to nobody: the header names the topic itself.
        return header.reply_to_msg_id, None
    return header.reply_to_top_id, header.reply_to_msg_id


def _root(message: Any) -> int | None:
    """What began the message's thread, where that may be a post: in a discussion group."""
    header = message.reply_to
    if not isinstance(header, types.MessageReplyHeader) or header.forum_topic:
        return None
    if not getattr(message.chat, "has_link", False):
        return None
    root: int | None = header.reply_to_top_id or header.reply_to_msg_id
    return root


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
