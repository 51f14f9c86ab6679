"""What a request is, as the gate and the transport see it: whether it may leave at all, what it
writes, and into which chat.

What gets an account limited is joining, inviting, importing contacts and writing to strangers.
None of these may leave, nor marking as read or setting oneself online, so that no mistake
elsewhere in the program can do them. Nor is it enough for some to be allowed by their method:

Rule 1: whoever looks something up for an answer looks into its scope alone, whatever it asks for.
Rule 2: a search leaves inside a scope only: without a chat it would look through all of them.
Rule 3: only the account itself is sent a message later (in Saved Messages), and nothing else that
waits to be sent is looked at or deleted.
Rule 4: Telegram transcribes the recording alone that is being understood.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telethon.tl import functions, types
from telethon.utils import get_peer_id

from userbot.errors import TelegramError
from userbot.texts import _
from userbot.types import Scope


class DeleteInChannel(functions.channels.DeleteMessagesRequest):  # type: ignore[misc]
    """Deleting in a channel, without Telethon taking the channel's number for the account's.

    The result of `channels.deleteMessages` counts in the channel's own sequence of events
    (core.telegram.org/method/channels.deleteMessages). Telethon 1.45 enters every such result into
    the account's sequence, where it may stand for the next private message, which is then never
    brought. This result is an update of the channel, which Telethon enters where it belongs. It
    names no message: what was deleted is known to whoever asked for it.
    """

    def read_result(self, reader: Any) -> Any:
        """Called by Telethon with what came back."""
        affected = reader.tgread_object()
        update = types.UpdateDeleteChannelMessages(
            self.channel.channel_id, [], affected.pts, affected.pts_count
        )
        # The date is not looked at, but without one it would mean that updates are missing.
        return types.UpdateShort(update, datetime.fromtimestamp(0, UTC))


class DeleteOutsideChannels(functions.messages.DeleteMessagesRequest):  # type: ignore[misc]
    """Deleting for all where Telegram wants no chat named; the gate has to know which it is."""

    def __init__(self, peer: Any, messages: list[int]) -> None:
        super().__init__(messages, revoke=True)
        self.peer = peer


ONCE = (functions.messages.SendMessageRequest, functions.messages.SendMediaRequest)
"""What makes a message: carried out twice, it would stand twice."""
DIFFERENCES = (
    functions.updates.GetDifferenceRequest,
    functions.updates.GetChannelDifferenceRequest,
)
"""What Telethon asks by itself where something was missed."""
_WRITES: dict[type, str] = {
    **dict.fromkeys(ONCE, "send"),
    functions.messages.EditMessageRequest: "edit",
    functions.messages.SetTypingRequest: "typing",
    # The owner's own commands, and nothing else: see `TelegramSender.delete`.
    DeleteInChannel: "delete",
    DeleteOutsideChannels: "delete",
}

_OF_THE_ACCOUNT = (
    functions.messages.SearchRequest,
    functions.messages.TranscribeAudioRequest,
)
_NEVER_WAITS = (
    functions.upload.SaveFilePartRequest,
    # Somebody else can listen meanwhile; and a trial that is used up is a pause of days.
    functions.messages.TranscribeAudioRequest,
)

ALLOWED = frozenset(
    {
        # To log in and out.
        functions.auth.SendCodeRequest,
        functions.auth.ResendCodeRequest,
        functions.auth.SignInRequest,
        functions.auth.CheckPasswordRequest,
        functions.auth.ExportLoginTokenRequest,
        functions.auth.ImportLoginTokenRequest,
        functions.auth.LogOutRequest,
        functions.account.GetPasswordRequest,
        functions.help.GetConfigRequest,
        # To read.
        functions.updates.GetStateRequest,
        functions.updates.GetDifferenceRequest,
        functions.updates.GetChannelDifferenceRequest,
        functions.users.GetUsersRequest,
        functions.messages.GetDialogsRequest,
        functions.messages.GetPeerDialogsRequest,
        functions.messages.GetMessagesRequest,
        functions.messages.GetHistoryRequest,
        functions.messages.GetChatsRequest,
        # What waits to be sent to the account itself (rule 3).
        functions.messages.GetScheduledHistoryRequest,
        functions.messages.DeleteScheduledMessagesRequest,
        # To look something up, inside a scope (rules 1 and 2).
        functions.messages.SearchRequest,
        functions.messages.GetRepliesRequest,
        functions.messages.GetSavedHistoryRequest,
        functions.messages.GetFullChatRequest,
        functions.channels.GetFullChannelRequest,
        functions.channels.GetParticipantRequest,
        functions.channels.GetMessagesRequest,
        functions.channels.GetChannelsRequest,
        # Only of the recording that is being understood (rule 4).
        functions.messages.TranscribeAudioRequest,
        functions.contacts.ResolveUsernameRequest,
        functions.contacts.GetBlockedRequest,
        functions.contacts.GetContactsRequest,
        # Files may live in another data centre, which wants the login confirmed.
        functions.upload.GetFileRequest,
        functions.auth.ExportAuthorizationRequest,
        functions.auth.ImportAuthorizationRequest,
        # To write.
        *_WRITES,
        functions.upload.SaveFilePartRequest,
    }
)


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


@dataclass(frozen=True, slots=True)
class Kind:
    """What Telegram counts apart. `method`: a `ports.Write` or "typing", else the request's own
    name. `chat`: its marked id, 0 where none is named.

    Searches and transcriptions are slowed down for the whole account, wherever it asks for them.
    """

    method: str
    chat: int
    topic: int | None
    recorded: bool
    """Others see it, and whoever made it noted it down before: held back, it is made anew."""
    waits: bool
    """It waits for the end of a pause; of the others, their makers know what to do instead."""
    stale: bool
    """After a pause, what it asks for may be gone: whoever asked has to look again."""


def checked(
    request: Any,
    scope: Scope | None = None,
    saved: int = 0,
    heard: tuple[int, int] | None = None,
) -> Kind:
    """What kind of request this is.

    `scope`: the one inside which it is made, if any. `saved`: the marked id of the account.
    `heard`: chat and message of the recording that is being understood. Raises TelegramError if it
    may not leave: it, what it wraps, or one of several.
    """
    if isinstance(request, list | tuple):
        for one in request:
            checked(one, scope, saved, heard)
    else:
        while hasattr(request, "query"):
            request = request.query
        _check_method(request)
        _check_arguments(request, scope, saved, heard)
    return _kind_of(request)


def _check_method(request: Any) -> None:
    if type(request) not in ALLOWED:
        raise TelegramError(
            _(
                "The program tried to use {kind}, which is not allowed.",
                kind=type(request).__name__,
            ),
            _("Nothing was sent. Please report this."),
            reason="method_not_allowed",
        )


def _check_arguments(
    request: Any, scope: Scope | None, saved: int, heard: tuple[int, int] | None
) -> None:
    if isinstance(request, functions.messages.TranscribeAudioRequest) and heard != (
        _marked(request.peer),
        request.msg_id,
    ):
        raise _refused(_("The program tried to have another recording transcribed."))
    if getattr(request, "schedule_date", None) is not None and _marked(request.peer) != saved:
        raise _refused(_("The program tried to schedule a message for somebody else."))
    if isinstance(request, _LATER) and _marked(request.peer) != saved:
        raise _refused(_("The program tried to access messages scheduled for somebody else."))
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


def _kind_of(request: Any) -> Kind:
    write, chat = _WRITES.get(type(request)), 0
    if not isinstance(request, _OF_THE_ACCOUNT):
        named = (getattr(request, name, None) for name in ("peer", "channel"))
        chat = next((_marked(one) for one in named if one is not None), 0)
    return Kind(
        write or type(request).__name__.removesuffix("Request"),
        chat,
        getattr(getattr(request, "reply_to", request), "top_msg_id", None),
        recorded=write is not None,
        waits=write is None and not isinstance(request, _NEVER_WAITS),
        stale=isinstance(request, functions.upload.GetFileRequest),
    )
