"""The one gate that every request of the process passes, those that Telethon makes by itself too.

Rule 1: a write leaves by a permit: there is a connection, Telegram asked for no pause, and there is
room in the buckets of the chat and the account. Its writer waits for that before the write is
recorded; what is recorded never waits here: held back, it raises and has not left.
Rule 2: whatever reads waits here, and goes on when the pause is over, however long that is; only
what a question reads along is given up when nobody expects its answer any more.
Rule 3: what Telegram says is noted here and nowhere else: pauses by method and chat, slow mode,
a chat that refuses, an account that is restricted or logged out.
Rule 4: nothing waits in silence: a wait that is felt is shown before it begins. Each ends when the
program does, unless it is over within the time that answers have then.
Rule 5: a permit that is not used, because its writer was cancelled or held back, is given back.
Rule 6: what is looked up for an answer stays in its scope, whatever asks for it; nothing searches
outside of one.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from telethon.errors import (
    FloodPremiumWaitError,
    FloodTestPhoneWaitError,
    FloodWaitError,
    RPCError,
    SlowModeWaitError,
)
from telethon.tl import types

from userbot.errors import (
    AccountStoppedError,
    ChatRefusedError,
    NotLoggedInError,
    PauseAskedError,
    TelegramError,
    UserbotError,
)
from userbot.events import Notice, Report
from userbot.ports import Clock, Write
from userbot.rules.rate_limiter import (
    READS_AT_ONCE,
    READS_PER_SECOND,
    SEARCHES_AT_ONCE,
    SEARCHES_PER_SECOND,
    WRITES,
    Bucket,
    RateLimiter,
    Resting,
)
from userbot.telegram.clock import TelegramClock
from userbot.telegram.refusals import ABOUT_VOICE, meaning
from userbot.telegram.requests import DIFFERENCES, Kind, checked
from userbot.telegram.waits import TOLD_SECONDS, Waits
from userbot.texts import _
from userbot.types import ConversationId, Scope

QUESTION_SECONDS: Final = 600.0
"""The longest that a question waits for what it only reads: by then nobody expects its answer."""
LOOKUP_SECONDS: Final = 20.0
"""The longest that a look-up waits: what it would find is worth no more."""
_DATED = (types.Config, types.updates.State, types.updates.DifferenceEmpty)
"""Answers whose date is Telegram's own."""
_PAUSES = (
    FloodWaitError,
    FloodPremiumWaitError,
    FloodTestPhoneWaitError,
    SlowModeWaitError,
)


_wanted: ContextVar[tuple[int, float] | None] = ContextVar("what a question reads", default=None)
"""In which chat it reads, and until when that is wanted."""
_heard: ContextVar[tuple[int, int] | None] = ContextVar("what is listened to", default=None)
_scope: ContextVar[Scope | None] = ContextVar("where an answer looks things up", default=None)


