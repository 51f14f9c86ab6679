"""Who may write when: the governor's buckets, Telegram's pauses, chats that rest, and the stop.

Rule 1: nothing waits in silence: a wait that is felt is shown before it begins.
Rule 2: a place that is not used, because its writer was cancelled or held back, is given back.
Rule 3: nobody has a turn while the connection is lost: all who had one would write at once then.
Rule 4: a chat that refused rests until the next start; a restricted account writes no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from userbot.errors import (
    AccountStoppedError,
    ChatRefusedError,
    NotLoggedInError,
    PauseAskedError,
    UserbotError,
)
from userbot.events import Notice, Report, Waiting
from userbot.ports import Clock
from userbot.rules.governor import Governor
from userbot.types import ConversationId

_TOLD_SECONDS = 1.0
"""Waits shorter than this are not told: they are the governor's ordinary rhythm."""


class Line(Protocol):
    """The connection."""

    @property
    def line_stands(self) -> bool:
        """Whether there is one."""
        ...

    async def line(self) -> None:
        """Come back when there is one. Raises PostponedError when the program ends."""
        ...


class Turns:
    """`on_fatal`: told of an error that ends the program. `line`: whether there is a connection."""

    def __init__(
        self,
        governor: Governor,
        clock: Clock,
        report: Report,
        on_fatal: Callable[[UserbotError], None],
        line: Line,
    ) -> None:
        self._governor = governor
        self._clock = clock
        self._report = report
        self._on_fatal = on_fatal
        self._line = line
        self._resting: dict[ConversationId, ChatRefusedError] = {}
        self._slow: set[int] = set()
        self._waiting: Counter[ConversationId] = Counter()
        self._stopped: UserbotError | None = None

    @property
    def stopped(self) -> UserbotError | None:
        """Set once Telegram restricted the account or ended its login: nothing more is written."""
        return self._stopped

    def check(self, conversation: ConversationId) -> None:
        """Raise why nothing may be written here, if so."""
        refused = (
            self._stopped
            or self._resting.get(ConversationId(conversation.chat))
            or self._resting.get(conversation)
        )
        if refused is not None:
            raise refused

    async def take(self, conversation: ConversationId, method: str, title: str = "") -> None:
        """Wait for a turn, however long it takes.

        Raises what `check` raises, and PostponedError if the program ends without a connection.
        """
        self._waiting[conversation] += 1
        try:
            while True:
                self.check(conversation)
                await self._line.line()
                await self._pauses(conversation, method, title)
                if await self._places(conversation, method, title):
                    return
        finally:
            self._waiting[conversation] -= 1
            if not self._waiting[conversation]:
                del self._waiting[conversation]

    async def take_after_answers(
        self, conversation: ConversationId, method: str, title: str = ""
    ) -> None:
        """Wait for a turn that no answer needs. Raises what `check` raises."""
        told = False
        while True:
            self.check(conversation)
            await self._pauses(conversation, method, title)
            seconds = self._governor.order_place(conversation.chat, self._clock.monotonic())
            if not seconds:
                return
            # The first wait tells of them all: others may be let through before.
            await self._wait(conversation, title, seconds, "governor", told=told)
            told = told or seconds >= _TOLD_SECONDS

    def awaited(self, conversation: ConversationId) -> bool:
        """Whether somebody waits for a turn there: it may take long, and will come."""
        return conversation in self._waiting

    def spare(self, conversation: ConversationId, method: str) -> bool:
        """Take a turn that nobody else needs, or none."""
        self.check(conversation)
        return self._governor.spare(method, conversation.chat, self._clock.monotonic())

    def typing(self, conversation: ConversationId) -> bool:
        """Whether a typing signal may go now."""
        resting = self._resting.get(ConversationId(conversation.chat)) or self._resting.get(
            conversation
        )
        if self._stopped or resting:
            return False
        return self._governor.typing(conversation.chat, self._clock.monotonic())

    def slow(self, chat: int) -> bool:
        """Whether the chat was found to be in slow mode."""
        return chat in self._slow

    def pause(
        self, conversation: ConversationId, method: str, seconds: float, *, slow_mode: bool
    ) -> UserbotError:
        """Telegram asked for a pause; gives the error to raise for it."""
        now = self._clock.monotonic()
        if slow_mode:
            self._slow.add(conversation.chat)
            self._governor.slowed(method, conversation.chat, seconds, now)
        else:
            self._governor.flooded(method, conversation.chat, seconds, now)
        return PauseAskedError(seconds, slow_mode=slow_mode)

    def refused(self, conversation: ConversationId, error: UserbotError) -> UserbotError:
        """Telegram refused a write: remember what holds for the next ones; gives the error."""
        if isinstance(error, AccountStoppedError | NotLoggedInError):
            if self._stopped is None:
                self._stop(error)
        elif isinstance(error, ChatRefusedError):
            topic_only = error.reason.startswith("topic_")
            self._resting[conversation if topic_only else ConversationId(conversation.chat)] = error
        return error

    def _stop(self, error: UserbotError) -> None:
        self._stopped = error
        if error.reason == "peer_flood":
            self._report(Notice(reason=error.reason, detail=str(error), hint=error.hint))
        else:
            self._on_fatal(error)

    async def _pauses(self, conversation: ConversationId, method: str, title: str) -> None:
        while pause := self._governor.pause(method, conversation.chat, self._clock.monotonic()):
            detail = "account" if pause.account_wide else method
            await self._wait(conversation, title, pause.seconds, pause.reason, detail=detail)
            self.check(conversation)

    async def _places(self, conversation: ConversationId, method: str, title: str) -> bool:
        """Take a place in both buckets, the chat's first: its wait must not hold others up."""
        governor, chat, clock = self._governor, conversation.chat, self._clock
        used = False
        here = governor.chat_place(chat, clock.monotonic())
        try:
            await self._wait(conversation, title, here, "governor")
            of_account = governor.account_place(clock.monotonic())
            try:
                await self._wait(conversation, title, of_account, "governor", waited=here)
                self.check(conversation)
                paused = governor.pause(method, chat, clock.monotonic()) is not None
                used = self._line.line_stands and not paused
            finally:
                if not used:
                    governor.give_back_account()
        finally:
            if not used:
                governor.give_back_chat(chat)
        return used

    async def _wait(
        self,
        conversation: ConversationId,
        title: str,
        seconds: float,
        reason: str,
        *,
        waited: float = 0.0,
        detail: str = "",
        told: bool = False,
    ) -> None:
        if seconds <= 0:
            return
        if not told and waited + seconds >= _TOLD_SECONDS:
            self._report(
                Waiting(
                    chat=conversation.chat,
                    title=title,
                    reason=reason,
                    seconds=seconds,
                    detail=detail,
                )
            )
        await self._clock.sleep(seconds)
