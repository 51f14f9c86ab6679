"""What is nobody's question: it is background at most, and the console says why."""

from __future__ import annotations

from userbot.events import Failed, Ignored, Report, about_message
from userbot.intake.queue import Queue
from userbot.rules.trigger import Known
from userbot.texts import _
from userbot.turn.chat_rules import ChatRules
from userbot.turn.endings import internal
from userbot.turn.understand.background import Background
from userbot.types import Came, Message, Question


class Overheard:
    """Takes the messages that ask nothing."""

    def __init__(
        self, chats: ChatRules, background: Background, queue: Queue, report: Report
    ) -> None:
        self._chats = chats
        self._background = background
        self._queue = queue
        self._report = report

    def ignore(self, message: Message, known: Known, reason: str) -> None:
        """No rule lets a message through. Raises StorageError."""
        if reason != "ours":
            self._background.heard(message)
        elif message.came is not Came.LIVE:
            return  # a look finds our answers, too
        if reason == "owner_no_prefix":
            self._queue.stand_down(message)
        notable = reason not in _EVERYDAY and self._was_asked(message, known, reason)
        detail = self._why_not(message) if notable and reason == "not_allowed" else ""
        self._report(
            Ignored(**about_message(message), reason=reason, notable=notable, detail=detail)
        )

    def failed(self, message: Message, bug: Exception) -> None:
        """A message raised what nobody foresaw."""
        self._report(Failed.of(internal(bug), about_message(message)))

    def _was_asked(self, message: Message, known: Known, reason: str) -> bool:
        """Whether it would have been a question, had its sender been let in."""
        if reason not in _SHUT_OUT:
            return True
        decision = self._chats.decide_if_allowed(message, known)
        return isinstance(decision, Question) and not decision.listen_first

    def _why_not(self, message: Message) -> str:
        """Why its sender may not ask there."""
        name = "" if message.sender is None else message.sender.name
        match self._chats.allowed(message.conversation.chat):
            case "contacts":
                return _("{name} is not in your contacts", name=name)
            case "me":
                return _("only you may ask here")
            case _:
                return _("{name} is not on the list of people who may ask here", name=name)


_SHUT_OUT = frozenset({"not_allowed", "forgotten", "blocked", "off"})
"""Who only talks where he may not ask asked nothing."""
_EVERYDAY = frozenset(
    {
        "away",
        "before_start",
        "bot",
        "channel_sender",
        "imported",
        "no_mention",
        "no_prefix",
        "no_text",
        "not_listed",
        "ours",
        "owner_no_prefix",
        "post",
        "service",
        "via_bot",
        "via_business_bot",
    }
)
"""Reasons that say only that people talk to each other; shown with ``-v``."""
