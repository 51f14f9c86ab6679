"""The answer as messages: previews while the model writes, then its end.

Rule 1: the first text and the end wait for their permit, however long; previews between them take
one only if nobody else needs it, and end with the first pause that Telegram asks for.
Rule 2: what was shown is never left as if it were whole: it is finished, or closed with "…". That
holds for what an earlier run has shown, too.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from userbot.errors import (
    AccountStoppedError,
    ChatRefusedError,
    MessageGoneError,
    ModelError,
    NoSuchChatError,
    NotLoggedInError,
    PauseAskedError,
    SwitchError,
    TelegramError,
    WriteInDoubtError,
)
from userbot.events import Notice, Report, Waiting, about
from userbot.ports import Clock, Sender, Write
from userbot.rules import pacing, retrying
from userbot.rules.above_answer import above_answer, beginning, prompt_of
from userbot.rules.inert import Inert
from userbot.rules.mark import first_of, marked, room, unmarked
from userbot.rules.markdown import (
    MESSAGE_UNITS,
    MOST_MESSAGES,
    broken_off,
    plain,
    render,
)
from userbot.rules.pacing import Pace
from userbot.rules.speech import CAPTION_UNITS
from userbot.settings import PacingConfig
from userbot.texts import _, translated
from userbot.timings import USUAL
from userbot.turn.deliver.messages import ReplyMessages
from userbot.turn.endings import RING_SECONDS, first_shown
from userbot.turn.outbound import permitted
from userbot.turn.stream import Stream
from userbot.turn.turn import Turn
from userbot.types import CUT, OVERLONG, Answer, ChatKind, Finish, RichText

_LOOK_SECONDS = 0.1
"""How often a text is rendered, always as a whole, while a reader would see no difference."""
_CALLING_SECONDS = 1.0
"""A call of a tool that takes less is not worth a line."""
_CAPTION_TOO_LONG = "media_caption_too_long"
_NOT_AGAIN = (ChatRefusedError, AccountStoppedError, MessageGoneError, WriteInDoubtError)
"""What the same write would meet again, or what may not be repeated."""


@dataclass(frozen=True, slots=True)
class WritingStyle:
    """How answers are written. `own_prompt`: as in [trigger].

    `late_seconds`: after which an edit whose connection was lost is brought again. `inert`: how
    nothing that is written acts; its language is the owner's, in which he reads errors, too.
    """

    pacing: PacingConfig = field(default_factory=PacingConfig)
    own_prompt: str = "reply"
    late_seconds: float = USUAL.late_edit_seconds
    inert: Inert = field(default_factory=Inert)


class InWriting:
    """Delivers answers as text."""

    def __init__(
        self,
        style: WritingStyle,
        sender: Sender,
        messages: ReplyMessages,
        clock: Clock,
        report: Report,
    ) -> None:
        self.style = style
        """How answers are written from the next one on."""
        self._sender = sender
        self._messages = messages
        self._clock = clock
        self._report = report

    async def follow(self, turn: Turn) -> None:
        """Show the answer as it grows, until its stream has ended.

        Raises TelegramError, StorageError and Reconsider.
        """
        stream = turn.stream
        assert stream is not None
        self._begin(turn)
        await stream.news()
        if stream.began is not None and not stream.ended:
            turn.pace = pacing.began(self._pace(turn), stream.began)
        while not stream.ended:
            seconds = pacing.due(self._pace(turn), stream.text, self._clock.monotonic())
            if seconds is None:
                await stream.end()
            elif seconds <= 0:
                await self._preview(turn)
            elif turn.messages:
                await stream.end(seconds)
            else:
                await stream.readable(seconds)

    async def meanwhile(self, turn: Turn, calling: asyncio.Future[None]) -> None:
        """Tools are called: if that is felt, a line says which, until the answer replaces it.

        Not where something of the answer stands already. Raises as `follow` does.
        """
        await asyncio.wait({calling}, timeout=_CALLING_SECONDS)
        self._begin(turn)
        pace, line = self._pace(turn), f"⏳ {turn.looked_up.calling}…"
        stands = tuple(one.text for one in turn.messages)
        may_be_shown = not pace.over and pace.previews < pace.max_previews
        if calling.done() or not turn.looked_up.calling or not may_be_shown:
            return
        if stands and stands != turn.looked_up.line:
            return
        above = prompt_of(turn.question) if turn.in_place else ""
        wanted = plain(line, above=above, inert=self.style.inert)
        write = self._messages.next_write(turn, wanted)
        if write is not None and self._sender.try_acquire(turn.question.conversation, write):
            turn.looked_up.line = wanted
            await self._show(turn, wanted)

    async def announce(self, turn: Turn) -> None:
        """Show what stands above the answer before a model is asked for it. Raises as `follow`."""
        assert turn.material is not None
        self._begin(turn)
        await self._bring(turn, render(turn.material.preface, "", inert=self.style.inert))

    async def finish(self, turn: Turn) -> Answer:
        """Bring the whole answer to where it belongs. Raises as `follow` does, and ModelError."""
        self._begin(turn)
        await self._finish(turn)
        assert turn.stream is not None
        assert turn.stream.finish is not None
        return _answer(turn, turn.stream.finish)

    async def schedule(self, turn: Turn) -> Answer:
        """Let Telegram send all of it a little later, so that it rings. Raises as `finish`."""
        self._begin(turn)
        stream = turn.stream
        assert stream is not None
        assert stream.finish is not None
        wanted = self._wanted(turn)
        for at, text in enumerate(wanted):
            schedule = partial(self._messages.schedule, turn, at, text, RING_SECONDS + at)
            await permitted(partial(self._permit, turn, "send"), schedule)
        first = unmarked(wanted[0].text, turn.mark) if wanted else ""
        return Answer(stream.shown, first, stream.finish, (), stream.cites)

    def whole(self, turn: Turn) -> tuple[RichText, ...]:
        """The whole answer as it would stand. Raises ModelError for one that is empty."""
        self._begin(turn)
        wanted = self._wanted(turn)
        if not wanted:
            raise _empty()
        return wanted

    def replaced(self, turn: Turn, text: RichText) -> None:
        """The owner wants his own words to be sent instead: no model wrote them."""
        finish, turn.mark = Finish("stop", None, ""), ""
        turn.own_words, turn.stream = text, Stream.whole(text.text, finish, self._clock)

    def deleted(self, turn: Turn) -> Answer:
        """Somebody deleted the answer while it was written: what was written of it."""
        self._notice(
            turn, "answer_deleted", _("The answer was deleted while it was being written.")
        )
        assert turn.stream is not None
        finish = turn.stream.finish
        if finish is None:
            assert turn.request is not None
            finish = Finish("deleted", None, turn.request.model)
        return _answer(turn, finish)

    async def close(self, turn: Turn, error: Exception) -> None:
        """The answer failed: close what was shown; where only the owner reads, say why."""
        self._begin(turn)  # it may have failed before there was anything to follow
        shown = tuple(one.text for one in turn.messages)
        if shown and shown[0].text == self._why(turn, error)[0].text:
            return  # an earlier run has said so
        if shown and turn.question.recap is not None:
            await self._replace(turn, error)  # a half of it is worth nothing
        elif shown and shown != turn.looked_up.line:
            newest = (
                () if turn.taken_up or turn.stream is None else self._wanted(turn)[: len(shown)]
            )
            await self._break_off(turn, newest or shown)
        elif (
            turn.question.kind is ChatKind.SAVED
            and isinstance(error, ModelError | NoSuchChatError | SwitchError)
            and not turn.belated
        ):
            await self._replace(turn, error)
        elif shown:
            await self._break_off(turn, shown)

    async def _replace(self, turn: Turn, error: Exception) -> None:
        """Let a short line say why there is no answer, and nothing else stand."""
        with suppress(TelegramError, NotLoggedInError):
            await self._bring(turn, self._why(turn, error))

    def _why(self, turn: Turn, error: Exception) -> tuple[RichText, ...]:
        """The line that says why there is no answer."""
        inert = self.style.inert
        said = f"⚠️ {translated(str(error), inert.language)}"
        question, above = turn.question, ""
        if turn.in_place:
            above = prompt_of(question)
        elif question.quiet:  # its message is gone, which would have said what this is about
            above = beginning(question, question.text)
        return plain(said, above=above, inert=inert)

    def _begin(self, turn: Turn) -> None:
        """Decide where the answer stands, once."""
        if turn.pace is not None:
            return
        style = self.style
        pace = Pace(edit_seconds=style.pacing.edit_seconds, max_previews=style.pacing.max_previews)
        if turn.taken_up:
            pace = pacing.ended(pace)  # previews would shrink what stands, before it grows again
        else:
            own, now = style.own_prompt == "edit", self._clock.now()
            turn.in_place = own and above_answer(turn.question, now) is not None
        turn.pace = pace

    async def _preview(self, turn: Turn) -> None:
        stream, conversation = turn.stream, turn.question.conversation
        assert stream is not None
        wanted = self._wanted(turn)
        write = self._messages.next_write(turn, wanted)
        if write is None:
            await stream.news()  # so far a reader would see no difference
            await stream.end(_LOOK_SECONDS)
            return
        if not turn.messages:
            await self._permit(turn, write)
            if stream.error is not None:
                return
            wanted = self._wanted(turn)  # while it waited for its permit, more was said
        elif not self._sender.try_acquire(conversation, write):
            turn.pace = pacing.put_off(self._pace(turn), self._clock.monotonic())
            return
        await self._show(turn, wanted)

    async def _show(self, turn: Turn, wanted: tuple[RichText, ...]) -> None:
        """Write what is not the end, with its permit."""
        try:
            await self._write(turn, wanted)
        except _NOT_AGAIN:
            raise
        except TelegramError:
            # A pause that was asked for, or trouble that may have passed when the end is due.
            turn.pace = pacing.ended(self._pace(turn))
        else:
            turn.pace = pacing.shown(self._pace(turn), self._clock.monotonic())

    async def _finish(self, turn: Turn) -> None:
        whole = self._rendered(turn)
        wanted = self._shown(turn, whole)
        if not wanted:
            raise _empty()
        try:
            try:
                await self._bring(turn, wanted)
            except TelegramError as error:
                if error.reason != _CAPTION_TOO_LONG:
                    raise
                # It was spoken before it was asked for anew: beside a recording is less room.
                whole = self._rendered(turn, CAPTION_UNITS)
                wanted = self._shown(turn, whole)
                await self._bring(turn, wanted)
        except MessageGoneError:
            raise
        except TelegramError:
            await self._break_off(turn, tuple(one.text for one in turn.messages))
            raise
        if turn.edit_lost:
            await self._bring_again(turn, wanted)
        if len(whole) > MOST_MESSAGES or _overlong(turn):
            self._notice(
                turn,
                "overlong",
                _(
                    "The answer is longer than {most_messages} messages: cut off there.",
                    most_messages=MOST_MESSAGES,
                ),
            )
        left = sum(len(part.text) for part in wanted[len(turn.messages) :])
        if left:
            self._notice(
                turn,
                "slow_mode_rest",
                _("The chat is in slow mode: {left} characters were not sent.", left=left),
            )

    async def _bring_again(self, turn: Turn, wanted: tuple[RichText, ...]) -> None:
        """See that the end stands, when what was lost on its way has arrived at last, if ever."""
        await self._clock.sleep(self.style.late_seconds)
        turn.edit_lost = False
        for one in turn.messages:
            one.sure = False
        with suppress(TelegramError, NotLoggedInError):
            await self._bring(turn, first_of(wanted, len(turn.messages), turn.mark))

    async def _break_off(self, turn: Turn, texts: tuple[RichText, ...]) -> None:
        """Let it be seen that there will be no more than this, if there is anything."""
        with suppress(TelegramError, NotLoggedInError):
            if texts:
                bare = tuple(replace(text, text=unmarked(text.text, turn.mark)) for text in texts)
                await self._bring(turn, marked(broken_off(bare, _room(turn)), turn.mark))

    async def _bring(self, turn: Turn, wanted: tuple[RichText, ...]) -> None:
        """Write until `wanted` stands, each write with its permit, however long that takes."""
        conversation, clock, failed = turn.question.conversation, self._clock, 0
        while True:
            most = max(1, len(turn.messages))  # in slow mode
            if len(wanted) > most and self._sender.in_slow_mode(conversation):
                wanted = first_of(wanted, most, turn.mark)
            write = self._messages.next_write(turn, wanted)
            if write is None:
                return
            if write == "edit":
                await clock.sleep(pacing.end_due(self._pace(turn), clock.monotonic()))
            await self._permit(turn, write)
            try:
                await self._write(turn, wanted)
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
                if not lost:
                    self._report(
                        Waiting(
                            **about(turn.question),
                            reason="edit_again",
                            seconds=seconds,
                            detail=str(error),
                        )
                    )
                with turn.waits("connection"):
                    await clock.sleep(seconds)
                continue
            failed = 0
            if write == "edit":
                turn.pace = pacing.put_off(self._pace(turn), clock.monotonic())

    async def _permit(self, turn: Turn, write: Write) -> None:
        """Wait for the permit of a write, however long that takes. Raises as `follow` does."""
        with turn.waits("gate"):
            await self._sender.acquire(turn.question.conversation, write, turn.question.title)

    async def _write(self, turn: Turn, wanted: tuple[RichText, ...]) -> None:
        await self._messages.write(turn, wanted)
        if turn.messages and turn.typing is not None:
            turn.typing.cancel()  # no further signal, and none to be taken back
            turn.typing = None

    def _wanted(self, turn: Turn) -> tuple[RichText, ...]:
        """The newest text as the messages that are to stand."""
        return self._shown(turn, self._rendered(turn))

    def _shown(self, turn: Turn, whole: tuple[RichText, ...]) -> tuple[RichText, ...]:
        """Of the whole answer what is shown; in slow mode that is one message beforehand."""
        assert turn.stream is not None
        finish = turn.stream.finish
        wanted = whole[:MOST_MESSAGES]
        if wanted and (len(whole) > MOST_MESSAGES or _is_cut(turn)):
            wanted = broken_off(wanted, _room(turn))
        if turn.mark and finish is not None and not finish.calls:
            wanted = marked(wanted, turn.mark)
        if finish is None and self._sender.in_slow_mode(turn.question.conversation):
            return wanted[: max(1, len(turn.messages))]
        return wanted

    def _rendered(self, turn: Turn, first: int = MESSAGE_UNITS) -> tuple[RichText, ...]:
        stream, material = turn.stream, turn.material
        assert stream is not None
        assert material is not None
        if turn.own_words is not None:
            return (turn.own_words,)
        unfinished, free = stream.finish is None, _room(turn)
        text = stream.shown
        return render(
            material.preface + text if text else "",
            material.question.own_text,
            unfinished=unfinished,
            above=prompt_of(turn.question) if turn.in_place else "",
            first=first,
            inert=self.style.inert,
            room=free,
        )

    def _pace(self, turn: Turn) -> Pace:
        assert turn.pace is not None
        return turn.pace

    def _notice(self, turn: Turn, reason: str, detail: str) -> None:
        self._report(Notice(**about(turn.question), reason=reason, detail=detail))


def _room(turn: Turn) -> int:
    """What each message leaves to the mark, where answers have one."""
    return room(turn.mark) if turn.mark else 0


def _empty() -> ModelError:
    return ModelError(_("The model gave an empty answer."), _("Ask again."), reason="empty_answer")


def _answer(turn: Turn, finish: Finish) -> Answer:
    assert turn.stream is not None
    text, cites = turn.stream.shown, turn.stream.cites
    messages = tuple(one.message for one in turn.messages)
    return Answer(text, first_shown(turn), finish, messages, cites)


def _overlong(turn: Turn) -> bool:
    assert turn.stream is not None
    finish = turn.stream.finish
    return finish is not None and finish.reason == OVERLONG


def _is_cut(turn: Turn) -> bool:
    """Whether the answer would go on: by a limit of ours, or by the model's own."""
    assert turn.stream is not None
    finish = turn.stream.finish
    return finish is not None and finish.reason in (OVERLONG, CUT)
