"""A conversation in the terminal: the writing half of `ports.Sender`, shown on the screen."""

# A screen has no places, turns and replies: most of what the port brings is not needed.
# ruff: noqa: ARG002
from __future__ import annotations

import asyncio
import itertools
import math
import os
from typing import TextIO

from userbot.console.describe import printable
from userbot.ports import Write
from userbot.types import ConversationId, RichText


class Terminal:
    """Prints answers. `lively`: they may grow, and what changed may be printed over.

    `first`: the number of the first message, greater than any that was given before.
    """

    def __init__(self, stream: TextIO, *, lively: bool, first: int) -> None:
        self._stream = stream
        self.lively = lively
        self.asking = asyncio.Lock()
        """Whoever holds it asks who sits here: meanwhile nothing of an answer is printed."""
        self._ids = itertools.count(first)
        self._message = 0
        self._shown = ""

    def new_message(self) -> int:
        """The number of a message that somebody types."""
        return next(self._ids)

    def end(self) -> None:
        """Nothing more comes: the next word is on a line of its own."""
        if self._shown:
            print(file=self._stream, flush=True)
        self._shown = ""

    def check(self, place: ConversationId) -> None:
        """Here everything may be written."""

    async def acquire(self, place: ConversationId, write: Write, title: str = "") -> None:
        async with self.asking:
            pass

    def try_acquire(self, place: ConversationId, write: Write) -> bool:
        return not self.asking.locked()

    def in_slow_mode(self, place: ConversationId) -> bool:
        return False

    async def send(
        self,
        place: ConversationId,
        text: RichText,
        *,
        reply_to: int | None,
        random_id: int,
        silent: bool = False,
    ) -> int:
        """Print a part of an answer below the one before it."""
        self.end()
        self._message = next(self._ids)
        self._show(text.text)
        return self._message

    async def edit(self, place: ConversationId, message: int, text: RichText) -> None:
        """Print what was added to the last part, or that part from where it differs."""
        if message == self._message:
            self._show(text.text)

    async def typing(self, place: ConversationId, typing: bool) -> bool:
        return False

    def _show(self, text: str) -> None:
        tame = "\n".join(
            " ".join(printable(word) for word in line.expandtabs(4).split(" "))
            for line in text.split("\n")
        )
        before, self._shown = self._shown, tame
        if tame.startswith(before):
            self._print(tame[len(before) :])
            return
        pairs = zip(before, tame, strict=False)
        same = next(at for at, (a, b) in enumerate((*pairs, ("", "x"))) if a != b)
        kept = before.rfind("\n", 0, same) + 1
        self._print(self._back(before[kept:]) + tame[kept:])

    def _back(self, over: str) -> str:
        """What moves to the beginning of these last lines and wipes them."""
        from rich.cells import cell_len

        size = os.get_terminal_size(self._stream.fileno()) if self.lively else None
        columns = size.columns if size else 80
        rows = sum(max(1, math.ceil(cell_len(line) / columns)) for line in over.split("\n"))
        if size is None or rows > size.lines:
            return "\n"  # it cannot be wiped any more
        return "\r" + (f"\x1b[{rows - 1}A" if rows > 1 else "") + "\x1b[J"

    def _print(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
