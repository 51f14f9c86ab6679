"""The second composition root: the assistant in the terminal, without Telegram.

It is the same path, with a screen for an outbox: the same model, memory, limits and history. Its
conversation has a place of its own in the store, which `userbot run` leaves alone.
"""

# ruff: noqa: ARG002 - what stands in for chats needs nothing of what is asked
from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn, cast

from userbot.clock import SystemClock
from userbot.console.terminal import Terminal
from userbot.errors import StorageError, TelegramError, UserbotError
from userbot.events import Report
from userbot.ground import Ground
from userbot.openai_api.chat import Chat as ChatModel
from userbot.path.hearing import Said
from userbot.path.house_rules import HouseRules
from userbot.path.replying import Written
from userbot.ports import Reader, Sender
from userbot.rules.trigger import Policy, command_of, question_of
from userbot.settings import PacingConfig, Settings, VoiceConfig
from userbot.storage.store import Store
from userbot.types import (
    TERMINAL,
    ChatKind,
    ConversationId,
    Decision,
    Message,
    Person,
    Picture,
    Question,
    Since,
)

_YOU = Person(id=TERMINAL, name="You")
_PLACE = ConversationId(TERMINAL)
_LIVELY = PacingConfig(edit_seconds=0.05, max_previews=100_000)
_WHOLE = PacingConfig(max_previews=0)
_ABANDONED = timedelta(hours=1)
"""What is open for longer belongs to a conversation that was killed."""


class Talk:
    """A conversation. `lively`: an answer is shown as it grows."""

    def __init__(
        self, settings: Settings, store: Store, report: Report, terminal: Terminal
    ) -> None:
        self._settings = settings
        self._store = store
        self._terminal = terminal
        self._clock = clock = SystemClock()
        self._broken: StorageError | None = None
        self._ground = ground = Ground(settings, report, store, clock, self._stop)
        self._settlement = ground.settlement
        policy = Policy(
            prefix=settings.trigger.prefix,
            owner=TERMINAL,
            owner_usernames=frozenset(),
            elsewhere="me",
            chats={},
            began=clock.now(),  # not the first start, which is that of `userbot run`
        )
        rules, nowhere = HouseRules(policy, {}, "me", store), _Nowhere()
        # What answers asks of them is less than the whole port.
        reader, sender = cast("Reader", nowhere), cast("Sender", terminal)
        self._allowance = ground.allowance({})
        self._model = ChatModel(settings.openai, report)
        aftermath = ground.aftermath(reader, nowhere)
        writes = ground.writes(sender, reader, aftermath)
        pacing = _LIVELY if terminal.lively else _WHOLE
        self._assistant = ground.assistant(
            rules,
            aftermath,
            _Read(),
            reader,
            ground.background(reader, rules),
            self._model,
            self._allowance,
            sender,
            Written(ground.in_writing(pacing, sender, writes)),
        )

    @property
    def failed(self) -> int:
        """How many questions were not answered."""
        return self._settlement.failed_count

    def begin(self) -> None:
        """Do what is due at a start: erase what is old, give up what was left open."""
        self._ground.forgetting.sweep_once()
        now = self._clock.now()
        self._allowance.count_lost(now - _ABANDONED, terminal=True)
        for ask, _ in self._store.questions.pending(terminal=True):
            if now - ask.at > _ABANDONED:
                self._store.questions.mark(ask, "skipped", "stopped", now)

    async def say(self, line: str) -> bool:
        """Answer a line; False if it was stopped by cancelling. Raises StorageError."""
        order = command_of(line, self._settings.trigger.prefix)
        if order is not None:
            self._order(getattr(order, "name", ""))
            return True
        ask = self._ask(line, self._clock.now())
        if ask is None:
            return True
        try:
            await self._assistant.handle(ask)
        except asyncio.CancelledError:
            self._settlement.stopped(ask)
            self._ground.memory.forget(_PLACE)
            return False
        finally:
            self._terminal.end()
            if self._broken is not None:
                raise self._broken
        return True

    async def aclose(self) -> None:
        """Close what was opened."""
        self._ground.patience.leave()
        await self._ground.storing.drain()
        await self._model.aclose()

    def _ask(self, line: str, now: datetime) -> Question | None:
        question = question_of(line, self._settings.trigger.prefix)
        text = line.strip() if question is None else question
        if not text:
            return None
        typed = Question(
            conversation=_PLACE,
            message=self._terminal.new_message(),
            kind=ChatKind.PRIVATE,
            title="Terminal",
            sender=_YOU,
            text=text,
            at=now,
            by_owner=True,
        )
        admitted = self._allowance.admit(typed, now)
        if admitted is None:
            return None
        ask, refusal = admitted
        if refusal is not None:
            self._settlement.limited(ask, refusal.reason, refusal.detail)
            return None
        return ask

    def _order(self, name: str) -> None:
        if name != "new":
            raise UserbotError(
                "Of the commands only /gpt_new works here.", "The others are for chats."
            )
        self._store.conversations.begin_anew(_PLACE)
        self._ground.memory.forget(_PLACE)

    def _stop(self, error: StorageError) -> None:
        self._broken = error


class _Read:
    """What is typed says what it says; implements `assistant.Ears`."""

    def voice_in(self, chat: int) -> VoiceConfig:
        return VoiceConfig()

    async def hear(self, ask: Question) -> Said:
        return Said(ask, None)


class _Nowhere:
    """There is no chat behind the terminal; nothing of the path asks for it."""

    async def connected(self) -> None:
        """Nothing comes from elsewhere, and nothing is missed."""

    async def since(self, chat: int, messages: Sequence[int]) -> Since:
        self._refuse()

    async def lately(self, chat: int, at: datetime) -> Since:
        self._refuse()

    async def follow(self, ask: Question) -> None:
        self._refuse()

    def decide(self, incoming: Message) -> Decision:
        self._refuse()

    def reads(
        self, ask: Question, pieces: Sequence[Question], gone: Sequence[Question], why: str
    ) -> None:
        self._refuse()

    async def latest(self, chat: int, before: int, count: int) -> list[Message]:
        self._refuse()

    async def fetch_pictures(
        self, chat: int, message: int, *, several: bool = False
    ) -> list[Picture]:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise TelegramError("There is no Telegram here.", reason="terminal")
