"""From a client's input peers to accounts and chats, with access hashes checked.

A hash is the viewer's own (core.telegram.org/api/peers#access-hash): an id alone, or another
account's hash, opens nothing.
"""

from . import tl
from .accounts import Account
from .chats import CHANNEL_MARK, Chat, Group, Supergroup
from .errors import bad_request
from .world import World


def account(world: World, viewer: Account, peer: tl.Tl) -> Account:
    """An InputUser or InputPeer as an account. Raises RpcError."""
    match peer:
        case tl.types.InputUserSelf() | tl.types.InputPeerSelf():
            return viewer
        case tl.types.InputUser() | tl.types.InputPeerUser():
            found = world.accounts.get(peer.user_id)
            if found and viewer.access_hash(found.id) == peer.access_hash:
                return found
            is_user = isinstance(peer, tl.types.InputUser)
            raise bad_request("USER_ID_INVALID" if is_user else "PEER_ID_INVALID")
    raise bad_request("PEER_ID_INVALID")


def chat(world: World, viewer: Account, peer: tl.Tl) -> Chat:
    """An InputPeer as a chat the viewer may look into. Raises RpcError."""
    match peer:
        case tl.types.InputPeerChat():
            return basic_group(world, viewer, peer.chat_id)
        case tl.types.InputPeerChannel():
            return channel(world, viewer, peer)
    return world.chat_with(viewer, account(world, viewer, peer))


def basic_group(world: World, viewer: Account, chat_id: int) -> Group:
    """A basic group that the viewer is or was in."""
    group = world.groups.get(-chat_id)
    if group is None or not (group.has(viewer) or viewer.id in group.left):
        raise bad_request("CHAT_ID_INVALID")
    return group


def channel(world: World, viewer: Account, peer: tl.Tl) -> Supergroup:
    """An InputChannel or InputPeerChannel as a supergroup the viewer may look into."""
    if not isinstance(peer, (tl.types.InputChannel, tl.types.InputPeerChannel)):
        raise bad_request("CHANNEL_INVALID")
    group = world.groups.get(-(CHANNEL_MARK + peer.channel_id))
    if not isinstance(group, Supergroup) or viewer.access_hash(group.id) != peer.access_hash:
        raise bad_request("CHANNEL_INVALID")
    if not group.has(viewer) and not group.username:
        raise bad_request("CHANNEL_PRIVATE")
    return group
