"""The first stop of a message: decide, check the limits, store, queue.

Rule 1: nothing here awaits, so a question is stored before anything else can happen to it.
Rule 2: what no rule lets through is not stored.
Rule 3: without the store nothing is answered: an answer that is not recorded may be said twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from userbot.activity import Failed, Heard, Ignored, Limited, Report
from userbot.errors import StorageError
from userbot.messages import Ask, Command, Ignore, Incoming, Person
from userbot.path.background import Background
from userbot.path.chat_commands import ChatCommands
from userbot.path.conversations import Conversations
from userbot.path.house_rules import HouseRules
from userbot.path.settlement import Settlement, preview
from userbot.ports import Clock, Store
from userbot.rules import limits
from userbot.rules.trigger import Known, decide
from userbot.settings import Limits


class Intake:
    """Takes every message that Telegram brings."""

    def __init__(
        self,
        rules: HouseRules,
        commands: ChatCommands,
        background: Background,
        limits: Limits,
        max_age_minutes: float,
        store: Store,
        conversations: Conversations,
        settlement: Settlement,
        clock: Clock,
        report: Report,
    ) -> None:
        self._rules = rules
        self._commands = commands
        self._background = background
        self._limits = limits
        self._max_age = timedelta(minutes=max_age_minutes)
        self._store = store
        self._conversations = conversations
        self._settlement = settlement
        self._clock = clock
        self._report = report

    def receive(self, incoming: Incoming) -> None:
        """Decide about a message and, if it is a question, store and queue it."""
        try:
            decision = decide(incoming, self._known(incoming), self._rules.policy)
            if isinstance(decision, Ask):
                self._ask(decision)
            elif isinstance(decision, Command):
                self._commands.receive(incoming, decision)
            elif isinstance(decision, Ignore):
                if decision.reason != "ours":
                    self._background.heard(incoming)
                self._ignored(incoming, decision.reason)
        except StorageError as error:
            self._report(
                Failed(
                    chat=incoming.chat,
                    title=incoming.title,
                    message=incoming.message,
                    person=incoming.sender,
                    reason=error.reason,
                    error=str(error),
                    hint=error.hint,
                )
            )

    def _known(self, incoming: Incoming) -> Known:
        chat = incoming.chat
        return Known(
            ours=incoming.outgoing and self._store.owns(chat, incoming.message, incoming.text),
            replies_to_answer=incoming.reply_to is not None
            and self._store.answered_by(chat, incoming.reply_to) is not None,
            forgotten=incoming.sender is not None and incoming.sender.id in self._rules.forgotten,
        )

    def _ask(self, decided: Ask) -> None:
        now = self._clock.now()
        ask = self._store.add(decided, now)
        if ask is None:
            return  # Telegram brought it twice; the first one is on its way.
        if now - ask.at > self._max_age:
            self._store.mark(ask, "skipped", "too_old", now)
            self._settlement.skipped(ask, "too_old", "It arrived while the program was away.")
            return
        refusal = self._refusal(ask, now)
        if refusal is not None:
            self._store.mark(ask, "skipped", refusal.reason, now)
            self._report(
                Limited(
                    chat=ask.chat,
                    title=ask.title,
                    message=ask.message,
                    person=ask.sender,
                    reason=refusal.reason,
                    detail=refusal.detail,
                )
            )
            return
        self._conversations.put(ask)
        self._report(
            Heard(
                chat=ask.chat,
                title=ask.title,
                message=ask.message,
                person=ask.sender,
                text=preview(ask.text),
                voice=ask.voice.kind if ask.voice else None,
                duration=ask.voice.seconds if ask.voice else None,
            )
        )

    def _refusal(self, ask: Ask, now: datetime) -> limits.Refusal | None:
        began = limits.day_began(now, self._limits.timezone)
        spent = self._store.spent(ask.sender.id, now, began)
        return limits.check(self._limits, spent, ask.by_owner)

    def _ignored(self, incoming: Incoming, reason: str) -> None:
        sender: Person | None = incoming.sender
        self._report(
            Ignored(
                chat=incoming.chat,
                title=incoming.title,
                message=incoming.message,
                person=sender,
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
