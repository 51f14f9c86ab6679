"""messages.* about basic groups: making them, who is in them."""

from userbot.sandbox import peers, tl, views
from userbot.sandbox.accounts import Account
from userbot.sandbox.chats import Group
from userbot.sandbox.errors import bad_request, forbidden

from .registry import Call, method


@method(tl.functions.messages.CreateChatRequest)
def create_chat(call: Call, request: tl.Tl) -> tl.Tl:
    me, world = call.me, call.world
    people = [peers.account(world, me, user) for user in request.users]
    people = [account for account in people if account is not me]
    if not people:
        raise bad_request("USERS_TOO_FEW")
    if not request.title.strip():
        raise bad_request("CHAT_TITLE_EMPTY")
    world.add_group(request.title.strip(), me.id, [p.id for p in people], world.now())
    return invited(call)


@method(tl.functions.messages.AddChatUserRequest)
def add_chat_user(call: Call, request: tl.Tl) -> tl.Tl:
    group = _own_group(call, request.chat_id)
    account = peers.account(call.world, call.me, request.user_id)
    if group.has(account):
        raise bad_request("USER_ALREADY_PARTICIPANT")
    call.world.invite(call.me.id, group.id, [account.id], call.world.now())
    return invited(call)


@method(tl.functions.messages.DeleteChatUserRequest)
def delete_chat_user(call: Call, request: tl.Tl) -> tl.Tl:
    group = _own_group(call, request.chat_id)
    account = peers.account(call.world, call.me, request.user_id)
    if not group.has(account):
        raise bad_request("USER_NOT_PARTICIPANT")
    if not may_remove(call.me, account, group):
        raise bad_request("CHAT_ADMIN_REQUIRED")
    call.world.remove(call.me.id, group.id, account.id, call.world.now())
    return views.updates(call.me, call.news, call.world.now())


@method(tl.functions.messages.GetChatsRequest)
def get_chats(call: Call, request: tl.Tl) -> tl.Tl:
    groups = [peers.basic_group(call.world, call.me, number) for number in request.id]
    return tl.types.messages.Chats(chats=[views.chat(call.me, group) for group in groups])


@method(tl.functions.messages.GetFullChatRequest)
def get_full_chat(call: Call, request: tl.Tl) -> tl.Tl:
    me, group = call.me, peers.basic_group(call.world, call.me, request.chat_id)
    if group.has(me):
        listed = [_participant(group, account) for account in group.people()]
        participants = tl.types.ChatParticipants(group.number, listed, group.version)
    else:
        participants = tl.types.ChatParticipantsForbidden(group.number)
    full = tl.types.ChatFull(
        id=group.number,
        about="",
        participants=participants,
        notify_settings=tl.types.PeerNotifySettings(),
    )
    users = [views.user(me, account) for account in group.people()] if group.has(me) else []
    return tl.types.messages.ChatFull(full, chats=[views.chat(me, group)], users=users)


def invited(call: Call) -> tl.Tl:
    """What making a group, or adding somebody, is answered with."""
    changes = views.updates(call.me, call.news, call.world.now())
    return tl.types.messages.InvitedUsers(updates=changes, missing_invitees=[])


def may_remove(by: Account, account: Account, group: Group) -> bool:
    """Oneself, whom one has invited, and anyone for the creator."""
    return by in (account, group.creator, group.members[account.id].inviter)


def _own_group(call: Call, chat_id: int) -> Group:
    group = peers.basic_group(call.world, call.me, chat_id)
    if not group.has(call.me):
        raise forbidden("CHAT_WRITE_FORBIDDEN")
    return group


def _participant(group: Group, account: Account) -> tl.Tl:
    if account is group.creator:
        return tl.types.ChatParticipantCreator(user_id=account.id)
    member = group.members[account.id]
    return tl.types.ChatParticipant(
        user_id=account.id, inviter_id=member.inviter.id, date=member.date
    )
