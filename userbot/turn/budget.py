"""Whether a question may cost something: when it arrives, and again before each payment.

1. When it arrives little is known of a question: its least cost counts.
2. Before a model is asked the whole cost is estimated and authorized. It is captured as soon as it
   is known: with the whole answer, or by estimate where that broke off; or it is voided. Else who
   asks and deletes again and again would ask for nothing.
3. Whatever is authorized when the program is killed is captured at the next start.
4. While only the estimated answers of others leave no room for a question, it waits for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from userbot.errors import LimitReachedError, ModelError, UserbotError
from userbot.events import Notice, Report, Waiting, about
from userbot.ports import Clock, request_sent
from userbot.rules import limits
from userbot.rules.prompt import model_of
from userbot.rules.switches import mistake
from userbot.rules.window import estimate
from userbot.settings import LimitsConfig, PersonLimits, Prices
from userbot.storage.store import Store
from userbot.texts import _
from userbot.timings import USUAL
from userbot.turn.chat_rules import ChatRules
from userbot.turn.turn import Turn
from userbot.types import ChatRequest, Expected, Finish, Payment, Question, Source, Spent, Usage

_LOOK_SECONDS = 1.0
"""How often a question that waits for the answers of others is judged again."""


@dataclass(frozen=True, slots=True)
class FullForNow:
    """Only answers under way leave no room: it is worth asking again when they are whole."""

    refusal: LimitReachedError


@dataclass(frozen=True, slots=True)
class Limits:
    """What the config says of them."""

    config: LimitsConfig
    people: Mapping[int, PersonLimits] = field(default_factory=dict)
    """What [limits.people] says, by the person's id."""
    others: PersonLimits | None = None
    """What holds for those of whom it says nothing, if that is not the general limits alone."""
    models: Mapping[str, str] = field(default_factory=dict)
    """[models]: the names by which a model may have prices of its own."""
    model: str = ""
    """The one that is asked where neither a chat nor a question names another."""
    system: str = ""
    """The general system text, with which each request begins."""
    held_seconds: float = USUAL.limit_held_seconds
    """How long a question waits for what answers under way may take."""


class _StaysAsItIs(Exception):  # noqa: N818 - no failure
    """Takes back what a transaction has done so far."""


