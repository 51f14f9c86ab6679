"""How a question ends: its state, its usage, its turn, and the line on the console."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from userbot.errors import (
    ChatRefusedError,
    LimitReachedError,
    NothingToAnswerError,
    PostponedError,
    StorageError,
    UserbotError,
    WriteInDoubtError,
)
from userbot.events import (
    Answered,
    Answering,
    Failed,
    Ignored,
    Limited,
    Notice,
    Report,
    Skipped,
    about,
)
from userbot.path.loop_watch import LoopWatch
from userbot.path.storing import Storing
from userbot.ports import Clock
from userbot.rules.limits import cost_of
from userbot.rules.own_prompt import below_prompt
from userbot.rules.prompt import asked, messages_in, people_in
from userbot.rules.window import estimated_usage
from userbot.settings import Prices
from userbot.storage.store import Store
from userbot.types import Answer, ChatRequest, Exchange, Finish, Question, Quoted

_PREVIEW_CHARACTERS = 120
_TOGETHER_SECONDS = 1.0
"""What is found to be too old within so long is one line."""
_CHATS_TOLD = 5
_log = logging.getLogger(__name__)


def preview(text: str) -> str:
    """The first words of a text, as much as the console may show of it."""
    line = " ".join(text[: _PREVIEW_CHARACTERS * 2].split())
    return line if len(line) <= _PREVIEW_CHARACTERS else line[: _PREVIEW_CHARACTERS - 1] + "…"


class Settlement:
    """Success and failure of a question; also counts them for the summary at the end.

    `prices`: what the answers are paid with, if the config says. `loops` hears of each answer.
    """

    def __init__(
        self,
        store: Store,
        storing: Storing,
        clock: Clock,
        report: Report,
        prices: Prices | None = None,
        loops: LoopWatch | None = None,
    ) -> None:
        self._store = store
        self._storing = storing
        self._clock = clock
        self._report = report
        self._asking: dict[int, tuple[ChatRequest, float]] = {}
        self._broken_off: set[int] = set()
        self._prices = prices
        self._loops = loops or LoopWatch()
        self._too_old: list[Question] = []
        self.answered_count = 0
        self.failed_count = 0

    def asking(self, ask: Question, request: ChatRequest) -> None:
        """The model is asked, perhaps again: what broke off before is counted by itself."""
        now = self._clock.monotonic()
        _, since = self._asking.get(ask.id, (request, now))
        self._asking[ask.id] = request, since
        self._broken_off.discard(ask.id)
        self._report(
            Answering(
                **about(ask),
                model=request.model,
            )
        )

    def broken_off(self, ask: Question) -> None:
        """Its request ended before its time, and is counted: its answer must not count again."""
        self._broken_off.add(ask.id)

    async def answered(
        self, ask: Question, quoted: Quoted | None, answer: Answer, seconds: float
    ) -> Exchange:
        """The answer stands in Telegram; gives the turn as the history keeps it.

        Raises StorageError and PostponedError if that cannot be stored. Then the question stays
        open: the next start finds its writes, and does not ask again.
        """
        self._asking.pop(ask.id, None)
        self._loops.answered(ask, self._clock.now())
        people, messages = people_in(quoted), messages_in(quoted)
        question = asked(ask, quoted)
        settle = self._settling(ask, answer)

        def store() -> str:
            text = question if self._store.quotes.may_quote(ask, people, messages) else ask.text
            settle(text)
            return text

        question = await self._storing.done(store, ask)
        self._stands(ask, answer, seconds)
        return Exchange(ask.sender.name, question, answer.text, ask.id)

    def _settling(self, ask: Question, answer: Answer) -> Callable[[str], None]:
        """What stores an answer with its question as that text, and with what it cost."""
        usage = answer.finish.usage
        if ask.id in self._broken_off:
            # Its request was counted when it broke off.
            self._broken_off.discard(ask.id)
            paid = 0
            counted = replace(answer, finish=replace(answer.finish, usage=None))
        else:
            counted = answer
            paid = cost_of(self._prices, usage) if usage else 0
        now = self._clock.now()
        return lambda text: self._store.questions.settle(ask, text, counted, now, cost=paid)

    def _stands(self, ask: Question, answer: Answer, seconds: float) -> None:
        """Tell of an answer that is stored."""
        usage = answer.finish.usage
        self.answered_count += 1
        self._report(
            Answered(
                **about(ask),
                answers=answer.messages,
                model=answer.finish.model,
                seconds=seconds,
                prompt_tokens=usage.prompt_tokens if usage else None,
                completion_tokens=usage.completion_tokens if usage else None,
                text=preview(answer.shown),
                estimated=usage is not None and usage.estimated,
                reason="" if answer.finish.reason == "stop" else answer.finish.reason,
            )
        )

    def given_up(self, ask: Question, error: Exception) -> None:
        """The question cannot be answered: one that is none is skipped, as in a chat that rests.

        One that is put off until the next start stays open, as does one that cannot be recorded.
        """
        self._asking.pop(ask.id, None)
        self._broken_off.discard(ask.id)
        if isinstance(error, PostponedError):
            return
        if isinstance(error, StorageError):
            self._storing.failed(error, ask)  # told already, unless something could not be read
            return
        told = error if isinstance(error, UserbotError) else _mistake(error)
        if isinstance(told, WriteInDoubtError):
            told = in_doubt()
        skipped = isinstance(told, ChatRefusedError | LimitReachedError | NothingToAnswerError)
        state = "skipped" if skipped else "failed"
        self._mark(ask, state, told.reason)
        if isinstance(told, LimitReachedError):
            self.limited(ask, told.reason, str(told))
            return
        if told.reason == "too_old":
            self.too_old(ask)
            return
        if told.reason == "no_wake_word":
            self._not_meant(ask, told.reason)
            return
        if skipped:
            self.skipped(ask, told.reason, str(told), told.hint)
        else:
            self._failed(ask, told)

    def _failed(self, ask: Question, error: UserbotError) -> None:
        self.failed_count += 1
        self._report(
            Failed(
                **about(ask),
                reason=error.reason,
                error=str(error),
                hint=error.hint,
            )
        )

    def limited(self, ask: Question, reason: str, detail: str) -> None:
        """Tell that a limit refused a question, already marked as skipped."""
        self._report(
            Limited(
                **about(ask),
                reason=reason,
                detail=detail,
            )
        )

    def joined(self, earlier: Question, whole: Question) -> None:
        """A question is answered with the message after it. Raises StorageError."""
        self._store.questions.join(earlier, whole, self._clock.now())
        self.skipped(earlier, "joined", "It is answered together with the next message.")

    def reworded(self, whole: Question) -> None:
        """A question has other words before its answer shows. Raises StorageError."""
        self._store.questions.reword(whole)
        self._report(
            Notice(
                **about(whole),
                reason="question_edited",
                detail="The question was edited: it is asked as it reads now.",
            )
        )

    def parted(self, before: Question, whole: Question, gone: Sequence[Question], why: str) -> None:
        """Of the messages of a question some are gone, and why. Raises StorageError."""
        self._store.questions.part(before, whole, gone, why, self._clock.now())
        self._report(
            Notice(
                **about(whole),
                reason="question_parted",
                detail="A message of the question is gone: it is asked without it.",
            )
        )

    def moved(self, ask: Question) -> None:
        """Its group became a supergroup while it was answered."""
        self._report(
            Notice(
                **about(ask),
                reason="answer_moved",
                detail="The group became a supergroup: the answer begins anew there.",
            )
        )

    def starts_over(self, ask: Question) -> None:
        """What was done for its answer so far has ended, and was counted."""
        self._asking.pop(ask.id, None)
        self._broken_off.discard(ask.id)

    def stopped(self, ask: Question, why: str = "stopped") -> None:
        """The question was stopped; what stands of an answer by then is its answer.

        Raises StorageError; then nothing was done.
        """
        standing = [
            (message, below_prompt(ask, shown) if message == ask.replied_to else shown)
            for message, shown in self._store.outbound.standing(ask)
        ]
        asking = self._asking.pop(ask.id, None)
        if asking is not None and standing:
            request, since = asking
            seconds = self._clock.monotonic() - since
            # What stands is an answer like any other: it can be replied to, and is remembered.
            text = "\n\n".join(shown for _, shown in standing)
            # Nobody told what it cost, and stopping must not be a way around the limits.
            usage = estimated_usage(request.messages, text)
            messages = tuple(message for message, _ in standing)
            answer = Answer(text, standing[0][1], Finish("stopped", usage, request.model), messages)
            settle = self._settling(ask, answer)

            def store() -> None:
                settle(ask.text)
                self._stands(ask, answer, seconds)

            self._storing.soon(store, ask)
            return
        self._mark(ask, "skipped", why)
        self._broken_off.discard(ask.id)
        if why == "too_old":
            self.too_old(ask)
        else:
            self.skipped(ask, why, _WHY[why])

    def hung(self, ask: Question) -> None:
        """The answer came to no end, and was cut."""
        self.given_up(
            ask,
            UserbotError(
                "The answer came to no end, and was cut.",
                "Reply /gpt_retry to the question, or run `userbot retry`.",
                reason="hung",
            ),
        )

    def _mark(self, ask: Question, state: str, reason: str) -> None:
        self._storing.soon(
            partial(self._store.questions.mark, ask, state, reason, self._clock.now()), ask
        )

    def too_old(self, ask: Question) -> None:
        """Tell that a question, already marked as skipped, is too old: with others, in one line."""
        if not self._too_old:
            asyncio.get_running_loop().call_later(_TOGETHER_SECONDS, self._tell_too_old)
        self._too_old.append(ask)

    def _tell_too_old(self) -> None:
        old, self._too_old = self._too_old, []
        if len(old) == 1:
            self.skipped(old[0], "too_old", "The program, or its connection, was away too long.")
            return
        chats = Counter(ask.title or str(ask.chat) for ask in old)
        where = ", ".join(f"{title} {number}" for title, number in chats.most_common(_CHATS_TOLD))
        self._report(
            Notice(
                reason="old_questions",
                detail=f"{len(old)} questions are too old to be answered: {where}.",
                hint="To have one answered all the same, reply to it with /gpt_retry.",
            )
        )

    def skipped(self, ask: Question, reason: str, detail: str, hint: str = "") -> None:
        """Tell that a question, already marked as skipped, will not be answered by itself."""
        self._report(
            Skipped(
                **about(ask),
                reason=reason,
                detail=detail,
                text=preview(ask.text),
                hint=hint,
            )
        )

    def _not_meant(self, ask: Question, reason: str) -> None:
        """Tell that something spoken was listened to and is nobody's question."""
        self._report(
            Ignored(
                **about(ask),
                reason=reason,
                notable=False,
            )
        )


_WHY = {
    "stopped": "It was stopped.",
    "deleted": "It was deleted before its answer.",
    "edited": "It was edited, and asks nothing any more.",
    "not_allowed": "The rules have changed since it was asked.",
    "stood_down": "You wrote there yourself before its answer.",
}


def in_doubt() -> NothingToAnswerError:
    """Nobody knows whether the answer to a question stands in Telegram."""
    return NothingToAnswerError(
        "It may have been answered already.",
        "Look into the chat; to have it asked again, reply to it with /gpt_retry.",
        reason="in_doubt",
    )


def _mistake(error: Exception) -> UserbotError:
    _log.error("a question ended in an error that nobody foresaw", exc_info=error)
    return UserbotError(
        f"The program made a mistake ({type(error).__name__}).",
        "Run with -v to see where, and report it.",
        reason="internal",
    )
