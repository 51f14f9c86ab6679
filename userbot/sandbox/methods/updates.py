"""updates.*: the state, and what a client has missed (core.telegram.org/api/updates)."""

from userbot.sandbox import peers, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.errors import bad_request
from userbot.sandbox.state import Kind, MailboxEvent, Message, Supergroup

from .history import dialog, state_at

SLICE = 100


@method(tl.functions.updates.GetStateRequest)
def getstate_at(call: Call, _request: tl.Tl) -> tl.Tl:
    return state_at(call, call.me.mailbox.pts)


@method(tl.functions.updates.GetDifferenceRequest)
def get_difference(call: Call, request: tl.Tl) -> tl.Tl:
    me, world = call.me, call.world
    if request.pts < 1:
        raise bad_request("PERSISTENT_TIMESTAMP_EMPTY")
    if request.pts > me.mailbox.pts:
        if world.future_is_refused:
            raise bad_request("PERSISTENT_TIMESTAMP_INVALID")
        return tl.types.updates.DifferenceEmpty(date=world.now(), seq=0)
    events = me.mailbox.since(request.pts)
    if len(events) > world.longest_difference:
        return tl.types.updates.DifferenceTooLong(pts=me.mailbox.pts)
    now, rest = events[:SLICE], events[SLICE:]
    since = tl.seconds(request.date)
    # Channels have pts of their own: a client is only told which ones have moved.
    moved = [] if rest else _moved_channels(call, since)
    if not now and not moved:
        return tl.types.updates.DifferenceEmpty(date=world.now(), seq=0)
    new, other, messages = _split(call, now)
    users, chats = call.view.people(messages)
    chats += [call.view.chat(group) for group in moved]
    other += [
        tl.types.UpdateChannelTooLong(channel_id=group.number, pts=group.mailbox.pts)
        for group in moved
    ]
    fields = {
        "new_messages": new,
        "new_encrypted_messages": [],
        "other_updates": other,
        "chats": chats,
        "users": users,
    }
    if rest:
        state = state_at(call, now[-1].pts)
        return tl.types.updates.DifferenceSlice(intermediate_state=state, **fields)
    return tl.types.updates.Difference(state=state_at(call, me.mailbox.pts), **fields)


@method(tl.functions.updates.GetChannelDifferenceRequest)
def get_channel_difference(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    group = peers.channel(call.state, me, request.channel)
    if not group.has(me):
        raise bad_request("CHANNEL_PRIVATE")
    if request.pts < 1:
        raise bad_request("PERSISTENT_TIMESTAMP_EMPTY")
    if request.pts > group.mailbox.pts and call.world.future_is_refused:
        raise bad_request("PERSISTENT_TIMESTAMP_INVALID")
    events = group.mailbox.since(request.pts)
    if len(events) > call.world.longest_difference:
        last = group.mailbox.last(group)
        assert last is not None
        return tl.types.updates.ChannelDifferenceTooLong(
            dialog=dialog(call, last, group),
            messages=[],
            chats=[call.view.chat(group)],
            users=[],
            final=True,
            timeout=30,
        )
    limit = max(1, min(request.limit, SLICE))
    now, rest = events[:limit], events[limit:]
    if not now:
        return tl.types.updates.ChannelDifferenceEmpty(
            pts=group.mailbox.pts, final=True, timeout=30
        )
    new, other, messages = _split(call, now)
    users, chats = call.view.people(messages)
    return tl.types.updates.ChannelDifference(
        pts=now[-1].pts,
        new_messages=new,
        other_updates=other,
        chats=chats,
        users=users,
        final=(not rest) or None,
        timeout=30,
    )


def _moved_channels(call: Call, since: int) -> list[Supergroup]:
    return [
        group
        for group in call.state.groups.values()
        if isinstance(group, Supergroup)
        and group.has(call.me)
        and group.mailbox.events
        and group.mailbox.events[-1].date >= since
    ]


def _split(
    call: Call, events: list[MailboxEvent]
) -> tuple[list[tl.Tl], list[tl.Tl], list[Message]]:
    """New messages as they are today, everything else as updates, and the messages named."""
    new: list[tl.Tl] = []
    other: list[tl.Tl] = []
    named: list[Message] = []
    for event in events:
        if event.kind in (Kind.DELETE, Kind.READ):
            other.append(call.view.update(event))
            continue
        message = event.messages[0]
        if not message.is_seen_by(call.me):
            continue  # deleted since: its deletion is in the log too
        named.append(message)
        if event.kind is Kind.NEW:
            new.append(call.view.message(message))
        else:
            other.append(call.view.update(event))
    return new, other, named
