"""Every error that the program raises on purpose.

UserbotError                  exit 1
├── UsageError                exit 2   the command line asks for what cannot be
├── ConfigError               exit 3   config.toml is wrong; carries every fault
├── NotLoggedInError          exit 4   no login, or it was revoked or duplicated
├── SessionInUseError         exit 5   another process has the session
├── StorageError              exit 1   the history database cannot be used
├── TelegramError             exit 1   Telegram refused or cannot be reached
│   ├── ChatRefusedError               this chat takes no message from us: it rests
│   ├── AccountStoppedError            the account is restricted: nothing more is written
│   ├── VoiceRefusedError              this chat takes no voice note from us, but texts
│   ├── PauseAskedError                this write has to wait; caught where it is repeated
│   ├── WriteInDoubtError              a message that left may stand in Telegram, or may not
│   └── MessageGoneError               the message to edit, or to reply to, is not there any more
├── AudioError                exit 1   a recording cannot be listened to
├── DocumentError             exit 1   a document cannot be read
├── NothingToAnswerError      exit 1   it turned out to be no question; nothing failed
├── NoSuchChatError           exit 1   the owner named a chat that is none of his
├── SwitchError               exit 1   the owner's question has a switch that means nothing
├── LimitReachedError         exit 1   a limit of the config refuses a question
├── ToolServerError           exit 1   a server of tools cannot be reached, refused or failed
├── PostponedError            exit 1   the program ends first: the question waits for the next start
└── ModelError                exit 1   the model's endpoint refused, failed or was silent

`str(error)` is one plain sentence, `error.hint` says what to do, `error.reason` is a stable slug.
None of them ever carries a secret.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from userbot.texts import _, joined

if TYPE_CHECKING:
    from userbot.types import Usage

_SYSTEM: Final = {
    errno.ENOENT: _("no such file or directory"),
    errno.EACCES: _("permission denied"),
    errno.EPERM: _("permission denied"),
    errno.ENOSPC: _("no space left on the disk"),
    errno.EDQUOT: _("disk quota exceeded"),
    errno.EROFS: _("read-only file system"),
    errno.EISDIR: _("this is a folder"),
    errno.ENOTDIR: _("this is not a folder"),
    errno.EEXIST: _("the file exists already"),
    errno.ENAMETOOLONG: _("the file name is too long"),
    errno.ELOOP: _("too many levels of symbolic links"),
    errno.EMFILE: _("too many open files"),
    errno.EIO: _("input/output error"),
    errno.EINVAL: _("invalid argument"),
    errno.EADDRINUSE: _("address already in use"),
    errno.EADDRNOTAVAIL: _("no such address here"),
    errno.ECONNREFUSED: _("connection refused"),
    errno.ECONNRESET: _("connection reset"),
    errno.ENETUNREACH: _("network is unreachable"),
}


def system_reason(error: OSError) -> str:
    """What the operating system said, in words that can be translated."""
    return _SYSTEM.get(error.errno or 0) or error.strerror or type(error).__name__


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, and so on; groups are opened."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting.append(cause.__cause__ or cause.__context__)
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(cause.exceptions)


class UserbotError(Exception):
    """A failure that a person can understand: one sentence, and what to do."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "", *, reason: str = "error") -> None:
        super().__init__(message)
        self.hint = hint
        self.reason = reason


class UsageError(UserbotError):
    """The command line asks for what cannot be."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the configuration.

    `where` is "config.toml:12" or a variable's name; empty if the message names the file itself.
    """

    where: str
    message: str
    hint: str = ""

    @property
    def told(self) -> str:
        """It as one sentence, with where it is."""
        return joined(self.where, self.message, by=": ")


class ConfigError(UserbotError):
    """The configuration is wrong; `faults` holds all that was found, at least one."""

    exit_code = 3

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        first = faults[0]
        super().__init__(first.told, first.hint, reason="config")
        self.faults = faults


class NotLoggedInError(UserbotError):
    """There is no login, or Telegram ended it."""

    exit_code = 4


