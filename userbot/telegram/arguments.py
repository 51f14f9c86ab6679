"""What requests may name, where being allowed by their method is not enough.

Rule 1: whoever looks something up for an answer looks into its scope alone, whatever it asks for.
Rule 2: a search leaves inside a scope only: without a chat it would look through all of them.
Rule 3: only the account itself is sent a message later (in Saved Messages), and nothing else that
waits to be sent is looked at or deleted.
Rule 4: Telegram transcribes the recording alone that is being understood.
"""

from __future__ import annotations

from typing import Any

from telethon.tl import functions
from telethon.utils import get_peer_id

from userbot.errors import TelegramError
from userbot.telegram.requests import innermost
from userbot.texts import _
from userbot.types import Scope

_SCOPED = (
    functions.messages.SearchRequest,
    functions.messages.GetRepliesRequest,
    functions.messages.GetSavedHistoryRequest,
)
"""What only ever leaves inside a scope."""
_LATER = (
    functions.messages.GetScheduledHistoryRequest,
    functions.messages.DeleteScheduledMessagesRequest,
)
_NAMELESS = (functions.messages.GetMessagesRequest,)
"""What reads messages of whatever chat, and names none."""
_PEERS = ("peer", "parent_peer", "channel")


def check_arguments(
    request: Any, scope: Scope | None, saved: int, heard: tuple[int, int] | None = None
) -> None:
    """Raise TelegramError for a request, or one of several, that names what it may not.

    `scope`: the one inside which it is made, if any. `saved`: the marked id of the account.
    `heard`: chat and message of the recording that is being understood.
    """
    if isinstance(request, list | tuple):
        for one in request:
            check_arguments(one, scope, saved, heard)
        return
    request = innermost(request)
    if isinstance(request, functions.messages.TranscribeAudioRequest) and heard != (
        _marked(request.peer),
        request.msg_id,
    ):
        raise _refused(_("The program tried to have another recording transcribed."))
    if getattr(request, "schedule_date", None) is not None and _marked(request.peer) != saved:
        raise _refused(_("The program tried to schedule a message to somebody else."))
    if isinstance(request, _LATER) and _marked(request.peer) != saved:
        raise _refused(_("The program tried to touch what is scheduled to somebody else."))
    if isinstance(request, _SCOPED) if scope is None else not _is_within(request, scope):
        raise _refused(
            _(
                "The program tried to look beyond this chat ({kind}).",
                kind=type(request).__name__.removesuffix("Request"),
            )
        )


def _is_within(request: Any, scope: Scope) -> bool:
    """Whether a request looks nowhere else; what it names beside chats does not matter."""
    where = scope.conversation
    thread, subscriber = where.thread, where.subscriber
    if isinstance(request, functions.messages.GetSavedHistoryRequest):
        there = _marked(request.parent_peer), _marked(request.peer)
        return subscriber is not None and there == (where.chat, subscriber)
    chats = {_marked(getattr(request, name)) for name in _PEERS if hasattr(request, name)}
    narrow = where.topic is not None
    former = not narrow and scope.former is not None and chats == {scope.former}
    if chats and chats != {where.chat} and not former:
        return False
    match request:
        case functions.messages.SearchRequest():
            named = request.saved_peer_id
            writer = None if named is None else _marked(named)
            return (request.top_msg_id, writer) == (thread, subscriber)
        case functions.messages.GetRepliesRequest():
            return thread is not None and request.msg_id == thread
        case functions.messages.GetHistoryRequest():
            return not narrow
    return not isinstance(request, _NAMELESS)


def _marked(peer: Any) -> int:
    """The marked id of what is named; 0 for nobody, or whoever is named by no id."""
    try:
        return int(get_peer_id(peer))
    except (AttributeError, TypeError, ValueError):
        return 0


def _refused(told: Any) -> TelegramError:
    return TelegramError(
        told, _("Nothing was sent. Please report this."), reason="argument_not_allowed"
    )