class Budget:
    """The limits of the config over what the ledger counts. Its calls raise StorageError."""

    def __init__(
        self, of: Limits, chats: ChatRules, store: Store, clock: Clock, report: Report
    ) -> None:
        self.limits = of
        """What the config says of them now."""
        self._chats = chats
        self._store = store
        self._ledger = store.ledger
        self._clock = clock
        self._report = report

    # -- when a question arrives

    def least(self, question: Question) -> Expected:
        """The least that a question will cost."""
        prices = self.prices(question)
        return limits.expected_of_question(prices, self.limits.system, question.text)

    def prices(self, question: Question) -> Prices | None:
        """Those of the model that a question is asked; None where none are set."""
        if self.limits.config.prices is None:
            return None
        chat = self._chats.get(question.conversation.chat)
        return self._prices(model_of(self.limits.model, chat, question.switches))

    def admit(
        self, question: Question, now: datetime, least: Expected, *, joins: bool = False
    ) -> LimitReachedError | None:
        """Why a question that was just stored, with its least cost, is not let in, if so.

        `joins`: it will be one with a question that counts already.
        """
        spent = self._firm(question, now)
        if joins:
            spent = replace(
                spent,
                person_requests_last_minute=spent.person_requests_last_minute - 1,
                answers_last_hour=spent.answers_last_hour - 1,
            )
        return self._judge(question, spent, least)

    def readmit(self, question: Question, now: datetime) -> LimitReachedError | None:
        """Let a question that had ended in with the least that it will cost, or say why not."""
        least = self.least(question)
        refusal = self.admit(question, now, least)
        if refusal is None:
            self._ledger.expect(question.id, least)
        return refusal

    def reopen(
        self, question: Question, now: datetime
    ) -> tuple[Question, UserbotError | None] | None:
        """Take an answered question back, as it is worded now, or say why not.

        None if it was not answered, or has no other words. One whose owner has mistaken a switch
        keeps its answer.
        """
        with suppress(_StaysAsItIs), self._store.database.transaction():
            found = self._store.questions.reopen(question, now)
            if found is None:
                return None
            question, lately = found
            least = self.least(question)
            spent = self._firm(question, now)
            requests = spent.person_requests_last_minute + lately
            spent = replace(spent, person_requests_last_minute=requests)
            mistaken = mistake(question, self._chats.policy.models)
            if (refusal := mistaken or self._judge(question, spent, least)) is not None:
                raise _StaysAsItIs
            self._ledger.expect(question.id, least)
        return question, refusal

    # -- before and after a payment

    def for_answer(self, request: ChatRequest, tokens: int) -> Payment:
        """A request of so many tokens, by estimate, and its answer."""
        most = request.max_completion_tokens
        if most is None:
            # It may become longer than any before it all the same.
            most = max(limits.ANSWER_TOKENS, self._ledger.longest_answer())
        prices = self._prices(request.model)
        return Payment(
            "answer",
            request.model,
            prompt_tokens=tokens,
            completion_tokens=most,
            cost=limits.cost(prices, tokens, 0),
            answer_cost=limits.cost(prices, 0, most),
        )

    def for_audio(self, model: str, seconds: float) -> Payment:
        """The transcription of so much audio."""
        return Payment(
            "audio", model, audio_seconds=seconds, cost=self._cost_of_sound(model, seconds)
        )

    def for_speech(self, model: str, seconds: float) -> Payment:
        """So many seconds of spoken answer: nothing but the day's money limits it."""
        return Payment(
            "speech", model, audio_seconds=seconds, cost=self._cost_of_sound(model, seconds)
        )

    async def authorize(self, turn: Turn, payment: Payment) -> None:
        """Authorize what is about to be paid, once there is room for it; waits are shown.

        The task that has called this, or one that it begins, then asks. Raises LimitReachedError.
        """
        self.capture_or_void(turn)
        began, told = self._clock.monotonic(), False
        while isinstance(given := self.try_authorize(turn.question, payment), FullForNow):
            refusal = given.refusal
            if self._clock.monotonic() - began >= self.limits.held_seconds:
                raise refusal
            if not told:
                told = True
                self._report(
                    Waiting(
                        **about(turn.question),
                        reason="limit_held",
                        seconds=0,
                        detail=str(refusal),
                    )
                )
            with turn.waits("limit"):
                await self._clock.sleep(_LOOK_SECONDS)
        turn.payment, turn.request_left = given, asyncio.Event()
        request_sent.set(turn.request_left)

    def try_authorize(self, question: Question, payment: Payment) -> Payment | FullForNow:
        """Authorize a payment, and give it with its row. Raises LimitReachedError."""
        now, expected = self._clock.now(), Expected(payment.prompt_tokens, payment.cost)
        person, day, speech = question.sender.id, self._day(now), payment.kind == "speech"
        with self._store.database.transaction():
            firm, with_answers = self._ledger.spent(person, now, day, question.id)
            if speech:
                if (refusal := limits.check_money(self.limits.config, firm, expected)) is not None:
                    raise refusal
            elif (passing := self._judge(question, with_answers, expected)) is not None:
                # What has room beside the answers of others has room without them.
                if (refusal := self._judge(question, firm, expected)) is not None:
                    raise refusal
                return FullForNow(passing)
            return replace(payment, id=self._ledger.authorize(question, payment, now))

    def capture_answer(
        self, turn: Turn, text: str, finish: Finish, usage: Usage, cites: Sequence[Source] = ()
    ) -> None:
        """The model's answer is whole: kept until it is settled, and paid."""
        if turn.payment is not None:
            model = finish.asked or turn.payment.model
            self._ledger.capture(
                turn.payment.id,
                limits.cost_of(self._prices(model), usage),
                self._clock.now(),
                usage=usage,
                model=model,
                whole=(text, finish),
                cites=cites,
            )
            turn.payment = None

    def capture_request(self, turn: Turn, usage: Usage, model: str = "") -> None:
        """A request brought no whole answer, and cost so much all the same.

        `model`: which was asked, if that is known.
        """
        if turn.payment is not None:
            model = model or turn.payment.model
            turn.payment = replace(turn.payment, usage=usage, model=model)
            self._capture_payment(turn)

    def capture_audio(self, turn: Turn, model: str, seconds: float) -> None:
        """So many seconds of audio were transcribed, or spoken, by that model."""
        if turn.payment is not None:
            turn.payment = replace(turn.payment, model=model, audio_seconds=seconds)
            self._capture_payment(turn)

    def audio_failed(self, turn: Turn, error: ModelError, model: str, seconds: float) -> None:
        """So many seconds of audio were not transcribed, or not spoken; paid in vain, perhaps."""
        speaks = turn.payment is not None and turn.payment.kind == "speech"
        # What is spoken was made by then, even if it is no sound that can be sent.
        if error.reason in limits.PAID_ALL_THE_SAME or (speaks and error.reason == "bad_answer"):
            self.capture_audio(turn, model, seconds)
        else:
            self.void(turn)

    def capture_or_void(self, turn: Turn) -> None:
        """Capture what a turn is paying, by estimate if nothing better is known of it.

        What has not left for its server costs nothing.
        """
        if turn.request_left.is_set():
            self._capture_payment(turn)
        else:
            self.void(turn)

    def void(self, turn: Turn) -> None:
        """What was authorized was not paid."""
        if turn.payment is not None:
            self._ledger.void(turn.payment.id)
            turn.payment = None

    def capture_lost(self, program: str = "run", before: datetime | None = None) -> None:
        """At a start: capture what a program was paying when it was killed.

        A request costs its prompt, and of its answer what stands in the chat. `before`: only what
        was authorized before then, where another one may be running.
        """
        lost = self._ledger.authorized(program, before)
        for payment in lost:
            if payment.kind == "answer":
                question = self._store.questions.find(payment.question)
                stands = "".join(text for _message, text in self._store.outbound.standing(question))
                usage = Usage(payment.prompt_tokens, estimate(stands), estimated=True)
                payment = replace(payment, usage=usage)
            self._book(payment)
        if lost:
            self._report(
                Notice(
                    reason="lost_counted",
                    detail=_(
                        "Requests cut off when the program was killed: {count}. Their"
                        " cost is counted.",
                        count=len(lost),
                    ),
                )
            )

    def _capture_payment(self, turn: Turn) -> None:
        if turn.payment is not None:
            self._book(turn.payment)
            turn.payment = None

    def _book(self, payment: Payment) -> None:
        now = self._clock.now()
        if payment.kind == "answer":
            usage = payment.usage or Usage(payment.prompt_tokens, 0, estimated=True)
            cost = limits.cost_of(self._prices(payment.model), usage)
            self._ledger.capture(payment.id, cost, now, usage=usage, model=payment.model)
            return
        seconds, model = payment.audio_seconds, payment.model
        cost = self._cost_of_sound(model, seconds)
        self._ledger.capture(payment.id, cost, now, seconds=seconds, model=model)

    def _firm(self, question: Question, now: datetime) -> Spent:
        """What counts already when a question arrives."""
        return self._ledger.spent(question.sender.id, now, self._day(now), question.id)[0]

    def _judge(
        self, question: Question, spent: Spent, expected: Expected
    ) -> LimitReachedError | None:
        return limits.check(
            self.limits.config,
            spent,
            question.by_owner,
            person=self.limits.people.get(question.sender.id, self.limits.others),
            expected=expected,
        )

    def _prices(self, model: str) -> Prices | None:
        return limits.prices_of(self.limits.config.prices, self.limits.models, model)

    def _cost_of_sound(self, model: str, seconds: float) -> int:
        return limits.cost(self._prices(model), 0, 0, seconds)

    def _day(self, now: datetime) -> datetime:
        return limits.day_began(now, self.limits.config.timezone)