class SessionInUseError(UserbotError):
    """Another process has the session."""

    exit_code = 5


class StorageError(UserbotError):
    """The history database cannot be used; nothing in it was changed."""

    @property
    def passing(self) -> bool:
        """Whether it may be over in a while, without a new start."""
        return self.reason in ("storage_busy", "storage_full")


class TelegramError(UserbotError):
    """Telegram refused a request or cannot be reached."""


class ChatRefusedError(TelegramError):
    """This chat takes no message from the account; it rests for a while."""


class AccountStoppedError(TelegramError):
    """Telegram restricted the account; nothing more may be written."""


class VoiceRefusedError(TelegramError):
    """A voice note cannot be brought into this chat; a text may well arrive."""


class NotTranscribedError(TelegramError):
    """Telegram itself does not transcribe a recording; an endpoint may.

    `lasting`: nor does it the next one, for a while.
    """

    def __init__(self, told: str, hint: str = "", *, reason: str, lasting: bool = False) -> None:
        super().__init__(told, hint, reason=reason)
        self.lasting = lasting


class AudioError(UserbotError):
    """A recording cannot be listened to: gone, damaged, too large, or no recording at all."""


class DocumentError(UserbotError):
    """A document cannot be read: damaged, encrypted, too large, or no document at all."""


class NothingToAnswerError(UserbotError):
    """What looked like a question holds none: silence, or words for somebody else."""


class NoSuchChatError(UserbotError):
    """What the owner named is none of his chats, or not one that may be looked through."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint, reason="no_such_chat")


class SwitchError(UserbotError):
    """A switch of the owner's question means nothing as he wrote it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint, reason="bad_switch")


class PauseAskedError(TelegramError):
    """Telegram took nothing and asks for a pause: a flood wait, or the chat's slow mode."""

    def __init__(self, seconds: float, *, slow_mode: bool) -> None:
        reason = "slow_mode" if slow_mode else "flood_wait"
        super().__init__(_("Telegram asks to wait {seconds:g} s.", seconds=seconds), reason=reason)
        self.slow_mode = slow_mode


class MessageGoneError(TelegramError):
    """Somebody deleted the message that was to be edited or replied to."""


class WriteInDoubtError(TelegramError):
    """A message has left, and Telegram's answer does not tell whether it stands now.

    `landed`: Telegram says that it took this very message once. `message` is its id then, if
    Telegram tells; what it shows may be an earlier text.
    """

    def __init__(self, told: str, *, landed: bool = False, message: int | None = None) -> None:
        super().__init__(told, reason="in_doubt")
        self.landed = landed
        self.message = message


class LimitReachedError(UserbotError):
    """A limit of the config refuses a question before anything is paid for it.

    `window`: how long that limit counts; a person is told at most once in it, and never of none.
    """

    def __init__(self, message: str, *, reason: str, window: timedelta) -> None:
        super().__init__(message, reason=reason)
        self.window = window


class ToolServerError(UserbotError):
    """A server of tools cannot be reached, refused or failed.

    `left`: a call had left, and may have been carried out all the same.
    """

    def __init__(self, message: str, hint: str = "", *, left: bool = False) -> None:
        super().__init__(message, hint, reason="tool_server")
        self.left = left


class PostponedError(UserbotError):
    """The program ends before the question does: it is left as it is, for the next start."""


class ModelError(UserbotError):
    """The model's endpoint refused, failed or was silent.

    `retry_after` is in seconds: 0 means a retry makes sense at once or with backoff,
    None that it does not. `usage`: what was paid all the same, if the endpoint told.
    `unexplained`: it refused the request, and nothing that is understood tells why.
    `overloaded`: it has too much to do for this model. `asked`: the model, if an answer was paid.
    """

    usage: Usage | None = None
    unexplained: bool = False
    overloaded: bool = False
    asked: str = ""

    def __init__(
        self, message: str, hint: str = "", *, reason: str, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint, reason=reason)
        self.retry_after = retry_after
