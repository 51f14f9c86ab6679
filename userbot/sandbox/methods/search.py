"""messages.search: whole words, with what clients have learned to work around.

The quirks are those that Telethon's `iter_messages` (1.45) names: in private chats `from_id` is
ignored; a filter alone ignores `max_date`; a filter with `from_id` fails.
"""

import re

from userbot.sandbox import peers, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.errors import NotServedError, RpcError, bad_request
from userbot.sandbox.reading import visible
from userbot.sandbox.state import Chat, Message, Private, Supergroup, User

from .history import a_page, listed, offset

_FILTERS = {
    tl.types.InputMessagesFilterVoice: ("voice",),
    tl.types.InputMessagesFilterRoundVoice: ("voice", "round"),
    tl.types.InputMessagesFilterPhotos: ("photo",),
    tl.types.InputMessagesFilterVideo: ("video",),
    tl.types.InputMessagesFilterDocument: ("document",),
}
_GENERAL = 1
"""The topic of all messages that stand in none (core.telegram.org/api/forum)."""


@method(tl.functions.messages.SearchRequest)
def search(call: Call, request: tl.Tl) -> tl.Tl:
    me, words, kinds = call.me, tokens(request.q), _kinds(request.filter)
    if kinds and request.from_id:
        raise RpcError(500, "RPC_CALL_FAIL")
    if not (words or kinds or request.from_id):
        raise bad_request("SEARCH_QUERY_EMPTY")
    chat = None
    if isinstance(request.peer, tl.types.InputPeerEmpty):
        found = _everywhere(me)
    else:
        chat = peers.chat(call.state, me, request.peer)
        found = _in_thread(call, request, chat)
    after, before = tl.seconds(request.min_date), tl.seconds(request.max_date)
    if kinds and not words:
        before = 0
    writer = None
    if request.from_id and not isinstance(chat, Private):
        writer = peers.user(call.state, me, request.from_id)
    found = [
        one
        for one in found
        if not one.action
        and (not after or one.date > after)
        and (not before or one.date < before)
        and words <= tokens(one.text)
        and (not kinds or (one.media is not None and one.media.kind in kinds))
        and writer in (None, one.sender)
    ][::-1]
    page = offset(me, found, request)
    if chat is not None:
        return a_page(call, chat, page, len(found))
    messages, users, chats = listed(call, page)
    return tl.types.messages.MessagesSlice(
        count=len(found), messages=messages, topics=[], chats=chats, users=users
    )


def tokens(text: str) -> set[str]:
    """The words of a text, as they are compared: whole, and without case."""
    return set(re.findall(r"\w+", text.casefold()))


def _kinds(wanted: tl.Tl) -> tuple[str, ...]:
    """What kinds of media a filter lets through; nothing for none. Raises RpcError."""
    if isinstance(wanted, tl.types.InputMessagesFilterEmpty):
        return ()
    if type(wanted) not in _FILTERS:
        raise NotServedError(type(wanted).__name__)
    return _FILTERS[type(wanted)]


def _everywhere(account: User) -> list[Message]:
    """All private chats and basic groups; channels have a method of their own."""
    return list(account.mailbox.messages.values())


def _in_thread(call: Call, request: tl.Tl, chat: Chat) -> list[Message]:
    """Those of the thread, or of the subscriber, that is named. Raises RpcError."""
    messages = visible(call.me, chat)
    if request.saved_peer_id is not None:
        writer = peers.user(call.state, call.me, request.saved_peer_id)
        return [one for one in messages if one.subscriber == writer.id]
    number = request.top_msg_id
    if number is None:
        return messages
    if not isinstance(chat, Supergroup):
        raise bad_request("TOPIC_ID_INVALID")
    if chat.forum and number == _GENERAL:
        return [one for one in messages if one.top is None]
    top = chat.mailbox.find(chat, number)
    return [one for one in messages if top is not None and top in (one, one.top)]
