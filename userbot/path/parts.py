"""The messages of one answer, as they stand in Telegram.

Rule 1: every text is recorded in the store, exactly as it will stand, right before it leaves.
Rule 2: a part's random_id is derived from the question, so that sending it twice is one message.
Rule 3: the first part replies to the question, unless that stands in the group that its chat was
before; each later part to the one before it, silently.
Rule 4: what has left is waited for, even by a writer who is cancelled: it may stand already.
Rule 5: what an earlier run left standing is the beginning: it is brought to what is wanted.
Rule 6: where the answer belongs into the question's own message, that is its first part; if
Telegram does not let it be edited after all, the answer is a reply like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from userbot.errors import PauseAskedError, TelegramError
from userbot.path.first_text import FirstText
from userbot.path.writes import Writes
from userbot.ports import Clock, Sender, Write
from userbot.rules.random_id import of_answer
from userbot.storage.store import Store
from userbot.types import Question, RichText

R = TypeVar("R")
_LAST_WORD_SECONDS = 1.0
"""How long a cancelled writer waits for Telegram's word on what has left."""
_NOT_EDITABLE = frozenset({"message_edit_time_expired", "message_author_required"})
_NOTHING_LEFT = RichText("…")
"""For a part whose text has moved into the one before it, which hardly ever happens."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One message of the answer: its id, the write it is recorded as, and what it shows."""

    message: int
    identity: int
    text: RichText
    sure: bool = True
    """False if it may show something else: an edit was under way when the program died."""


class Parts:
    """Brings the messages of an answer to what is wanted, one write at a time."""

    def __init__(
        self,
        ask: Question,
        sender: Sender,
        writes: Writes,
        store: Store,
        clock: Clock,
        secret: bytes,
        first_text: FirstText,
        *,
        in_place: bool = False,
    ) -> None:
        self._ask = ask
        self._first_text = first_text
        self.in_place = in_place
        """The first part is the question's own message."""
        self._sender = sender
        self._writes = writes
        self._store = store
        self._clock = clock
        self._secret = secret
        self.standing: list[Standing] = [
            Standing(message, self._identity(part), RichText(text), sure=False)
            for part, (message, text) in enumerate(store.outbound.standing(ask))
        ]
        self.doubtful = False
        """Whether an edit was lost on its way: Telegram may carry it out after a later one."""
        self.taken_up = bool(self.standing)
        """Whether an earlier run had begun this answer."""
        if self.taken_up:
            self.in_place = self.standing[0].message == ask.replied_to

    @property
    def messages(self) -> tuple[int, ...]:
        """The ids of the messages that stand, in order."""
        return tuple(one.message for one in self.standing)

    def next_write(self, wanted: Sequence[RichText]) -> Write | None:
        """The first write that `wanted` needs; None if it stands already."""
        at = self._differs(wanted)
        if at is None:
            return None
        return "edit" if at < len(self.standing) or self._is_question(at) else "send"

    async def write(self, wanted: Sequence[RichText]) -> None:
        """Carry that write out; take the permit for it first. Raises what Sender raises."""
        at = self._differs(wanted)
        if at is None:
            return
        await self._first_text.leaves(self._ask)
        text = wanted[at] if at < len(wanted) else _NOTHING_LEFT
        await to_its_end(self._edit(at, text) if at < len(self.standing) else self._send(at, text))

    def _differs(self, wanted: Sequence[RichText]) -> int | None:
        for at in range(max(len(wanted), len(self.standing))):
            text = wanted[at] if at < len(wanted) else _NOTHING_LEFT
            if at >= len(self.standing):
                return at
            if self.standing[at].text != text or not self.standing[at].sure:
                return at
        return None

    async def _edit(self, at: int, text: RichText) -> None:
        before = self.standing[at]
        self._store.outbound.rewrite(before.identity, text.text, self._clock.now())
        try:
            await self._sender.edit(self._ask.conversation, before.message, text)
        except TelegramError as error:
            if error.reason == "disconnected":
                self.doubtful = True
                self._first_text.lost_sight(self._ask)
            raise
        self.standing[at] = replace(before, text=text, sure=True)

    def doubt(self) -> None:
        """Whether all that stands is what it was brought to last is no longer sure."""
        self.doubtful = False
        self.standing = [replace(one, sure=False) for one in self.standing]

    async def _send(self, at: int, text: RichText) -> None:
        ask, identity = self._ask, self._identity(at)
        if self._is_question(at):
            await self._replace_question(identity, text)
            return
        reply_to = self.standing[-1].message if self.standing else ask.replied_to

        async def leave() -> int:
            return await self._sender.send(
                ask.conversation, text, reply_to=reply_to, random_id=identity, silent=at > 0
            )

        sent = await self._writes.send(ask, at, identity, text.text, leave)
        if not sent.exact:
            self._first_text.lost_sight(ask)
        self.standing.append(Standing(sent.message, identity, text, sure=sent.exact))

    def _identity(self, part: int) -> int:
        return of_answer(self._secret, self._ask, part)

    def _is_question(self, at: int) -> bool:
        return self.in_place and at == 0

    async def _replace_question(self, identity: int, text: RichText) -> None:
        ask = self._ask
        try:
            leave = partial(self._sender.edit, ask.conversation, ask.message, text)
            await self._writes.replace(ask, identity, text.text, leave)
        except TelegramError as error:
            if error.reason not in _NOT_EDITABLE:
                raise
            self.in_place = False
            raise PauseAskedError(0, slow_mode=False) from error  # a turn of another kind
        self.standing.append(Standing(ask.message, identity, text))


async def to_its_end(write: Coroutine[Any, Any, R]) -> R:
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
