"""How a question ends: its state, its usage, its turn, and the line on the console."""

from __future__ import annotations

import logging

from userbot.activity import Answered, Failed, Limited, Report, Skipped
from userbot.errors import ChatRefusedError, LimitReachedError, StorageError, UserbotError
from userbot.messages import Answer, Ask
from userbot.path.loop_watch import LoopWatch
from userbot.ports import Clock, Store
from userbot.rules.limits import cost
from userbot.settings import Prices

_PREVIEW_CHARACTERS = 120
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
        clock: Clock,
        report: Report,
        prices: Prices | None = None,
        loops: LoopWatch | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._report = report
        self._prices = prices
        self._loops = loops or LoopWatch()
        self.answered_count = 0
        self.failed_count = 0

    def answered(self, ask: Ask, asked: str, answer: Answer, seconds: float) -> None:
        """The answer stands in Telegram; `asked` is the question as the history keeps it.

        If that cannot be stored the question stays open: the next start finds its writes, and
        does not ask again.
        """
        usage = answer.finish.usage
        paid = cost(self._prices, usage.prompt_tokens, usage.completion_tokens) if usage else 0
        now = self._clock.now()
        self._loops.answered(ask, now)
        try:
            self._store.settle(ask, asked, answer, now, cost=paid)
        except StorageError as error:
            self._failed(ask, error)
            return
        self.answered_count += 1
        self._report(
            Answered(
                chat=ask.chat,
                title=ask.title,
                message=ask.message,
                person=ask.sender,
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

    def given_up(self, ask: Ask, error: Exception) -> None:
        """The question cannot be answered: a chat that rests skips it, all else failed."""
        told = error if isinstance(error, UserbotError) else _mistake(error)
        skipped = isinstance(told, ChatRefusedError | LimitReachedError)
        state = "skipped" if skipped else "failed"
        try:
            self._store.mark(ask, state, told.reason, self._clock.now())
        except StorageError as trouble:
            self._failed(ask, trouble)
        if isinstance(told, LimitReachedError):
            self.limited(ask, told.reason, str(told))
            return
        if skipped:
            self.skipped(ask, told.reason, str(told))
        else:
            self._failed(ask, told)

    def _failed(self, ask: Ask, error: UserbotError) -> None:
        self.failed_count += 1
        self._report(
            Failed(
                chat=ask.chat,
                title=ask.title,
                message=ask.message,
                person=ask.sender,
                reason=error.reason,
                error=str(error),
                hint=error.hint,
            )
        )

    def limited(self, ask: Ask, reason: str, detail: str) -> None:
        """Tell that a limit refused a question, already marked as skipped."""
        self._report(
            Limited(
                chat=ask.chat,
                title=ask.title,
                message=ask.message,
                person=ask.sender,
                reason=reason,
                detail=detail,
            )
        )

    def skipped(self, ask: Ask, reason: str, detail: str) -> None:
        """Tell that a question, already marked as skipped, will not be answered by itself."""
        self._report(
            Skipped(
                chat=ask.chat,
                title=ask.title,
                message=ask.message,
                person=ask.sender,
                reason=reason,
                detail=detail,
            )
        )


def _mistake(error: Exception) -> UserbotError:
    _log.error("a question ended in an error that nobody foresaw", exc_info=error)
    return UserbotError(
        f"The program made a mistake ({type(error).__name__}).",
        "Run with -v to see where, and report it.",
        reason="internal",
    )
