"""The model's answer as far as it has come, read beside everything else.

Whoever shows it looks at the newest text when it suits him: a slow write never holds up the
reading, and no piece is waited for that is there already.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from userbot.ports import Clock
from userbot.rules.pacing import sentences_worth
from userbot.types import Delta, Finish, StartOver


class Draft:
    """Reads a stream. `began`: when the first piece came, by the clock's `monotonic`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pieces: list[str] = []
        self._broken_off = ""
        self._news = asyncio.Event()
        self._readable = asyncio.Event()
        self._ended = asyncio.Event()
        self.began: float | None = None
        self.finish: Finish | None = None
        self.error: Exception | None = None

    @property
    def text(self) -> str:
        """All that has come.

        An answer that starts over is not seen before it has outgrown the one that broke off.
        """
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        text = self._pieces[0] if self._pieces else ""
        outgrown = self.finish is not None or len(text) > len(self._broken_off)
        return text if outgrown else self._broken_off

    @property
    def ended(self) -> bool:
        """Whether nothing more will come: it is finished, or it failed."""
        return self._ended.is_set()

    async def read(self, stream: AsyncIterator[Delta | Finish | StartOver]) -> None:
        """Take a stream to its end; what it raises is kept in `error`."""
        try:
            async for event in stream:
                if isinstance(event, Finish):
                    self.finish = event
                elif isinstance(event, StartOver):
                    self._broken_off, self._pieces = self.text, []
                elif event.text:
                    self._add(event.text)
            if self.finish is None:
                raise RuntimeError("the model's stream ended without a Finish")
        except Exception as error:
            self.error = error
        finally:
            for waited_for in (self._news, self._readable, self._ended):
                waited_for.set()

    async def news(self) -> None:
        """Wait until more has come than at the last call, or nothing will."""
        if not self.ended:
            await self._news.wait()
            self._news.clear()

    async def readable(self, seconds: float) -> None:
        """Wait until a sentence's worth is there, or the end, but not longer than `seconds`."""
        await self._or_so_long(self._readable, seconds)

    async def end(self, seconds: float | None = None) -> None:
        """Wait until nothing more will come, but not longer than `seconds`."""
        if seconds is None:
            await self._ended.wait()
        else:
            await self._or_so_long(self._ended, seconds)

    def _add(self, piece: str) -> None:
        if self.began is None:
            self.began = self._clock.monotonic()
        self._pieces.append(piece)
        self._news.set()
        if not self._readable.is_set() and sentences_worth(self.text):
            self._readable.set()

    async def _or_so_long(self, event: asyncio.Event, seconds: float) -> None:
        if event.is_set():
            return
        waits = [
            asyncio.ensure_future(event.wait()),
            asyncio.ensure_future(self._clock.sleep(seconds)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
