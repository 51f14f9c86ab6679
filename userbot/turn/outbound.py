"""Messages that answer: each recorded right before it leaves, and said once whatever happens.

Rule 1: a write is recorded before it leaves, with its permit: not while it waits for one, nor
during a pause that Telegram asks for. Nothing is awaited between the record and the request.
Rule 2: what Telegram certainly did not take is recorded no more.
Rule 3: where nobody knows whether it stands, the chat is looked through. What is found is it; what
is not there may leave again under the same random_id, which Telegram carries out once.
Rule 4: if it is in doubt even then, nothing more is sent.
Rule 5: an answer of which nothing stands leaves only if nothing was missed, and again only if it is
still wanted.
Rule 6: what has left is waited for, even by a turn that is interrupted: it may stand already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from userbot.errors import (
    PauseAskedError,
    StorageError,
    TelegramError,
    UserbotError,
    WriteInDoubtError,
)
from userbot.events import Notice, Report, about
from userbot.ports import Clock, Sender
from userbot.rules.own_writes import answer_random_id
from userbot.storage.store import Store
from userbot.texts import _
from userbot.turn.chat_rules import ChatRules
from userbot.turn.resume import Resume
from userbot.turn.turn import Reconsider, Turn
from userbot.types import Question

R = TypeVar("R")
Leave = Callable[[], Awaitable[int]]
"""Sends a message and gives its id."""

_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before a message leaves again, try by try; after the last it is only looked for."""
_LAST_WORD_SECONDS = 1.0
"""How long an interrupted turn waits for Telegram's word on what has left."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that stands; not `exact`: it may show an earlier text of the same write."""

    message: int
    exact: bool = True


