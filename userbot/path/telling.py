"""Tells a person in place that a limit is reached, once: where `limits.tell` is set.

It goes the way of an answer: recorded before it leaves, a reply to the question, never twice.
What cannot be told is on the console, as the refusal itself is.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from userbot.errors import PauseAskedError, UserbotError
from userbot.events import Failed, Report, about
from userbot.path.writes import Writes
from userbot.ports import Clock, Sender
from userbot.rules import limits
from userbot.rules.limits import Refusal
from userbot.rules.random_id import random_id
from userbot.storage.ledger import Ledger
from userbot.types import Question, RichText

_PART = -1
"""Told of a limit: no part of an answer, so that its random_id is another."""


class Telling:
    """Writes those replies. `secret` keys the random ids; `timezone` says when a day begins."""

    def __init__(
        self,
        sender: Sender,
        writes: Writes,
        ledger: Ledger,
        clock: Clock,
        report: Report,
        *,
        secret: bytes,
        timezone: str | None,
    ) -> None:
        self._sender = sender
        self._writes = writes
        self._ledger = ledger
        self._clock = clock
        self._report = report
        self._secret = secret
        self._timezone = timezone
        self._tasks: set[asyncio.Task[None]] = set()

    def refused(self, ask: Question, refusal: Refusal) -> None:
        """A limit refused a question: tell so, unless the person was told already."""
        now = self._clock.now()
        since = limits.window_began(refusal, now, limits.day_began(now, self._timezone))
        # The owner has the console; who sent a note that is perhaps meant for others asked nothing.
        if (
            ask.by_owner
            or ask.listen_first
            or not self._ledger.tell_once(ask.sender.id, refusal.reason, since, now)
        ):
            return
        task = asyncio.create_task(self._tell(ask, refusal), name="tell a limit")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, seconds: float) -> None:
        """Let what is being told leave, for so long."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _tell(self, ask: Question, refusal: Refusal) -> None:
        text = limits.told(refusal, ask.text)
        identity = random_id(self._secret, ask.source, ask.message, 0, _PART)
        try:
            await self._send(ask, RichText(text), identity)
        except UserbotError as error:
            self._report(
                Failed(
                    **about(ask),
                    reason=error.reason,
                    error=str(error),
                    hint=error.hint,
                )
            )

    async def _send(self, ask: Question, text: RichText, identity: int) -> None:
        async def leave() -> int:
            return await self._sender.send(
                ask.conversation, text, reply_to=ask.replied_to, random_id=identity
            )

        while True:
            await self._sender.acquire(ask.conversation, "send", ask.title)
            with suppress(PauseAskedError):
                await self._writes.send(ask, _PART, identity, text.text, leave)
                return
