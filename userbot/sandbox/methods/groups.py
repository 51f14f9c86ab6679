"""channels.*, and messages.* about basic groups: making groups, who is in them.

Broadcast channels are not made by a client, nor forums.
"""

from userbot.sandbox import peers, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.errors import NotServedError, bad_request, forbidden
from userbot.sandbox.groups import add_group, add_supergroup, invite, remove
from userbot.sandbox.reading import unread_count
from userbot.sandbox.state import Group, Supergroup, User


@method(tl.functions.channels.CreateChannelRequest)
def create_channel(call: Call, request: tl.Tl) -> tl.Tl:
    if not request.megagroup or request.broadcast or request.forum:
        raise NotServedError("broadcast or forum")
    if not request.title.strip():
        raise bad_request("CHAT_TITLE_EMPTY")
    add_supergroup(call.world, request.title.strip(), call.me)
    return call.view.updates(call.news)


@method(tl.functions.channels.InviteToChannelRequest)
def invite_to_channel(call: Call, request: tl.Tl) -> tl.Tl:
    group = own_channel(call, request.channel)
    people = [peers.user(call.state, call.me, user) for user in request.users]
    fresh = [user for user in people if not group.has(user)]
    if not people:
        raise bad_request("USERS_TOO_FEW")
    if fresh:
        invite(call.world, call.me, group, fresh)
    return _invited(call)


@method(tl.functions.channels.LeaveChannelRequest)
def leave_channel(call: Call, request: tl.Tl) -> tl.Tl:
    group = peers.channel(call.state, call.me, request.channel)
    if not group.has(call.me):
        raise bad_request("USER_NOT_PARTICIPANT")
    if group.creator is call.me:
        raise bad_request("USER_CREATOR")
    remove(call.world, call.me, group, call.me)
    changed = tl.types.UpdateChannel(channel_id=group.number)
    answer = call.view.updates([], first=[changed])
    answer.chats.append(call.view.chat(group))
    return answer


@method(tl.functions.channels.GetChannelsRequest)
def get_channels(call: Call, request: tl.Tl) -> tl.Tl:
    groups = [peers.channel(call.state, call.me, channel) for channel in request.id]
    return tl.types.messages.Chats(chats=[call.view.chat(group) for group in groups])


@method(tl.functions.channels.GetFullChannelRequest)
def get_full_channel(call: Call, request: tl.Tl) -> tl.Tl:
    me, group = call.me, peers.channel(call.state, call.me, request.channel)
    last, old = group.mailbox.last(group), group.migrated_from
    last_of_old = me.mailbox.last(old) if old else None
    full = tl.types.ChannelFull(
        id=group.number,
        about="",
        read_inbox_max_id=me.read_marks.get(group, 0),
        read_outbox_max_id=last.id_for(me) if last else 0,
        unread_count=unread_count(me, group),
        hidden_prehistory=group.hidden_prehistory or None,
        migrated_from_chat_id=old.number if old else None,
        migrated_from_max_id=last_of_old.id_for(me) if last_of_old else None,
        chat_photo=tl.types.PhotoEmpty(id=0),
        notify_settings=tl.types.PeerNotifySettings(),
        bot_info=[],
        pts=group.mailbox.pts,
        can_view_participants=True,
        participants_count=len(group.members),
    )
    return tl.types.messages.ChatFull(full, chats=[call.view.chat(group)], users=[])


@method(tl.functions.channels.GetParticipantRequest)
def get_participant(call: Call, request: tl.Tl) -> tl.Tl:
    """Since when somebody is there; of its creator that is not told."""
    group = peers.channel(call.state, call.me, request.channel)
    if group.broadcast and call.me is not group.creator:
        raise forbidden("CHAT_ADMIN_REQUIRED")
    user = peers.user(call.state, call.me, request.participant)
    member = group.members.get(user.id)
    if member is None:
        raise bad_request("USER_NOT_PARTICIPANT")
    types, rights = tl.types, tl.types.ChatAdminRights()
    if user is group.creator:
        who = types.ChannelParticipantCreator(user.id, admin_rights=rights)
    elif user.id in group.admins:
        who = types.ChannelParticipantAdmin(
            user.id,
            promoted_by=group.creator.id,
            date=member.date,
            admin_rights=rights,
            is_self=(user is call.me) or None,
            inviter_id=member.inviter.id if user is call.me else None,
        )
    elif user is call.me:
        who = types.ChannelParticipantSelf(user.id, member.inviter.id, member.date)
    else:
        who = types.ChannelParticipant(user.id, member.date)
    return types.channels.ChannelParticipant(who, chats=[], users=[call.view.user(user)])


