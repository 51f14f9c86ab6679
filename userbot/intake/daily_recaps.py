"""Recaps that come by themselves: each day at the time of [recap], one of each of its chats.

Rule 1: each is a question like any other, stored before anything else happens to it; it has the
day in the place of a message, so that it is asked once, whatever is killed meanwhile.
Rule 2: what the program was not there for is not made up for, but within an hour of the same day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from userbot.errors import UserbotError
from userbot.events import Notice, Report
from userbot.intake.admission import Admission
from userbot.ports import Clock, Reader
from userbot.rules.commands import stem
from userbot.settings import RecapConfig
from userbot.storage.store import Store
from userbot.turn.named_chats import named_chat
from userbot.turn.store_back import StoreBack
from userbot.types import (
    SAVED_TITLE,
    ChatKind,
    ConversationId,
    Dialog,
    Person,
    Question,
    Recap,
)

_LATE: Final = timedelta(hours=1)
_LOOK_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Daily:
    """When which are ordered, and for whom. `zone`: of the time; None is the system's."""

    config: RecapConfig
    zone: ZoneInfo | None
    owner: Person
    prefix: str


class DailyRecaps:
    """Orders them, in the owner's name."""

    def __init__(
        self,
        daily: Daily,
        admission: Admission,
        reader: Reader,
        store_back: StoreBack,
        clock: Clock,
        report: Report,
    ) -> None:
        self.daily = daily
        """What holds now."""
        self._admission = admission
        self._reader = reader
        self._store_back = store_back
        self._clock = clock
        self._report = report
        self._done: date | None = None

    async def watch(self) -> None:
        """Order what is due, until cancelled."""
        while True:
            if (at := self.daily.config.at) is not None:
                await self._order(due(at, self._clock.now().astimezone(self.daily.zone)))
            await self._clock.sleep(_LOOK_SECONDS)

    async def _order(self, day: date | None) -> None:
        if day is None or day == self._done:
            return
        for name in self.daily.config.chats:
            await self._ask(str(name), day)
        self._done = day

    async def _ask(self, name: str, day: date) -> None:
        try:
            chat = await named_chat(self._reader, name)
        except UserbotError as error:
            self._report(Notice(reason="no_such_chat", detail=str(error), hint=error.hint))
            return
        await self._store_back.done(lambda: self._admit(chat, name, day))

    def _admit(self, chat: Dialog, name: str, day: date) -> None:
        now, owner = self._clock.now(), self.daily.owner
        question = Question(
            conversation=ConversationId(owner.id),
            source=chat.id,
            message=-day.toordinal(),
            kind=ChatKind.SAVED,
            title=SAVED_TITLE,
            sender=owner,
            text=f"{stem(self.daily.prefix)}_recap {name}",
            at=now,
            by_owner=True,
            about=ConversationId(chat.id),
            about_name=chat.title,
            quiet=True,
            recap=Recap(ring=True),
        )
        with self._store.database.transaction():
            admitted = self._admission.store(question, now, replies=False)
        if admitted is not None:
            self._admission.queue_or_tell(admitted, belated=False)

    @property
    def _store(self) -> Store:
        return self._store_back.store


def due(at: str, now: datetime) -> date | None:
    """The day whose recaps are due; `at`: "08:00", `now`: there. None if none are."""
    hour, minute = map(int, at.split(":"))
    today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    for one in (today, today - timedelta(days=1)):
        if one <= now < one + _LATE:
            return one.date()
    return None
