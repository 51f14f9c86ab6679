"""Basic groups and supergroups: making them, who is in them, what they become."""

from __future__ import annotations

from collections.abc import Sequence

from . import tl
from .messages import serve
from .state import Group, Member, Message, Supergroup, User
from .world import World, command


@command
def add_group(world: World, title: str, creator: User, members: Sequence[User]) -> Group:
    number = 4_000_001 + len(world.state.groups)
    group = _gathered(world, Group(number, title, creator, world.now()), members)
    action = tl.types.MessageActionChatCreate(title=title, users=list(group.members))
    serve(world, group, creator, action)
    return group


@command
def add_supergroup(
    world: World,
    title: str,
    creator: User,
    members: Sequence[User] = (),
    *,
    username: str | None = None,
    forum: bool = False,
    broadcast: bool = False,
) -> Supergroup:
    """A supergroup, public with a username, with topics if it is a forum; or a channel."""
    group = _supergroup(world, title, creator, members)
    group.username, group.forum, group.broadcast = username, forum, broadcast
    serve(world, group, creator, tl.types.MessageActionChannelCreate(title=title))
    return group


@command
def migrate(world: World, old: Group) -> Supergroup:
    """Makes a supergroup of a basic group (messages.migrateChat)."""
    new = _supergroup(world, old.title, old.creator, old.people())
    serve(world, old, old.creator, tl.types.MessageActionChatMigrateTo(channel_id=new.number))
    old.migrated_to, new.migrated_from = new, old
    action = tl.types.MessageActionChannelMigrateFrom(title=old.title, chat_id=old.number)
    serve(world, new, new.creator, action)
    return new


@command
def invite(world: World, by: User, group: Group, people: Sequence[User]) -> None:
    for user in people:
        _join(world, group, user, by)
    numbers = [user.id for user in people]
    serve(world, group, by, tl.types.MessageActionChatAddUser(users=numbers))


@command
def remove(world: World, by: User, group: Group, user: User) -> None:
    """Puts somebody out of a group; whoever leaves does so themselves."""
    action = tl.types.MessageActionChatDeleteUser(user_id=user.id)
    if isinstance(group, Supergroup):
        # Whoever is out of a channel is told only that the channel has changed.
        _leave(group, user)
        serve(world, group, by, action)
        world.hint(user, tl.types.UpdateChannel(channel_id=group.number))
    else:
        serve(world, group, by, action)
        _leave(group, user)


@command
def open_topic(world: World, by: User, group: Supergroup, title: str) -> Message:
    """Opens a forum topic; gives the service message that stands for it."""
    action = tl.types.MessageActionTopicCreate(title=title, icon_color=0x6FB9F0)
    return serve(world, group, by, action)


@command
def protect(_world: World, group: Group, on: bool) -> None:
    """What is said in the group may not be forwarded or kept."""
    group.noforwards = on


@command
def hide_prehistory(_world: World, group: Supergroup, on: bool) -> None:
    """Members see nothing of it from before they came (channels.togglePreHistoryHidden)."""
    group.hidden_prehistory = on


@command
def forbid_links(_world: World, group: Group, on: bool) -> None:
    """Its members may not embed links."""
    group.no_links = on


@command
def promote(_world: World, group: Supergroup, user: User) -> None:
    """Makes a member an admin."""
    group.admins.add(user.id)


def _supergroup(world: World, title: str, creator: User, members: Sequence[User]) -> Supergroup:
    number = 2_000_000_001 + len(world.state.groups)
    group = Supergroup(number, title, creator, world.now())
    _gathered(world, group, members)
    return group


def _gathered(world: World, group: Group, members: Sequence[User]) -> Group:
    for user in dict.fromkeys([group.creator, *members]):
        _join(world, group, user, group.creator)
    world.state.groups[group.id] = group
    return group


def _join(world: World, group: Group, user: User, inviter: User) -> None:
    after = group.mailbox.last_id if isinstance(group, Supergroup) else 0
    group.members[user.id] = Member(user, inviter, world.now(), after)
    group.left.pop(user.id, None)
    group.version += 1


def _leave(group: Group, user: User) -> None:
    del group.members[user.id]
    group.left[user.id] = user
    group.version += 1
