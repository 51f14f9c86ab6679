"""Whether a question may cost something: at the door, and again before each payment.

At the door little is known of a question, so its least cost is reserved. The moment before the
model is asked the whole request is known, and is reserved in its place; then `settlement` counts
what came back. What a request cost that failed half way is counted too, by estimate, and so is one
whose answer nobody got: else who asks and deletes again and again would ask for nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial

from userbot.errors import LimitReachedError, ModelError
from userbot.messages import Ask, ChatRequest, Delta, Expected, Finish, Spent, Usage
from userbot.path.storing import Storing
from userbot.ports import Clock, Ledger, Store
from userbot.rules import limits
from userbot.rules.limits import Refusal
from userbot.rules.window import estimated_usage
from userbot.settings import Limits, PersonLimits


class Allowance:
    """The limits of the config over what the ledger counts.

    `people`: what [limits.people] says, by the person's id. `system` is the general system text.
    `refused` hears of every refusal. Its calls raise StorageError.
    """

    def __init__(
        self,
        limits: Limits,
        people: Mapping[int, PersonLimits],
        system: str,
        store: Store,
        ledger: Ledger,
        storing: Storing,
        clock: Clock,
        refused: Callable[[Ask, Refusal], None],
    ) -> None:
        self._limits = limits
        self._people = people
        self._system = system
        self._store = store
        self._ledger = ledger
        self._storing = storing
        self._clock = clock
        self._refused = refused
        self._unsettled: dict[int, tuple[ChatRequest, Usage]] = {}

    def admit(
        self, ask: Ask, now: datetime, *, joins: bool = False
    ) -> tuple[Ask, Refusal | None] | None:
        """Store a question, and let it in or say why not; None if its message is known.

        `joins`: it will be one with a question that counts already.
        """
        expected = limits.expected_of_question(self._limits.prices, self._system, ask.text)
        admitted = self._store.admit(
            ask,
            now,
            self._day(now),
            expected,
            lambda spent: self._judge(ask, _less_one(spent) if joins else spent, expected),
        )
        if admitted is None or admitted[1] is None:
            return admitted
        question, refusal = admitted[0], admitted[1]
        skip = partial(self._store.mark, question, "skipped", refusal.reason, now)
        self._storing.soon(skip, question)
        self._tell(question, refusal)
        return admitted

    def admit_anew(self, ask: Ask, now: datetime) -> tuple[Ask, Refusal | None] | None:
        """Take an answered question back, as `ask` words it now, or say why not.

        None if it was not answered, or has no other words.
        """
        expected = limits.expected_of_question(self._limits.prices, self._system, ask.text)
        return self._store.anew(
            ask, now, self._day(now), expected, lambda spent: self._judge(ask, spent, expected)
        )

    def readmit(self, ask: Ask) -> Refusal | None:
        """Let a stored question in once more, or say why not; then it is marked as skipped."""
        expected = limits.expected_of_question(self._limits.prices, self._system, ask.text)
        refusal = self._reserved(ask, expected)
        if refusal is not None:
            now = self._clock.now()
            self._storing.soon(partial(self._store.mark, ask, "skipped", refusal.reason, now), ask)
            self._tell(ask, refusal)
        return refusal

    async def before_request(self, ask: Ask, request: ChatRequest) -> None:
        """Reserve a request to the model. Raises LimitReachedError."""
        await self._reserve(ask, limits.expected_of_request(self._limits.prices, request.messages))

    async def before_audio(self, ask: Ask, seconds: float) -> None:
        """Reserve the transcription of so much audio. Raises LimitReachedError."""
        await self._reserve(ask, limits.expected_of_audio(self._limits.prices, seconds))

    async def audio_paid(self, ask: Ask, model: str, seconds: float) -> None:
        """Count audio that was transcribed."""
        await self._storing.done(self._heard(ask, model, seconds), ask)

    def audio_cut(self, ask: Ask, model: str, seconds: float) -> None:
        """Count audio whose transcription was under way when its question ended."""
        self._storing.soon(self._heard(ask, model, seconds), ask)

    def _heard(self, ask: Ask, model: str, seconds: float) -> Callable[[], None]:
        cost = limits.cost(self._limits.prices, 0, 0, seconds)
        return partial(
            self._ledger.spend,
            ask,
            self._clock.now(),
            kind="audio",
            model=model,
            audio_seconds=seconds,
            cost=cost,
        )

    async def metered(
        self,
        ask: Ask,
        request: ChatRequest,
        stream: AsyncGenerator[Delta | Finish, None],
        broken_off: Callable[[Ask], None],
    ) -> AsyncGenerator[Delta | Finish, None]:
        """The stream as it comes; what it cost if it breaks off is counted, by estimate if need be.

        `broken_off` is told then.
        """
        said: list[str] = []
        ended = cut = False
        told: Usage | None = None
        try:
            async for event in stream:
                if isinstance(event, Delta):
                    said.append(event.text)
                else:
                    ended = True
                    usage = event.usage or estimated_usage(request.messages, "".join(said))
                    self._unsettled[ask.id] = request, usage
                yield event
        except ModelError as error:
            told = error.usage
            raise
        except asyncio.CancelledError:
            cut = True  # it was asked, and writes on for a while
            raise
        finally:
            await stream.aclose()
            if (said or told or cut) and not ended:
                usage = told or estimated_usage(request.messages, "".join(said))
                self._failed(ask, request, usage)
                broken_off(ask)

    @contextmanager
    def until_given(self, ask: Ask, broken_off: Callable[[Ask], None]) -> Iterator[None]:
        """While the block gives an answer: if it cannot be given, what it cost counts all the same.

        `broken_off` is told then.
        """
        try:
            yield
        except BaseException:
            if (paid := self._unsettled.get(ask.id)) is not None:
                self._failed(ask, *paid)
                broken_off(ask)
            raise
        finally:
            self._unsettled.pop(ask.id, None)

    def _failed(self, ask: Ask, request: ChatRequest, usage: Usage) -> None:
        now, model = self._clock.now(), request.model
        cost = limits.cost(self._limits.prices, usage.prompt_tokens, usage.completion_tokens)

        def spend() -> None:
            self._ledger.spend(ask, now, kind="failed", model=model, usage=usage, cost=cost)

        self._storing.soon(spend, ask)

    async def _reserve(self, ask: Ask, expected: Expected) -> None:
        refusal = await self._storing.done(partial(self._reserved, ask, expected), ask)
        if refusal is not None:
            self._tell(ask, refusal)
            raise LimitReachedError(refusal.detail, reason=refusal.reason)

    def _reserved(self, ask: Ask, expected: Expected) -> Refusal | None:
        now = self._clock.now()
        return self._ledger.reserve(
            ask, expected, now, self._day(now), lambda spent: self._judge(ask, spent, expected)
        )

    def _tell(self, ask: Ask, refusal: Refusal) -> None:
        self._storing.soon(lambda: self._refused(ask, refusal), ask)

    def _judge(self, ask: Ask, spent: Spent, expected: Expected) -> Refusal | None:
        return limits.check(
            self._limits,
            spent,
            ask.by_owner,
            person=self._people.get(ask.sender.id),
            expected=expected,
        )

    def _day(self, now: datetime) -> datetime:
        return limits.day_began(now, self._limits.timezone)


def _less_one(spent: Spent) -> Spent:
    return replace(
        spent,
        person_requests_last_minute=spent.person_requests_last_minute - 1,
        answers_last_hour=spent.answers_last_hour - 1,
    )
