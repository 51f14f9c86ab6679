"""messages.* that read: history, single messages, dialogs."""

from collections.abc import Sequence

from userbot.sandbox import peers, tl, views
from userbot.sandbox.accounts import Account
from userbot.sandbox.chats import Chat, Group, Supergroup
from userbot.sandbox.errors import bad_request
from userbot.sandbox.messages import Message

from .registry import Call, method
from .sending import seen

MAX_PAGE = 100


@method(tl.functions.messages.GetHistoryRequest)
def get_history(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    chat = peers.chat(call.world, me, request.peer)
    messages = [(message.id_for(me), message) for message in readable(me, chat)]
    messages.reverse()
    # core.telegram.org/api/offsets: start at the first message older than the offset, move by
    # add_offset, take limit, and only then drop what min_id and max_id exclude.
    start = 0
    if request.offset_id:
        start = sum(number >= request.offset_id for number, _ in messages)
    elif before := tl.seconds(request.offset_date):
        start = sum(message.date >= before for _, message in messages)
    limit = max(0, min(request.limit, MAX_PAGE))
    start, end = start + request.add_offset, start + request.add_offset + limit
    page = [
        message
        for number, message in messages[max(start, 0) : max(end, 0)]
        if (not request.max_id or number < request.max_id) and number > request.min_id
    ]
    return _page(call, chat, page, len(messages))


@method(tl.functions.messages.GetMessagesRequest)
def get_messages(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    found = [me.mailbox.messages.get(number, number) for number in map(_number, request.id)]
    messages, users, chats = _listed(me, found)
    return tl.types.messages.Messages(messages=messages, topics=[], chats=chats, users=users)


@method(tl.functions.channels.GetMessagesRequest)
def get_channel_messages(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    group = peers.channel(call.world, me, request.channel)
    found = [seen(me, group, number) or number for number in map(_number, request.id)]
    messages, users, chats = _listed(me, found)
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
    channels = [group for group in call.world.groups.values() if isinstance(group, Supergroup)]
    for chat in [*me.mailbox.chats(), *channels]:
        if isinstance(chat, Supergroup) and not chat.has(me):
            continue
        if last := chat.mailbox_of(me).last(chat):
            dialogs.append((last, chat))
    dialogs.sort(key=lambda pair: pair[0].uid, reverse=True)
    total = len(dialogs)
    if request.offset_id:
        chat = peers.chat(call.world, me, request.offset_peer)
        offset = seen(me, chat, request.offset_id)
        dialogs = [pair for pair in dialogs if offset and pair[0].uid < offset.uid]
    elif before := tl.seconds(request.offset_date):
        dialogs = [pair for pair in dialogs if pair[0].date < before]
    page = dialogs[: max(0, min(request.limit or MAX_PAGE, MAX_PAGE))]
    users, chats = views.people([message for message, _ in page], me)
    fields = {
        "dialogs": [dialog(me, message, chat) for message, chat in page],
        "messages": [views.message(me, message) for message, _ in page],
        "chats": chats,
        "users": users,
    }
    if len(page) == total:
        return tl.types.messages.Dialogs(**fields)
    return tl.types.messages.DialogsSlice(count=total, **fields)


def readable(account: Account, chat: Chat) -> list[Message]:
    """What an account may read of a chat, oldest first. Raises RpcError."""
    if isinstance(chat, Supergroup) and not chat.has(account) and not chat.username:
        raise bad_request("CHANNEL_PRIVATE")
    return chat.mailbox_of(account).history(chat)


def dialog(me: Account, top: Message, chat: Chat) -> tl.Tl:
    number = top.id_for(me)
    # Nothing is kept about reading yet: every dialog is read.
    return tl.types.Dialog(
        peer=views.peer(me, chat),
        top_message=number,
        read_inbox_max_id=number,
        read_outbox_max_id=number,
        unread_count=0,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=tl.types.PeerNotifySettings(),
        pts=chat.mailbox.pts if isinstance(chat, Supergroup) else None,
    )


def _page(call: Call, chat: Chat, page: Sequence[Message], total: int) -> tl.Tl:
    me = call.me
    messages, users, chats = _listed(me, page)
    if isinstance(chat, Group) and not page:
        chats = [views.chat(me, chat)]
    fields = {"messages": messages, "topics": [], "chats": chats, "users": users}
    if isinstance(chat, Supergroup):
        return tl.types.messages.ChannelMessages(pts=chat.mailbox.pts, count=total, **fields)
    if len(page) == total:
        return tl.types.messages.Messages(**fields)
    return tl.types.messages.MessagesSlice(count=total, **fields)


def _listed(
    me: Account, found: Sequence[Message | int]
) -> tuple[list[tl.Tl], list[tl.Tl], list[tl.Tl]]:
    """Messages, users and chats in TL; a bare number becomes messageEmpty."""
    users, chats = views.people([each for each in found if isinstance(each, Message)], me)
    messages = [
        views.message(me, each)
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
