"""Where in its chat a message stands: its topic or thread, and what it replies to."""

from __future__ import annotations

from typing import Any

from telethon.tl import types

_POSTS = 4096
"""How many beginnings of threads are remembered."""


class Threads:
    """Knows which threads of discussion groups comment on a channel's post.

    There every reply names its thread, so what began the thread has to be looked at.
    """

    def __init__(self) -> None:
        self._posts: dict[tuple[int, int], bool] = {}

    def unknown_root(self, message: Any) -> int | None:
        """What began the message's thread in a discussion group, if that was never looked at."""
        root = _root(message)
        return None if root is None or (message.chat_id, root) in self._posts else root

    def looked_at(self, chat: int, root: int, found: Any) -> None:
        """This is what began a thread; None if it is not to be had."""
        self._posts[chat, root] = isinstance(found, types.Message) and is_automatic_forward(found)
        if len(self._posts) > _POSTS:
            del self._posts[next(iter(self._posts))]

    def place(self, message: Any) -> tuple[int | None, int | None]:
        """The topic or thread that is a conversation of its own, and the message replied to."""
        topic, reply_to = thread_of(message)
        if is_automatic_forward(message):
            self.looked_at(message.chat_id, message.id, message)
            topic = message.id
        elif (root := _root(message)) is not None and self._posts.get((message.chat_id, root)):
            topic = root
        return topic, reply_to


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


def is_automatic_forward(message: Any) -> bool:
    """Whether this is a channel's post that Telegram copied into the discussion group."""
    origin = message.fwd_from
    return (
        origin is not None
        and origin.saved_from_msg_id is not None
        and isinstance(message.from_id, types.PeerChannel)
    )


def _root(message: Any) -> int | None:
    """What began the message's thread, where that may be a post: in a discussion group."""
    header = message.reply_to
    if not isinstance(header, types.MessageReplyHeader) or header.forum_topic:
        return None
    if not getattr(message.chat, "has_link", False):
        return None
    root: int | None = header.reply_to_top_id or header.reply_to_msg_id
    return root
