"""messages.* that read: history, single messages, dialogs."""

from collections.abc import Sequence
from typing import Any

from userbot.sandbox import message_views, peers, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.errors import NotServedError, bad_request
from userbot.sandbox.reading import unread_count, visible
from userbot.sandbox.state import Chat, Group, Message, Supergroup, User

MAX_PAGE = 100


@method(tl.functions.messages.GetHistoryRequest)
def get_history(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    chat = peers.chat(call.state, me, request.peer)
    messages = _readable(me, chat)[::-1]
    page = offset(me, messages, request, before=tl.seconds(request.offset_date))
    return a_page(call, chat, page, len(messages))


def offset(
    account: User, messages: Sequence[Message], request: tl.Tl, *, before: int = 0
) -> list[Message]:
    """The page that a request wants of messages, both the newest first.

    core.telegram.org/api/offsets: start at the first message older than the offset, move by
    add_offset, take limit, and only then drop what min_id and max_id exclude.
    """
    numbered = [(message.id_for(account), message) for message in messages]
    start = 0
    if request.offset_id:
        start = sum(number >= request.offset_id for number, _ in numbered)
    elif before:
        start = sum(message.date >= before for message in messages)
    limit = max(0, min(request.limit, MAX_PAGE))
    start, end = start + request.add_offset, start + request.add_offset + limit
    return [
        message
        for number, message in numbered[max(start, 0) : max(end, 0)]
        if (not request.max_id or number < request.max_id) and number > request.min_id
    ]


@method(tl.functions.messages.GetRepliesRequest)
def get_replies(call: Call, request: tl.Tl) -> tl.Tl:
    """A forum topic, or the thread below a message; without what began it."""
    me = call.me
    chat = peers.chat(call.state, me, request.peer)
    top = chat.mailbox_of(me).find(chat, request.msg_id)
    if not isinstance(chat, Supergroup) or top is None:
        raise bad_request("MSG_ID_INVALID")
    messages = [one for one in _readable(me, chat) if one.top is top][::-1]
    page = offset(me, messages, request, before=tl.seconds(request.offset_date))
    return a_page(call, chat, page, len(messages))


@method(tl.functions.messages.GetSavedHistoryRequest)
def get_saved_history(call: Call, request: tl.Tl) -> tl.Tl:
    """What one subscriber writes to a channel (core.telegram.org/api/monoforum)."""
    me = call.me
    if request.parent_peer is None:
        raise NotServedError("Saved Messages by their origin")
    chat = peers.chat(call.state, me, request.parent_peer)
    writer = peers.user(call.state, me, request.peer)
    messages = [one for one in _readable(me, chat) if one.subscriber == writer.id][::-1]
    page = offset(me, messages, request, before=tl.seconds(request.offset_date))
    return a_page(call, chat, page, len(messages))


@method(tl.functions.messages.GetMessagesRequest)
def get_messages(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    found = [me.mailbox.messages.get(number, number) for number in map(_number, request.id)]
    messages, users, chats = listed(call, found)
    return tl.types.messages.Messages(messages=messages, topics=[], chats=chats, users=users)


@method(tl.functions.channels.GetMessagesRequest)
def get_channel_messages(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    group = peers.channel(call.state, me, request.channel)
    begins = group.begins_for(me)
    found = [
        (number > begins and group.mailbox.find(group, number)) or number
        for number in map(_number, request.id)
    ]
    messages, users, chats = listed(call, found)
    return tl.types.messages.ChannelMessages(
        pts=group.mailbox.pts,
        count=len(messages),
        messages=messages,
        topics=[],
        chats=chats,
        users=users,
    )


@method(tl.functions.messages.GetDialogsRequest)
def get_dialogs(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    dialogs: list[tuple[Message, Chat]] = []
    channels = [group for group in call.state.groups.values() if isinstance(group, Supergroup)]
    for chat in [*me.mailbox.by_chat, *channels]:
        if isinstance(chat, Supergroup) and not chat.has(me):
            continue
        if last := chat.mailbox_of(me).last(chat):
            dialogs.append((last, chat))
    dialogs.sort(key=lambda pair: pair[0].uid, reverse=True)
    total = len(dialogs)
    if request.offset_id:
        chat = peers.chat(call.state, me, request.offset_peer)
        offset = chat.mailbox_of(me).find(chat, request.offset_id)
        dialogs = [pair for pair in dialogs if offset and pair[0].uid < offset.uid]
    elif before := tl.seconds(request.offset_date):
        dialogs = [pair for pair in dialogs if pair[0].date < before]
    page = dialogs[: max(0, min(request.limit or MAX_PAGE, MAX_PAGE))]
    if len(page) == total:
        return tl.types.messages.Dialogs(**_dialogs(call, page))
    return tl.types.messages.DialogsSlice(count=total, **_dialogs(call, page))


@method(tl.functions.messages.GetPeerDialogsRequest)
def get_peer_dialogs(call: Call, request: tl.Tl) -> tl.Tl:
    """Chats that are named; one that has had no message yet is left out."""
    me = call.me
    if any(not isinstance(named, tl.types.InputDialogPeer) for named in request.peers):
        raise NotServedError("folders")
    named = [peers.chat(call.state, me, dialog_peer.peer) for dialog_peer in request.peers]
    tops = [(last, chat) for chat in named if (last := chat.mailbox_of(me).last(chat))]
    state = state_at(call, me.mailbox.pts)
    found = _dialogs(call, tops)
    known = {chat.id for chat in found["chats"]}
    groups = [chat for chat in named if isinstance(chat, Group) and chat.number not in known]
    found["chats"] = [*found["chats"], *map(call.view.chat, groups)]
    return tl.types.messages.PeerDialogs(state=state, **found)


def _dialogs(call: Call, tops: Sequence[tuple[Message, Chat]]) -> dict[str, Any]:
    users, chats = call.view.people([message for message, _ in tops])
    return {
        "dialogs": [dialog(call, message, chat) for message, chat in tops],
        "messages": [call.view.message(message) for message, _ in tops],
        "chats": chats,
        "users": users,
    }


def _readable(account: User, chat: Chat) -> list[Message]:
    """What an account may read of a chat, oldest first. Raises RpcError."""
    if isinstance(chat, Supergroup) and not chat.has(account) and not chat.username:
        raise bad_request("CHANNEL_PRIVATE")
    return visible(account, chat)


def state_at(call: Call, pts: int) -> tl.Tl:
    """The state of updates, as of an event in the caller's mailbox."""
    return tl.types.updates.State(pts=pts, qts=0, date=call.world.now(), seq=0, unread_count=0)


def dialog(call: Call, top: Message, chat: Chat) -> tl.Tl:
    """A chat with its newest message, and how far it was read."""
    me, number = call.me, top.id_for(call.me)
    return tl.types.Dialog(
        peer=message_views.peer(me, chat),
        top_message=number,
        read_inbox_max_id=me.read_marks.get(chat, 0),
        read_outbox_max_id=number,
        unread_count=unread_count(me, chat),
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=tl.types.PeerNotifySettings(),
        pts=chat.mailbox.pts if isinstance(chat, Supergroup) else None,
    )


def a_page(call: Call, chat: Chat, page: Sequence[Message], total: int) -> tl.Tl:
    """Some of a chat's messages, of so many, as the result of a request."""
    messages, users, chats = listed(call, page)
    if isinstance(chat, Group) and not page:
        chats = [call.view.chat(chat)]
    fields = {"messages": messages, "topics": [], "chats": chats, "users": users}
    if isinstance(chat, Supergroup):
        return tl.types.messages.ChannelMessages(pts=chat.mailbox.pts, count=total, **fields)
    if len(page) == total:
        return tl.types.messages.Messages(**fields)
    return tl.types.messages.MessagesSlice(count=total, **fields)


def listed(
    call: Call, found: Sequence[Message | int]
) -> tuple[list[tl.Tl], list[tl.Tl], list[tl.Tl]]:
    """Messages, users and chats in TL; a bare number becomes messageEmpty."""
    users, chats = call.view.people([each for each in found if isinstance(each, Message)])
    messages = [
        call.view.message(each)
        if isinstance(each, Message)
        else tl.types.MessageEmpty(id=each, peer_id=None)
        for each in found
    ]
    return messages, users, chats


def _number(message: tl.Tl) -> int:
    if not isinstance(message, tl.types.InputMessageID):
        raise bad_request("MESSAGE_ID_INVALID")
    number: int = message.id
    return number
