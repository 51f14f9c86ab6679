"""The model is asked; and once more, with less of the conversation, if that was too long for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from userbot.activity import Notice, Report
from userbot.errors import ModelError
from userbot.messages import Ask, ChatRequest, Delta, Finish
from userbot.path.allowance import Allowance
from userbot.path.memory import Memory
from userbot.path.settlement import Settlement
from userbot.ports import ChatModel
from userbot.rules.window import estimate_messages

_TOO_LONG = "context_length"


class Asking:
    """One question on its way to the model.

    `build` makes the request; given True, without all that the question can do without.
    """

    def __init__(
        self,
        ask: Ask,
        build: Callable[[bool], ChatRequest],
        model: ChatModel,
        memory: Memory,
        allowance: Allowance,
        settlement: Settlement,
        report: Report,
    ) -> None:
        self._ask = ask
        self._build = build
        self._model = model
        self._memory = memory
        self._allowance = allowance
        self._settlement = settlement
        self._report = report
        self.request = build(False)
        """What the model was asked, in the end."""

    @property
    def estimated(self) -> int:
        """The request's tokens, as they were estimated."""
        return estimate_messages(self.request.messages)

    async def stream(self) -> AsyncGenerator[Delta | Finish, None]:
        """The answer in pieces, then one Finish. Raises ModelError and LimitReachedError.

        The database keeps every word: it is the window that becomes smaller, and stays so.
        """
        ask, begun = self._ask, False
        try:
            async with aclosing(self._paid()) as stream:
                async for event in stream:
                    begun = True
                    yield event
            return
        except ModelError as error:
            if begun or error.reason != _TOO_LONG:
                raise
        self._memory.shrink(ask.place, self.estimated)
        self._report(
            Notice(
                chat=ask.chat,
                title=ask.title,
                message=ask.message,
                person=ask.sender,
                reason="shrunk",
                detail="The conversation was too long for the model: asked again with less of it.",
                hint="Lower window_tokens under [history] to spare the first try.",
            )
        )
        self.request = self._build(True)
        async with aclosing(self._paid()) as stream:
            async for event in stream:
                yield event

    def _paid(self) -> AsyncGenerator[Delta | Finish, None]:
        ask, request = self._ask, self.request
        self._allowance.before_request(ask, request)
        self._settlement.asking(ask, request)
        return self._allowance.metered(
            ask, request, self._model.stream(request), self._settlement.broken_off
        )
