"""The model's answer as far as it has come, read beside everything else.

Whoever shows it looks at the newest text when it suits him: a slow write never holds up the
reading, and no piece is waited for that is there already. The task that reads touches nothing but
its stream: what is paid, stored and written is the stages' business.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from userbot.errors import ModelError
from userbot.ports import Clock, first_of
from userbot.rules import citations
from userbot.rules.markdown import MOST_CHARACTERS
from userbot.rules.pacing import sentences_worth
from userbot.rules.prompt import without_citations
from userbot.texts import _
from userbot.types import OVERLONG, Delta, Finish, Source


class Stream:
    """The text of one answer, over all the requests that it takes.

    `sources`: what was read for it by now, which it may cite by number. None: it cites nothing, or
    has its links already, as one that an earlier run has paid for.
    """

    def __init__(self, clock: Clock, sources: Sequence[Source] | None = None) -> None:
        self._clock = clock
        self._sources = sources
        self._pieces: list[str] = []
        self._broken_off = ""
        self._news = asyncio.Event()
        self._readable = asyncio.Event()
        self._ended = asyncio.Event()
        self._events = (self._news, self._readable, self._ended)
        self._reading: asyncio.Task[None] | None = None
        self.began: float | None = None
        """When the first piece came, by the monotonic clock."""
        self.thought = 0
        """Bytes of what the model thought, which nobody reads and somebody pays."""
        self.finish: Finish | None = None
        self.error: Exception | None = None
        self.failures = 0
        """How many requests have failed."""
        self._aside = False
        """What is read is no answer, and is not shown."""
        self.idle = True
        """No request is under way, and none has brought the answer."""
        self.first_asked = clock.monotonic()

    @classmethod
    def whole(cls, text: str, finish: Finish, clock: Clock) -> Stream:
        """A stream that has ended already."""
        stream = cls(clock)
        stream._add(text)
        stream.finish, stream.idle = finish, False
        stream._end()
        return stream

    def read(
        self,
        answer: AsyncGenerator[Delta | Finish, None],
        model: str,
        longest: float,
        *,
        aside: bool = False,
    ) -> None:
        """Begin to read an answer, of `longest` seconds at most; an earlier one was broken off.

        What broke off is still shown until the new text has outgrown it. `aside`: it is no answer
        but what has to be known before; nothing of it is shown.
        """
        self._broken_off, self._pieces, self._aside = self.text, [], aside
        self.error, self.thought, self.idle = None, 0, False
        for waited_for in self._events:
            waited_for.clear()
        self._reading = asyncio.create_task(self._read(answer, model, longest), name="stream")

    def again(self, *, failed: bool) -> None:
        """The request brought no whole answer: another one is to be read.

        `failed`: it counts as a failure, and who fails too often is not asked again.
        """
        self.failures += failed
        self.idle = True

    def called(self, *, standing: bool) -> None:
        """The model has called something: what was read was no answer, and another request follows.

        Nothing that it said stays, but what is `standing` in the chat: that is shown until the
        answer has outgrown it.
        """
        said = self._broken_off if self._aside else max(self.said, self._broken_off, key=len)
        self._broken_off, self._pieces = (said if standing else ""), []
        self.began = self.finish = None
        self.failures, self.idle = 0, True

    async def close(self) -> None:
        """Read no further."""
        if self._reading is not None and not self._reading.done():
            self._reading.cancel()
            await asyncio.wait({self._reading})

    @property
    def said(self) -> str:
        """What the present request has brought."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def text(self) -> str:
        """What is shown of the answer."""
        text = self.said
        if self._aside or (self.finish is not None and self.finish.calls):
            return self._broken_off
        outgrown = self.finish is not None or len(text) > len(self._broken_off)
        return text if outgrown else self._broken_off

    @property
    def shown(self) -> str:
        """The same with what it cites as links."""
        if self._sources is None:
            return self.text
        return citations.cited(self.text, self._sources, unfinished=self.finish is None)

    @property
    def spoken(self) -> str:
        """The same as it is read aloud."""
        if self._sources is None:
            return without_citations(self.text)
        return citations.silent(self.text, self._sources)

    @property
    def cites(self) -> tuple[Source, ...]:
        """What it cites."""
        return tuple(citations.sources_of(self.text, self._sources)) if self._sources else ()

    @property
    def cites_told(self) -> list[str]:
        """What it cites, each in Markdown."""
        return citations.listed(self.text, self._sources) if self._sources else []

    @property
    def ended(self) -> bool:
        """Whether the present request brings nothing more: it is finished, or it failed."""
        return self._ended.is_set()

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

    async def _read(
        self, answer: AsyncGenerator[Delta | Finish, None], model: str, longest: float
    ) -> None:
        try:
            async with asyncio.timeout(longest), aclosing(answer):
                await self._take(answer, model)
            if self.finish is None:
                raise RuntimeError("the model's stream ended without a Finish")
        except TimeoutError:
            self.error = _endless(longest)
        except Exception as error:
            self.error = error
        finally:
            self._end()

    async def _take(self, answer: AsyncGenerator[Delta | Finish, None], model: str) -> None:
        """Take an answer to its end, or to where no answer goes on any more."""
        room = MOST_CHARACTERS
        async for event in answer:
            if isinstance(event, Finish):
                self.finish = event
                return
            self.thought += event.thought
            if event.withdrawn:
                self._pieces, self._broken_off, room = [], "", MOST_CHARACTERS
                self._news.set()
            if event.text:
                self._add(event.text)
            room -= len(event.text)
            if room <= 0:
                self.finish = Finish(OVERLONG, None, model)
                return

    def _add(self, piece: str) -> None:
        self._pieces.append(piece)
        if self._aside:
            return
        if self.began is None:
            self.began = self._clock.monotonic()
        self._news.set()
        if not self._readable.is_set() and sentences_worth(self.text):
            self._readable.set()

    def _end(self) -> None:
        for waited_for in self._events:
            waited_for.set()

    async def _or_so_long(self, event: asyncio.Event, seconds: float) -> None:
        if not event.is_set():
            await first_of(event.wait(), self._clock.sleep(seconds))


def _endless(seconds: float) -> ModelError:
    return ModelError(
        _("The answer was not finished after {minutes:.0f} minutes.", minutes=seconds / 60),
        _("Ask for less, or set max_completion_tokens or timeout under [openai]."),
        reason="endless",
    )
