"""messages.readHistory and channels.readHistory: what a person has read, on all of its devices."""

from userbot.sandbox import peers, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.reading import last_before, mark_read

_ALL = 2**31 - 1


@method(tl.functions.messages.ReadHistoryRequest)
def read_history(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    chat = peers.chat(call.state, me, request.peer)
    message = last_before(me, chat, request.max_id or _ALL)
    if message is not None:
        mark_read(call.world, me, chat, message)
    return tl.types.messages.AffectedMessages(pts=me.mailbox.pts, pts_count=len(call.news))


@method(tl.functions.channels.ReadHistoryRequest)
def read_channel_history(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    group = peers.channel(call.state, me, request.channel)
    message = last_before(me, group, request.max_id or _ALL)
    if message is not None:
        mark_read(call.world, me, group, message)
    return True
