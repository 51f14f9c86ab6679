"""The model is asked, again if need be, and with less of the conversation if that was too long.

Rule 1: what may pass is tried again, after a wait that is shown; what cannot is not.
Rule 2: an answer that broke off is begun anew; nothing of it is a part of the new one.
Rule 3: each request is reserved before it leaves, and paid for if it broke off.
Rule 4: an answer that goes on and on is ended, by its length and by its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from userbot.errors import ModelError
from userbot.events import Notice, Report, about
from userbot.path.allowance import Allowance
from userbot.path.memory import Memory
from userbot.path.patience import Patience
from userbot.path.settlement import Settlement
from userbot.path.storing import Storing
from userbot.ports import ChatModel, Clock
from userbot.rules import retrying
from userbot.rules.markdown import MOST_CHARACTERS
from userbot.rules.window import estimate_messages
from userbot.types import OVERLONG, ChatRequest, Delta, Finish, Question, StartOver

SILENCES = 10
"""One answer may take so many times what the endpoint may be silent (`[openai].timeout`)."""
_TOO_LONG = "context_length"
_GOLDEN = 0.618
"""Multiples of it, without their whole part, lie far apart: questions that come after each other
do not try again at the same moment."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """How the model is asked. `longest`: seconds that one answer may take."""

    model: ChatModel
    longest: float
    memory: Memory
    allowance: Allowance
    settlement: Settlement
    patience: Patience
    storing: Storing
    clock: Clock
    report: Report


class Asking:
    """One question on its way to the model.

    `build` makes the request; given True, without all that the question can do without.
    """

    def __init__(self, ask: Question, build: Callable[[bool], ChatRequest], how: Inquiry) -> None:
        self._ask = ask
        self._build = build
        self._how = how
        self._shrunk = False
        self.request: ChatRequest
        """What the model was asked, in the end."""
        self.estimated: int
        """Its tokens, as they were estimated."""
        self._word(tight=False)

    async def stream(self) -> AsyncGenerator[Delta | Finish | StartOver, None]:
        """The answer in pieces, then one Finish; StartOver where it begins anew.

        Raises ModelError, LimitReachedError, and PostponedError when the program ends meanwhile.
        """
        clock = self._how.clock
        kept = await self._how.allowance.whole(self._ask)
        if kept is not None:
            self._how.settlement.broken_off(self._ask)  # it was counted at the start
            yield Delta(kept[0])
            yield kept[1]
            return
        began, failed = clock.monotonic(), 0
        while True:
            begun = False
            try:
                async with aclosing(self._paid()) as paid:
                    async for event in paid:
                        begun = True
                        yield event
                return
            except ModelError as error:
                if error.reason == _TOO_LONG and not begun and not self._shrunk:
                    await self._shrink()
                    continue
                failed += 1
                seconds = retrying.pause(
                    failed,
                    error.retry_after,
                    spent=clock.monotonic() - began,
                    spread=self._ask.id * _GOLDEN % 1,
                )
                if seconds is None:
                    raise
                why = str(error)
            if begun:
                yield StartOver()
            await self._how.patience.wait(self._ask, "model_again", seconds, why)

    async def _paid(self) -> AsyncGenerator[Delta | Finish, None]:
        ask, request, how = self._ask, self.request, self._how
        await how.allowance.before_request(ask, request, self.estimated)
        how.settlement.asking(ask, request)
        stream = _bounded(how.model.stream(request), request.model)
        until = asyncio.get_running_loop().time() + how.longest
        async with aclosing(
            how.allowance.metered(ask, request, stream, how.settlement.broken_off)
        ) as metered:
            while True:
                try:
                    # Not around the whole: what is done with a piece is not the model's time.
                    async with asyncio.timeout_at(until):
                        event = await anext(metered)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    raise _endless(how.longest) from None
                yield event

    async def _shrink(self) -> None:
        """Ask with less: the window becomes smaller, and stays so. The store keeps every word."""
        ask, self._shrunk = self._ask, True
        memory, storing = self._how.memory, self._how.storing
        await storing.done(lambda: memory.shrink(ask.conversation, self.estimated), ask)
        self._how.report(
            Notice(
                **about(ask),
                reason="shrunk",
                detail="The conversation was too long for the model: asked again with less of it.",
                hint="Lower window_tokens under [history] to spare the first try.",
            )
        )
        await storing.done(lambda: self._word(tight=True), ask)

    def _word(self, *, tight: bool) -> None:
        self.request = self._build(tight)
        self.estimated = estimate_messages(self.request.messages)


async def _bounded(
    stream: AsyncGenerator[Delta | Finish, None], model: str
) -> AsyncGenerator[Delta | Finish, None]:
    """The stream, ended where no answer goes on any more: what comes after is not paid for."""
    room = MOST_CHARACTERS
    async with aclosing(stream):
        async for event in stream:
            yield event
            if isinstance(event, Finish):
                return
            room -= len(event.text)
            if room <= 0:
                break
    if room <= 0:
        yield Finish(OVERLONG, None, model)


def _endless(seconds: float) -> ModelError:
    return ModelError(
        f"The answer did not come to its end in {seconds / 60:.0f} minutes.",
        "Ask for less at once, set max_completion_tokens, or raise timeout, under [openai].",
        reason="endless",
    )
