"""What a request is, as the gate and the transport see it: whether it may leave at all, what it
writes, and into which chat.

What gets an account limited is joining, inviting, importing contacts and writing to strangers.
None of these may leave, nor marking as read or setting oneself online, so that no mistake
elsewhere in the program can do them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telethon.tl import functions, types
from telethon.utils import get_peer_id

from userbot.errors import TelegramError
from userbot.texts import _


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
        # What waits to be sent to the account itself: `arguments` sees to that.
        functions.messages.GetScheduledHistoryRequest,
        functions.messages.DeleteScheduledMessagesRequest,
        # To look something up: what they may name is the matter of `arguments`.
        functions.messages.SearchRequest,
        functions.messages.GetRepliesRequest,
        functions.messages.GetSavedHistoryRequest,
        functions.messages.GetFullChatRequest,
        functions.channels.GetFullChannelRequest,
        functions.channels.GetParticipantRequest,
        functions.channels.GetMessagesRequest,
        functions.channels.GetChannelsRequest,
        # Only of the recording that is being understood: see `arguments`.
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


def check_allowed(request: Any) -> None:
    """Raise TelegramError if `request`, what it wraps, or one of several, is not on the list."""
    if isinstance(request, list | tuple):
        for one in request:
            check_allowed(one)
        return
    request = innermost(request)
    if type(request) not in ALLOWED:
        raise TelegramError(
            _(
                "The program tried to use {kind}, which is not allowed.",
                kind=type(request).__name__,
            ),
            _("Nothing was sent. Please report this."),
            reason="method_not_allowed",
        )


def innermost(request: Any) -> Any:
    """What is asked for, without the `invokeWith…` around it."""
    while hasattr(request, "query"):
        request = request.query
    return request


@dataclass(frozen=True, slots=True)
class Kind:
    """What Telegram counts apart. `chat`: its marked id, 0 where none is named.

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


def kind_of(request: Any) -> Kind:
    """What kind of request this is; `method` is a `ports.Write` or "typing", else its own name."""
    request = innermost(request)
    write = _WRITES.get(type(request))
    topic = getattr(getattr(request, "reply_to", request), "top_msg_id", None)
    return Kind(
        write or type(request).__name__.removesuffix("Request"),
        0 if isinstance(request, _OF_THE_ACCOUNT) else _chat_of(request),
        topic,
        recorded=write is not None,
        waits=write is None and not isinstance(request, _NEVER_WAITS),
        stale=isinstance(request, functions.upload.GetFileRequest),
    )


def _chat_of(request: Any) -> int:
    for name in ("peer", "channel"):
        try:
            return int(get_peer_id(getattr(request, name)))
        except (AttributeError, TypeError, ValueError):
            continue
    return 0
