"""What Telegram's errors mean for the program: the contract's table, as data.

Names are those of core.telegram.org/api/errors; a trailing ``*`` stands for any ending.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from telethon.errors import (
    FileReferenceExpiredError,
    FilerefUpgradeNeededError,
    InterdcCallErrorError,
    InterdcCallRichErrorError,
    RpcCallFailError,
    RPCError,
    RpcMcgetFailError,
    ServerError,
    TimedOutError,
)
from telethon.errors.common import AuthKeyNotFound
from telethon.errors.rpcerrorlist import rpc_errors_dict

from userbot.errors import (
    AccountStoppedError,
    ChatRefusedError,
    NotLoggedInError,
    TelegramError,
    UserbotError,
)
from userbot.texts import _

_NAMES = {error: name for name, error in rpc_errors_dict.items()}

TROUBLE = (
    ServerError,
    RpcCallFailError,
    RpcMcgetFailError,
    InterdcCallErrorError,
    InterdcCallRichErrorError,
    TimedOutError,
)
"""Telegram's own, which passes by itself."""
STALE = (FileReferenceExpiredError, FilerefUpgradeNeededError)
"""A message that is read again has a fresh reference to its file."""
_CHAT_RESTS = (
    "CHAT_WRITE_FORBIDDEN",
    "CHAT_SEND_*",
    "CHAT_GUEST_SEND_FORBIDDEN",
    "CHAT_RESTRICTED",
    "CHAT_ADMIN_REQUIRED",
    "USER_BANNED_IN_CHANNEL",
    "TOPIC_CLOSED",
    "TOPIC_DELETED",
    "USER_IS_BLOCKED",
    "YOU_BLOCKED_USER",
    "CHANNEL_PRIVATE",
    "CHANNEL_INVALID",
    "CHAT_ID_INVALID",
    "PEER_ID_INVALID",
    "INPUT_USER_DEACTIVATED",
    "ALLOW_PAYMENT_REQUIRED*",
    "*PREMIUM*",
)
_ACCOUNT_STOPS = ("PEER_FLOOD", "FROZEN_*", "USER_DEACTIVATED*")
ABOUT_VOICE = frozenset(
    {
        "voice_messages_forbidden",
        "chat_send_voices_forbidden",
        "chat_send_media_forbidden",
        "user_voice_messages_forbidden",
    }
)
"""Reasons of errors that say nothing about texts
(https://core.telegram.org/method/messages.sendMedia#possible-errors)."""
_LOGIN_ENDS = ("AUTH_KEY_UNREGISTERED", "AUTH_KEY_DUPLICATED", "SESSION_REVOKED", "SESSION_EXPIRED")


def error_name(error: RPCError) -> str:
    """Telegram's own name of an error, such as ``CHAT_WRITE_FORBIDDEN``."""
    return _NAMES.get(type(error)) or str(error.message or type(error).__name__)


def meaning(error: RPCError) -> UserbotError:
    """The error that the rest of the program understands; pauses are the gate's."""
    name = error_name(error).upper()
    reason = name.lower()
    if _matches(name, _LOGIN_ENDS):
        return login_ended(name)
    if _matches(name, _ACCOUNT_STOPS):
        return AccountStoppedError(
            _("Telegram restricted this account ({name}).", name=name),
            _("Nothing more is sent. Open the official app and write to @SpamBot."),
            reason=reason,
        )
    if _matches(name, _CHAT_RESTS):
        return ChatRefusedError(
            _("Telegram does not let this account write here ({name}).", name=name),
            _('Nothing is sent there for a while; set respond = "off" to make that permanent.'),
            reason=reason,
        )
    return TelegramError(_("Telegram refused the request ({name}).", name=name), reason=reason)


def unknown_peer(kind: type[TelegramError] = TelegramError) -> TelegramError:
    """Telegram never told this session what a chat is named by in requests."""
    return kind(
        _("This session does not know how to reach that chat yet."),
        _("Open the chat once in a Telegram app, then start again."),
        reason="unknown_peer",
    )


def login_ended(name: str) -> NotLoggedInError:
    """Why there is no login any more, in words."""
    if name == "AUTH_KEY_DUPLICATED":
        return NotLoggedInError(
            _("Telegram ended this login because the session was used from two addresses."),
            _("Log in again with `userbot login`, and never copy a session file."),
            reason="auth_key_duplicated",
        )
    if name in ("SESSION_REVOKED", "SESSION_EXPIRED"):
        return NotLoggedInError(
            _("This login was ended from another device."),
            _("Log in again with `userbot login`."),
            reason=name.lower(),
        )
    return NotLoggedInError(
        _("You are not logged in."), _("Log in with `userbot login`."), reason="not_logged_in"
    )


def why_disconnected(error: BaseException | None) -> str | UserbotError:
    """Why a connection ended for good: "disconnected", or the error that ended it."""
    if error is None:
        return "disconnected"
    if isinstance(error, RPCError):
        return meaning(error)
    if isinstance(error, AuthKeyNotFound):
        return login_ended("AUTH_KEY_UNREGISTERED")
    return TelegramError(
        _("The connection to Telegram was closed ({kind}).", kind=type(error).__name__),
        _("Start again: missed messages are answered on restart."),
        reason="disconnected",
    )


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether an error's name is one of these."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
