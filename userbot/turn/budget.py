"""Whether a question may cost something: when it arrives, and again before each payment.

1. When it arrives little is known of a question: its least cost is reserved.
2. Before a model is asked the whole cost is estimated and authorized. It is captured as soon as it
   is known: with the whole answer, or by estimate where that broke off; or it is voided. Else who
   asks and deletes again and again would ask for nothing.
3. Whatever is authorized when the program is killed is captured at the next start.
4. While only the estimated answers of others leave no room for a question, it waits for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from userbot.errors import LimitReachedError
from userbot.events import Notice, Report, Waiting, about
from userbot.ports import Clock
from userbot.rules import limits
from userbot.rules.limits import Refusal
from userbot.rules.window import estimate
from userbot.settings import LimitsConfig, PersonLimits
from userbot.storage.store import Store
from userbot.turn.payment import Payment
from userbot.turn.turn import Turn
from userbot.types import ChatRequest, Expected, Finish, Owed, Question, Spent, Usage

_LOOK_SECONDS = 1.0
"""How often a question that waits for the answers of others is judged again."""


class Budget:
    """The limits of the config over what the ledger counts. Its calls raise StorageError.

    `people`: what [limits.people] says, by the person's id. `system` is the general system text.
    """

    def __init__(
        self,
        policy: LimitsConfig,
        people: Mapping[int, PersonLimits],
        system: str,
        store: Store,
        clock: Clock,
        report: Report,
    ) -> None:
        self._limits = policy
        self._people = people
        self._system = system
        self._store = store
        self._ledger = store.ledger
        self._clock = clock
        self._report = report
        self._in_flight = _InFlight()

    # -- when a question arrives

    def admit(
        self, question: Question, now: datetime, *, joins: bool = False
    ) -> tuple[Question, Refusal | None] | None:
        """Store a question, and let it in or say why not; None if its message is known.

        `joins`: it will be one with a question that counts already.
        """
        expected = self._least(question)

        def judge(spent: Spent) -> Refusal | None:
            return self._judge(question, _less_one(spent) if joins else spent, expected)

        admitted = self._store.questions.admit(question, now, self._day(now), expected, judge)
        if admitted is not None and admitted[1] is not None:
            self._store.questions.mark(admitted[0], "skipped", admitted[1].reason, now)
        return admitted

    def reopen(self, question: Question, now: datetime) -> tuple[Question, Refusal | None] | None:
        """Take an answered question back, as it is worded now, or say why not.

        None if it was not answered, or has no other words.
        """
        expected = self._least(question)

        def judge(spent: Spent) -> Refusal | None:
            return self._judge(question, spent, expected)

        return self._store.questions.reopen(question, now, self._day(now), expected, judge)

    def readmit(self, question: Question) -> Refusal | None:
        """Let a stored question in once more, or say why not; then it is marked as skipped."""
        now, expected = self._clock.now(), self._least(question)

        def judge(spent: Spent) -> Refusal | None:
            return self._judge(question, spent, expected)

        refusal = self._ledger.reserve(question, expected, now, self._day(now), judge)
        if refusal is not None:
            self._store.questions.mark(question, "skipped", refusal.reason, now)
        return refusal

    def turn_away(self, question: Question, now: datetime, reason: str) -> Question | None:
        """Store a question as skipped; None if its message is known."""
        stored = self._store.questions.add(question, now)
        if stored is not None:
            self.skip(stored, now, reason)
        return stored

    def skip(self, question: Question, now: datetime, reason: str) -> None:
        """A stored question is not answered, for that reason."""
        self._store.questions.mark(question, "skipped", reason, now)

    # -- before and after a payment

    def for_answer(self, request: ChatRequest, tokens: int) -> Payment:
        """A request of so many tokens, by estimate, and its answer."""
        prices, most, longest = self._limits.prices, request.max_completion_tokens, 0
        if most is None:
            longest = self._ledger.longest_answer()
        return Payment(
            "answer",
            request.model,
            limits.expected_of_request(prices, tokens),
            Usage(tokens, 0, estimated=True),
            answer=limits.expected_of_answer(prices, most, longest),
        )

    def for_audio(self, model: str, seconds: float) -> Payment:
        """The transcription of so much audio."""
        expected = limits.expected_of_audio(self._limits.prices, seconds)
        return Payment("audio", model, expected, audio_seconds=seconds)

    def for_speech(self, model: str, seconds: float) -> Payment:
        """So many seconds of spoken answer: nothing but the day's money limits it."""
        expected = limits.expected_of_audio(self._limits.prices, seconds)
        return Payment("speech", model, expected, audio_seconds=seconds)

    async def authorize(self, turn: Turn, payment: Payment) -> None:
        """Reserve what is about to be paid, once there is room for it; waits are shown.

        Raises LimitReachedError.
        """
        self.capture(turn)
        began, told = self._clock.monotonic(), False
        while (held := self._authorized(turn.question, payment)) is not None:
            if self._clock.monotonic() - began >= limits.HELD_SECONDS:
                raise _refused(held)
            if not told:
                told = True
                self._report(
                    Waiting(
                        **about(turn.question), reason="limit_held", seconds=0, detail=held.detail
                    )
                )
            with turn.waits("limit"):
                await self._clock.sleep(_LOOK_SECONDS)
        turn.payment = payment

    def capture_answer(self, turn: Turn, text: str, finish: Finish, usage: Usage) -> None:
        """The model's answer is whole: kept until it is settled, and paid."""
        if turn.payment is None:
            return
        cost, now = self._cost(usage), self._clock.now()
        self._ledger.capture_answer(turn.question, text, finish, usage, cost, now)
        self._over(turn)

    def broke_off(self, turn: Turn, usage: Usage) -> None:
        """An answer ended before its time, and cost so much all the same."""
        if turn.payment is not None:
            turn.payment.usage, turn.payment.known = usage, True
        self.capture(turn)

    def paid(self, turn: Turn, model: str, seconds: float) -> None:
        """So many seconds of audio were transcribed, or spoken, by that model."""
        if turn.payment is not None:
            turn.payment.model, turn.payment.audio_seconds = model, seconds
            turn.payment.known = True
        self.capture(turn)

    def capture(self, turn: Turn) -> None:
        """Count what a turn is paying, by estimate if nothing better is known of it."""
        payment = turn.payment
        if payment is None:
            return
        usage, prices = payment.usage, self._limits.prices
        cost = (
            limits.cost(prices, 0, 0, payment.audio_seconds) if usage is None else self._cost(usage)
        )
        self._ledger.spend(
            turn.question,
            self._clock.now(),
            kind="failed" if payment.kind == "answer" else payment.kind,
            model=payment.model,
            usage=usage,
            audio_seconds=payment.audio_seconds,
            cost=cost,
        )
        self._over(turn)

    def void(self, turn: Turn) -> None:
        """What was authorized was not paid."""
        if turn.payment is not None:
            self._ledger.free(turn.question, turn.payment.kind)
            self._over(turn)

    def whole(self, question: Question) -> tuple[str, Finish] | None:
        """The answer that was paid for and could not be given to its end."""
        return self._ledger.whole(question)

    def capture_lost(self, before: datetime | None = None, *, terminal: bool = False) -> None:
        """Count what earlier runs were paying when they were killed.

        Of questions asked `before` then; `terminal`: of those asked there.
        """
        lost = self._store.ledger.owed(before, terminal=terminal)
        for question, owed, stands in lost:
            usage = owed.usage
            if usage is not None and usage.estimated:
                least = max(usage.completion_tokens, estimate(stands))
                usage = replace(usage, completion_tokens=least)
            payment = Payment(owed.kind, owed.model, limits.NOTHING, usage, owed.audio_seconds)
            self.capture(Turn(question, payment=payment))
        if lost:
            self._report(
                Notice(
                    reason="lost_counted",
                    detail=f"Requests under way when the program was killed: {len(lost)}."
                    " What they cost is counted.",
                )
            )

    def _over(self, turn: Turn) -> None:
        self._in_flight.remove(turn.question)
        turn.payment = None

    def _authorized(self, question: Question, payment: Payment) -> Refusal | None:
        """Why not yet, if so. Raises LimitReachedError if not at all."""
        now, expected = self._clock.now(), payment.expected

        def judge(spent: Spent) -> tuple[Refusal, bool] | None:
            if payment.kind == "speech":
                refusal = limits.check_money(self._limits, spent, expected)
                return None if refusal is None else (refusal, False)
            refusal = self._judge(question, spent, expected)
            if refusal is not None:
                return refusal, False
            beside = self._in_flight.beside(spent, question.sender.id)
            refusal = self._judge(question, beside, expected)
            return None if refusal is None else (refusal, True)

        owed = Owed(payment.kind, payment.model, payment.usage, payment.audio_seconds)
        reserved = Expected(0, 0) if payment.kind == "speech" else expected
        refused = self._ledger.reserve(question, reserved, now, self._day(now), judge, owed)
        if refused is None:
            self._in_flight.add(question, payment.answer)
            return None
        refusal, passing = refused
        if not passing:
            raise _refused(refusal)
        return refusal

    def _least(self, question: Question) -> Expected:
        return limits.expected_of_question(self._limits.prices, self._system, question.text)

    def _judge(self, question: Question, spent: Spent, expected: Expected) -> Refusal | None:
        return limits.check(
            self._limits,
            spent,
            question.by_owner,
            person=self._people.get(question.sender.id),
            expected=expected,
        )

    def _cost(self, usage: Usage) -> int:
        return limits.cost_of(self._limits.prices, usage)

    def _day(self, now: datetime) -> datetime:
        return limits.day_began(now, self._limits.timezone)


