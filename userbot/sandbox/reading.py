"""What people have read, and what they may: marks, and where a chat begins for somebody."""

from __future__ import annotations

from . import tl
from .messages import happened
from .state import Chat, Kind, Message, Supergroup, User
from .world import World, command


@command
def mark_read(world: World, user: User, chat: Chat, message: Message) -> None:
    """A user has read a chat up to a message; what was read before stays read.

    In a supergroup no mailbox counts that: it is told by the way (`updateReadChannelInbox`).
    """
    number = message.id_for(user)
    if number <= user.read_marks.get(chat, 0):
        return
    user.read_marks[chat] = number
    if isinstance(chat, Supergroup):
        update = tl.types.UpdateReadChannelInbox(
            channel_id=chat.number,
            max_id=number,
            still_unread_count=unread_count(user, chat),
            pts=chat.mailbox.pts,
        )
        world.hint(user, update)
    else:
        happened(world, user.mailbox, [user], Kind.READ, [message])


def visible(user: User, chat: Chat) -> list[Message]:
    """What a user sees of a chat, oldest first."""
    messages = chat.mailbox_of(user).history(chat)
    begins = chat.begins_for(user) if isinstance(chat, Supergroup) else 0
    return [one for one in messages if one.id_for(user) > begins] if begins else messages


def unread_count(user: User, chat: Chat) -> int:
    """How many messages of others are newer than what the user has read."""
    read = user.read_marks.get(chat, 0)
    newer = (one for number, one in chat.mailbox_of(user).numbered(chat) if number > read)
    return sum(one.sender is not user for one in newer)


def last_before(user: User, chat: Chat, number: int) -> Message | None:
    """The newest message of a chat that is not newer than that number."""
    numbered = reversed(chat.mailbox_of(user).numbered(chat))
    return next((message for found, message in numbered if found <= number), None)