class Outbound:
    """Lets the messages of answers leave; each has its permit already."""

    def __init__(
        self,
        sender: Sender,
        chats: ChatRules,
        resume: Resume,
        store: Store,
        clock: Clock,
        report: Report,
    ) -> None:
        self._sender = sender
        self._chats = chats
        self._resume = resume
        self._store = store
        self._secret = store.secret
        self._clock = clock
        self._report = report

    def random_id(self, question: Question, part: int) -> int:
        """By it Telegram knows a part of an answer again, and carries it out once."""
        return answer_random_id(self._secret, question, part)

    async def send(self, turn: Turn, part: int, random_id: int, text: str, leave: Leave) -> Sent:
        """Record a message and let it leave.

        Raises Reconsider before the first text if something may have been missed, StorageError,
        what `Sender.send` raises, and WriteInDoubtError only if nothing helped.
        """
        question = turn.question
        if turn.doubt is None:
            self.check(turn)
            now = self._clock.now()
            self._store.outbound.record(question, part, random_id, text, now)
            turn.first_text_left, turn.left_at = True, now
        for pause in _PAUSES:
            if turn.doubt is None:
                try:
                    return Sent(await leave())
                except WriteInDoubtError as error:
                    turn.doubt = error
                except UserbotError:
                    self._not_taken(turn, random_id)
                    raise
            doubt = turn.doubt
            if (found := doubt.message or await self._found(turn, part, random_id)) is not None:
                turn.doubt = None
                return Sent(found, exact=False)
            if doubt.landed:
                raise doubt
            await self._clock.sleep(pause)
            if pause != _PAUSES[-1]:
                turn.doubt = None
                await self._sender.acquire(question.conversation, "send", question.title)
        # What was late on its way may have arrived by now.
        if (found := await self._found(turn, part, random_id)) is None:
            raise doubt
        turn.doubt = None
        return Sent(found, exact=False)

    async def replace(
        self, turn: Turn, random_id: int, text: str, leave: Callable[[], Awaitable[None]]
    ) -> None:
        """Let the question's own message become the first of its answer; `leave` edits it.

        Raises as `send` does, and what `Sender.edit` raises.
        """
        self.check(turn)
        question = turn.question
        self._store.outbound.record(question, 0, random_id, text, self._clock.now())
        # Known beforehand: whatever happens now, this message is ours from here on.
        self._store.outbound.confirm(random_id, question.message)
        turn.first_text_left = True
        try:
            await leave()
        except TelegramError as error:
            if error.reason != "disconnected":
                self._not_taken(turn, random_id)
            raise

    async def tell(
        self, question: Question, part: int, random_id: int, text: str, leave: Leave
    ) -> None:
        """Record a message that is no part of an answer, let it leave, and store where it stands.

        Nothing waits for it: where nobody knows whether it stands it is not looked for, and its
        record stays, by which it is known as ours. Nor does it leave where answers wait for a yes
        by now. Raises StorageError and what `leave` raises.
        """
        if self.chat_needs_yes(question):
            return
        self._store.outbound.record(question, part, random_id, text, self._clock.now())
        try:
            message = await leave()
        except WriteInDoubtError as doubt:
            if doubt.message is None:
                raise
            message = doubt.message
        except UserbotError:
            self._store.outbound.void(random_id)
            raise
        self._store.outbound.confirm(random_id, message)

    def chat_needs_yes(self, question: Question) -> bool:
        """Whether nothing may leave into the chat of a question before its owner's yes."""
        return self._chats.policy.needs_yes(question.conversation.chat)

    def needs_yes(self, turn: Turn) -> bool:
        """Whether nothing of an answer may leave before the owner's yes. Raises StorageError.

        What was begun when none was needed is finished, but no other answer in its messages.
        """
        if turn.approved or not self.chat_needs_yes(turn.question):
            return False
        goes_on = bool(turn.messages) and not turn.restarts
        return not (goes_on and self._store.approvals.free(turn.question))

    def confirm(self, turn: Turn) -> None:
        """Store what is known of a turn's messages and is not stored yet. Raises StorageError."""
        self._void(turn)
        for one in turn.messages:
            if not one.confirmed:
                self._store.outbound.confirm(one.random_id, one.message)
                one.confirmed = True

    def check(self, turn: Turn) -> None:
        """In the breath in which a write leaves: whether it is still wanted as it is.

        Raises Reconsider if somebody has interrupted the turn meanwhile, if something may have been
        missed before its first text, or if it needs the owner's yes by now; and StorageError.
        """
        if self.needs_yes(turn):
            raise Reconsider
        if turn.interruption is not None or (turn.belated and not turn.first_text_left):
            raise Reconsider

    def _not_taken(self, turn: Turn, random_id: int) -> None:
        """Telegram certainly did not take a write; of the first one nobody saw anything."""
        turn.first_text_left = bool(turn.messages)
        turn.void_writes.append(random_id)
        self._void(turn)

    def _void(self, turn: Turn) -> None:
        while turn.void_writes:
            try:
                self._store.outbound.void(turn.void_writes[-1])
            except StorageError as error:
                if not error.passing:
                    raise
                return  # it is done with the next step of the store
            turn.void_writes.pop()

    async def _found(self, turn: Turn, part: int, random_id: int) -> int | None:
        """The message in the chat, None if it is surely not there and still wanted.

        Raises WriteInDoubtError and NothingToAnswerError.
        """
        question, doubt = turn.question, turn.doubt
        assert doubt is not None
        assert turn.left_at is not None
        self._report(
            Notice(
                **about(question),
                reason="looked_for",
                detail=_("{doubt} Looking for it in the chat.", doubt=doubt),
            )
        )
        try:
            since = await self._resume.around(question)
        except TelegramError:
            raise doubt from None
        standing = self._resume.standing(question, self._store.outbound.of(question), since)
        if random_id in standing:
            return standing[random_id]
        if not since.whole:
            raise doubt
        if part == 0 and not doubt.landed:
            try:
                self._resume.still_wanted(question, since, turn.left_at)
            except UserbotError:
                self._not_taken(turn, random_id)
                raise
        return None


async def permitted(permit: Callable[[], Awaitable[None]], write: Callable[[], Awaitable[R]]) -> R:
    """Take a permit and write with it; after a pause that Telegram asks for, with another one."""
    while True:
        await permit()
        with suppress(PauseAskedError):
            return await write()


async def shielded(write: Coroutine[Any, Any, R]) -> R:
    """Await a write; if cancelled meanwhile, give it a moment to come to its end first."""
    task = asyncio.ensure_future(write)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=_LAST_WORD_SECONDS)
        if task.done() and not task.cancelled():
            task.exception()  # looked at, so that nobody complains that nobody did
        task.cancel()
        raise