@method(tl.functions.messages.CreateChatRequest)
def create_chat(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    people = [peers.user(call.state, me, user) for user in request.users]
    people = [user for user in people if user is not me]
    if not people:
        raise bad_request("USERS_TOO_FEW")
    if not request.title.strip():
        raise bad_request("CHAT_TITLE_EMPTY")
    add_group(call.world, request.title.strip(), me, people)
    return _invited(call)


@method(tl.functions.messages.AddChatUserRequest)
def add_chat_user(call: Call, request: tl.Tl) -> tl.Tl:
    group = _own_group(call, request.chat_id)
    user = peers.user(call.state, call.me, request.user_id)
    if group.has(user):
        raise bad_request("USER_ALREADY_PARTICIPANT")
    invite(call.world, call.me, group, [user])
    return _invited(call)


@method(tl.functions.messages.DeleteChatUserRequest)
def delete_chat_user(call: Call, request: tl.Tl) -> tl.Tl:
    group = _own_group(call, request.chat_id)
    user = peers.user(call.state, call.me, request.user_id)
    if not group.has(user):
        raise bad_request("USER_NOT_PARTICIPANT")
    if not _may_remove(call.me, user, group):
        raise bad_request("CHAT_ADMIN_REQUIRED")
    remove(call.world, call.me, group, user)
    return call.view.updates(call.news)


@method(tl.functions.messages.GetChatsRequest)
def get_chats(call: Call, request: tl.Tl) -> tl.Tl:
    groups = [peers.basic_group(call.state, call.me, number) for number in request.id]
    return tl.types.messages.Chats(chats=[call.view.chat(group) for group in groups])


@method(tl.functions.messages.GetFullChatRequest)
def get_full_chat(call: Call, request: tl.Tl) -> tl.Tl:
    me, group = call.me, peers.basic_group(call.state, call.me, request.chat_id)
    if group.has(me):
        listed = [_participant(group, user) for user in group.people()]
        participants = tl.types.ChatParticipants(group.number, listed, group.version)
    else:
        participants = tl.types.ChatParticipantsForbidden(group.number)
    full = tl.types.ChatFull(
        id=group.number,
        about="",
        participants=participants,
        notify_settings=tl.types.PeerNotifySettings(),
    )
    users = [call.view.user(user) for user in group.people()] if group.has(me) else []
    return tl.types.messages.ChatFull(full, chats=[call.view.chat(group)], users=users)


def _invited(call: Call) -> tl.Tl:
    """What making a group, or adding somebody, is answered with."""
    changes = call.view.updates(call.news)
    return tl.types.messages.InvitedUsers(updates=changes, missing_invitees=[])


def _may_remove(by: User, user: User, group: Group) -> bool:
    """Oneself, whom one has invited, and anyone for the creator."""
    return by in (user, group.creator, group.members[user.id].inviter)


def own_channel(call: Call, channel: tl.Tl) -> Supergroup:
    """A supergroup that the caller is in. Raises RpcError."""
    group = peers.channel(call.state, call.me, channel)
    if not group.has(call.me):
        raise forbidden("CHAT_WRITE_FORBIDDEN")
    return group


def _own_group(call: Call, chat_id: int) -> Group:
    group = peers.basic_group(call.state, call.me, chat_id)
    if not group.has(call.me):
        raise forbidden("CHAT_WRITE_FORBIDDEN")
    return group


def _participant(group: Group, user: User) -> tl.Tl:
    if user is group.creator:
        return tl.types.ChatParticipantCreator(user_id=user.id)
    member = group.members[user.id]
    return tl.types.ChatParticipant(user_id=user.id, inviter_id=member.inviter.id, date=member.date)
