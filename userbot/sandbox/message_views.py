"""The parts of a message as one user sees it, in TL: whose it is, what it replies to, its file."""

from . import tl
from .media import Media
from .peers import access_hash
from .state import CHANNEL_MARK, Chat, Message, Private, Supergroup, User


def peer(viewer: User, where: Chat) -> tl.Tl:
    if isinstance(where, Private):
        return tl.types.PeerUser(where.other(viewer).id)
    if isinstance(where, Supergroup):
        return tl.types.PeerChannel(where.number)
    return tl.types.PeerChat(where.number)


def is_post(message: Message) -> bool:
    """Whether it stands in a channel, which speaks for whoever wrote it."""
    return isinstance(message.chat, Supergroup) and message.chat.broadcast


def sender(message: Message) -> tl.Tl | None:
    """Who wrote it: a person, or for a post its channel; in that channel nobody is named."""
    if is_post(message):
        return None
    if message.post_of is not None:
        return tl.types.PeerChannel(message.post_of[0])
    return tl.types.PeerUser(message.sender.id)


def outgoing(viewer: User, message: Message) -> bool:
    """Whether the viewer has sent it. In Saved Messages nothing is outgoing."""
    to_self = isinstance(message.chat, Private) and message.chat.to_self
    return message.sender is viewer and not to_self and message.post_of is None


def mentions(viewer: User, message: Message) -> bool:
    """The flag is set in groups, by the viewer's name and by a reply to the viewer's message."""
    if isinstance(message.chat, Private) or message.sender is viewer:
        return False
    if message.reply_to and message.reply_to.sender is viewer:
        return True
    for entity in message.entities:
        if isinstance(entity, tl.types.MessageEntityMentionName) and entity.user_id == viewer.id:
            return True
        named = viewer.username and isinstance(entity, tl.types.MessageEntityMention)
        if named and message.covered(entity).lower() == f"@{viewer.username}".lower():
            return True
    return False


def reply_header(viewer: User, message: Message) -> tl.Tl | None:
    """What it replies to, and the thread it stands in."""

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


def forward_header(message: Message) -> tl.Tl | None:
    """Where it was forwarded from."""
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


def channel_of(viewer: User, message: Message) -> tl.Tl | None:
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
        access_hash=access_hash(viewer, -(CHANNEL_MARK + number)),
    )


def media(viewer: User, shown: Media, ttl_seconds: int | None, reference: bytes, dc: int) -> tl.Tl:
    """A MessageMedia, with the viewer's access hash and a fresh file reference."""
    common = {
        "id": shown.id,
        "access_hash": access_hash(viewer, shown.id),
        "file_reference": reference,
        "date": shown.date,
        "dc_id": dc,
    }
    photo = shown.kind == "photo"
    sizes = [
        tl.types.PhotoSize(letter, width, height, shown.size if photo else shown.blob.size)
        for letter, (width, height) in shown.sizes.items()
    ]
    if photo:
        picture = tl.types.Photo(sizes=sizes, **common)
        return tl.types.MessageMediaPhoto(photo=picture, ttl_seconds=ttl_seconds)
    return tl.types.MessageMediaDocument(
        document=tl.types.Document(
            mime_type=shown.mime,
            size=shown.size,
            attributes=list(shown.attributes),
            thumbs=sizes if shown.mime.startswith("image/") else None,
            **common,
        ),
        voice=(shown.kind == "voice") or None,
        round=(shown.kind == "round") or None,
        video=(shown.kind in ("video", "round")) or None,
        ttl_seconds=ttl_seconds,
    )
