"""Tells a person in place that a limit is reached, once: where `limits.tell` is set.

It is recorded before it leaves, a reply to the question, and leaves once. What cannot be told, or
may not have been, is on the console, as the refusal itself is.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

from userbot.errors import UserbotError
from userbot.events import Failed, Report, about
from userbot.ports import Clock, Sender, ended_within
from userbot.rules import limits
from userbot.storage.store import Store
from userbot.turn.outbound import Outbound, permitted
from userbot.types import Question, RichText

_PART = -1
"""Told of a limit: no part of an answer, so that its random_id is another."""


class LimitNotice:
    """Writes those replies. `timezone` says when a day begins."""

    def __init__(
        self,
        sender: Sender,
        outbound: Outbound,
        store: Store,
        timezone: str | None,
        clock: Clock,
        report: Report,
    ) -> None:
        self._sender = sender
        self._outbound = outbound
        self._store = store
        self._timezone = timezone
        self._clock = clock
        self._report = report
        self._tasks: set[asyncio.Task[None]] = set()

    def refused(self, question: Question, reason: str, window: timedelta) -> None:
        """A limit refused a question: tell so, unless the person was told already."""
        # The owner has the console; who sent a note that is perhaps meant for others asked nothing.
        if question.by_owner or question.listen_first or self._outbound.chat_needs_yes(question):
            return  # nor does anything leave by itself where answers wait for a yes
        task = asyncio.create_task(self._tell(question, reason, window), name="tell a limit")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, seconds: float) -> None:
        """Let what is being told leave, for so long."""
        await ended_within(self._tasks, seconds)

    async def _tell(self, question: Question, reason: str, window: timedelta) -> None:
        now = self._clock.now()
        since = limits.window_began(window, now, limits.day_began(now, self._timezone))
        try:
            if self._store.ledger.tell_once(question.sender.id, reason, since, now):
                await self._send(question, RichText(limits.told(window, question.text)))
        except UserbotError as error:
            self._report(Failed.of(error, about(question)))

    async def _send(self, question: Question, text: RichText) -> None:
        identity = self._outbound.random_id(question, _PART)
        leave = partial(
            self._sender.send,
            question.conversation,
            text,
            reply_to=question.replied_to,
            random_id=identity,
        )
        await permitted(
            partial(self._sender.acquire, question.conversation, "send", question.title),
            partial(self._outbound.tell, question, _PART, identity, text.text, leave),
        )
