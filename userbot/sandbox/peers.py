"""From a client's input peers to users and chats, with access hashes checked.

A hash is the viewer's own (core.telegram.org/api/peers#access-hash): an id alone, or another
user's hash, opens nothing.
"""

import hmac

from . import tl
from .errors import bad_request
from .state import CHANNEL_MARK, Chat, Group, State, Supergroup, User


def access_hash(viewer: User, target: int) -> int:
    """The access hash under which this user, and no other, knows a user, channel or file."""
    digest = hmac.digest(viewer.secret, str(target).encode(), "sha256")
    return int.from_bytes(digest[:8], "little", signed=True) or 1


def user(state: State, viewer: User, peer: tl.Tl) -> User:
    """An InputUser or InputPeer as a user. Raises RpcError."""
    match peer:
        case tl.types.InputUserSelf() | tl.types.InputPeerSelf():
            return viewer
        case tl.types.InputUser() | tl.types.InputPeerUser():
            found = state.users.get(peer.user_id)
            if found and access_hash(viewer, found.id) == peer.access_hash:
                return found
            is_user = isinstance(peer, tl.types.InputUser)
            raise bad_request("USER_ID_INVALID" if is_user else "PEER_ID_INVALID")
    raise bad_request("PEER_ID_INVALID")


def chat(state: State, viewer: User, peer: tl.Tl) -> Chat:
    """An InputPeer as a chat the viewer may look into. Raises RpcError."""
    match peer:
        case tl.types.InputPeerChat():
            return basic_group(state, viewer, peer.chat_id)
        case tl.types.InputPeerChannel():
            return channel(state, viewer, peer)
    return state.chat_of(viewer, user(state, viewer, peer))


def basic_group(state: State, viewer: User, chat_id: int) -> Group:
    """A basic group that the viewer is or was in."""
    group = state.groups.get(-chat_id)
    if group is None or not (group.has(viewer) or viewer.id in group.left):
        raise bad_request("CHAT_ID_INVALID")
    return group


def channel(state: State, viewer: User, peer: tl.Tl) -> Supergroup:
    """An InputChannel or InputPeerChannel as a supergroup the viewer may look into."""
    if not isinstance(peer, (tl.types.InputChannel, tl.types.InputPeerChannel)):
        raise bad_request("CHANNEL_INVALID")
    group = state.groups.get(-(CHANNEL_MARK + peer.channel_id))
    if not isinstance(group, Supergroup) or access_hash(viewer, group.id) != peer.access_hash:
        raise bad_request("CHANNEL_INVALID")
    if not group.has(viewer) and not group.username:
        raise bad_request("CHANNEL_PRIVATE")
    return group


def marked_id(request: tl.Tl, asker: User | None) -> int | None:
    """The chat that a request names, as a marked id; nothing is checked."""
    peer = getattr(request, "peer", None) or getattr(request, "channel", None)
    match peer:
        case tl.types.InputPeerSelf():
            return asker.id if asker else None
        case tl.types.InputPeerUser():
            return int(peer.user_id)
        case tl.types.InputPeerChat():
            return -int(peer.chat_id)
        case tl.types.InputPeerChannel() | tl.types.InputChannel():
            return -(CHANNEL_MARK + int(peer.channel_id))
    chat_id = getattr(request, "chat_id", None)
    return -int(chat_id) if chat_id else None
