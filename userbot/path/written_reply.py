"""One answer on its way into its place: previews, then its end.

Rule 1: the first text and the end wait for their turn, however long; previews between them take
a turn only if nobody else needs it, and end with the first pause that Telegram asks for.
Rule 2: what was shown is never left as if it were whole: it is finished, or closed with "…". That
holds for what an earlier run has shown, too.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from userbot.errors import (
    AccountStoppedError,
    ChatRefusedError,
    MessageGoneError,
    ModelError,
    NotLoggedInError,
    PauseAskedError,
    PostponedError,
    StorageError,
    TelegramError,
    UserbotError,
    WriteInDoubtError,
)
from userbot.events import Notice, Report, about
from userbot.path.draft import Draft
from userbot.path.parts import Parts
from userbot.path.patience import Patience
from userbot.path.storing import Storing
from userbot.ports import Clock, Sender
from userbot.rules import pacing, retrying
from userbot.rules.markdown import MESSAGE_UNITS, MOST_MESSAGES, bounded, broken_off, render
from userbot.rules.pacing import Pace
from userbot.rules.spoken import CAPTION_UNITS
from userbot.rules.utf16 import units
from userbot.types import (
    OVERLONG,
    ChatKind,
    Entity,
    Question,
    RichText,
)

_LOOK_SECONDS = 0.1
"""How often a text is rendered, always as a whole, while a reader would see no difference."""
_LATE_SECONDS = 5.0
"""After which an edit whose connection was lost is taken to be carried out, or never to be."""
_CAPTION_TOO_LONG = "media_caption_too_long"
_NOT_AGAIN = (ChatRefusedError, AccountStoppedError, MessageGoneError, WriteInDoubtError)
"""What the same write would meet again, or what may not be repeated."""


class WrittenReply:
    """One answer on its way into its place."""

    def __init__(
        self,
        ask: Question,
        draft: Draft,
        parts: Parts,
        pace: Pace,
        sender: Sender,
        storing: Storing,
        patience: Patience,
        clock: Clock,
        report: Report,
        on_text: Callable[[], None],
        above: str,
        told: Callable[[str], str],
    ) -> None:
        self._above = above
        self._told = told
        self._ask = ask
        self._draft = draft
        self._parts = parts
        self._pace = pace
        self._sender = sender
        self._storing = storing
        self._patience = patience
        self._clock = clock
        self._report = report
        self._on_text = on_text
        self._cut = False
        self._first_units = MESSAGE_UNITS

    async def show(self) -> None:
        """Previews, then the end; or the end that a failure leaves."""
        try:
            await self._previews()
            if self._draft.error is not None:
                if not isinstance(self._draft.error, PostponedError):
                    await self._close(self._draft.error)
                raise self._draft.error
            await self._finish()
        except MessageGoneError:
            if not self._parts.standing:
                raise
            self._notice("answer_deleted", "Somebody deleted the answer while it was written.")

    async def _previews(self) -> None:
        draft = self._draft
        await draft.news()
        if draft.began is not None:
            self._pace = pacing.began(self._pace, draft.began)
        while not draft.ended:
            seconds = pacing.due(self._pace, draft.text, self._clock.monotonic())
            if seconds is None:
                await draft.end()
            elif seconds <= 0:
                await self._preview()
            elif self._parts.standing:
                await draft.end(seconds)
            else:
                await draft.readable(seconds)

    async def _preview(self) -> None:
        parts, conversation = self._parts, self._ask.conversation
        wanted = self._wanted()
        write = parts.next_write(wanted)
        if write is None:
            await self._draft.news()  # so far a reader would see no difference
            await self._draft.end(_LOOK_SECONDS)
            return
        if not parts.standing:
            await self._sender.acquire(conversation, write, self._ask.title)
            if self._draft.error is not None:
                return
            wanted = self._wanted()  # while it waited for its turn, more was said
        elif not self._sender.try_acquire(conversation, write):
            self._pace = pacing.put_off(self._pace, self._clock.monotonic())
            return
        try:
            await self._write(wanted)
        except _NOT_AGAIN:
            raise
        except TelegramError:
            # A pause that was asked for, or trouble that may have passed when the end is due.
            self._pace = pacing.ended(self._pace)
        except StorageError as error:
            if not error.passing:
                raise
            self._pace = pacing.ended(self._pace)  # the end waits for the database, no preview
        else:
            self._pace = pacing.shown(self._pace, self._clock.monotonic())

    async def _finish(self) -> None:
        wanted = self._wanted()
        if not wanted:
            raise ModelError("The model's answer is empty.", "Ask again.", reason="empty_answer")
        try:
            try:
                await self._bring(wanted)
            except TelegramError as error:
                if error.reason != _CAPTION_TOO_LONG:
                    raise
                # It was spoken before it was asked for anew: beside a recording is less room.
                self._first_units = CAPTION_UNITS
                wanted = self._wanted()
                await self._bring(wanted)
        except MessageGoneError:
            raise
        except TelegramError:
            await self._break_off(tuple(one.text for one in self._parts.standing))
            raise
        if self._parts.doubtful:
            await self._bring_again(wanted)
        if self._cut:
            self._notice(
                "overlong", f"The answer has more than {MOST_MESSAGES} messages: cut there."
            )
        left = sum(len(part.text) for part in wanted[len(self._parts.standing) :])
        if left:
            self._notice(
                "slow_mode_rest", f"The chat is in slow mode: {left} characters were not sent."
            )

    async def _bring_again(self, wanted: tuple[RichText, ...]) -> None:
        """See that the end stands, when what was lost on its way has arrived at last, if ever."""
        await self._clock.sleep(_LATE_SECONDS)
        self._parts.doubt()
        with suppress(TelegramError, NotLoggedInError):
            await self._bring(wanted[: len(self._parts.standing)])

    async def _close(self, error: Exception) -> None:
        """The answer failed: close what was shown; where only the owner reads, say why."""
        shown = tuple(one.text for one in self._parts.standing)
        if shown:
            newest = () if self._parts.taken_up else self._wanted()[: len(shown)]
            await self._break_off(newest or shown)
        elif self._ask.kind is ChatKind.SAVED and isinstance(error, UserbotError):
            with suppress(TelegramError, NotLoggedInError):
                await self._bring((self._plain(f"⚠️ {self._told(str(error))}"),))

    async def _break_off(self, texts: tuple[RichText, ...]) -> None:
        """Let it be seen that there will be no more than this, if there is anything."""
        with suppress(TelegramError, NotLoggedInError):
            if texts:
                await self._bring(broken_off(texts))

    async def _bring(self, wanted: tuple[RichText, ...]) -> None:
        """Write until `wanted` stands, each write in its turn, however long that takes."""
        parts, clock, conversation = self._parts, self._clock, self._ask.conversation
        failed = 0
        while True:
            if self._sender.in_slow_mode(conversation):
                wanted = wanted[: max(1, len(parts.standing))]
            write = parts.next_write(wanted)
            if write is None:
                return
            if write == "edit":
                await clock.sleep(pacing.end_due(self._pace, clock.monotonic()))
            await self._sender.acquire(conversation, write, self._ask.title)
            try:
                await self._storing.through(partial(self._write, wanted), self._ask)
            except PauseAskedError:
                continue
            except TelegramError as error:
                # A lost line is told by itself, and its end is waited for, however long that takes.
                lost = error.reason == "disconnected"
                failed += not lost
                seconds = retrying.pause(max(failed, 1), 0.0)
                never = isinstance(error, _NOT_AGAIN) or error.reason == _CAPTION_TOO_LONG
                if write == "send" or never or seconds is None:
                    raise
                # The same edit twice is one; half an answer must not stay for a passing trouble.
                if lost:
                    await self._patience.pause(seconds)
                else:
                    await self._patience.wait(self._ask, "edit_again", seconds, str(error))
                continue
            failed = 0
            if write == "edit":
                self._pace = pacing.put_off(self._pace, clock.monotonic())

    async def _write(self, wanted: tuple[RichText, ...]) -> None:
        first = not self._parts.standing
        await self._parts.write(wanted)
        if first and self._parts.standing:
            self._on_text()

    def _wanted(self) -> tuple[RichText, ...]:
        """The newest text as messages; in slow mode what is shown beforehand is one of them."""
        finish = self._draft.finish
        above = self._above if self._parts.in_place else ""
        wanted = render(
            self._draft.text,
            self._ask.text,
            unfinished=finish is None,
            above=above,
            first=self._first_units,
        )
        self._cut = len(wanted) > MOST_MESSAGES
        wanted = bounded(wanted)
        if wanted and not self._cut and finish is not None and finish.reason == OVERLONG:
            self._cut, wanted = True, broken_off(wanted)
        if finish is None and self._sender.in_slow_mode(self._ask.conversation):
            return wanted[: max(1, len(self._parts.standing))]
        return wanted

    def _plain(self, text: str) -> RichText:
        """A text that is no Markdown, below the prompt if it is to stand in its message."""
        if not self._parts.in_place or not self._above:
            return RichText(text)
        prompt = Entity("blockquote", 0, units(self._above))
        return RichText(f"{self._above}\n\n{text}", (prompt,))

    def _notice(self, reason: str, detail: str) -> None:
        self._report(Notice(**about(self._ask), reason=reason, detail=detail))
