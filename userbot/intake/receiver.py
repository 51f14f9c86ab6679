"""The first stop of a message: decide, check the limits, store, queue.

Rule 1: nothing here awaits, and one transaction stores the question, its least cost and how far its
chat was seen. If that fails, nothing has happened; whatever else follows comes after it.
Rule 2: what no rule lets through is not stored.
Rule 3: without the store nothing is answered: an answer that is not recorded may be said twice.
Rule 4: a message that is handed over twice is one question, and one command.
Rule 5: a message that raises what nobody foresaw is told and skipped, so that no chat is blocked.
"""

from __future__ import annotations

from datetime import datetime

from userbot.errors import StorageError
from userbot.events import About, Failed, Ignored, Report
from userbot.intake.admission import Admission
from userbot.intake.chat_commands import ChatCommands
from userbot.intake.command_results import QUIET
from userbot.rules.trigger import Known
from userbot.storage.chats import Watermark
from userbot.storage.store import Store
from userbot.texts import _
from userbot.turn.chat_rules import ChatRules
from userbot.turn.endings import internal
from userbot.turn.understand.background import Background
from userbot.types import Came, Command, CommandMessage, Message, Question


class Receiver:
    """Takes every message that Telegram brings, or that was looked for."""

    def __init__(
        self,
        chats: ChatRules,
        admission: Admission,
        commands: ChatCommands,
        background: Background,
        store: Store,
        report: Report,
    ) -> None:
        self._chats = chats
        self._admission = admission
        self._commands = commands
        self._background = background
        self._store = store
        self._report = report

    def receive(self, message: Message, mark: Watermark | None, now: datetime) -> None:
        """Decide about a message and, if it is a question, store and queue it.

        `mark`: how far its chat is seen then. Raises StorageError; then nothing was done about it,
        and it can be received again.
        """
        try:
            self._take(message, mark, now)
        except StorageError:
            raise
        except Exception as bug:
            # Each look would find the message again, and end at it: nothing behind it would arrive.
            self._put(mark)
            self._report(Failed.of(internal(bug), _about(message)))

    def _take(self, message: Message, mark: Watermark | None, now: datetime) -> None:
        known = self._chats.known(message)
        decision = self._chats.decide(message, known)
        if isinstance(decision, Question):
            hidden: CommandMessage | None = None
            with self._store.database.transaction():
                admitted = self._admission.store(decision, now, replies=known.replies_to_answer)
                if admitted is not None and decision.quiet:
                    hidden = self._commands.record(message, Command(QUIET, ""))
                self._put(mark)
            if admitted is not None:
                self._admission.go_on(admitted, belated=message.came is not Came.LIVE)
            if hidden is not None:
                self._commands.hide(hidden, self._admission.queue)
        elif isinstance(decision, Command):
            with self._store.database.transaction():
                recorded = self._commands.record(message, decision)
                self._put(mark)
            if recorded is not None:
                self._commands.carry_out(recorded, message, decision)
        else:
            self._put(mark)
            self._ignore(message, known, decision.reason)

    def _put(self, mark: Watermark | None) -> None:
        if mark is not None:
            self._store.watermarks.put(mark)

    def _ignore(self, message: Message, known: Known, reason: str) -> None:
        if reason != "ours":
            self._background.heard(message)
        elif message.came is not Came.LIVE:
            return  # a look finds our answers, too
        if reason == "owner_no_prefix":
            self._admission.queue.stand_down(message)
        notable = reason not in _EVERYDAY and self._was_asked(message, known, reason)
        detail = self._why_not(message) if notable and reason == "not_allowed" else ""
        self._report(Ignored(**_about(message), reason=reason, notable=notable, detail=detail))

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


def _about(message: Message) -> About:
    return About(
        chat=message.conversation.chat,
        title=message.title,
        message=message.message,
        person=message.sender,
    )


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
