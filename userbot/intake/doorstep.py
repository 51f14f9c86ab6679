"""Where messages wait, in order, while the database takes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from userbot.errors import StorageError
from userbot.intake.late_writes import LateWrites
from userbot.types import Message, may_be_deleted_in


class Doorstep:
    """Where messages wait, in order, while the database takes nothing.

    Rule 1: what waits is not decided about: nothing of its chat counts as seen meanwhile, nor is it
    noted that all chats were looked at (CatchUp). So whatever ends the program, the next start
    looks from where this one stood, and finds it.
    Rule 2: nothing that waits is given up, and what there is no room for is looked for afterwards.
    Rule 3: it waits as it reads now: edits change it here, and what is deleted was never asked.
    `most`: messages that may wait at once; what comes beside them stays in its chat.
    """

    def __init__(self, late: LateWrites, most: int) -> None:
        self._late = late
        self._most = most
        self._take: Callable[[Message], None] | None = None
        self._overrun: Callable[[], None] | None = None
        self._held: dict[tuple[int, int], Message] = {}
        self._empty = asyncio.Event()
        self._waiting: asyncio.Task[None] | None = None

    def open(self, take: Callable[[Message], None], overrun: Callable[[], None]) -> None:
        """Say who takes messages, and who looks for those that there was no room for.

        `take` may raise StorageError; then nothing was done, and the message is handed over again.
        """
        self._take, self._overrun = take, overrun

    @property
    def holds(self) -> bool:
        """Whether messages wait."""
        return bool(self._held)

    async def clear(self) -> None:
        """Come back when nothing waits."""
        while self._held:
            self._empty.clear()
            await self._empty.wait()

    def receive(self, incoming: Message) -> None:
        """Hand a message on, or hold it behind those that wait already."""
        assert self._take is not None
        if self._held:
            self._hold(incoming)
            return
        try:
            self._take(incoming)
        except StorageError as error:
            self._hold(incoming)
            if not error.passing:
                self._late.gave_up(error)  # it ends the program; what is held is found again
                return
            if self._waiting is None or self._waiting.done():
                hand_on = self._hand_on()
                self._waiting = asyncio.create_task(hand_on, name="messages on the doorstep")

    def edited(self, incoming: Message) -> bool:
        """A message reads otherwise now; whether it is one that waits here."""
        held = self._held.get(_key(incoming))
        if held is not None:
            self._held[_key(incoming)] = replace(incoming, live=held.live)
        return held is not None

    def deleted(self, chat: int | None, messages: Sequence[int]) -> None:
        """Messages are gone; `chat` is None for private chats and basic groups."""
        gone = frozenset(messages)
        for where, message in list(self._held):
            if message in gone and may_be_deleted_in(where, chat):
                del self._held[where, message]

    def missed(self) -> None:
        """Edits and deletions may have been missed: what waits is looked at before its answer.

        Not the owner's own replies: who typed them is told by how they arrived.
        """
        for key, held in self._held.items():
            if not held.outgoing or held.reply_to is None:
                self._held[key] = replace(held, live=False)

    async def close(self) -> None:
        """Those that still wait are left to the next start, as if they had come after this one."""
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.wait({self._waiting})

    def _hold(self, incoming: Message) -> None:
        if self.edited(incoming):
            return  # brought again, as it reads now
        if len(self._held) < self._most:
            self._held[_key(incoming)] = incoming
        elif self._overrun is not None:
            self._overrun()

    async def _hand_on(self) -> None:
        while self._held:
            first = next(iter(self._held))
            try:
                if not await self._late.insist(partial(self._hand_over, first)):
                    return  # what is held is found again
            except Exception as error:  # one message must not make us deaf to the others
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "a message could not be taken", "exception": error}
                )
            self._held.pop(first, None)
            await asyncio.sleep(0)  # there may be thousands
        self._empty.set()

    def _hand_over(self, key: tuple[int, int]) -> None:
        assert self._take is not None
        if (incoming := self._held.get(key)) is not None:  # not deleted meanwhile
            self._take(incoming)


def _key(incoming: Message) -> tuple[int, int]:
    return incoming.conversation.chat, incoming.message
