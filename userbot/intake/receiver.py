"""The first stop of a message: decide, check the limits, store, queue.

Rule 1: nothing here awaits, so a question is stored before anything else can happen to it.
Rule 2: what no rule lets through is not stored.
Rule 3: without the store nothing is answered: an answer that is not recorded may be said twice.
"""

from __future__ import annotations

from userbot.events import Ignored, Report
from userbot.intake.admission import Admission, Arrived
from userbot.intake.chat_commands import ChatCommands
from userbot.storage.store import Store
from userbot.turn.judge import Judge
from userbot.turn.understand.background import Background
from userbot.types import Command, Message, Question


class Receiver:
    """Takes every message that Telegram brings. `stand_down`: as in [trigger]."""

    def __init__(
        self,
        judge: Judge,
        admission: Admission,
        commands: ChatCommands,
        background: Background,
        store: Store,
        report: Report,
    ) -> None:
        self._judge = judge
        self._admission = admission
        self._commands = commands
        self._background = background
        self._store = store
        self._report = report
        self.stand_down = False

    def receive(self, message: Message) -> None:
        """Decide about a message and, if it is a question, store and queue it.

        Raises StorageError; then nothing was done about it, and it can be received again.
        """
        self._note_what_was_typed_elsewhere(message)
        known = self._judge.known(message)
        decision = self._judge.decide(message, known)
        if isinstance(decision, Question):
            prefixed = decision.text != message.text.strip()
            arrived = Arrived(known.replies_to_answer, prefixed, message.live)
            self._admission.ask(decision, arrived, self._report)
        elif isinstance(decision, Command):
            self._commands.receive(message, decision)
        else:
            if decision.reason != "ours":
                self._background.heard(message)
            if decision.reason == "owner_no_prefix" and self.stand_down:
                self._admission.stand_down(message)
            self._ignored(message, decision.reason)

    def _note_what_was_typed_elsewhere(self, message: Message) -> None:
        """Telegram does not tell us of what we send ourselves: this is from another device.

        Unless it left over a connection that is lost by now, and was carried out after that: then
        it has the words of a write that nobody has confirmed.
        """
        if message.live and message.outgoing and message.reply_to is not None:
            chat = message.conversation.chat
            asked = self._store.questions.asked_by(chat, message.reply_to) is not None
            if asked and not self._store.outbound.owns(chat, message.message, message.text):
                self._store.outbound.typed_elsewhere(chat, message.message)

    def _ignored(self, message: Message, reason: str) -> None:
        self._report(
            Ignored(
                chat=message.conversation.chat,
                title=message.title,
                message=message.message,
                person=message.sender,
                reason=reason,
                notable=reason not in _EVERYDAY,
            )
        )


_EVERYDAY = frozenset(
    {
        "before_start",
        "bot",
        "channel_sender",
        "no_mention",
        "no_prefix",
        "no_text",
        "not_listed",
        "ours",
        "owner_no_prefix",
        "post",
        "service",
        "via_bot",
    }
)
"""Reasons that say only that people talk to each other; shown with ``-v``."""
