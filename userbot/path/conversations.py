"""One worker a conversation: its questions in order, other conversations beside it.

Rule 1: a place has at most one worker, and a worker handles one question at a time.
Rule 2: a worker lives only while its queue has something: an idle place costs nothing.
Rule 3: a question is stopped by cancelling what handles it; what stands in Telegram by then is the
handler's to keep. One that is only queued is just left out.
Rule 4: while draining nothing new begins; what is queued stays pending in the store.
Rule 5: an answer that hangs is cut at a bound, so that the next question goes on.
Rule 6: until the first text of its answer leaves, a question may still grow by a message that joins
it, once while it is being answered, lose one, or change by an edit: then its answer starts over.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from math import inf
from typing import Any, Protocol

from userbot.errors import StorageError
from userbot.path.first_text import FirstText
from userbot.path.line import Line
from userbot.ports import Clock
from userbot.rules import bursts
from userbot.types import ConversationId, Question, may_be_deleted_in

_LAST_SECONDS = 5.0
"""How long what was cut may take to end."""
_PATIENCE = 30.0
"""Seconds that somebody who edits a question again and again waits for its answer at most."""


class Changing(Protocol):
    """Told how questions change before they are answered. Stores it, or raises StorageError."""

    def joined(self, earlier: Question, whole: Question) -> None:
        """A question is answered with the message after it, as `whole`, which is that message's."""
        ...

    def reworded(self, whole: Question) -> None:
        """A question has other words now."""
        ...

    def parted(self, before: Question, whole: Question, gone: Sequence[Question], why: str) -> None:
        """Of the messages of a question some are gone: "deleted", or "edited" to ask nothing."""
        ...

    def starts_over(self, ask: Question) -> None:
        """What was done for the answer so far has ended; it begins anew."""
        ...


