"""messages.sendMessage, editMessage, deleteMessages, setTyping: what changes a chat."""

from userbot.sandbox import peers, tl, views
from userbot.sandbox.accounts import Account
from userbot.sandbox.chats import Chat, Group, Private, Supergroup
from userbot.sandbox.errors import NotServedError, RpcError, bad_request, forbidden
from userbot.sandbox.formatting import prepare
from userbot.sandbox.messages import Message

from .help import EDIT_SECONDS
from .registry import Call, method


@method(tl.functions.messages.SendMessageRequest)
def send_message(call: Call, request: tl.Tl) -> tl.Tl:
    me, world = call.me, call.world
    chat = writable(call, request.peer)
    served(request, "schedule_date", "send_as", "quick_reply_shortcut", "reply_markup")
    served(request, "suggested_post", "rich_message")
    if again := sent_before(call, request.random_id):
        return again
    ready = prepare(request.message, request.entities or (), world.accounts)
    reply_to = replied(me, chat, request.reply_to)
    message = world.post(
        me.id,
        world.chat_id(me, chat),
        ready.text,
        ready.packed_entities(),
        reply_to.uid if reply_to else None,
        ready.has_address and not request.no_webpage,
        world.now(),
        request.random_id,
        noforwards=bool(request.noforwards),
    )
    event = call.news[-1]
    if isinstance(chat, Supergroup):
        sent = tl.types.UpdateMessageID(id=message.id_for(me), random_id=request.random_id)
        return views.updates(me, call.news, world.now(), first=[sent])
    return tl.types.UpdateShortSentMessage(
        id=message.id_for(me),
        pts=event.pts,
        pts_count=event.pts_count,
        date=message.date,
        out=isinstance(chat, Group) or chat.first is not chat.second or None,
        entities=message.entities or None,
    )


@method(tl.functions.messages.EditMessageRequest)
def edit_message(call: Call, request: tl.Tl) -> tl.Tl:
    me, world = call.me, call.world
    chat = writable(call, request.peer)
    message = seen(me, chat, request.id)
    served(request, "media", "schedule_date", "reply_markup", "rich_message")
    if message is None or message.action:
        raise bad_request("MESSAGE_ID_INVALID")
    if message.sender is not me:
        raise forbidden("MESSAGE_AUTHOR_REQUIRED")
    saved = isinstance(chat, Private) and chat.first is chat.second
    if not saved and world.now() - message.date > EDIT_SECONDS:
        raise bad_request("MESSAGE_EDIT_TIME_EXPIRED")
    carries = message.media is not None
    ready = prepare(request.message or "", request.entities or (), world.accounts, caption=carries)
    if ready.text == message.text and ready.entities == message.entities:
        raise bad_request("MESSAGE_NOT_MODIFIED")
    preview = ready.has_address and not request.no_webpage
    world.edit(message.uid, ready.text, ready.packed_entities(), preview, world.now())
    return views.updates(me, call.news, world.now())


@method(tl.functions.messages.DeleteMessagesRequest)
def delete_messages(call: Call, request: tl.Tl) -> tl.Tl:
    me, world = call.me, call.world
    found = [me.mailbox.messages[i] for i in dict.fromkeys(request.id) if i in me.mailbox.messages]
    # Anyone may take back anything in a private chat; in a basic group one's own, or its creator.
    revoked = [message for message in found if request.revoke and _may_revoke(me, message)]
    kept = [message.uid for message in found if message not in revoked]
    for uids, for_everyone in (([message.uid for message in revoked], True), (kept, False)):
        if uids:
            world.delete(me.id, uids, for_everyone, world.now())
    return tl.types.messages.AffectedMessages(pts=me.mailbox.pts, pts_count=len(found))


@method(tl.functions.messages.SetTypingRequest)
def set_typing(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    chat = writable(call, request.peer)
    types, action, peer = tl.types, request.action, tl.types.PeerUser(me.id)
    for other in chat.people():
        if other is me:
            continue
        if isinstance(chat, Private):
            update = types.UpdateUserTyping(user_id=me.id, action=action)
        elif isinstance(chat, Supergroup):
            update = types.UpdateChannelUserTyping(chat.number, from_id=peer, action=action)
        else:
            update = types.UpdateChatUserTyping(chat.number, from_id=peer, action=action)
        call.world.listener.hint(other, lambda update=update: update)  # type: ignore[misc]
    return True


def writable(call: Call, peer: tl.Tl) -> Chat:
    """The chat behind an input peer, if the caller may write there. Raises RpcError."""
    chat = peers.chat(call.world, call.me, peer)
    if isinstance(chat, Group) and not chat.has(call.me):
        raise forbidden("CHAT_WRITE_FORBIDDEN")
    if isinstance(chat, Group) and chat.migrated_to:
        raise bad_request("PEER_ID_INVALID")
    return chat


def seen(account: Account, chat: Chat, number: int) -> Message | None:
    """The message that is `number` to the account, if it is in this chat."""
    message = chat.mailbox_of(account).messages.get(number)
    return message if message and message.chat == chat else None


def sent_before(call: Call, random_id: int) -> tl.Tl | None:
    """The answer to a random_id that was used before; None for a new one. Raises RpcError."""
    if not random_id:
        raise bad_request("RANDOM_ID_EMPTY")
    earlier = call.world.sent_with(call.me, random_id)
    if earlier and call.random_id_behaviour == "duplicate":
        raise RpcError(500, "RANDOM_ID_DUPLICATE")
    if earlier and call.random_id_behaviour == "original":
        return _original(call, earlier, random_id)
    if earlier and call.random_id_behaviour == "silent":
        return tl.types.Updates([], [], [], date=call.world.now(), seq=0)
    return None


def replied(account: Account, chat: Chat, reply_to: tl.Tl) -> Message | None:
    """The message that a request replies to. Raises RpcError."""
    if reply_to is None:
        return None
    if not isinstance(reply_to, tl.types.InputReplyToMessage) or reply_to.reply_to_peer_id:
        raise bad_request("REPLY_TO_INVALID")
    served(reply_to, "quote_text")
    message = seen(account, chat, reply_to.reply_to_msg_id)
    if message is None:
        raise bad_request("REPLY_MESSAGE_ID_INVALID")
    if reply_to.top_msg_id:
        top = seen(account, chat, reply_to.top_msg_id)
        if top is None or top not in (message, message.top):
            raise bad_request("TOPIC_ID_INVALID")
    return message


def served(request: tl.Tl, *fields: str) -> None:
    """Refuses a request that uses what is not built here."""
    for field in fields:
        if getattr(request, field) is not None:
            raise NotServedError(field)


def _original(call: Call, message: Message, random_id: int) -> tl.Tl:
    """The answer to a random_id used before, in its other form: what was sent then, pts unmoved."""
    me = call.me
    in_channel = isinstance(message.chat, Supergroup)
    kind = tl.types.UpdateNewChannelMessage if in_channel else tl.types.UpdateNewMessage
    again = kind(
        message=views.message(me, message), pts=message.chat.mailbox_of(me).pts, pts_count=0
    )
    sent = tl.types.UpdateMessageID(id=message.id_for(me), random_id=random_id)
    users, chats = views.people([message], me)
    return tl.types.Updates([sent, again], users, chats, date=call.world.now(), seq=0)


def _may_revoke(account: Account, message: Message) -> bool:
    chat = message.chat
    return isinstance(chat, Private) or account in (message.sender, chat.creator)
