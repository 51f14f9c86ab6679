"""channels.*: supergroups. Broadcast channels and forums are not served."""

from userbot.sandbox import peers, tl, views
from userbot.sandbox.chats import Supergroup
from userbot.sandbox.errors import NotServedError, bad_request, forbidden

from .chats import invited
from .registry import Call, method
from .sending import seen


@method(tl.functions.channels.CreateChannelRequest)
def create_channel(call: Call, request: tl.Tl) -> tl.Tl:
    me, world = call.me, call.world
    if not request.megagroup or request.broadcast or request.forum:
        raise NotServedError("broadcast or forum")
    if not request.title.strip():
        raise bad_request("CHAT_TITLE_EMPTY")
    world.add_supergroup(request.title.strip(), me.id, [], None, world.now())
    return views.updates(me, call.news, world.now())


@method(tl.functions.channels.InviteToChannelRequest)
def invite_to_channel(call: Call, request: tl.Tl) -> tl.Tl:
    group = _own_channel(call, request.channel)
    people = [peers.account(call.world, call.me, user) for user in request.users]
    fresh = [account.id for account in people if not group.has(account)]
    if not people:
        raise bad_request("USERS_TOO_FEW")
    if fresh:
        call.world.invite(call.me.id, group.id, fresh, call.world.now())
    return invited(call)


@method(tl.functions.channels.LeaveChannelRequest)
def leave_channel(call: Call, request: tl.Tl) -> tl.Tl:
    group = peers.channel(call.world, call.me, request.channel)
    if not group.has(call.me):
        raise bad_request("USER_NOT_PARTICIPANT")
    if group.creator is call.me:
        raise bad_request("USER_CREATOR")
    call.world.remove(call.me.id, group.id, call.me.id, call.world.now())
    changed = tl.types.UpdateChannel(channel_id=group.number)
    answer = views.updates(call.me, [], call.world.now(), first=[changed])
    answer.chats.append(views.chat(call.me, group))
    return answer


@method(tl.functions.channels.GetChannelsRequest)
def get_channels(call: Call, request: tl.Tl) -> tl.Tl:
    groups = [peers.channel(call.world, call.me, channel) for channel in request.id]
    return tl.types.messages.Chats(chats=[views.chat(call.me, group) for group in groups])


@method(tl.functions.channels.GetFullChannelRequest)
def get_full_channel(call: Call, request: tl.Tl) -> tl.Tl:
    group = peers.channel(call.world, call.me, request.channel)
    last = group.mailbox.last(group)
    read = last.id_for(call.me) if last else 0
    full = tl.types.ChannelFull(
        id=group.number,
        about="",
        read_inbox_max_id=read,
        read_outbox_max_id=read,
        unread_count=0,
        chat_photo=tl.types.PhotoEmpty(id=0),
        notify_settings=tl.types.PeerNotifySettings(),
        bot_info=[],
        pts=group.mailbox.pts,
        can_view_participants=True,
        participants_count=len(group.members),
    )
    return tl.types.messages.ChatFull(full, chats=[views.chat(call.me, group)], users=[])


@method(tl.functions.channels.DeleteMessagesRequest)
def delete_messages(call: Call, request: tl.Tl) -> tl.Tl:
    me, group = call.me, _own_channel(call, request.channel)
    found = [m for number in dict.fromkeys(request.id) if (m := seen(me, group, number))]
    if any(me not in (message.sender, group.creator) for message in found):
        raise forbidden("MESSAGE_DELETE_FORBIDDEN")
    if found:
        call.world.delete(me.id, [message.uid for message in found], True, call.world.now())
    return tl.types.messages.AffectedMessages(pts=group.mailbox.pts, pts_count=len(found))


def _own_channel(call: Call, channel: tl.Tl) -> Supergroup:
    group = peers.channel(call.world, call.me, channel)
    if not group.has(call.me):
        raise forbidden("CHAT_WRITE_FORBIDDEN")
    return group
