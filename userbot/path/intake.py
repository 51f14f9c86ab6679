"""The first stop of a message: decide, check the limits, store, queue.

Rule 1: nothing here awaits, so a question is stored before anything else can happen to it.
Rule 2: what no rule lets through is not stored.
Rule 3: without the store nothing is answered: an answer that is not recorded may be said twice.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from userbot.events import Heard, Ignored, Report, about
from userbot.path.aftermath import Aftermath
from userbot.path.allowance import Allowance
from userbot.path.background import Background
from userbot.path.chat_commands import ChatCommands
from userbot.path.conversations import Conversations
from userbot.path.house_rules import HouseRules
from userbot.path.loop_watch import LoopWatch
from userbot.path.settlement import Settlement, preview
from userbot.path.storing import Storing
from userbot.ports import Clock
from userbot.rules.trigger import Known, decide
from userbot.settings import TriggerConfig
from userbot.storage.store import Store
from userbot.types import Command, ConversationId, Decision, Ignore, Message, Person, Question


class Intake:
    """Takes every message that Telegram brings."""

    def __init__(
        self,
        rules: HouseRules,
        commands: ChatCommands,
        background: Background,
        allowance: Allowance,
        aftermath: Aftermath,
        loops: LoopWatch,
        max_age_minutes: float,
        trigger: TriggerConfig,
        store: Store,
        storing: Storing,
        conversations: Conversations,
        settlement: Settlement,
        clock: Clock,
        report: Report,
    ) -> None:
        self._rules = rules
        self._commands = commands
        self._background = background
        self._allowance = allowance
        self._aftermath = aftermath
        self._loops = loops
        self._max_age = timedelta(minutes=max_age_minutes)
        self._trigger = trigger
        self._store = store
        self._storing = storing
        self._conversations = conversations
        self._settlement = settlement
        self._clock = clock
        self._report = report

    def receive(self, incoming: Message) -> None:
        """Decide about a message and, if it is a question, store and queue it.

        Raises StorageError; then nothing was done about it, and it can be received again.
        """
        self._typed_elsewhere(incoming)
        known = self._known(incoming)
        decision = self._decided(incoming, known)
        if isinstance(decision, Question):
            prefixed = decision.text != incoming.text.strip()
            self._ask(
                decision, replies=known.replies_to_answer, prefixed=prefixed, live=incoming.live
            )
        elif isinstance(decision, Command):
            self._commands.receive(incoming, decision)
        elif isinstance(decision, Ignore):
            if decision.reason != "ours":
                self._background.heard(incoming)
            if decision.reason == "owner_no_prefix" and self._trigger.stand_down:
                self._stand_down(incoming)
            self._ignored(incoming, decision.reason)

    def _stand_down(self, own: Message) -> None:
        """The owner wrote in a conversation himself: what waits there is his to answer."""
        self._conversations.stop_all(
            lambda ask: (
                ask.conversation == own.conversation
                and not ask.by_owner
                and (ask.moved_from is not None or ask.message < own.message)
            ),
            "stood_down",
            shown=False,
        )

    def _typed_elsewhere(self, incoming: Message) -> None:
        """Telegram does not tell us of what we send ourselves: this is from another device.

        Unless it left over a connection that is lost by now, and was carried out after that: then
        it has the words of a write that nobody has confirmed.
        """
        if incoming.live and incoming.outgoing and incoming.reply_to is not None:
            chat = incoming.chat
            asked = self._store.questions.asked_by(chat, incoming.reply_to) is not None
            if asked and not self._store.outbound.owns(chat, incoming.message, incoming.text):
                self._store.outbound.typed_elsewhere(chat, incoming.message)

    def decide(self, incoming: Message) -> Decision:
        """What is to be done about a message by the rules of now. Raises StorageError."""
        return self._decided(incoming, self._known(incoming))

    def _decided(self, incoming: Message, known: Known) -> Decision:
        home = self._rules.moved.get(incoming.chat)
        there = incoming if home is None else replace(incoming, conversation=ConversationId(home))
        decision = decide(there, known, self._rules.policy)
        if isinstance(decision, Question):
            decision = replace(decision, expires_at=incoming.expires_at)
            if home is not None:
                decision = replace(decision, conversation=incoming.conversation).moved(home)
        return decision

    def _known(self, incoming: Message) -> Known:
        """What the store knows about a message."""
        chat = incoming.chat
        return Known(
            ours=incoming.outgoing
            and self._store.outbound.owns(chat, incoming.message, incoming.text),
            replies_to_answer=incoming.reply_to is not None
            and self._store.outbound.answered_by(chat, incoming.reply_to) is not None,
            forgotten=incoming.sender is not None and incoming.sender.id in self._rules.forgotten,
        )

    def _ask(self, decided: Question, *, replies: bool, prefixed: bool, live: bool) -> None:
        now = self._clock.now()
        if now - decided.at > self._max_age:
            self._skip_old(decided, now)
            return
        joins = self._conversations.joins(decided)
        admitted = self._allowance.admit(decided, now, joins=joins)
        if admitted is None:
            return  # Telegram brought it twice; the first one is on its way.
        ask, refusal = admitted
        if refusal is not None:
            self._settlement.limited(ask, refusal.reason, refusal.detail)
            return
        if self._loops.stops(ask, now, replies=replies, prefixed=prefixed):
            self._storing.soon(
                partial(self._store.questions.mark, ask, "skipped", "loop", now), ask
            )
            self._settlement.limited(ask, "loop", self._loops.told(ask))
            return
        if not live:
            self._aftermath.belated(ask)
        self._report(
            Heard(
                **about(ask),
                text=preview(ask.text),
                voice=ask.voice.kind if ask.voice else None,
                duration=ask.voice.seconds if ask.voice else None,
            )
        )
        self._conversations.arrived(ask)

    def _skip_old(self, decided: Question, now: datetime) -> None:
        if ask := self._store.questions.add(decided, now):
            self._storing.soon(
                partial(self._store.questions.mark, ask, "skipped", "too_old", now), ask
            )
            self._settlement.too_old(ask)

    def _ignored(self, incoming: Message, reason: str) -> None:
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
