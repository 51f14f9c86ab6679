"""What arrived while nobody listened, or was never pushed: looked for in the chats themselves.

Telegram's own catch-up is not complete: it may bring no messages at all (differenceTooLong), tells
late or never of large supergroups, and what it told a program that was killed is told no more.

Rule 1: of every selected chat it is known how far it was seen; what is newer goes the way of
whatever arrives, oldest first. A chat that was selected since the last look begins now.
Rule 2: in all other chats what came since the last look is taken: only what the owner wrote
himself, unless others may ask there too ([trigger].from).
Rule 3: while a chat is behind, or something of it waits to be decided about, what arrives in it
does not count as seen: killed meanwhile, the next look begins where this one began.
Rule 4: a group that became a supergroup is looked through once more.
Rule 5: it is looked at once after a start, a reconnection and a difference that was too long, and
now and again while a selected supergroup is silent; and after messages had to be left where they
stand, because too many waited for the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from userbot.errors import StorageError, TelegramError
from userbot.events import Failed, Notice, Report
from userbot.intake.doorstep import Doorstep
from userbot.intake.late_writes import LateWrites
from userbot.ports import Clock, Reader
from userbot.storage.store import Store
from userbot.texts import n_
from userbot.turn.chat_rules import ChatRules
from userbot.turn.first_of import first_of
from userbot.types import Brought, ChatKind, ChatTop, Message

T = TypeVar("T")

SILENT_SECONDS = 120.0
"""A selected supergroup that was silent for so long is looked at."""
_LATE = timedelta(seconds=90)
"""How much older the last look may be than it says: it is noted once a minute."""


class CatchUp:
    """Stands between the doorstep and the intake. `receive` takes what arrived.

    `began` is the first start of all, None if this is it: Telegram tells what came since.
    """

    def __init__(
        self,
        rules: ChatRules,
        reader: Reader,
        receive: Callable[[Message], None],
        began: datetime | None,
        max_age_minutes: float,
        store: Store,
        storing: LateWrites,
        doorstep: Doorstep,
        clock: Clock,
        report: Report,
    ) -> None:
        self._rules = rules
        self._reader = reader
        self._receive = receive
        self._began = began
        self._max_age = timedelta(minutes=max_age_minutes)
        self._store = store
        self._storing = storing
        self._doorstep = doorstep
        self._clock = clock
        self._report = report
        self._wanted = asyncio.Event()
        self._all_behind = True
        self._newest: dict[int, int] = {}
        """How far chats were seen that is not stored yet."""
        self._meanwhile: set[tuple[int, int]] = set()
        self._heard: dict[int, float] = {}
        self._groups: set[int] = set()
        self._refused: set[int] = set()

    def receive(self, incoming: Message) -> None:
        """A message is there: hand it on, and remember how far its chat was seen.

        Raises StorageError; then nothing was done.
        """
        chat = incoming.conversation.chat
        at = (chat, incoming.message)
        if at in self._meanwhile:
            return  # it arrived while its chat was looked through, before or after it was found
        if (
            not incoming.live
            and incoming.outgoing
            and self._store.outbound.owns(chat, incoming.message)
        ):
            return  # nothing about it is to be decided
        self._receive(incoming)
        if self._all_behind:
            self._meanwhile.add(at)
        if chat not in self._rules.policy.chats:
            return
        self._heard[chat] = self._clock.monotonic()
        if incoming.kind is ChatKind.SUPERGROUP:
            self._groups.add(chat)
        noting = bool(self._newest)
        self._newest[chat] = max(incoming.message, self._newest.get(chat, 0))
        if not noting:
            self._note()

    async def begin(self) -> None:
        """Before anything is taken: chats that were selected since the last look begin here."""
        first = self._store.watermarks.last_look() is None
        chats = [
            chat for chat in self._rules.policy.chats if self._store.watermarks.seen(chat) is None
        ]
        if not chats or (first and self._began is not None):
            return
        try:
            tops = {top.chat: top.message for top in await self._reader.tops(chats)}
        except TelegramError as error:
            self._tell_failure(error)
            return
        for chat in chats:
            if chat in tops:
                self._store.watermarks.see(chat, tops[chat])

    def wake(self) -> None:
        """Something may have been missed: look at once."""
        self._all_behind = True
        self._wanted.set()

    async def watch(self) -> None:
        """Look, and go on looking where it is needed, until cancelled."""
        self._wanted.set()
        while True:
            if self._wanted.is_set() or self._all_behind or self._silent():
                await self._look()
            elif not self._undecided:
                with suppress(StorageError):  # told
                    await self._stored(partial(self._store.watermarks.looked, self._clock.now()))
            await first_of(self._wanted.wait(), self._clock.sleep(SILENT_SECONDS / 4))

    def _silent(self) -> bool:
        now = self._clock.monotonic()
        listed = self._groups & self._rules.policy.chats.keys()
        return any(now - self._heard.get(chat, 0.0) >= SILENT_SECONDS for chat in listed)

    @property
    def _undecided(self) -> bool:
        """Whether something that was sent may not be decided about."""
        return self._doorstep.holds or self._reader.waits

    async def _look(self) -> None:
        self._all_behind = True
        await self._doorstep.clear()
        self._wanted.clear()
        self._newest.clear()
        self._meanwhile.clear()
        try:
            await self._look_everywhere()
        except TelegramError as error:
            self._tell_failure(error)
        except StorageError:
            return  # told
        else:
            # Woken meanwhile, something newer may be missing: the next look begins where this did.
            self._all_behind = self._wanted.is_set()
            self._note()

    async def _look_everywhere(self) -> None:
        now = self._clock.now()
        last = await self._stored(self._store.watermarks.last_look)
        selected = list(self._rules.policy.chats)
        found, newest = await asyncio.gather(
            self._reader.tops(selected), self._reader.newest_tops()
        )
        tops = {top.chat: top for top in found}
        for old in list(self._rules.moved):
            with self._one(old):
                await self._read_out(old)
        for chat in selected:
            with self._one(chat):
                await self._look_at(chat, tops.get(chat), first=last is None)
        if (last := last or self._began) is not None:
            own = self._rules.policy.elsewhere == "me"
            since = max(last - _LATE, now - self._max_age)
            for top in newest:
                if top.chat not in self._rules.policy.chats and top.at >= since:
                    with self._one(top.chat):
                        await self._bring(top.chat, since=since, own=own)
        if await self._decided():
            await self._stored(partial(self._store.watermarks.looked, now))

    @contextmanager
    def _one(self, chat: int) -> Iterator[None]:
        """What one chat refuses must not keep the others from being looked at."""
        try:
            yield
        except TelegramError as error:
            if error.reason == "disconnected":
                raise
            if chat not in self._refused:
                self._refused.add(chat)
                self._tell_failure(error)

    async def _read_out(self, old: int) -> None:
        """What was asked in a group right before it became a supergroup."""
        seen = await self._stored(partial(self._store.watermarks.seen, old))
        if seen is None:
            return
        await self._bring(old, after=seen)
        if await self._decided():
            await self._stored(partial(self._store.watermarks.forget, old))

    async def _look_at(self, chat: int, top: ChatTop | None, *, first: bool) -> None:
        self._heard[chat] = self._clock.monotonic()
        if top is not None and top.supergroup:
            self._groups.add(chat)
        seen = await self._stored(partial(self._store.watermarks.seen, chat))
        if top is not None and seen is not None and top.message <= seen:
            return
        if seen is not None:
            brought = await self._bring(chat, after=seen)
        elif first and self._began is not None:
            brought = await self._bring(chat, since=self._began)
        else:
            if top is not None:
                await self._stored(partial(self._store.watermarks.see, chat, top.message))
            return
        newest = max(brought.newest, top.message if top else 0)
        if newest and await self._decided():
            await self._stored(partial(self._store.watermarks.see, chat, newest))
        if brought.count:
            self._report(
                Notice(
                    chat=chat,
                    title=brought.title,
                    reason="caught_up",
                    detail=n_(
                        "caught up: {count} missed message",
                        "caught up: {count} missed messages",
                        brought.count,
                    ),
                )
            )

    async def _bring(
        self, chat: int, *, after: int = 0, since: datetime | None = None, own: bool = False
    ) -> Brought:
        """Let all of it arrive, but where it is much, only what is not too old to be answered."""
        brought = await self._reader.bring(chat, after=after, since=since, own=own)
        count = brought.count
        if not brought.whole:
            young = self._clock.now() - self._max_age
            brought = await self._reader.bring(chat, since=young, own=own)
            count += brought.count
        while not brought.whole:
            await self._doorstep.clear()
            brought = await self._reader.bring(chat, after=brought.newest, own=own)
            count += brought.count
        return replace(brought, count=count)

    async def _decided(self) -> bool:
        """Come back when nothing that was brought waits; False if not all of it had room."""
        await self._doorstep.clear()
        return not self._wanted.is_set()

    def _note(self) -> None:
        if not self._all_behind:
            self._storing.soon(self._see)

    def _see(self) -> None:
        for chat in list(self._newest):
            if self._all_behind:
                return  # a look began meanwhile
            self._store.watermarks.see(chat, self._newest[chat])
            del self._newest[chat]

    async def _stored(self, step: Callable[[], T]) -> T:
        return await self._storing.done(step)

    def _tell_failure(self, error: TelegramError) -> None:
        self._report(Failed.of(error))
