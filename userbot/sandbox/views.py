"""The world as one user sees it, in TL.

Every object is made for a viewer: out, mentioned, contact flags, peers and access hashes differ
from user to user. Users are never `min`: a client needs the access hash to answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import message_views as parts
from . import newer, tl
from .media import Media
from .peers import access_hash
from .reading import unread_count
from .state import Group, Kind, MailboxEvent, Message, Private, Scheduled, Supergroup, User
from .world import World

_UPDATES = {
    (Kind.NEW, False): tl.types.UpdateNewMessage,
    (Kind.NEW, True): tl.types.UpdateNewChannelMessage,
    (Kind.EDIT, False): tl.types.UpdateEditMessage,
    (Kind.EDIT, True): tl.types.UpdateEditChannelMessage,
}


@dataclass(frozen=True, slots=True)
class View:
    world: World
    viewer: User

    def user(self, user: User) -> tl.Tl:
        viewer = self.viewer
        is_self, known = user is viewer, user.id in viewer.contacts
        return tl.types.User(
            id=user.id,
            is_self=is_self or None,
            contact=known or None,
            mutual_contact=(known and viewer.id in user.contacts) or None,
            access_hash=access_hash(viewer, user.id),
            first_name=user.first_name,
            last_name=user.last_name or None,
            username=user.username,
            phone=user.phone if is_self or known else None,
            premium=user.premium or None,
            status=tl.types.UserStatusRecently(),
        )

    def chat(self, group: Group) -> tl.Tl:
        inside = group.has(self.viewer)
        common = {
            "id": group.number,
            "title": group.title,
            "photo": tl.types.ChatPhotoEmpty(),
            "participants_count": len(group.members),
            "date": group.date,
            "creator": (group.creator is self.viewer) or None,
            "noforwards": group.noforwards or None,
            "default_banned_rights": tl.types.ChatBannedRights(
                until_date=0, embed_links=group.no_links or None
            ),
        }
        if isinstance(group, Supergroup):
            key = access_hash(self.viewer, group.id)
            if not inside and not group.username:
                return tl.types.ChannelForbidden(
                    id=group.number,
                    access_hash=key,
                    title=group.title,
                    megagroup=(not group.broadcast) or None,
                    broadcast=group.broadcast or None,
                )
            return tl.types.Channel(
                left=(not inside) or None,
                megagroup=(not group.broadcast) or None,
                broadcast=group.broadcast or None,
                access_hash=key,
                username=group.username,
                forum=group.forum or None,
                has_link=group.has_link or None,
                level=group.level or None,
                **common,
            )
        if not inside:
            return tl.types.ChatForbidden(id=group.number, title=group.title)
        new = group.migrated_to
        return tl.types.Chat(
            version=group.version,
            deactivated=new is not None or None,
            migrated_to=new and tl.types.InputChannel(new.number, access_hash(self.viewer, new.id)),
            **common,
        )

    def media(self, shown: Media, ttl_seconds: int | None) -> tl.Tl:
        reference = self.world.references.new(shown.id, self.world.now())
        return parts.media(
            self.viewer, shown, ttl_seconds, reference, self.world.files_dc or self.world.dc
        )

    def page(self, seen: Message) -> tl.Tl | None:
        """What Telegram attaches to an address, if it knows anything of it."""
        page = self.world.state.pages.get(seen.address)
        return None if page is None else tl.types.MessageMediaWebPage(webpage=page)

    def message(self, seen: Message) -> tl.Tl:
        """A message under the viewer's id, deleted or not."""
        viewer = self.viewer
        common = {
            "id": seen.id_for(viewer),
            "peer_id": parts.peer(viewer, seen.chat),
            "date": seen.date,
            "out": parts.outgoing(viewer, seen) or None,
            "from_id": parts.sender(seen),
            "reply_to": parts.reply_header(viewer, seen),
        }
        if seen.action:
            return tl.types.MessageService(action=seen.action, **common)
        shown = tl.types.Message(
            ttl_period=seen.chat.auto_delete if isinstance(seen.chat, Group) else None,
            message=seen.text,
            fwd_from=parts.forward_header(seen),
            entities=seen.entities or None,
            media=self.media(seen.media, seen.ttl_seconds) if seen.media else self.page(seen),
            noforwards=seen.noforwards or None,
            edit_date=seen.edit_date,
            grouped_id=seen.album,
            mentioned=parts.mentions(viewer, seen) or None,
            post=parts.is_post(seen) or None,
            from_scheduled=seen.from_scheduled or None,
            **common,
        )
        for name, value in seen.marks.items():
            setattr(shown, name, value)
        return newer.message(shown, seen.newer)

    def scheduled(self, kept: Scheduled) -> tl.Tl:
        """A message that is still to be sent."""
        viewer = self.viewer
        reply = kept.reply_to
        return tl.types.Message(
            id=kept.number,
            peer_id=parts.peer(viewer, kept.chat),
            date=kept.date,
            message=kept.text,
            entities=list(kept.entities) or None,
            from_id=tl.types.PeerUser(viewer.id),
            out=True,
            reply_to=reply and tl.types.MessageReplyHeader(reply_to_msg_id=reply.id_for(viewer)),
            from_scheduled=True,
        )

    def update(self, event: MailboxEvent) -> tl.Tl:
        """An event as an update with pts."""
        numbers = {"pts": event.pts, "pts_count": len(event.messages)}
        chat = event.messages[0].chat
        if event.kind is Kind.READ:
            return tl.types.UpdateReadHistoryInbox(
                peer=parts.peer(self.viewer, chat),
                max_id=event.messages[0].id_for(self.viewer),
                still_unread_count=unread_count(self.viewer, chat),
                **numbers,
            )
        if event.kind is Kind.PAGE:
            page = self.world.state.pages[event.messages[0].address]
            if isinstance(chat, Supergroup):
                return tl.types.UpdateChannelWebPage(chat.number, webpage=page, **numbers)
            return tl.types.UpdateWebPage(webpage=page, **numbers)
        if event.kind is not Kind.DELETE:
            kind = _UPDATES[event.kind, isinstance(chat, Supergroup)]
            return kind(message=self.message(event.messages[0]), **numbers)
        ids = [gone.id_for(self.viewer) for gone in event.messages]
        if isinstance(chat, Supergroup):
            return tl.types.UpdateDeleteChannelMessages(chat.number, messages=ids, **numbers)
        return tl.types.UpdateDeleteMessages(messages=ids, **numbers)

    def updates(self, events: Sequence[MailboxEvent], *, first: Sequence[tl.Tl] = ()) -> tl.Tl:
        """Events as Updates, with everyone they name; `first` are updates to put before them."""
        users, chats = self.people([message for event in events for message in event.messages])
        changes = [*first, *(self.update(event) for event in events)]
        # seq 0: the order of this container does not matter (core.telegram.org/api/updates).
        return tl.types.Updates(changes, users, chats, date=self.world.now(), seq=0)

    def people(self, messages: Iterable[Message]) -> tuple[list[tl.Tl], list[tl.Tl]]:
        """The users and chats that messages name."""
        users: dict[int, User] = {}
        chats: dict[int, tl.Tl] = {}
        for seen in messages:
            named = [seen.sender]
            if isinstance(seen.origin, User):
                named.append(seen.origin)
            if (channel := parts.channel_of(self.viewer, seen)) is not None:
                chats[-channel.id] = channel
            if isinstance(seen.chat, Private):
                named.append(seen.chat.other(self.viewer))
            elif seen.chat.id not in chats:
                chats[seen.chat.id] = self.chat(seen.chat)
            if isinstance(seen.chat, Group) and seen.action:
                inside = {user.id: user for user in seen.chat.people()} | seen.chat.left
                named += [inside[number] for number in _named_by(seen.action) if number in inside]
            users |= {user.id: user for user in named}
        return [self.user(user) for user in users.values()], list(chats.values())


def _named_by(action: tl.Tl) -> list[int]:
    if isinstance(action, tl.types.MessageActionChatDeleteUser):
        return [action.user_id]
    return list(getattr(action, "users", ()))
