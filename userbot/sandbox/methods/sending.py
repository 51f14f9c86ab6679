"""messages.* that change a chat: sending, editing, deleting, typing; channels.deleteMessages."""

from userbot.sandbox import peers, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.errors import NotServedError, RpcError, bad_request, forbidden
from userbot.sandbox.formatting import FormattedText, prepare
from userbot.sandbox.messages import delete, edit, post
from userbot.sandbox.scheduled import (
    LATEST_SECONDS,
    MOST,
    SOON_SECONDS,
    schedule,
    scheduled_in,
)
from userbot.sandbox.state import Chat, Group, Message, Private, Supergroup, User

from .config import EDIT_SECONDS
from .files import stored
from .groups import own_channel


@method(tl.functions.messages.SendMessageRequest)
def send_message(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    chat = _writable(call, request.peer)
    _served(request, "schedule_repeat_period", "send_as", "quick_reply_shortcut", "reply_markup")
    _served(request, "suggested_post", "rich_message")
    if again := _sent_before(call, request.random_id):
        return again
    ready = prepare(request.message, request.entities or (), call.state.users)
    reply_to = _replied(me, chat, request.reply_to)
    if (date := tl.seconds(request.schedule_date)) - call.world.now() >= SOON_SECONDS:
        return _scheduled(call, chat, ready, date, reply_to, request.random_id)
    message = post(
        call.world,
        me,
        chat,
        ready.text,
        ready.entities,
        reply_to=reply_to,
        link_preview=not request.no_webpage,
        random_id=request.random_id,
        noforwards=bool(request.noforwards),
    )
    event = call.news[-1]
    if isinstance(chat, Supergroup):
        return _sent(call, message, request.random_id)
    return tl.types.UpdateShortSentMessage(
        id=message.id_for(me),
        pts=event.pts,
        pts_count=len(event.messages),
        date=message.date,
        out=isinstance(chat, Group) or not chat.to_self or None,
        entities=message.entities or None,
    )


@method(tl.functions.messages.SendMediaRequest)
def send_media(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    chat = _writable(call, request.peer)
    _served(request, "schedule_date", "send_as", "quick_reply_shortcut", "reply_markup")
    _served(request, "suggested_post")
    if again := _sent_before(call, request.random_id):
        return again
    ready = prepare(request.message or "", request.entities or (), call.state.users, caption=True)
    reply_to = _replied(me, chat, request.reply_to)
    ttl_seconds = getattr(request.media, "ttl_seconds", None)
    if ttl_seconds and not isinstance(chat, Private):
        raise bad_request("TTL_MEDIA_INVALID")
    message = post(
        call.world,
        me,
        chat,
        ready.text,
        ready.entities,
        reply_to=reply_to,
        random_id=request.random_id,
        media=stored(call, request.media),
        ttl_seconds=ttl_seconds,
        noforwards=bool(request.noforwards),
    )
    return _sent(call, message, request.random_id)


@method(tl.functions.messages.EditMessageRequest)
def edit_message(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    chat = _writable(call, request.peer)
    message = chat.mailbox_of(me).find(chat, request.id)
    _served(request, "media", "schedule_date", "reply_markup", "rich_message")
    if message is None or message.action:
        raise bad_request("MESSAGE_ID_INVALID")
    if message.sender is not me:
        raise forbidden("MESSAGE_AUTHOR_REQUIRED")
    saved = isinstance(chat, Private) and chat.to_self
    if not saved and call.world.now() - message.date > EDIT_SECONDS:
        raise bad_request("MESSAGE_EDIT_TIME_EXPIRED")
    carries = message.media is not None
    ready = prepare(
        request.message or "", request.entities or (), call.state.users, caption=carries
    )
    if ready.text == message.text and ready.entities == message.entities:
        raise bad_request("MESSAGE_NOT_MODIFIED")
    edit(call.world, message, ready.text, ready.entities, not request.no_webpage)
    return call.view.updates(call.news)


@method(tl.functions.messages.DeleteMessagesRequest)
def delete_messages(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    found = [me.mailbox.messages[i] for i in dict.fromkeys(request.id) if i in me.mailbox.messages]
    # Anyone may take back anything in a private chat; in a basic group one's own, or its creator.
    revoked = [message for message in found if request.revoke and _may_revoke(me, message)]
    kept = [message for message in found if message not in revoked]
    for gone, for_everyone in ((revoked, True), (kept, False)):
        if gone:
            delete(call.world, me, gone, for_everyone)
    return tl.types.messages.AffectedMessages(pts=me.mailbox.pts, pts_count=len(found))


@method(tl.functions.channels.DeleteMessagesRequest)
def delete_channel_messages(call: Call, request: tl.Tl) -> tl.Tl:
    me, group = call.me, own_channel(call, request.channel)
    found = [m for number in dict.fromkeys(request.id) if (m := group.mailbox.find(group, number))]
    if any(me not in (message.sender, group.creator) for message in found):
        raise forbidden("MESSAGE_DELETE_FORBIDDEN")
    if found:
        delete(call.world, me, found, True)
    return tl.types.messages.AffectedMessages(pts=group.mailbox.pts, pts_count=len(found))


@method(tl.functions.messages.SetTypingRequest)
def set_typing(call: Call, request: tl.Tl) -> tl.Tl:
    me = call.me
    chat = _writable(call, request.peer)
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
        call.world.hint(other, update)
    return True


def _writable(call: Call, peer: tl.Tl) -> Chat:
    """The chat behind an input peer, if the caller may write there. Raises RpcError."""
    chat = peers.chat(call.state, call.me, peer)
    if isinstance(chat, Group) and not chat.has(call.me):
        raise forbidden("CHAT_WRITE_FORBIDDEN")
    if isinstance(chat, Supergroup) and chat.broadcast and chat.creator is not call.me:
        raise forbidden("CHAT_ADMIN_REQUIRED")
    if isinstance(chat, Group) and chat.migrated_to:
        raise bad_request("PEER_ID_INVALID")
    return chat


def _sent_before(call: Call, random_id: int) -> tl.Tl | None:
    """The answer to a random_id that was used before; None for a new one. Raises RpcError."""
    if not random_id:
        raise bad_request("RANDOM_ID_EMPTY")
    if any(
        (one.sender, one.random_id) == (call.me, random_id) for one in call.state.scheduled.values()
    ):
        raise RpcError(500, "RANDOM_ID_DUPLICATE")
    earlier = call.state.by_random_id.get((call.me.id, random_id))
    if earlier and call.random_id_behaviour == "duplicate":
        raise RpcError(500, "RANDOM_ID_DUPLICATE")
    if earlier and call.random_id_behaviour == "original":
        return _original(call, earlier, random_id)
    if earlier and call.random_id_behaviour == "silent":
        return tl.types.Updates([], [], [], date=call.world.now(), seq=0)
    return None


def _replied(account: User, chat: Chat, reply_to: tl.Tl) -> Message | None:
    """The message that a request replies to. Raises RpcError."""
    if reply_to is None:
        return None
    if not isinstance(reply_to, tl.types.InputReplyToMessage) or reply_to.reply_to_peer_id:
        raise bad_request("REPLY_TO_INVALID")
    _served(reply_to, "quote_text")
    message = chat.mailbox_of(account).find(chat, reply_to.reply_to_msg_id)
    if message is None:
        raise bad_request("REPLY_MESSAGE_ID_INVALID")
    if reply_to.top_msg_id:
        top = chat.mailbox_of(account).find(chat, reply_to.top_msg_id)
        if top is None or top not in (message, message.top):
            raise bad_request("TOPIC_ID_INVALID")
    return message


def _served(request: tl.Tl, *fields: str) -> None:
    """Refuses a request that uses what is not built here."""
    for field in fields:
        if getattr(request, field) is not None:
            raise NotServedError(field)


def _sent(call: Call, message: Message, random_id: int) -> tl.Tl:
    """The whole answer: which id the message got, and the message."""
    sent = tl.types.UpdateMessageID(id=message.id_for(call.me), random_id=random_id)
    return call.view.updates(call.news, first=[sent])


def _scheduled(
    call: Call,
    chat: Chat,
    ready: FormattedText,
    date: int,
    reply_to: Message | None,
    random_id: int,
) -> tl.Tl:
    """Keeps a text until its date; the answer has the id that it goes by until then."""
    if date - call.world.now() > LATEST_SECONDS:
        raise bad_request("SCHEDULE_DATE_TOO_LATE")
    if len(scheduled_in(call.world, call.me, chat)) >= MOST:
        raise bad_request("SCHEDULE_TOO_MUCH")
    kept = schedule(
        call.world,
        call.me,
        chat,
        ready.text,
        ready.entities,
        date,
        reply_to=reply_to,
        random_id=random_id,
    )
    news = tl.types.UpdateNewScheduledMessage(call.view.scheduled(kept))
    call.world.hint(call.me, news)
    sent = tl.types.UpdateMessageID(id=kept.number, random_id=random_id)
    return call.view.updates([], first=[sent, news])


def _original(call: Call, message: Message, random_id: int) -> tl.Tl:
    """The answer to a random_id used before, in its other form: what was sent then, pts unmoved."""
    me = call.me
    in_channel = isinstance(message.chat, Supergroup)
    kind = tl.types.UpdateNewChannelMessage if in_channel else tl.types.UpdateNewMessage
    again = kind(
        message=call.view.message(message), pts=message.chat.mailbox_of(me).pts, pts_count=0
    )
    sent = tl.types.UpdateMessageID(id=message.id_for(me), random_id=random_id)
    users, chats = call.view.people([message])
    return tl.types.Updates([sent, again], users, chats, date=call.world.now(), seq=0)


def _may_revoke(account: User, message: Message) -> bool:
    chat = message.chat
    return isinstance(chat, Private) or account in (message.sender, chat.creator)
