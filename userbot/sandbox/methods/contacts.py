"""contacts.*: whom an account knows, and who has a name."""

from userbot.sandbox import tl, views
from userbot.sandbox.accounts import Account
from userbot.sandbox.errors import bad_request

from .registry import Call, method

MAX_PAGE = 100


@method(tl.functions.contacts.GetContactsRequest)
def get_contacts(call: Call, _request: tl.Tl) -> tl.Tl:
    known = list(call.me.contacts.values())
    return tl.types.contacts.Contacts(
        contacts=[
            tl.types.Contact(user_id=account.id, mutual=call.me.id in account.contacts)
            for account in known
        ],
        saved_count=0,
        users=[views.user(call.me, account) for account in known],
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
        "users": [views.user(call.me, account) for account in page],
    }
    if len(page) == len(blocked):
        return tl.types.contacts.Blocked(**fields)
    return tl.types.contacts.BlockedSlice(count=len(blocked), **fields)


@method(tl.functions.contacts.ResolveUsernameRequest)
def resolve_username(call: Call, request: tl.Tl) -> tl.Tl:
    name = request.username
    if not name or not name.replace("_", "a").isalnum():
        raise bad_request("USERNAME_INVALID")
    found = call.world.by_username(name)
    if found is None:
        raise bad_request("USERNAME_NOT_OCCUPIED")
    if isinstance(found, Account):
        peer = tl.types.PeerUser(found.id)
        users, chats = [views.user(call.me, found)], []
    else:
        peer = tl.types.PeerChannel(found.number)
        users, chats = [], [views.chat(call.me, found)]
    return tl.types.contacts.ResolvedPeer(peer=peer, chats=chats, users=users)
