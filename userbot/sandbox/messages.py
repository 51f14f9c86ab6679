"""What is said: sending, editing and deleting, and the threads that messages stand in.

Rules (core.telegram.org/api/threads, core.telegram.org/api/forum):
1. In a supergroup a reply belongs to the thread of the message it replies to, or begins one there.
2. In a forum every message stands in a topic, named by the service message that opened it; what is
   outside all of them is in "General" and says nothing of it.
3. A channel's post is forwarded into its discussion group; comments are the thread below that.
4. An event moves a mailbox's `pts` by one a message.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import tl
from .files import Blob
from .media import Media, kind_of
from .state import Chat, Group, Kind, Mailbox, MailboxEvent, Message, Supergroup, User
from .world import World, command


@command
def post(
    world: World,
    sender: User,
    chat: Chat,
    text: str,
    entities: Sequence[tl.Tl] = (),
    *,
    reply_to: Message | None = None,
    link_preview: bool = False,
    random_id: int | None = None,
    media: Media | None = None,
    ttl_seconds: int | None = None,
    noforwards: bool = False,
    top: Message | None = None,
    origin: User | str | None = None,
    album: int | None = None,
    marks: dict[str, tl.Tl] | None = None,
) -> Message:
    """Sends a message; `top` is the topic that it is said in, if one is named."""
    state = world.state
    message = Message(
        uid=len(state.messages),
        chat=chat,
        sender=sender,
        date=world.now(),
        text=text,
        entities=list(entities),
        reply_to=reply_to,
        link_preview=link_preview and _may_be_previewed(chat, entities),
        media=media,
        ttl_seconds=ttl_seconds,
        noforwards=noforwards,
        origin=origin,
        album=album,
        newer=world.newer,
        marks=dict(marks or {}),
    )
    _place(message, top)
    if random_id:
        state.by_random_id[sender.id, random_id] = message
    return deliver(world, message)


@command
def serve(world: World, group: Group, sender: User, action: tl.Tl) -> Message:
    """Puts a service message into a group."""
    number = len(world.state.messages)
    return deliver(world, Message(number, group, sender, world.now(), action=action))


@command
def forward_post(world: World, group: Supergroup, channel: int, title: str, text: str) -> Message:
    """A post of a channel arrives in its discussion group."""
    group.has_link = True
    message = Message(len(world.state.messages), group, group.creator, world.now(), text)
    message.post_of = (channel, title)
    return deliver(world, message)


@command
def edit(
    world: World,
    message: Message,
    text: str,
    entities: Sequence[tl.Tl],
    link_preview: bool = False,
    media: Media | None = None,
) -> None:
    """Changes a message; `media`: what it carries from now on, if that changes.

    `link_preview`, here and in `post`: its sender wants one.
    """
    message.edits.append(message.text)
    message.media = media or message.media
    message.text, message.entities = text, list(entities)
    message.link_preview = link_preview and _may_be_previewed(message.chat, entities)
    message.edit_date = world.now()
    for mailbox, users in readers(message.chat):
        if message.is_in(mailbox):
            happened(world, mailbox, users, Kind.EDIT, [message])


@command
def show_page(world: World, page: tl.Tl) -> None:
    """Telegram knows now what stands at an address, or that it is still looking (`WebPagePending`):
    who has a message with it is told."""
    world.state.pages[page.url] = page
    for message in world.state.messages:
        if message.address == page.url:
            for mailbox, users in readers(message.chat):
                if message.is_in(mailbox):
                    happened(world, mailbox, users, Kind.PAGE, [message])


@command
def delete(world: World, by: User, messages: Sequence[Message], for_everyone: bool) -> None:
    """Deletes from the mailbox of `by`, and from all where it is `for_everyone` or shared."""
    for chat in {message.chat: None for message in messages}:
        here = [message for message in messages if message.chat == chat]
        everywhere = for_everyone or isinstance(chat, Supergroup)
        for mailbox, users in readers(chat):
            gone = [message for message in here if message.is_in(mailbox)]
            if gone and (everywhere or by in users):
                for message in gone:
                    number = message.ids[mailbox.owner_id]
                    del mailbox.messages[number], mailbox.by_chat[chat][number]
                happened(world, mailbox, users, Kind.DELETE, gone)
        for message in here:
            message.deleted = everywhere


@command
def add_media(
    world: World,
    blob: Blob,
    mime: str,
    attributes: Sequence[tl.Tl],
    *,
    photo: bool = False,
    size: int | None = None,
    endless: bool = False,
) -> Media:
    """Makes a document or photo of a file; `size` is what it claims, where that is not true."""
    media = Media(
        id=5_000_000_000_000_001 + len(world.state.media),
        kind="photo" if photo else kind_of(attributes),
        mime=mime,
        size=blob.size if size is None else size,
        date=world.now(),
        attributes=tuple(attributes),
        blob=blob,
        endless=endless,
    )
    world.state.media[media.id] = media
    return media


def deliver(world: World, message: Message) -> Message:
    """Part of a command: puts a new message into the mailboxes, under an id in each."""
    world.state.messages.append(message)
    for mailbox, users in readers(message.chat):
        mailbox.last_id = number = mailbox.last_id + 1
        message.ids[mailbox.owner_id] = number
        mailbox.messages[number] = message
        mailbox.by_chat.setdefault(message.chat, {})[number] = message
        happened(world, mailbox, users, Kind.NEW, [message])
    if not message.action:
        for user in message.chat.people():
            if user is not message.sender:
                user.unread.append(message)
                user.arrived.set()
    return message


def readers(chat: Chat) -> list[tuple[Mailbox, list[User]]]:
    """The mailboxes that a chat's messages lie in, and who reads each."""
    if isinstance(chat, Supergroup):
        return [(chat.mailbox, chat.people())]
    return [(user.mailbox, [user]) for user in chat.people()]


def happened(
    world: World, mailbox: Mailbox, users: list[User], kind: Kind, messages: Sequence[Message]
) -> None:
    """Part of a command: notes what happened in a mailbox, and tells who reads it."""
    mailbox.pts += len(messages)
    event = MailboxEvent(mailbox, kind, mailbox.pts, world.now(), tuple(messages))
    mailbox.events.append(event)
    world.tell(users, event)


def _place(message: Message, top: Message | None) -> None:
    """Puts a message into its thread."""
    if not isinstance(message.chat, Supergroup):
        return
    replied = message.reply_to
    if message.chat.forum:
        if replied and isinstance(replied.action, tl.types.MessageActionTopicCreate):
            top, message.reply_to = replied, None
        message.top = top or (replied.top if replied else None)
    elif replied:
        message.top = replied.top or replied


def _may_be_previewed(chat: Chat, entities: Sequence[tl.Tl]) -> bool:
    """Whether there is an address to make a preview of, and it may be embedded there."""
    if isinstance(chat, Group) and chat.no_links:
        return False
    links = (tl.types.MessageEntityUrl, tl.types.MessageEntityTextUrl)
    return any(isinstance(one, links) for one in entities)
