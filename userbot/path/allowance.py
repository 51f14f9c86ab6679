"""Whether a question may cost something: at the door, and again before each payment.

At the door little is known of a question, so its least cost is reserved. The moment before the
model is asked the whole request is known, and is reserved in its place; then `settlement` counts
what came back. What a request cost that failed half way is counted too, by estimate, and so is one
whose answer nobody got: else who asks and deletes again and again would ask for nothing.

What is being paid is owed until it is counted: a program that is killed meanwhile counts it at its
next start (`count_lost`). An answer whose last word has come is not asked for again (`whole`).
While only answers under way leave no room for a question, it waits for them, and says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial

from userbot.errors import LimitReachedError, ModelError
from userbot.events import Notice, Report, Waiting, about
from userbot.path.patience import Patience
from userbot.path.storing import Storing
from userbot.path.under_way import UnderWay
from userbot.ports import Clock, Speaker
from userbot.rules import limits
from userbot.rules.limits import Refusal
from userbot.rules.spoken import seconds_of
from userbot.rules.window import estimate, estimated_usage
from userbot.settings import LimitsConfig, PersonLimits
from userbot.storage.ledger import Ledger
from userbot.storage.store import Store
from userbot.types import (
    ChatRequest,
    Delta,
    Expected,
    Finish,
    Owed,
    Question,
    Speech,
    Spent,
    Usage,
)

_LOOK_SECONDS = 1.0
"""How often a question that waits for answers under way is judged again."""


class Allowance:
    """The limits of the config over what the ledger counts.

    `people`: what [limits.people] says, by the person's id. `system` is the general system text.
    `refused` hears of every refusal. Its calls raise StorageError.
    """

    def __init__(
        self,
        limits: LimitsConfig,
        people: Mapping[int, PersonLimits],
        system: str,
        store: Store,
        ledger: Ledger,
        storing: Storing,
        patience: Patience,
        clock: Clock,
        report: Report,
        refused: Callable[[Question, Refusal], None],
    ) -> None:
        self._limits = limits
        self._people = people
        self._system = system
        self._store = store
        self._ledger = ledger
        self._storing = storing
        self._patience = patience
        self._clock = clock
        self._report = report
        self._refused = refused
        self._under_way = UnderWay()
        self._unsettled: dict[int, tuple[ChatRequest, Usage]] = {}

    def admit(
        self, ask: Question, now: datetime, *, joins: bool = False
    ) -> tuple[Question, Refusal | None] | None:
        """Store a question, and let it in or say why not; None if its message is known.

        `joins`: it will be one with a question that counts already.
        """
        expected = self._least(ask)
        admitted = self._store.questions.admit(
            ask,
            now,
            self._day(now),
            expected,
            lambda spent: self._judge(ask, _less_one(spent) if joins else spent, expected),
        )
        if admitted is None or admitted[1] is None:
            return admitted
        question, refusal = admitted[0], admitted[1]
        self._turned_away(question, refusal, now)
        return admitted

    def admit_anew(self, ask: Question, now: datetime) -> tuple[Question, Refusal | None] | None:
        """Take an answered question back, as `ask` words it now, or say why not.

        None if it was not answered, or has no other words.
        """
        expected = self._least(ask)
        return self._store.questions.reopen(
            ask, now, self._day(now), expected, lambda spent: self._judge(ask, spent, expected)
        )

    def readmit(self, ask: Question) -> Refusal | None:
        """Let a stored question in once more, or say why not; then it is marked as skipped."""
        now = self._clock.now()
        expected = self._least(ask)
        refusal = self._ledger.reserve(
            ask, expected, now, self._day(now), lambda spent: self._judge(ask, spent, expected)
        )
        if refusal is not None:
            self._turned_away(ask, refusal, now)
        return refusal

    async def before_request(self, ask: Question, request: ChatRequest, tokens: int) -> None:
        """Reserve a request of so many tokens, by estimate, and its answer, when both have room.

        Raises LimitReachedError, and PostponedError when the program ends meanwhile.
        """
        prices = self._limits.prices
        expected = limits.expected_of_request(prices, tokens)
        owed = Owed("answer", request.model, Usage(tokens, 0, estimated=True))
        most, longest = request.max_completion_tokens, 0
        if most is None:
            longest = await self._storing.done(self._ledger.longest_answer, ask)
        answer = limits.expected_of_answer(prices, most, longest)
        self._under_way.ends(ask)
        await self._reserve(ask, expected, owed, answer)

    async def before_audio(self, ask: Question, model: str, seconds: float) -> None:
        """Reserve the transcription of so much audio; raises as `before_request` does."""
        expected = limits.expected_of_audio(self._limits.prices, seconds)
        await self._reserve(ask, expected, Owed("audio", model, audio_seconds=seconds))

    async def audio_paid(self, ask: Question, model: str, seconds: float) -> None:
        """Count audio that was transcribed."""
        await self._storing.done(self._heard(ask, model, seconds), ask)

    def audio_cut(self, ask: Question, model: str, seconds: float) -> None:
        """Count audio that was perhaps paid though nobody got its words."""
        self._storing.soon(self._heard(ask, model, seconds), ask)

    def audio_free(self, ask: Question) -> None:
        """The transcription that was reserved cost nothing."""
        self._storing.soon(partial(self._ledger.free, ask, "audio"), ask)

    async def speech(self, ask: Question, usage: Usage, words: str, speaker: Speaker) -> Speech:
        """Have an answer, which cost `usage`, spoken; what that costs is counted, paid in vain too.

        Raises LimitReachedError where the day's money is spent, and ModelError.
        """
        prices, seconds = self._limits.prices, seconds_of(words)
        now, model = self._clock.now(), speaker.model
        money = self._cost(usage) + limits.cost(prices, 0, 0, seconds)
        expected = Expected(usage.total, money)
        reserve = partial(
            self._ledger.reserve,
            *(ask, expected, now, self._day(now)),
            lambda spent: limits.check_money(self._limits, spent, expected),
            Owed("speech", model, audio_seconds=seconds),
        )
        refusal = await self._storing.done(reserve, ask)
        if refusal is not None:
            raise LimitReachedError(refusal.detail, reason=refusal.reason)
        paid = True
        try:
            speech = await speaker.speak(words)
            seconds = speech.seconds
        except ModelError as error:
            paid = error.reason in limits.PAID_ALL_THE_SAME | {"bad_answer"}
            raise
        finally:
            count = self._heard(ask, model, seconds, "speech")
            self._storing.soon(count if paid else partial(self._ledger.free, ask, "speech"), ask)
        return speech

    def _heard(
        self, ask: Question, model: str, seconds: float, kind: str = "audio"
    ) -> Callable[[], None]:
        cost = limits.cost(self._limits.prices, 0, 0, seconds)
        return partial(
            self._ledger.spend,
            ask,
            self._clock.now(),
            kind=kind,
            model=model,
            audio_seconds=seconds,
            cost=cost,
        )

    async def metered(
        self,
        ask: Question,
        request: ChatRequest,
        stream: AsyncGenerator[Delta | Finish, None],
        broken_off: Callable[[Question], None],
    ) -> AsyncGenerator[Delta | Finish, None]:
        """The stream as it comes; what it cost if it breaks off is counted, by estimate if need be.

        `broken_off` is told then.
        """
        said: list[str] = []
        thought = 0
        ended = cut = False
        told: Usage | None = None
        try:
            async for event in stream:
                if isinstance(event, Delta):
                    said.append(event.text)
                    thought += event.thought
                else:
                    ended = True
                    text = "".join(said)
                    usage = event.usage or estimated_usage(request.messages, text, thought)
                    event = replace(event, usage=usage)
                    self._ended(ask, request, text, event, usage)
                yield event
        except ModelError as error:
            told = error.usage
            cut = error.reason in limits.PAID_ALL_THE_SAME
            raise
        except asyncio.CancelledError:
            cut = True  # it was asked, and writes on for a while
            raise
        finally:
            if (said or told or cut) and not ended:
                usage = told or estimated_usage(request.messages, "".join(said), thought)
                self._failed(ask, request, usage)
                broken_off(ask)
            elif not ended:
                self._storing.soon(partial(self._ledger.free, ask, "answer"), ask)
            self._under_way.ends(ask)
            await stream.aclose()

    def _ended(
        self, ask: Question, request: ChatRequest, text: str, finish: Finish, usage: Usage
    ) -> None:
        """The answer is whole: from now on its real cost is reserved, and owed."""
        self._unsettled[ask.id] = request, usage
        keep = partial(self._ledger.said, ask, text, finish, usage, self._cost(usage))
        self._storing.soon(keep, ask)
        self._under_way.ends(ask)

    async def whole(self, ask: Question) -> tuple[str, Finish] | None:
        """The answer that a run before this one has paid for and could not give to its end."""
        found = await self._storing.done(partial(self._ledger.whole, ask), ask)
        if found is not None:
            self._report(
                Notice(
                    **about(ask),
                    reason="answer_kept",
                    detail="Its answer was whole already: the model is not asked again.",
                )
            )
        return found

    def count_lost(self, before: datetime | None = None, *, terminal: bool = False) -> None:
        """Count what earlier runs were paying for when they were killed, by estimate if need be.

        Of questions asked `before` then; `terminal`: of those asked there. Raises StorageError.
        """
        lost = self._store.ledger.owed(before, terminal=terminal)
        now = self._clock.now()
        for ask, owed, stands in lost:
            if owed.usage is None:
                self._heard(ask, owed.model, owed.audio_seconds, owed.kind)()
                continue
            usage = owed.usage
            if usage.estimated:
                least = max(usage.completion_tokens, estimate(stands))
                usage = replace(usage, completion_tokens=least)
            self._ledger.spend(
                ask, now, kind="failed", model=owed.model, usage=usage, cost=self._cost(usage)
            )
        if lost:
            self._report(
                Notice(
                    reason="lost_counted",
                    detail=f"Requests under way when the program was killed: {len(lost)}."
                    " What they cost is counted.",
                )
            )

    @contextmanager
    def until_given(self, ask: Question, broken_off: Callable[[Question], None]) -> Iterator[None]:
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

    def _failed(self, ask: Question, request: ChatRequest, usage: Usage) -> None:
        now, model, cost = self._clock.now(), request.model, self._cost(usage)

        def spend() -> None:
            self._ledger.spend(ask, now, kind="failed", model=model, usage=usage, cost=cost)

        self._storing.soon(spend, ask)

    async def _reserve(
        self, ask: Question, expected: Expected, owed: Owed, answer: Expected = limits.NOTHING
    ) -> None:
        began, told = self._clock.monotonic(), False
        while True:
            judged = partial(self._reserved, ask, expected, owed, answer)
            refusal, passing = await self._storing.done(judged, ask)
            if refusal is None:
                return
            if not passing or self._clock.monotonic() - began >= limits.HELD_SECONDS:
                self._tell(ask, refusal)
                raise LimitReachedError(refusal.detail, reason=refusal.reason)
            if not told:
                self._report(
                    Waiting(**about(ask), reason="limit_held", seconds=0, detail=refusal.detail)
                )
            told = True
            await self._patience.pause(_LOOK_SECONDS)

    def _reserved(
        self, ask: Question, expected: Expected, owed: Owed, answer: Expected
    ) -> tuple[Refusal | None, bool]:
        """Why not, if so, and whether that may pass with the answers under way."""
        now = self._clock.now()

        def judge(spent: Spent) -> tuple[Refusal, bool] | None:
            refusal = self._judge(ask, spent, expected)
            if refusal is not None:
                return refusal, False
            beside = self._under_way.beside(spent, ask.sender.id)
            refusal = self._judge(ask, beside, expected)
            return None if refusal is None else (refusal, True)

        refused = self._ledger.reserve(ask, expected, now, self._day(now), judge, owed)
        if refused is not None:
            return refused
        if answer is not limits.NOTHING:
            self._under_way.begins(ask, answer)
        return None, False

    def _least(self, ask: Question) -> Expected:
        return limits.expected_of_question(self._limits.prices, self._system, ask.text)

    def _turned_away(self, ask: Question, refusal: Refusal, now: datetime) -> None:
        self._storing.soon(
            partial(self._store.questions.mark, ask, "skipped", refusal.reason, now), ask
        )
        self._tell(ask, refusal)

    def _tell(self, ask: Question, refusal: Refusal) -> None:
        self._storing.soon(lambda: self._refused(ask, refusal), ask)

    def _judge(self, ask: Question, spent: Spent, expected: Expected) -> Refusal | None:
        return limits.check(
            self._limits,
            spent,
            ask.by_owner,
            person=self._people.get(ask.sender.id),
            expected=expected,
        )

    def _cost(self, usage: Usage) -> int:
        return limits.cost_of(self._limits.prices, usage)

    def _day(self, now: datetime) -> datetime:
        return limits.day_began(now, self._limits.timezone)


def _less_one(spent: Spent) -> Spent:
    return replace(
        spent,
        person_requests_last_minute=spent.person_requests_last_minute - 1,
        answers_last_hour=spent.answers_last_hour - 1,
    )