class Gate:
    """Lets requests through: each takes its turn, waits out pauses, or is refused.

    `on_fatal` is told of an error that ends the program.

    `stopped`: set once Telegram restricted the account or ended its login; nothing more is
    written. `pausing`: how many requests wait for the end of a pause; each will come. `saved`: the
    account's own id, once it is known.
    """

    def __init__(
        self,
        limiter: RateLimiter,
        clock: Clock,
        report: Report,
        on_fatal: Callable[[UserbotError], None],
    ) -> None:
        self.waits = Waits(clock, report)
        self.time = TelegramClock(clock, report)
        self.stopped: UserbotError | None = None
        self.pausing = 0
        self.saved = 0
        self.limiter = limiter
        self._reading = Bucket(READS_PER_SECOND, READS_AT_ONCE)
        self._searching = Bucket(SEARCHES_PER_SECOND, SEARCHES_AT_ONCE)
        self._clock = clock
        self._report = report
        self._on_fatal = on_fatal
        self._resting = Resting()
        self._slow: set[int] = set()
        self._told: set[tuple[str, int]] = set()
        self._unread: set[int] = set()

    # Permits.

    def check(self, conversation: ConversationId) -> None:
        """Raise why nothing may be written here, if so."""
        if self.stopped is not None:
            raise self.stopped
        if (why := self._resting.why(conversation, self._clock.monotonic())) is not None:
            raise why

    async def acquire(self, conversation: ConversationId, write: Write, title: str = "") -> None:
        """Wait for a permit, however long it takes.

        Raises what `check` raises, and PostponedError if the program ends first.
        """
        while True:
            now = await self._open(conversation, write, title)
            if await self._places(conversation, write, title, now):
                return

    async def acquire_after_answers(
        self, conversation: ConversationId, write: Write, title: str = ""
    ) -> None:
        """Wait for a permit that no answer needs. Raises as `acquire` does."""
        told = False
        while True:
            now = await self._open(conversation, write, title)
            seconds = self.limiter.acquire_after_answers(conversation.chat, now)
            if not seconds:
                return
            # The first wait tells of them all: others may be let through before.
            if not told:
                self.waits.tell(seconds, "governor", conversation.chat, title)
            told = told or seconds >= TOLD_SECONDS
            await self.waits.sleep(seconds)

    def try_acquire(self, conversation: ConversationId, write: Write) -> bool:
        """Take a permit that nobody else needs, or none."""
        self.check(conversation)
        now = self._clock.monotonic()
        line = self.waits.line.is_set()
        return line and self.limiter.try_acquire(write, conversation.chat, now)

    def try_typing(self, conversation: ConversationId) -> bool:
        """Whether a typing signal may go now."""
        try:
            self.check(conversation)
        except UserbotError:
            return False
        now = self._clock.monotonic()
        return self.waits.line.is_set() and self.limiter.try_typing(conversation.chat, now)

    def in_slow_mode(self, conversation: ConversationId) -> bool:
        """Whether the chat was found to be in slow mode."""
        return conversation.chat in self._slow

    async def pace_reading(self) -> None:
        """Wait for a place to read a page of many. Raises PostponedError as `acquire` does."""
        await self.waits.sleep(self._reading.reserve(self._clock.monotonic()))

    def rights_changed(self, chat: int) -> None:
        """Telegram tells that something else may be written in a chat now: it rests no longer."""
        self._resting.lifted(chat)

    # Requests.

    @contextmanager
    def for_a_question(self, chat: int, seconds: float = QUESTION_SECONDS) -> Iterator[None]:
        """What is read in the block is given up when it would be waited for longer than that."""
        token = _wanted.set((chat, self._clock.monotonic() + seconds))
        try:
            yield
        finally:
            _wanted.reset(token)

    @contextmanager
    def within(self, scope: Scope, seconds: float = LOOKUP_SECONDS) -> Iterator[None]:
        """What is asked for in the block stays within a scope, and is given up as above."""
        token = _scope.set(scope)
        try:
            with self.for_a_question(scope.conversation.chat, seconds):
                yield
        finally:
            _scope.reset(token)

    @contextmanager
    def listening(self, chat: int, message: int) -> Iterator[None]:
        """In the block Telegram may be asked to transcribe that message, and no other."""
        token = _heard.set((chat, message))
        try:
            yield
        finally:
            _heard.reset(token)

    async def let_through(
        self, request: Any, send: Callable[[], Awaitable[Any]], *, account: bool = True
    ) -> Any:
        """Let a request leave by `send`; gives what Telegram answers.

        Is it allowed, does the line stand, is nothing paused? Then it leaves, and what Telegram
        says to it is noted. That a write waits its turn in the buckets is what its permit is for;
        a search waits for its own.

        `account`: over the account's own connection, not a file's. Raises PauseAskedError for a
        write that may not leave now, and has not; TelegramError for what is not allowed, or what a
        question has waited for too long; PostponedError if the program ends first; RPCError.
        """
        kind = checked(request, _scope.get(), self.saved, _heard.get())
        if kind.method == "Search":
            await self._pace_searching()
        while True:
            await self._enter(kind, request)
            try:
                result = await send()
            except _PAUSES as error:
                self._pause(kind, error)
                if kind.stale:
                    await self._enter(kind, request)
                    raise
            except RPCError as error:
                self._refused(kind, meaning(error), account=account)
                raise
            else:
                if isinstance(result, _DATED):
                    self.time.shown(result.date)
                if kind.method == "send":
                    self._resting.taken(ConversationId(kind.chat, kind.topic))
                return result

    async def _enter(self, kind: Kind, request: Any) -> None:
        """Come back when it may leave now, as far as Telegram said; a write never waits here."""
        if kind.recorded and not self.waits.line.is_set():
            raise PauseAskedError(0, slow_mode=False)
        while self.limiter.pauses:
            pause = self.limiter.pause(kind.method, kind.chat, self._clock.monotonic())
            if pause is None:
                return
            if not kind.waits:
                raise PauseAskedError(pause.seconds, slow_mode=pause.reason == "slow_mode")
            self.pausing += 1
            try:
                await self._wait_to_read(kind, pause.seconds, request)
            finally:
                self.pausing -= 1

    def _refused(self, kind: Kind, error: UserbotError, *, account: bool) -> None:
        """Note a refusal that is about more than this request: of the account, or of the chat."""
        if isinstance(error, AccountStoppedError | NotLoggedInError):
            if account:
                self._stop(error)
        elif isinstance(error, ChatRefusedError) and kind.method in WRITES:
            # Where recordings are refused texts may be taken; only what is sent names its topic.
            of_topic = error.reason.startswith("topic_") and kind.method != "send"
            if error.reason not in ABOUT_VOICE and not of_topic:
                where = ConversationId(kind.chat, kind.topic)
                self._resting.refused(where, error, self._clock.monotonic())

    def _pause(self, kind: Kind, error: Any) -> None:
        """Note the pause that Telegram asks for. Raises PauseAskedError for what does not wait."""
        now, seconds = self._clock.monotonic(), max(1.0, error.seconds)
        slow_mode = isinstance(error, SlowModeWaitError)
        if slow_mode:
            self._slow.add(kind.chat)
            self.limiter.slowed(kind.method, kind.chat, seconds, now)
        else:
            self.limiter.flooded(kind.method, kind.chat, seconds, now)
        self._told.discard((kind.method, kind.chat))
        if not kind.waits:
            raise PauseAskedError(seconds, slow_mode=slow_mode) from error

    def _stop(self, error: UserbotError) -> None:
        """Write no more. After a flood of writes that is all; anything else ends the program."""
        if self.stopped is not None:
            return
        self.stopped = error
        if error.reason == "peer_flood":
            self._report(Notice(reason=error.reason, detail=str(error), hint=error.hint))
        else:
            self._on_fatal(error)

    def tell_unread(self, kinds: set[int]) -> None:
        """What came held something of kinds that nobody here knows; each is told once."""
        if new := kinds - self._unread:
            self._unread |= new
            self._report(
                Notice(
                    reason="newer_layer",
                    detail=_(
                        "Skipped what Telegram sent in a form too new for this version ({kinds}).",
                        kinds=", ".join(f"{kind:08x}" for kind in sorted(new)),
                    ),
                    hint=_("Update the program."),
                )
            )

    # Waits.

    async def _pace_searching(self) -> None:
        """Wait for a place to search. Raises as `_wait_to_read` does."""
        chat, until = _wanted.get() or (0, math.inf)
        now = self._clock.monotonic()
        seconds, used = self._searching.reserve(now), False
        try:
            if now + seconds > until:
                raise _too_long(seconds)
            await self.waits.wait(seconds, "governor", chat)
            used = True
        finally:
            if not used:
                self._searching.release()

    async def _wait_to_read(self, kind: Kind, seconds: float, request: Any) -> None:
        """Wait a pause out, told once however many wait. Raises TelegramError if it is too long."""
        chat, until = _wanted.get() or (kind.chat, math.inf)
        if self._clock.monotonic() + seconds > until:
            raise _too_long(seconds)
        if (kind.method, kind.chat) not in self._told:
            self._told.add((kind.method, kind.chat))
            self.waits.tell(seconds, "flood_wait", chat, detail=kind.method)
        if isinstance(request, DIFFERENCES):
            await self._clock.sleep(seconds)  # Telethon takes any other end for its own mistake
        else:
            await self.waits.sleep(seconds)

    async def _open(self, conversation: ConversationId, write: Write, title: str) -> float:
        """Come back when all that a write still needs is its place; gives the time by then."""
        while True:
            self.check(conversation)
            if not self.waits.line.is_set():
                await self.waits.connected()
            now = self._clock.monotonic()
            pause = self.limiter.pause(write, conversation.chat, now)
            if pause is None:
                return now
            detail = "account" if pause.account_wide else write
            await self.waits.wait(pause.seconds, pause.reason, conversation.chat, title, detail)

    async def _places(
        self, conversation: ConversationId, write: Write, title: str, now: float
    ) -> bool:
        """Take a place in both buckets, the chat's first: its wait must not hold others up."""
        limiter, chat = self.limiter, conversation.chat
        used = False
        here = limiter.acquire_chat(chat, now)
        try:
            if here:
                await self.waits.wait(here, "governor", chat, title)
                now = self._clock.monotonic()
            there = limiter.acquire_account(now)
            try:
                if there:
                    await self.waits.wait(there, "governor", chat, title)
                used = not (here or there) or self._still_open(conversation, write)
            finally:
                if not used:
                    limiter.release_account()
        finally:
            if not used:
                limiter.release_chat(chat)
        return used

    def _still_open(self, conversation: ConversationId, write: Write) -> bool:
        """Whether only the place was waited for. Raises as `check` does."""
        self.check(conversation)
        pause = self.limiter.pause(write, conversation.chat, self._clock.monotonic())
        return self.waits.line.is_set() and pause is None


def _too_long(seconds: float) -> TelegramError:
    return TelegramError(
        _("Telegram asks to wait {seconds:.0f} s before reading.", seconds=seconds),
        _("Ask again later."),
        reason="flood_wait",
    )
