"""users.*, contacts.*: who somebody is, whom a user knows, and who has a name."""

from userbot.sandbox import peers, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.errors import RpcError, bad_request
from userbot.sandbox.state import User

MAX_PAGE = 100


@method(tl.functions.users.GetUsersRequest)
def get_users(call: Call, request: tl.Tl) -> tl.Tl:
    found: list[tl.Tl] = []
    for user in request.id:
        try:
            found.append(call.view.user(peers.user(call.state, call.me, user)))
        except RpcError:
            # One unknown user does not spoil the others.
            found.append(tl.types.UserEmpty(id=getattr(user, "user_id", 0)))
    return tl.Vector(found)


@method(tl.functions.users.GetFullUserRequest)
def get_full_user(call: Call, request: tl.Tl) -> tl.Tl:
    account = peers.user(call.state, call.me, request.id)
    common = [
        group for group in call.state.groups.values() if group.has(call.me) and group.has(account)
    ]
    full = tl.types.UserFull(
        id=account.id,
        settings=tl.types.PeerSettings(),
        notify_settings=tl.types.PeerNotifySettings(),
        common_chats_count=len(common),
    )
    return tl.types.users.UserFull(full_user=full, chats=[], users=[call.view.user(account)])


@method(tl.functions.contacts.GetContactsRequest)
def get_contacts(call: Call, _request: tl.Tl) -> tl.Tl:
    known = list(call.me.contacts.values())
    return tl.types.contacts.Contacts(
        contacts=[
            tl.types.Contact(user_id=account.id, mutual=call.me.id in account.contacts)
            for account in known
        ],
        saved_count=0,
        users=[call.view.user(account) for account in known],
    )


@method(tl.functions.contacts.GetBlockedRequest)
def get_blocked(call: Call, request: tl.Tl) -> tl.Tl:
    blocked = list(call.me.blocked.values())
    page = blocked[request.offset : request.offset + max(0, min(request.limit, MAX_PAGE))]
    fields = {
        "blocked": [
            tl.types.PeerBlocked(tl.types.PeerUser(account.id), date=call.world.now())
            for account in page
        ],
        "chats": [],
        "users": [call.view.user(account) for account in page],
    }
    if len(page) == len(blocked):
        return tl.types.contacts.Blocked(**fields)
    return tl.types.contacts.BlockedSlice(count=len(blocked), **fields)


@method(tl.functions.contacts.ResolveUsernameRequest)
def resolve_username(call: Call, request: tl.Tl) -> tl.Tl:
    name = request.username
    if not name or not name.replace("_", "a").isalnum():
        raise bad_request("USERNAME_INVALID")
    found = call.state.by_username(name)
    if found is None:
        raise bad_request("USERNAME_NOT_OCCUPIED")
    if isinstance(found, User):
        peer = tl.types.PeerUser(found.id)
        users, chats = [call.view.user(found)], []
    else:
        peer = tl.types.PeerChannel(found.number)
        users, chats = [], [call.view.chat(found)]
    return tl.types.contacts.ResolvedPeer(peer=peer, chats=chats, users=users)
