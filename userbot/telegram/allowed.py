"""Which Telegram methods the program may call; anything else never leaves the machine.

What gets an account limited is joining, inviting, importing contacts and writing to strangers.
None of these is here, nor is marking as read or setting oneself online, so that no mistake
elsewhere in the program can do them.
"""

from __future__ import annotations

from typing import Any

from telethon.tl import functions

from userbot.errors import TelegramError
from userbot.telegram.requests import DeleteInChannel, DeleteOutsideChannels
from userbot.texts import _

_LOGIN = {
    functions.auth.SendCodeRequest,
    functions.auth.ResendCodeRequest,
    functions.auth.SignInRequest,
    functions.auth.CheckPasswordRequest,
    functions.auth.ExportLoginTokenRequest,
    functions.auth.ImportLoginTokenRequest,
    functions.auth.LogOutRequest,
    functions.account.GetPasswordRequest,
    functions.help.GetConfigRequest,
}
_READ = {
    functions.updates.GetStateRequest,
    functions.updates.GetDifferenceRequest,
    functions.updates.GetChannelDifferenceRequest,
    functions.users.GetUsersRequest,
    functions.messages.GetDialogsRequest,
    functions.messages.GetPeerDialogsRequest,
    functions.messages.GetMessagesRequest,
    functions.messages.GetHistoryRequest,
    functions.messages.GetChatsRequest,
    functions.channels.GetMessagesRequest,
    functions.channels.GetChannelsRequest,
    functions.contacts.ResolveUsernameRequest,
    functions.contacts.GetBlockedRequest,
    functions.contacts.GetContactsRequest,
}
# Files may live in another data centre, which wants the login confirmed.
_FILES = {
    functions.upload.GetFileRequest,
    functions.auth.ExportAuthorizationRequest,
    functions.auth.ImportAuthorizationRequest,
}
_WRITE = {
    functions.messages.SendMessageRequest,
    functions.messages.EditMessageRequest,
    functions.messages.SetTypingRequest,
    functions.messages.SendMediaRequest,
    functions.upload.SaveFilePartRequest,
}
# The owner's own commands, and nothing else: see `TelegramSender.delete`.
_DELETE = {
    DeleteOutsideChannels,
    DeleteInChannel,
}

ALLOWED = frozenset(_LOGIN | _READ | _FILES | _WRITE | _DELETE)


def check_allowed(request: Any) -> None:
    """Raise TelegramError if `request`, what it wraps, or one of several, is not on the list."""
    if isinstance(request, list | tuple):
        for one in request:
            check_allowed(one)
        return
    while hasattr(request, "query"):
        request = request.query
    if type(request) not in ALLOWED:
        raise TelegramError(
            _("The program tried {kind}, which is not allowed.", kind=type(request).__name__),
            _("Nothing was sent. Please report this."),
            reason="method_not_allowed",
        )
