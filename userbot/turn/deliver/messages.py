"""The messages of one answer, brought to what is wanted, one write at a time.

Rule 1: every text is recorded in the store, exactly as it will stand, right before it leaves.
Rule 2: a part's random_id is derived from the question, so that sending it twice is one message.
Rule 3: the first part replies to the question, unless that stands in the group that its chat was
before; each later part to the one before it, silently.
Rule 4: what an earlier run left standing is the beginning: it is brought to what is wanted.
Rule 5: where the answer belongs into the question's own message, that is its first part; if
Telegram does not let it be edited after all, the answer is a reply like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from userbot.errors import PauseAskedError, TelegramError, WriteInDoubtError
from userbot.ports import Clock, Sender, Write
from userbot.storage.store import Store
from userbot.turn.outbound import Outbound, shielded
from userbot.turn.turn import Standing, Turn
from userbot.types import RichText

_NOT_EDITABLE = frozenset({"message_edit_time_expired", "message_author_required"})
_NOTHING_LEFT = RichText("…")
"""For a part whose text has moved into the one before it, which hardly ever happens."""


class ReplyMessages:
    """Writes what `Turn.messages` lacks."""

    def __init__(self, sender: Sender, outbound: Outbound, store: Store, clock: Clock) -> None:
        self._sender = sender
        self._outbound = outbound
        self._store = store
        self._clock = clock
        self._scheduled: dict[tuple[int, int], int] = {}
        """What Telegram sends later: random ids by chat and the ids that they have so far."""

    def next_write(self, turn: Turn, wanted: Sequence[RichText]) -> Write | None:
        """The first write that `wanted` needs; None if it stands already."""
        at = _differs(turn, wanted)
        if at is None:
            return None
        return "edit" if at < len(turn.messages) or _is_question(turn, at) else "send"

    async def write(self, turn: Turn, wanted: Sequence[RichText]) -> None:
        """Carry that write out, with its permit. Raises what Sender and Outbound raise."""
        at = _differs(turn, wanted)
        if at is None:
            return
        text = wanted[at] if at < len(wanted) else _NOTHING_LEFT
        if at < len(turn.messages):
            await shielded(self._edit(turn, at, text))
        elif _is_question(turn, at):
            await shielded(self._replace_question(turn, text))
        else:
            await shielded(self._send(turn, at, text))
        self._outbound.confirm(turn)

    async def schedule(self, turn: Turn, at: int, text: RichText, seconds: float) -> None:
        """Have a part sent in so many seconds; its id is known then. Raises as `write` does."""
        question, random_id = turn.question, self._outbound.random_id(turn.question, at)
        leave = partial(
            self._sender.send,
            question.conversation,
            text,
            reply_to=None,
            random_id=random_id,
            schedule=seconds,
        )
        try:
            sent = await self._outbound.send(turn, at, random_id, text.text, leave)
        except WriteInDoubtError as doubt:
            if not doubt.landed:
                raise
            turn.doubt = None  # Telegram has it: it stands in the chat when its time has come
            return
        self._scheduled[question.conversation.chat, sent.message] = random_id

    def sent(self, chat: int, scheduled: int, message: int) -> None:
        """What was scheduled under one id stands under another now. Raises StorageError."""
        if (random_id := self._scheduled.pop((chat, scheduled), None)) is not None:
            self._store.outbound.confirm(random_id, message)

    async def _edit(self, turn: Turn, at: int, text: RichText) -> None:
        one = turn.messages[at]
        self._outbound.check(turn)
        self._store.outbound.rewrite(one.random_id, text.text, self._clock.now())
        try:
            await self._sender.edit(turn.question.conversation, one.message, text)
        except TelegramError as error:
            turn.edit_lost = turn.edit_lost or error.reason == "disconnected"
            raise
        one.text, one.sure = text, True

    async def _send(self, turn: Turn, at: int, text: RichText) -> None:
        question, random_id = turn.question, self._outbound.random_id(turn.question, at)
        leave = partial(
            self._sender.send,
            question.conversation,
            text,
            reply_to=turn.messages[-1].message if turn.messages else question.replied_to,
            random_id=random_id,
            silent=at > 0,
        )
        sent = await self._outbound.send(turn, at, random_id, text.text, leave)
        standing = Standing(sent.message, random_id, text, sure=sent.exact, confirmed=False)
        turn.messages.append(standing)

    async def _replace_question(self, turn: Turn, text: RichText) -> None:
        question, random_id = turn.question, self._outbound.random_id(turn.question, 0)
        try:
            leave = partial(self._sender.edit, question.conversation, question.message, text)
            await self._outbound.replace(turn, random_id, text.text, leave)
        except TelegramError as error:
            if error.reason not in _NOT_EDITABLE:
                raise
            turn.in_place = False
            raise PauseAskedError(0, slow_mode=False) from error  # a permit of another kind
        turn.messages.append(Standing(question.message, random_id, text))


def _differs(turn: Turn, wanted: Sequence[RichText]) -> int | None:
    for at in range(max(len(wanted), len(turn.messages))):
        text = wanted[at] if at < len(wanted) else _NOTHING_LEFT
        if at >= len(turn.messages):
            return at
        if turn.messages[at].text != text or not turn.messages[at].sure:
            return at
    return None


def _is_question(turn: Turn, at: int) -> bool:
    return turn.in_place and at == 0
