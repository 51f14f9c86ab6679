"""Listens: what arrives goes on as `Message`, in order; what is edited, deleted or moved is told.

Rule 1: a message is handed over before anything is awaited, if its sender is known.
Rule 2: else Telegram is asked who that is; what the same chat brings meanwhile waits behind it.
Rule 3: what arrives before somebody takes it is held and handed over in order.
Rule 4: what is no message of the schema, whatever is wrong with it, is told and goes no further.
Rule 5: what was held, or waited, may have been edited or deleted meanwhile, and nobody knew it yet:
it goes on as one to be looked up. Not so the owner's own: who typed them is told by how they came.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from telethon import events
from telethon.errors import RPCError
from telethon.tl import types
from telethon.utils import get_peer_id

from userbot.errors import PostponedError, TelegramError
from userbot.events import Ignored, Report
from userbot.telegram.client import Client
from userbot.telegram.convert import MALFORMED, MOST_ID, Converter
from userbot.telegram.people import People
from userbot.types import Came, ConversationId, Message, Person

_log = logging.getLogger(__name__)


class Inbox(Protocol):
    """Takes messages."""

    def receive(self, message: Message) -> None:
        """A message has come, or was found."""


class Listener(Protocol):
    """Told of all else that happens in the chats, once it was opened to that."""

    def edited(self, message: Message) -> None: ...

    def deleted(self, chat: int | None, messages: Sequence[int]) -> None:
        """`chat` is marked, and None where it is not told: in private chats and basic groups,
        whose messages are numbered over the whole account."""

    def moved(self, old: int, new: int, title: str) -> None:
        """Told the marked ids of a basic group and of the supergroup that it became."""

    def read(self, conversation: ConversationId, message: int) -> None:
        """The owner has read a chat, or a topic of one, up to a message, on another device."""

    def sent(self, chat: int, scheduled: int, message: int) -> None:
        """A scheduled message was sent; it had another id before. Perhaps it has arrived by now."""


_NEW = (types.UpdateNewMessage, types.UpdateNewChannelMessage)
_RIGHTS = (
    types.UpdateChannel,
    types.UpdateChat,
    types.UpdateChannelParticipant,
    types.UpdateChatParticipant,
    types.UpdateChatParticipants,
    types.UpdateChatDefaultBannedRights,
)
"""What may tell that the account may write in a chat again; of whose rights they tell matters not:
one try more is harmless."""
_READ = (
    types.UpdateReadHistoryInbox,
    types.UpdateReadChannelInbox,
    types.UpdateReadChannelDiscussionInbox,
)
_DELETED = (types.UpdateDeleteMessages, types.UpdateDeleteChannelMessages)


class Updates:
    """Listens on a client from the moment it is made. `people`: who is a contact or blocked."""

    def __init__(self, client: Client, people: People, listener: Listener, report: Report) -> None:
        self._client = client
        self._report = report
        self._converter = Converter(people, client.gate.waits.titles)
        self._listener = listener
        self._inbox: Inbox | None = None
        self._takes_deletions = self._takes_changes = False
        self._early: list[tuple[Any, Came]] = []
        self._early_deletions: list[tuple[int | None, Sequence[int]]] = []
        self._waiting: dict[int, deque[tuple[Any, Came]]] = {}
        self._asking: set[asyncio.Task[None]] = set()
        client.add_event_handler(self._on_service, events.Raw(_NEW))
        client.add_event_handler(self._on_message, events.NewMessage())
        client.add_event_handler(self._on_edited, events.MessageEdited())
        client.add_event_handler(self._on_deleted, events.Raw(_DELETED))
        client.add_event_handler(self._on_rights, events.Raw(_RIGHTS))
        client.add_event_handler(self._on_read, events.Raw(_READ))
        client.add_event_handler(self._on_sent, events.Raw(types.UpdateDeleteScheduledMessages))

    def open_deletions(self) -> None:
        """Tell the deletions that were held, then each as it comes."""
        self._takes_deletions = True
        early, self._early_deletions = self._early_deletions, []
        for chat, messages in early:
            self._listener.deleted(chat, messages)

    def open_changes(self) -> None:
        """Tell of messages that read otherwise and chats that move, from now on."""
        self._takes_changes = True

    def open(self, owner: Person, inbox: Inbox) -> None:
        """Hand over the messages that were held, then each as it comes."""
        self._converter.people.introduce(owner)
        self._inbox = inbox
        early, self._early = self._early, []
        for message, came in early:
            self._take(message, _held(message, came), inbox)

    def close_changes(self) -> None:
        """Listen to new messages only."""
        changes = (self._on_edited, self._on_service, self._on_deleted)
        for handler in (*changes, self._on_read, self._on_sent):
            self._client.remove_event_handler(handler)

    async def close(self) -> None:
        """Stop listening; what arrives from now on is left for the next start."""
        self.close_changes()
        self._client.remove_event_handler(self._on_message)
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    def bring(self, message: Any) -> None:
        """Take a message that was found in its chat, as if it had just arrived."""
        assert self._inbox is not None  # nothing is looked for before
        self._take(message, Came.FOUND, self._inbox)

    @property
    def waits(self) -> bool:
        """Whether something that was taken is not handed over yet."""
        return bool(self._waiting)

    async def settled(self, chat: int) -> None:
        """Wait until what was taken in a chat has been handed over."""
        while chat in self._waiting:
            await asyncio.wait(self._asking, return_when=asyncio.FIRST_COMPLETED)

    async def read(self, message: Any) -> Message:
        """A message of Telethon's in the program's own words, whoever has to be asked.

        It was looked up, not brought.
        """
        found = self._converter.convert_if_known(message, Came.LATE)
        if found is None:
            await self._complete(message)
            found = self._converter.convert(message, Came.LATE)
        return found

    async def read_page(self, chat: int, messages: Sequence[Any]) -> list[Message]:
        """Messages of one chat, as `read` gives each; what cannot be read is left out.

        What began their threads is asked for at once.
        """
        roots = list(
            {r for one in messages if (r := self._converter.unknown_root(one)) is not None}
        )
        if roots:
            fetch = partial(self._client.get_messages, chat, ids=roots)
            found = await self._asked(messages[0], fetch) or [None] * len(roots)
            for root, one in zip(roots, found, strict=True):
                self._converter.root_found(chat, root, one)
        read = []
        for message in messages:
            try:
                read.append(await self.read(message))
            except MALFORMED as error:
                self._malformed(message, error)
        return read

    async def _on_read(self, update: Any) -> None:
        in_channel = not isinstance(update, types.UpdateReadHistoryInbox)
        topic = getattr(update, "top_msg_id", None)
        message: Any = getattr(update, "max_id", None) or getattr(update, "read_max_id", None)
        chat = _chat_of(types.PeerChannel(update.channel_id) if in_channel else update.peer)
        if chat is None or not self._takes_changes:
            return
        if _is_id(message) and (topic is None or _is_id(topic)):
            self._listener.read(ConversationId(chat, topic), message)

    async def _on_sent(self, update: Any) -> None:
        chat = _chat_of(update.peer)
        if chat is None or not self._takes_changes:
            return
        for scheduled, message in zip(
            update.messages or (), update.sent_messages or (), strict=False
        ):
            if _is_id(scheduled) and _is_id(message):
                self._listener.sent(chat, scheduled, message)

    async def _on_edited(self, event: events.MessageEdited.Event) -> None:
        if not self._takes_changes:
            return
        try:
            message = await self.read(event.message)
        except MALFORMED as error:
            self._malformed(event.message, error)
        else:
            self._listener.edited(message)

    async def _on_service(self, update: Any) -> None:
        # Both groups tell of a move; whichever comes first is enough.
        message = update.message
        action = getattr(message, "action", None)
        if isinstance(action, types.MessageActionChatMigrateTo):
            old, new = message.peer_id, types.PeerChannel(action.channel_id)
        elif isinstance(action, types.MessageActionChannelMigrateFrom):
            old, new = types.PeerChat(action.chat_id), message.peer_id
        else:
            return
        if not (isinstance(old, types.PeerChat) and isinstance(new, types.PeerChannel)):
            return
        if self._takes_changes and _is_id(old.chat_id) and _is_id(new.channel_id):
            group = get_peer_id(old)
            self._listener.moved(
                group, get_peer_id(new), self._client.gate.waits.titles.get(group, "")
            )

    async def _on_rights(self, update: Any) -> None:
        where = getattr(update, "peer", None) or update
        for name, kind in (("channel_id", types.PeerChannel), ("chat_id", types.PeerChat)):
            if _is_id(number := getattr(where, name, None)):
                self._client.gate.rights_changed(get_peer_id(kind(number)))

    async def _on_deleted(self, update: Any) -> None:
        chat = None
        if isinstance(update, types.UpdateDeleteChannelMessages):
            if not _is_id(update.channel_id):
                return
            chat = get_peer_id(types.PeerChannel(update.channel_id))
        messages = [number for number in update.messages or () if _is_id(number)]
        if self._takes_deletions:
            self._listener.deleted(chat, messages)
        else:
            self._early_deletions.append((chat, messages))

    async def _on_message(self, event: events.NewMessage.Event) -> None:
        # Telethon 1.45 gives what getDifference brings no pts of its own.
        came = Came.LIVE if getattr(event.original_update, "pts", 0) else Came.LATE
        if self._inbox is not None:
            self._take(event.message, came, self._inbox)
        else:
            self._early.append((event.message, came))

    def _take(self, message: Any, came: Came, inbox: Inbox) -> None:
        try:
            chat = message.chat_id
            if chat in self._waiting:
                self._waiting[chat].append((message, came))
                return
            converted = self._converter.convert_if_known(message, came)
        except MALFORMED as error:
            self._malformed(message, error)
            return
        if converted is not None:
            inbox.receive(converted)
            return
        self._waiting[chat] = deque([(message, came)])
        task = asyncio.create_task(self._ask_who(chat, inbox), name=f"senders of {chat}")
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask_who(self, chat: int, inbox: Inbox) -> None:
        waiting = self._waiting[chat]
        try:
            while waiting:
                message, came = waiting[0]
                try:
                    await self._complete(message)
                    converted = self._converter.convert(message, _held(message, came))
                except MALFORMED as error:
                    self._malformed(message, error)
                else:
                    inbox.receive(converted)
                waiting.popleft()
        finally:
            del self._waiting[chat]

    async def _complete(self, message: Any) -> None:
        """Ask for what is not known of a message; what stays unknown is not answered.

        Both are remembered: one request per person and run, and one per thread.
        """
        converter, people = self._converter, self._converter.people
        if people.of(message) is None and message.sender_id is not None:
            entity = await self._asked(message, message.get_sender)
            if entity is not None:
                people.met(message.sender_id, entity)
        root = converter.unknown_root(message)
        if root is not None:
            fetch = partial(self._client.get_messages, message.chat_id, ids=root)
            converter.root_found(message.chat_id, root, await self._asked(message, fetch))

    async def _asked(self, message: Any, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What Telegram answers; None if it does not."""
        self._converter.look_at_title(message)
        try:
            return await ask()
        except (RPCError, ConnectionError, TelegramError, PostponedError, *MALFORMED):
            return None

    def _malformed(self, message: Any, error: Exception) -> None:
        number = getattr(message, "id", None)
        _log.debug("a message that cannot be read", exc_info=error)
        self._report(
            Ignored(message=number if isinstance(number, int) else None, reason="malformed")
        )


def _held(message: Any, came: Came) -> Came:
    """How a message came that waited for something: rule 5."""
    return Came.LATE if came is Came.LIVE and not message.out else came


def _chat_of(peer: Any) -> int | None:
    """The chat that a peer names; None where it names none that can be."""
    try:
        chat = int(get_peer_id(peer))
    except (TypeError, ValueError):
        return None
    return chat if _is_id(abs(chat)) else None


def _is_id(number: Any) -> bool:
    """Whether this can be an id at all: the store takes no larger ones."""
    return isinstance(number, int) and 0 < number < MOST_ID
