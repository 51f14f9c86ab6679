"""Messages that answer: each recorded right before it leaves, and said once whatever happens.

Rule 1: a write is a row before it leaves, after its turn: not while it waits for one, nor during
a pause that Telegram asks for.
Rule 2: what Telegram certainly did not take is no row any more.
Rule 3: where nobody knows whether it stands, the chat is looked through. What is found is it; what
is not there may leave again under the same random_id, which Telegram carries out once.
Rule 4: if it is in doubt even then, nothing more is sent.
Rule 5: an answer of which nothing stands leaves again only if it is still wanted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from userbot.errors import TelegramError, UserbotError, WriteInDoubtError
from userbot.events import Notice, Report, about
from userbot.path.storing import Storing
from userbot.ports import Clock, Reader, Sender
from userbot.rules.adoption import adopted
from userbot.storage.store import Store
from userbot.types import Question, Since

_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before a message leaves again, try by try; after the last it is only looked for."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that stands; not `exact`: it may show an earlier text of the same write."""

    message: int
    exact: bool


class Writes:
    """Sends what answers questions. `reader`: where to look for what may have arrived.

    `still_wanted`: raises NothingToAnswerError where an answer whose first text was lost with the
    connection, at that time, is wanted no more.
    """

    def __init__(
        self,
        sender: Sender,
        reader: Reader,
        store: Store,
        storing: Storing,
        still_wanted: Callable[[Question, Since, datetime], None],
        clock: Clock,
        report: Report,
    ) -> None:
        self._sender = sender
        self._reader = reader
        self._store = store
        self._storing = storing
        self._still_wanted = still_wanted
        self._clock = clock
        self._report = report

    async def send(
        self,
        ask: Question,
        part: int,
        identity: int,
        text: str,
        leave: Callable[[], Awaitable[int]],
    ) -> Sent:
        """Let a message leave, whose turn it is. `leave` sends it and gives its id.

        Raises what `Sender.send` raises; WriteInDoubtError only if nothing helped.
        """
        now, store = self._clock.now(), self._store
        await self._storing.done(lambda: store.outbound.record(ask, part, identity, text, now), ask)
        for pause in _PAUSES:
            try:
                sent = Sent(await leave(), True)
            except WriteInDoubtError as doubt:
                found = doubt.message or await self._found(ask, part, identity, doubt, now)
                if found is None and doubt.landed:
                    raise
                if found is None:
                    await self._clock.sleep(pause)
                    if pause != _PAUSES[-1]:
                        await self._sender.acquire(ask.conversation, "send", ask.title)
                        continue
                    # What was late on its way may have arrived by now.
                    found = await self._found(ask, part, identity, doubt, now)
                    if found is None:
                        raise
                sent = Sent(found, False)
            except UserbotError:
                self._storing.soon(partial(store.outbound.void, identity), ask)
                raise
            await self._storing.done(partial(store.outbound.confirm, identity, sent.message), ask)
            return sent
        raise AssertionError("the last one returns or raises")

    async def replace(
        self, ask: Question, identity: int, text: str, leave: Callable[[], Awaitable[None]]
    ) -> None:
        """Let the question's own message become the first of its answer; `leave` edits it.

        Raises what `Sender.edit` raises.
        """
        now, store = self._clock.now(), self._store

        def record() -> None:
            store.outbound.record(ask, 0, identity, text, now)
            # Known beforehand: whatever happens now, this message is ours from here on.
            store.outbound.confirm(identity, ask.message)

        await self._storing.done(record, ask)
        try:
            await leave()
        except TelegramError as error:
            if error.reason != "disconnected":
                self._storing.soon(partial(store.outbound.void, identity), ask)
            raise

    async def _found(
        self, ask: Question, part: int, identity: int, doubt: WriteInDoubtError, left: datetime
    ) -> int | None:
        """The message in the chat, None if it is surely not there and still wanted.

        Raises WriteInDoubtError and NothingToAnswerError.
        """
        self._report(
            Notice(
                **about(ask),
                reason="looked_for",
                detail=f"{doubt} The chat is looked through for it.",
            )
        )
        try:
            if ask.replied_to is None:
                since = await self._reader.lately(ask.chat, ask.at)
            else:
                since = await self._reader.since(ask.chat, [ask.message])
        except TelegramError:
            raise doubt from None
        store, own = self._store, [one.id for one in since.own]
        elsewhere = await self._storing.done(lambda: store.outbound.elsewhere(ask.chat, own), ask)
        recorded = await self._storing.done(lambda: store.outbound.of(ask), ask)
        standing = adopted(recorded, since.own, ask.replied_to, elsewhere)
        if identity not in standing and not since.whole:
            raise doubt
        if identity not in standing and part == 0 and not doubt.landed:
            try:
                self._still_wanted(ask, since, left)
            except UserbotError:
                self._storing.soon(partial(self._store.outbound.void, identity), ask)
                raise
        return standing.get(identity)
