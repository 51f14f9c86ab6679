"""The world as one account sees it, in TL.

Every object is made for a viewer: out, mentioned, contact flags, peers and access hashes differ
from account to account. Users are never `min`: a client needs the access hash to answer.
"""

from collections.abc import Iterable, Sequence

from . import media_views, threads, tl
from .accounts import Account
from .chats import Chat, Group, Private, Supergroup
from .mailbox import Event, Kind
from .messages import Message


def user(viewer: Account, account: Account) -> tl.Tl:
    is_self, known = account is viewer, account.id in viewer.contacts
    return tl.types.User(
        id=account.id,
        is_self=is_self or None,
        contact=known or None,
        mutual_contact=(known and viewer.id in account.contacts) or None,
        access_hash=viewer.access_hash(account.id),
        first_name=account.first_name,
        last_name=account.last_name or None,
        username=account.username,
        phone=account.phone if is_self or known else None,
        status=tl.types.UserStatusRecently(),
    )


def chat(viewer: Account, group: Group) -> tl.Tl:
    photo, inside = tl.types.ChatPhotoEmpty(), group.has(viewer)
    if not isinstance(group, Supergroup):
        if not inside:
            return tl.types.ChatForbidden(id=group.number, title=group.title)
        return tl.types.Chat(
            id=group.number,
            title=group.title,
            photo=photo,
            participants_count=len(group.members),
            date=group.date,
            version=group.version,
            deactivated=group.migrated_to is not None or None,
            migrated_to=_input_channel(viewer, group.migrated_to),
            creator=(group.creator is viewer) or None,
            noforwards=group.noforwards or None,
            default_banned_rights=tl.types.ChatBannedRights(until_date=0),
        )
    access_hash = viewer.access_hash(group.id)
    if not inside and not group.username:
        return tl.types.ChannelForbidden(
            id=group.number, access_hash=access_hash, title=group.title, megagroup=True
        )
    return tl.types.Channel(
        id=group.number,
        title=group.title,
        photo=photo,
        date=group.date,
        creator=(group.creator is viewer) or None,
        left=(not inside) or None,
        megagroup=True,
        access_hash=access_hash,
        username=group.username,
        forum=group.forum or None,
        has_link=group.has_link or None,
        noforwards=group.noforwards or None,
        default_banned_rights=tl.types.ChatBannedRights(until_date=0),
        participants_count=len(group.members),
    )


def _input_channel(viewer: Account, group: Supergroup | None) -> tl.Tl | None:
    return group and tl.types.InputChannel(group.number, viewer.access_hash(group.id))


def peer(viewer: Account, where: Chat) -> tl.Tl:
    if isinstance(where, Private):
        return tl.types.PeerUser(where.other(viewer).id)
    if isinstance(where, Supergroup):
        return tl.types.PeerChannel(where.number)
    return tl.types.PeerChat(where.number)


def message(viewer: Account, seen: Message) -> tl.Tl:
    """A message under the viewer's id, deleted or not."""
    number = seen.id_for(viewer)
    common = {
        "id": number,
        "peer_id": peer(viewer, seen.chat),
        "date": seen.date,
        "out": threads.outgoing(viewer, seen) or None,
        "from_id": threads.sender(seen),
        "reply_to": threads.header(viewer, seen),
    }
    if seen.action:
        return tl.types.MessageService(action=seen.action, **common)
    group = seen.chat if isinstance(seen.chat, Group) else None
    return tl.types.Message(
        ttl_period=group.auto_delete if group else None,
        message=seen.text,
        fwd_from=threads.forwarded(seen),
        entities=seen.entities or None,
        media=media_views.media(viewer, seen.media, seen.ttl_seconds) if seen.media else None,
        noforwards=seen.noforwards or None,
        edit_date=seen.edit_date,
        grouped_id=seen.album,
        mentioned=_mentions(viewer, seen) or None,
        **common,
    )


def update(viewer: Account, event: Event) -> tl.Tl:
    """An event as an update with pts."""
    channel = event.mailbox.owner_id != viewer.id
    numbers = {"pts": event.pts, "pts_count": event.pts_count}
    if event.kind is Kind.DELETE:
        ids = [gone.id_for(viewer) for gone in event.messages]
        if channel:
            where = event.messages[0].chat
            assert isinstance(where, Supergroup)
            return tl.types.UpdateDeleteChannelMessages(
                channel_id=where.number, messages=ids, **numbers
            )
        return tl.types.UpdateDeleteMessages(messages=ids, **numbers)
    kinds = {
        (Kind.NEW, False): tl.types.UpdateNewMessage,
        (Kind.NEW, True): tl.types.UpdateNewChannelMessage,
        (Kind.EDIT, False): tl.types.UpdateEditMessage,
        (Kind.EDIT, True): tl.types.UpdateEditChannelMessage,
    }
    return kinds[event.kind, channel](message=message(viewer, event.messages[0]), **numbers)


def updates(
    viewer: Account, events: Sequence[Event], date: int, *, first: Sequence[tl.Tl] = ()
) -> tl.Tl:
    """Events as Updates, with everyone they name; `first` are updates to put before them."""
    users, chats = people([message for event in events for message in event.messages], viewer)
    changes = [*first, *(update(viewer, event) for event in events)]
    # seq 0: the order of this container does not matter (core.telegram.org/api/updates).
    return tl.types.Updates(updates=changes, users=users, chats=chats, date=date, seq=0)


def people(messages: Iterable[Message], viewer: Account) -> tuple[list[tl.Tl], list[tl.Tl]]:
    """The users and chats that messages name."""
    users: dict[int, tl.Tl] = {}
    chats: dict[int, tl.Tl] = {}

    def name(account: Account) -> None:
        if account.id not in users:
            users[account.id] = user(viewer, account)

    for seen in messages:
        name(seen.sender)
        if isinstance(seen.origin, Account):
            name(seen.origin)
        if (channel := threads.channel_of(viewer, seen)) is not None:
            chats[-channel.id] = channel
        if isinstance(seen.chat, Private):
            name(seen.chat.other(viewer))
        elif seen.chat.id not in chats:
            chats[seen.chat.id] = chat(viewer, seen.chat)
        if isinstance(seen.chat, Group) and seen.action:
            for number in _named_by(seen.action):
                for account in (*seen.chat.people(), *seen.chat.left.values()):
                    if account.id == number:
                        name(account)
    return list(users.values()), list(chats.values())


def _named_by(action: tl.Tl) -> list[int]:
    if isinstance(action, tl.types.MessageActionChatDeleteUser):
        return [action.user_id]
    return list(getattr(action, "users", ()))


def _mentions(viewer: Account, seen: Message) -> bool:
    """The flag is set in groups, by the viewer's name and by a reply to the viewer's message."""
    if isinstance(seen.chat, Private) or seen.sender is viewer:
        return False
    if seen.reply_to and seen.reply_to.sender is viewer:
        return True
    encoded = seen.text.encode("utf-16-le")
    for entity in seen.entities:
        if isinstance(entity, tl.types.MessageEntityMentionName) and entity.user_id == viewer.id:
            return True
        if isinstance(entity, tl.types.MessageEntityMention) and viewer.username:
            start, end = entity.offset * 2, (entity.offset + entity.length) * 2
            name = encoded[start:end].decode("utf-16-le")
            if name.lower() == "@" + viewer.username.lower():
                return True
    return False
