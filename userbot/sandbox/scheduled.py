"""Texts that Telegram sends later (core.telegram.org/api/scheduled-messages).

Rules:
1. Until then only their sender sees them, under ids of their own.
2. Then each is a new message with an id as any other; its sender's devices are told both ids, and
   the message says that it was scheduled.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import message_views, tl
from .messages import deliver
from .state import Chat, Message, Scheduled, User
from .world import World, command

SOON_SECONDS = 10
"""What is to be sent sooner than that is sent at once."""
LATEST_SECONDS = 365 * 24 * 3600
MOST = 100
"""In one chat."""


@command
def schedule(
    world: World,
    sender: User,
    chat: Chat,
    text: str,
    entities: Sequence[tl.Tl],
    date: int,
    *,
    reply_to: Message | None = None,
    random_id: int = 0,
) -> Scheduled:
    """Keeps a text until its `date`, in Unix seconds."""
    state = world.state
    state.last_scheduled += 1
    kept = Scheduled(
        number=state.last_scheduled,
        chat=chat,
        sender=sender,
        date=date,
        text=text,
        entities=tuple(entities),
        reply_to=reply_to,
        random_id=random_id,
    )
    state.scheduled[sender.id, kept.number] = kept
    world.wake()
    return kept


@command
def unschedule(world: World, sender: User, numbers: Sequence[int]) -> None:
    """They will not be sent."""
    for number in numbers:
        world.state.scheduled.pop((sender.id, number), None)


@command
def send_scheduled(world: World, sender: User, number: int) -> Message:
    """Sends one of them. Its sender's other devices learn which it was."""
    state = world.state
    kept = state.scheduled.pop((sender.id, number))
    message = Message(
        uid=len(state.messages),
        chat=kept.chat,
        sender=sender,
        date=world.now(),
        text=kept.text,
        entities=list(kept.entities),
        reply_to=kept.reply_to,
        from_scheduled=True,
    )
    if kept.random_id:
        state.by_random_id[sender.id, kept.random_id] = message
    deliver(world, message)
    world.hint(sender, sent_update(kept, message))
    return message


def send_due(world: World) -> bool:
    """Sends those whose time has come; whether others still wait."""
    now = world.now()
    for kept in list(world.state.scheduled.values()):
        if kept.date <= now:
            send_scheduled(world, kept.sender, kept.number)
    return bool(world.state.scheduled)


def scheduled_in(world: World, sender: User, chat: Chat) -> list[Scheduled]:
    """What a person has scheduled in a chat, the latest first."""
    kept = world.state.scheduled.values()
    found = [one for one in kept if one.sender is sender and one.chat == chat]
    return sorted(found, key=lambda one: (one.date, one.number), reverse=True)


def sent_update(kept: Scheduled, message: Message) -> tl.Tl:
    """What its sender's devices are told when it was sent."""
    return tl.types.UpdateDeleteScheduledMessages(
        message_views.peer(kept.sender, kept.chat),
        messages=[kept.number],
        sent_messages=[message.id_for(kept.sender)],
    )
