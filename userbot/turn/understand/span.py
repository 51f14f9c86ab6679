"""A span of a chat, read for a recap.

Rule 1: it is bounded, and what was left out is said. What is protected, of people who are
forgotten, or made by Telegram is not read.
Rule 2: nothing of it is kept here, and nothing is marked as read.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from userbot.events import Report, ToolCalled, about
from userbot.ports import Clock, Lookups
from userbot.rules.trigger import is_order
from userbot.texts import Text, _, quoted
from userbot.turn.chat_rules import ChatRules
from userbot.types import Message, Question, Scope


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is read: after which message, since when, how many at most, and whose (None: all)."""

    after: int
    since: datetime
    most: int
    person: int | None = None


@dataclass(slots=True)
class WhatWasSaid:
    """What was read, the newest first, and why not more."""

    messages: list[Message]
    looked_at: int = 0
    left_out: Text | str = ""
    protected: bool = False
    """Something of it may not leave Telegram."""


class Spans:
    """Reads them."""

    def __init__(self, lookups: Lookups, chats: ChatRules, clock: Clock, report: Report) -> None:
        self._lookups = lookups
        self._chats = chats
        self._clock = clock
        self._report = report

    async def read(
        self, question: Question, scope: Scope, title: str, bounds: Bounds
    ) -> WhatWasSaid:
        """Read what a recap is of. Raises TelegramError and StorageError."""
        span, most = WhatWasSaid([]), bounds.most
        reading = self._lookups.span(scope, after=bounds.after, most=most + 1)
        async with aclosing(reading) as pages:
            async for page in pages:
                if not self._take(span, page, bounds, question):
                    break
                count = span.looked_at
                told = _(
                    "“{title}”: reading, {count} of {most}", title=title, count=count, most=most
                )
                self._report(ToolCalled(**about(question), name="recap", text=told))
        count = len(span.messages)
        self._report(ToolCalled(**about(question), name="recap", text=quoted(title), count=count))
        return span

    def is_order(self, one: Message) -> bool:
        """Whether a message is a command of the owner's."""
        return is_order(one, self._chats.policy)

    def _take(
        self, span: WhatWasSaid, page: list[Message], bounds: Bounds, question: Question
    ) -> bool:
        """Take a page; False if that was the last one that is wanted."""
        for one in page:
            if one.at < bounds.since:
                span.left_out = _("What is older was left out.")
                return False
            if span.looked_at >= bounds.most:
                span.left_out = _("Only the newest {count} were read.", count=span.looked_at)
                return False
            span.looked_at += 1
            span.protected = span.protected or one.noforwards
            person = one.sender.id if one.sender is not None else None
            if bounds.person in (None, person) and self._is_usable(one, question):
                span.messages.append(self._chats.unmarked(one))
        return True

    def _is_usable(self, one: Message, question: Question) -> bool:
        asks = (one.conversation.chat, one.message) == (question.source, question.message)
        may_be_read = self._chats.may_be_read(one, self._clock.now())
        return may_be_read and not asks
