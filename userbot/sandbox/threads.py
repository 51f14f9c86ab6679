"""Threads: forum topics, comments on a channel's posts, and plain replies in a supergroup.

Rules (core.telegram.org/api/threads, core.telegram.org/api/forum):
1. In a supergroup a reply belongs to the thread of the message it replies to, or begins one there.
2. In a forum every message stands in a topic, named by the service message that opened it; what is
   outside all of them is in "General" and says nothing of it.
3. A channel's post is forwarded into its discussion group; comments are the thread below that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import tl
from .acts import Actor, act
from .chats import CHANNEL_MARK, Group, Private, Supergroup
from .messages import Message

if TYPE_CHECKING:
    from .accounts import Account


class Threads(Actor):
    """The part of the world that has threads and migrations."""

    groups: dict[int, Group]
    accounts: dict[int, Account]
    messages: list[Message]

    @act
    def make_forum(self, group_id: int) -> None:
        group = self.groups[group_id]
        assert isinstance(group, Supergroup)
        group.forum = True

    @act
    def open_topic(self, by: int, group_id: int, title: str, date: int) -> Message:
        """Opens a forum topic; gives the service message that stands for it."""
        action = tl.types.MessageActionTopicCreate(title=title, icon_color=0x6FB9F0)
        return self._serve(self.groups[group_id], self.accounts[by], action, date)

    @act
    def forward_post(
        self, group_id: int, channel: int, title: str, text: str, date: int
    ) -> Message:
        """A post of a channel arrives in its discussion group."""
        group = self.groups[group_id]
        assert isinstance(group, Supergroup)
        group.has_link = True
        message = Message(len(self.messages), group, group.creator, date, text, [])
        message.post_of = (channel, title)
        self._deliver(message)
        return message

    @act
    def migrate(self, group_id: int, date: int) -> Supergroup:
        """Makes a supergroup of a basic group (messages.migrateChat)."""
        old = self.groups[group_id]
        new = Supergroup(2_000_000_001 + len(self.groups), old.title, old.creator, date)
        self._gather(new, [person.id for person in old.people()], date)
        action = tl.types.MessageActionChatMigrateTo(channel_id=new.number)
        self._serve(old, old.creator, action, date)
        old.migrated_to = new
        action = tl.types.MessageActionChannelMigrateFrom(title=old.title, chat_id=old.number)
        self._serve(new, new.creator, action, date)
        return new

    def _gather(self, group: Group, members: Sequence[int], date: int) -> None:
        raise NotImplementedError

    def _serve(self, group: Group, sender: Account, action: tl.Tl, date: int) -> Message:
        raise NotImplementedError

    def _deliver(self, message: Message) -> None:
        raise NotImplementedError


def place(message: Message, top: Message | None) -> None:
    """Puts a message into its thread; `top` is the topic it was said in, if one was named."""
    if not isinstance(message.chat, Supergroup):
        return
    replied = message.reply_to
    if message.chat.forum:
        if replied is not None and _opens_topic(replied):
            top, message.reply_to = replied, None
        message.top = top or (replied.top if replied else None)
    elif replied is not None:
        message.top = replied.top or replied


def header(viewer: Account, message: Message) -> tl.Tl | None:
    """The reply header as the viewer sees it."""

    def number(of: Message | None) -> int | None:
        return None if of is None else of.ids.get(of.chat.mailbox_of(viewer).owner_id)

    reply, top = number(message.reply_to), number(message.top)
    if reply is None and top is None:
        return None
    forum = isinstance(message.chat, Supergroup) and message.chat.forum
    return tl.types.MessageReplyHeader(
        forum_topic=(forum and top is not None) or None,
        reply_to_msg_id=reply if reply is not None else top,
        reply_to_top_id=top if reply is not None and reply != top else None,
    )


def forwarded(message: Message) -> tl.Tl | None:
    """Where a message was forwarded from, as the viewer is told."""
    if message.post_of is not None:
        channel = tl.types.PeerChannel(message.post_of[0])
        return tl.types.MessageFwdHeader(
            date=message.date,
            from_id=channel,
            channel_post=message.uid + 1,
            saved_from_peer=channel,
            saved_from_msg_id=message.uid + 1,
        )
    if message.origin is None:
        return None
    if isinstance(message.origin, str):
        return tl.types.MessageFwdHeader(date=message.date, from_name=message.origin)
    return tl.types.MessageFwdHeader(
        date=message.date, from_id=tl.types.PeerUser(message.origin.id)
    )


def sender(message: Message) -> tl.Tl:
    """Who wrote it: a person, or for a post its channel."""
    if message.post_of is not None:
        return tl.types.PeerChannel(message.post_of[0])
    return tl.types.PeerUser(message.sender.id)


def channel_of(viewer: Account, message: Message) -> tl.Tl | None:
    """The channel whose post it is."""
    if message.post_of is None:
        return None
    number, title = message.post_of
    return tl.types.Channel(
        id=number,
        title=title,
        photo=tl.types.ChatPhotoEmpty(),
        date=message.date,
        broadcast=True,
        left=True,
        access_hash=viewer.access_hash(-(CHANNEL_MARK + number)),
    )


def outgoing(viewer: Account, message: Message) -> bool:
    """Whether the viewer has sent it. In Saved Messages nothing is outgoing."""
    to_self = isinstance(message.chat, Private) and message.chat.first is message.chat.second
    return message.sender is viewer and not to_self and message.post_of is None


def _opens_topic(message: Message) -> bool:
    return isinstance(message.action, tl.types.MessageActionTopicCreate)