class _InFlight:
    """What the answers under way may still cost: running sums, however many there are.

    In memory only: an answer ends with the program that asked for it.
    """

    def __init__(self) -> None:
        self._answers: dict[int, tuple[Question, Expected]] = {}
        self._people: Counter[int] = Counter()
        self._others = 0
        self._cost = 0

    def add(self, question: Question, answer: Expected) -> None:
        self.remove(question)
        self._answers[question.id] = question, answer
        self._count(question, answer.tokens, answer.cost)

    def remove(self, question: Question) -> None:
        if (known := self._answers.pop(question.id, None)) is not None:
            self._count(known[0], -known[1].tokens, -known[1].cost)

    def beside(self, spent: Spent, person: int) -> Spent:
        return replace(
            spent,
            others_tokens_today=spent.others_tokens_today + self._others,
            person_tokens_today=spent.person_tokens_today + self._people[person],
            cost_today=spent.cost_today + self._cost,
        )

    def _count(self, question: Question, tokens: int, cost: int) -> None:
        self._cost += cost
        self._people[question.sender.id] += tokens
        self._others += 0 if question.by_owner else tokens
        if not self._people[question.sender.id]:
            del self._people[question.sender.id]


def _refused(refusal: Refusal) -> LimitReachedError:
    return LimitReachedError(refusal.detail, reason=refusal.reason, window=refusal.window)


def _less_one(spent: Spent) -> Spent:
    return replace(
        spent,
        person_requests_last_minute=spent.person_requests_last_minute - 1,
        answers_last_hour=spent.answers_last_hour - 1,
    )
