"""messages.* about what is to be sent later (core.telegram.org/api/scheduled-messages)."""

from userbot.sandbox import message_views, peers, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.errors import bad_request
from userbot.sandbox.scheduled import scheduled_in, send_scheduled, sent_update, unschedule
from userbot.sandbox.state import Chat, Scheduled


@method(tl.functions.messages.GetScheduledHistoryRequest)
def get_scheduled_history(call: Call, request: tl.Tl) -> tl.Tl:
    chat = peers.chat(call.state, call.me, request.peer)
    return _listed(call, scheduled_in(call.world, call.me, chat))


@method(tl.functions.messages.GetScheduledMessagesRequest)
def get_scheduled_messages(call: Call, request: tl.Tl) -> tl.Tl:
    return _listed(call, _named(call, request)[1])


@method(tl.functions.messages.DeleteScheduledMessagesRequest)
def delete_scheduled_messages(call: Call, request: tl.Tl) -> tl.Tl:
    chat, named = _named(call, request)
    numbers = [kept.number for kept in named]
    unschedule(call.world, call.me, numbers)
    update = tl.types.UpdateDeleteScheduledMessages(message_views.peer(call.me, chat), numbers)
    call.world.hint(call.me, update)
    return call.view.updates([], first=[update])


@method(tl.functions.messages.SendScheduledMessagesRequest)
def send_scheduled_messages(call: Call, request: tl.Tl) -> tl.Tl:
    """At once, instead of later."""
    _chat, named = _named(call, request)
    if not named:
        raise bad_request("MESSAGE_ID_INVALID")
    sent = [(kept, send_scheduled(call.world, call.me, kept.number)) for kept in named]
    return call.view.updates(call.news, first=[sent_update(*each) for each in sent])


def _named(call: Call, request: tl.Tl) -> tuple[Chat, list[Scheduled]]:
    chat = peers.chat(call.state, call.me, request.peer)
    here = scheduled_in(call.world, call.me, chat)
    return chat, [kept for kept in here if kept.number in request.id]


def _listed(call: Call, found: list[Scheduled]) -> tl.Tl:
    return tl.types.messages.Messages(
        messages=[call.view.scheduled(kept) for kept in found],
        topics=[],
        chats=[],
        users=[call.view.user(call.me)],
    )
