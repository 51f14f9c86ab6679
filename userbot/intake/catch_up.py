"""What arrived while nobody listened, or was never pushed: looked for in the chats themselves.

Telegram's own catch-up is not complete: it may bring no messages at all (differenceTooLong), tells
late or never of large supergroups, and what it told a program that was killed is told no more.

Rule 1: of every selected chat it is known how far it was seen; what is newer goes the way of
whatever arrives, oldest first. A chat that was selected since the last look begins now.
Rule 2: in all other chats what came since the last look is taken: only what the owner wrote
himself, unless others may ask there too ([trigger].from). They share one date, which stands still
while one of them is behind.
Rule 3: a group that became a supergroup is looked through once more.
Rule 4: it is looked at once after a start, a reconnection, a difference that was too long, and a
message that the store did not take; now and again while a selected supergroup is silent, or all
chats are: what tells of them may have gone deaf.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta

from userbot.errors import ChatRefusedError, StorageError, TelegramError
from userbot.events import Failed, Notice, Report
from userbot.intake.arrivals import SILENT_SECONDS, Arrivals
from userbot.ports import Clock, Reader, first_of
from userbot.texts import _, n_
from userbot.turn.chat_rules import ChatRules
from userbot.types import Brought, ChatTop

_LATE = timedelta(seconds=SILENT_SECONDS + 60)
"""How much older the last look may be than it says: that all was told is only taken for granted."""


class CatchUp:
    """Looks at chats when that is due. Of what is older than `max_age` nothing is answered."""

    def __init__(
        self,
        arrivals: Arrivals,
        chats: ChatRules,
        reader: Reader,
        max_age: timedelta,
        clock: Clock,
        report: Report,
    ) -> None:
        self._arrivals = arrivals
        self._chats = chats
        self._reader = reader
        self._max_age = max_age
        self._clock = clock
        self._report = report
        self._refused: set[int] = set()

    async def begin(self) -> None:
        """Before anything is taken: chats that were selected since the last look begin here.

        Those that the account is not in cannot: they are told. How the others are called comes
        along, which the console tells.
        """
        begun = set(self._arrivals.unmarked())
        if chats := begun.union(self._arrivals.untitled()):
            try:
                tops = await self._reader.tops(list(chats))
            except TelegramError as error:
                self._report(Failed.of(error))
                return
            joined = [top for top in tops if top.joined and top.chat in begun]
            for top in joined:
                await self._arrivals.begins(top.chat, top.message)
            for chat in sorted(begun - {top.chat for top in joined}):
                self._report(
                    Notice(
                        chat=chat,
                        reason="not_joined",
                        detail=_(
                            "Selected, but not among your chats: nothing can be answered there."
                        ),
                        hint=_("Join it with an official app, or remove its block."),
                    )
                )

    async def watch(self) -> None:
        """Look, and go on looking where it is needed, until cancelled."""
        while True:
            with suppress(StorageError):  # told
                if self._arrivals.look_due:
                    await self._look()
                elif not self._reader.waits:
                    await self._arrivals.looked(self._clock.now())
            wanted = self._arrivals.wanted.wait()
            await first_of(wanted, self._clock.sleep(SILENT_SECONDS / 4))

    async def _look(self) -> None:
        await self._arrivals.look_begins()
        try:
            await self._look_everywhere()
        except TelegramError as error:
            self._report(Failed.of(error))
        else:
            await self._arrivals.look_ended()

    async def _look_everywhere(self) -> None:
        now, last = self._clock.now(), self._arrivals.last_look
        selected = self._chats.policy.chats
        found, newest = await asyncio.gather(
            self._reader.tops(list(selected)), self._reader.newest_tops()
        )
        tops = {top.chat: top for top in found}
        for old in list(self._chats.moved):
            with self._one(old):
                await self._read_out(old)
        for chat in list(selected):
            with self._one(chat):
                await self._look_at(chat, tops.get(chat))
        elsewhere: dict[int, int | datetime | None] = {}
        if last is not None:
            since = max(last - _LATE, now - self._max_age)
            elsewhere = {top.chat: since for top in newest if top.at is None or top.at >= since}
        for chat in self._arrivals.behind:
            elsewhere[chat] = await self._arrivals.seen(chat)
        for chat, after in elsewhere.items():
            if chat not in selected:
                with self._one(chat):
                    await self._bring(chat, after)
        await self._arrivals.looked(now)

    @contextmanager
    def _one(self, chat: int) -> Iterator[None]:
        """What one chat refuses must not keep the others from being looked at."""
        try:
            yield
        except TelegramError as error:
            if error.reason == "disconnected":
                raise
            if isinstance(error, ChatRefusedError):
                self._arrivals.out_of_reach(chat)
            if chat not in self._refused:
                self._refused.add(chat)
                self._report(Failed.of(error))

    async def _read_out(self, old: int) -> None:
        """What was asked in a group right before it became a supergroup."""
        seen = await self._arrivals.seen(old)
        if seen is not None:
            await self._bring(old, seen)
            await self._arrivals.read_out(old)

    async def _look_at(self, chat: int, top: ChatTop | None) -> None:
        self._arrivals.heard(chat, supergroup=top is not None and top.supergroup)
        seen = await self._arrivals.seen(chat)
        if seen is None:
            if top is not None and top.joined:
                await self._arrivals.begins(chat, top.message)
        elif (
            top is None
            or chat in self._arrivals.behind
            or isinstance(seen, datetime)
            or top.message > seen
        ):
            brought = await self._bring(chat, seen)
            if missed := self._arrivals.missed[chat]:
                self._tell(chat, brought.title, missed)

    async def _bring(self, chat: int, seen: int | datetime | None) -> Brought:
        """Let all of it arrive, but where it is much, only what is not too old to be answered."""
        brought = await self._pages(chat, seen)
        if not brought.whole and self._arrivals.has_more(chat, brought):
            older, brought = brought, await self._pages(chat, self._clock.now() - self._max_age)
            brought = replace(brought, newest=max(older.newest, brought.newest))
        while self._arrivals.has_more(chat, brought):
            brought = await self._pages(chat, brought.newest)
        await self._arrivals.see(chat, brought.newest)
        return brought

    async def _pages(self, chat: int, seen: int | datetime | None) -> Brought:
        policy = self._chats.policy
        listed = chat in policy.chats or chat in self._chats.moved
        own = policy.elsewhere == "me" and not listed
        self._arrivals.history_asked(chat)
        if isinstance(seen, datetime):
            return await self._reader.bring(chat, since=seen, own=own)
        return await self._reader.bring(chat, after=seen or 0, own=own)

    def _tell(self, chat: int, title: str, missed: int) -> None:
        self._report(
            Notice(
                chat=chat,
                title=title,
                reason="caught_up",
                detail=n_(
                    "caught up: {count} missed message",
                    "caught up: {count} missed messages",
                    missed,
                ),
            )
        )