class Conversations:
    """The queues. `handle` answers one question; it settles every failure itself.

    `stopped` is told of a question that was stopped before its handler could make an answer of
    what stood there, and why ("stopped", "deleted", "hung", …). `longest`: seconds after which an
    answer that shows no end is cut as hung, unless it is `excused`: what it waits for will come.
    """

    def __init__(
        self,
        handle: Callable[[Question], Coroutine[Any, Any, None]],
        stopped: Callable[[Question, str], None],
        changing: Changing,
        first_text: FirstText,
        clock: Clock,
        burst_seconds: float,
        longest: float | None = None,
        excused: Callable[[Question], bool] = lambda _: False,
    ) -> None:
        self._longest = longest
        self._excused = excused
        self._handle = handle
        self._stopped = stopped
        self._changing = changing
        self._first_text = first_text
        self._clock = clock
        self._burst = burst_seconds
        self._lines: dict[ConversationId, deque[Line]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._draining = False

    def put(self, ask: Question) -> None:
        """Queue a question by itself; it is begun at once if its conversation is idle."""
        self._put(Line(ask, [ask], joinable=-inf))

    def arrived(self, ask: Question) -> None:
        """Queue a message that has just arrived, or let it join the question before it.

        What cannot be stored as one is asked one after the other.
        """
        now = self._clock.monotonic()
        line = None if self._draining else self._joinable(ask)
        pieces = [ask] if line is None else [*line.pieces, ask]
        whole = bursts.together(pieces)
        if line is None or not self._stored(line.ask, whole):
            self._put(Line(ask, [ask], joinable=now, begins=now + bursts.waits(ask)))
            return
        line.ask, line.pieces, line.joinable = whole, pieces, now
        line.begins = max(line.begins, now + bursts.waits(ask))
        self._start_over(line)

    def joins(self, ask: Question) -> bool:
        """Whether a message that arrives now would join the question before it."""
        return not self._draining and self._joinable(ask) is not None

    def piece(self, chat: int, message: int, *, shown: bool = False) -> Question | None:
        """The message as it is asked or waits to be, until the first text of its answer leaves.

        `shown`: until its answer stands whole.
        """
        line = self._line_of(chat, message)
        if line is None or not (self._open(line) or (shown and line.running and not line.ended)):
            return None
        return next(piece for piece in line.pieces if _is(piece, chat, message))

    def edited(self, piece: Question) -> None:
        """A message that `piece` gave has other words now: they are asked. Raises StorageError.

        Who edits again and again waits longer each time.
        """
        line = self._line_of(piece.source, piece.message)
        if line is None:
            return
        pieces = [piece if _is(one, piece.source, piece.message) else one for one in line.pieces]
        if line.running:
            patience = min(2.0 ** (line.restarts - 1), _PATIENCE) if line.restarts else 0.0
            line.begins = self._clock.monotonic() + patience
        self._becomes(line, pieces, (), "")

    def withdrawn(self, piece: Question) -> None:
        """The message that `piece` gave asks nothing any more."""
        line = self._line_of(piece.source, piece.message)
        if line is not None:
            left = [one for one in line.pieces if one.message != piece.message]
            self._without(line, left, "edited")

    def reads(
        self, ask: Question, pieces: Sequence[Question], gone: Sequence[Question], why: str
    ) -> None:
        """A question was looked up: it is made of these messages, as they read now.

        Where that asks something else than before, it starts over. `gone`: messages that it was
        made of, too, and `why` they are not any more. Raises StorageError.
        """
        line = self._line_of(ask.source, ask.message)
        if line is not None:
            self._becomes(line, pieces, gone, why)

    def stop(self, conversation: ConversationId) -> Question | None:
        """End the answer that is being written there at once; gives its question, if there is one.

        Those that are queued behind it go on.
        """
        for lines in self._lines.values():
            if lines and lines[0].ask.conversation == conversation and not lines[0].ended:
                self._end(lines[0], "stopped")
                return lines[0].ask
        return None

    def moved(self, old: int, new: int) -> list[tuple[Question, bool]]:
        """A chat goes on as another: its questions are answered there, from their beginning.

        Gives those whose answer was under way, and whether it is known how much of it stands.
        """
        cut: list[tuple[Question, bool]] = []
        for line in self._each():
            if line.ask.chat != old or line.ended:
                continue
            line.ask, line.pieces = line.ask.moved(new), [one.moved(new) for one in line.pieces]
            if line.running:
                cut.append((line.ask, self._first_text.known(line.ask)))
                self._first_text.forget(line.ask)
                self._start_over(line)
        return cut

    def deleted(self, chat: int | None, messages: Iterable[int]) -> None:
        """Questions were deleted in Telegram: their answers end as if they were stopped.

        Of several messages what is left is asked, if no text stands yet. `chat` is None where
        Telegram does not tell it: then it is a private chat or a basic group.
        """
        gone = frozenset(messages)

        def is_left(ask: Question) -> bool:
            return ask.message not in gone or not may_be_deleted_in(ask.source, chat)

        for line in list(self._each()):
            left = list(filter(is_left, line.pieces))
            if len(left) < len(line.pieces):
                self._without(line, left, "deleted")

    def stop_all(
        self, which: Callable[[Question], bool], reason: str, *, shown: bool = True
    ) -> None:
        """End the answers to questions with such a message, and leave out those that are queued.

        `shown`: those too of which a text stands already.
        """
        for line in list(self._each()):
            if any(map(which, line.pieces)) and (shown or self._open(line)):
                self._end(line, reason)

    @property
    def unanswered(self) -> list[Question]:
        """The messages of the questions of whose answer nothing has left yet."""
        return [piece for line in self._each() if self._open(line) for piece in line.pieces]

    @property
    def answering(self) -> int:
        """How many questions are being answered at this moment."""
        return sum(lines[0].running for lines in self._lines.values() if lines)

    async def drain(self, seconds: float) -> None:
        """Let the answers being written finish, for so long; then cancel them."""
        self._draining = True
        if self._workers:
            _, late = await asyncio.wait(self._workers, timeout=seconds)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _put(self, line: Line) -> None:
        if self._draining:
            return
        conversation = line.ask.conversation
        lines = self._lines.get(conversation)
        if lines is not None:
            lines.append(line)
            return
        self._lines[conversation] = deque([line])
        worker = asyncio.create_task(
            self._work(conversation), name=f"conversation {conversation.chat}"
        )
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    def _stored(self, earlier: Question, whole: Question) -> bool:
        try:
            self._changing.joined(earlier, whole)
        except StorageError:
            return False
        return True

    def _joinable(self, ask: Question) -> Line | None:
        """The question that a message which arrives now joins."""
        lines = self._lines.get(ask.conversation)
        line = lines[-1] if lines else None
        if line is None or not self._open(line) or line.has_started_over:
            return None
        if len(line.ask.text) + len(ask.text) > bursts.MOST_CHARACTERS:
            return None
        gap = self._clock.monotonic() - line.joinable
        return line if bursts.joins(line.pieces[-1], ask, gap, self._burst) else None

    def _line_of(self, chat: int, message: int) -> Line | None:
        for line in self._each():
            if any(_is(piece, chat, message) for piece in line.pieces):
                return line
        return None

    def _each(self) -> Iterator[Line]:
        return (line for lines in self._lines.values() for line in lines)

    def _open(self, line: Line) -> bool:
        """Whether the question may still change: nothing of its answer was shown."""
        over = line.task is not None and line.task.done() and not line.again
        return not (line.ended or over or self._first_text.left(line.ask))

    def _without(self, line: Line, left: Sequence[Question], why: str) -> None:
        """Go on without some messages, or end: where none is left, or the answer shows."""
        if left and self._open(line):
            gone = [piece for piece in line.pieces if piece not in left]
            with suppress(StorageError):
                self._becomes(line, left, gone, why)
                return
        self._end(line, why)

    def _becomes(
        self, line: Line, pieces: Sequence[Question], gone: Sequence[Question], why: str
    ) -> None:
        whole = bursts.together(pieces)
        if gone:
            self._changing.parted(line.ask, whole, gone, why)
        elif whole.text == line.ask.text:
            line.pieces = list(pieces)
            return
        else:
            self._changing.reworded(whole)
        line.ask, line.pieces = whole, list(pieces)
        self._start_over(line)

    def _start_over(self, line: Line) -> None:
        if line.running and not line.again:
            line.again = True
            line.restarts += 1
            line.cancel()

    def _end(self, line: Line, reason: str) -> None:
        if line.ended:
            return
        line.ended = reason
        line.cancel()
        # By itself: the place of a question changes when its group moves.
        lines = next(lines for lines in self._lines.values() if line in lines)
        if line is not lines[0]:
            lines.remove(line)
            self._stopped(line.ask, reason)

    async def _work(self, conversation: ConversationId) -> None:
        lines = self._lines[conversation]
        try:
            while lines and not self._draining:
                try:
                    await self._answer(lines[0])
                except Exception as error:  # it must not take those behind it along
                    asyncio.get_running_loop().call_exception_handler(
                        {
                            "message": "a question could not be settled",
                            "exception": error,
                            "task": asyncio.current_task(),
                        }
                    )
                finally:
                    self._first_text.forget(lines.popleft().ask)
        finally:
            del self._lines[conversation]

    async def _answer(self, line: Line) -> None:
        while True:
            while not line.is_over() and (wait := line.begins - self._clock.monotonic()) > 0:
                await self._clock.sleep(min(wait, bursts.BATCH_SECONDS / 4))
            if line.is_over():
                break
            begun, line.again = line.ask, False
            line.task = asyncio.create_task(self._handle(begun))
            try:
                await self._end_of(line, line.task)
            except asyncio.CancelledError:
                line.task.cancel()
                await asyncio.wait({line.task})
                raise
            cut = not line.task.done() or line.task.cancelled()
            if not cut:
                line.task.result()
            if line.again and not line.is_over() and not self._draining:
                self._changing.starts_over(begun)
            elif line.is_over() and cut:
                break
            else:
                return
        self._stopped(line.ask, line.ended)

    async def _end_of(self, line: Line, task: asyncio.Task[None]) -> None:
        """Wait for what handles a question; if that hangs, cut it, and wait no longer for that."""
        while not (await asyncio.wait({task}, timeout=self._longest))[0]:
            if not self._excused(line.ask):
                line.ended = "hung"
                line.cancel()
                await asyncio.wait({task}, timeout=_LAST_SECONDS)
                return


def _is(ask: Question, chat: int, message: int) -> bool:
    return ask.message == message and ask.source == chat
