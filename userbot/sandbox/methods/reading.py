"""What a person has read, on whatever device: of a chat, of a topic or thread."""

from userbot.sandbox import peers, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.errors import bad_request
from userbot.sandbox.reading import last_before, mark_read
from userbot.sandbox.state import Supergroup

_ALL = 2**31 - 1


@method(tl.functions.messages.ReadHistoryRequest)
def read_history(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    chat = peers.chat(call.state, me, request.peer)
    message = last_before(me, chat, request.max_id or _ALL)
    if message is not None:
        mark_read(call.world, me, chat, message)
    return tl.types.messages.AffectedMessages(pts=me.mailbox.pts, pts_count=len(call.news))


@method(tl.functions.messages.ReadDiscussionRequest)
def read_discussion(call: Call, request: tl.Tl) -> tl.Tl:
    """Of a topic, or of a thread: told to one's other devices, and not kept."""
    me, group = call.me, peers.chat(call.state, call.me, request.peer)
    if not isinstance(group, Supergroup) or group.mailbox.find(group, request.msg_id) is None:
        raise bad_request("MSG_ID_INVALID")
    update = tl.types.UpdateReadChannelDiscussionInbox(
        channel_id=group.number, top_msg_id=request.msg_id, read_max_id=request.read_max_id
    )
    call.world.hint(me, update)
    return True


@method(tl.functions.channels.ReadHistoryRequest)
def read_channel_history(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    group = peers.channel(call.state, me, request.channel)
    message = last_before(me, group, request.max_id or _ALL)
    if message is not None:
        mark_read(call.world, me, group, message)
    return True
