"""users.*: who somebody is."""

from userbot.sandbox import peers, tl, views
from userbot.sandbox.errors import RpcError

from .registry import Call, method


@method(tl.functions.users.GetUsersRequest)
def get_users(call: Call, request: tl.Tl) -> tl.Tl:
    found: list[tl.Tl] = []
    for user in request.id:
        try:
            found.append(views.user(call.me, peers.account(call.world, call.me, user)))
        except RpcError:
            # One unknown user does not spoil the others.
            found.append(tl.types.UserEmpty(id=getattr(user, "user_id", 0)))
    return tl.Vector(found)


@method(tl.functions.users.GetFullUserRequest)
def get_full_user(call: Call, request: tl.Tl) -> tl.Tl:
    account = peers.account(call.world, call.me, request.id)
    common = [
        group for group in call.world.groups.values() if group.has(call.me) and group.has(account)
    ]
    full = tl.types.UserFull(
        id=account.id,
        settings=tl.types.PeerSettings(),
        notify_settings=tl.types.PeerNotifySettings(),
        common_chats_count=len(common),
    )
    return tl.types.users.UserFull(full_user=full, chats=[], users=[views.user(call.me, account)])
