"""What a question may cost: at the door, before each payment, and after a kill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.questions import ANNA, NOW, OWNER, answer, policy, question
from userbot.errors import LimitReachedError
from userbot.events import Event, Report
from userbot.ports import request_sent
from userbot.rules.limits import ANSWER_TOKENS
from userbot.rules.window import estimate
from userbot.settings import ChatConfig, LimitsConfig, PersonLimits, PriceList, Prices
from userbot.storage.store import Store
from userbot.turn.budget import Budget, FullForNow, Limits
from userbot.turn.chat_rules import ChatRules
from userbot.turn.turn import Turn
from userbot.types import (
    ChatRequest,
    ConversationId,
    Finish,
    Payment,
    Person,
    PromptMessage,
    Question,
    Switches,
    Usage,
)

DAY = NOW.replace(hour=0, minute=0)
BEN = Person(id=502, name="Ben")
OPEN = LimitsConfig(requests_per_minute=100, answers_per_hour=100, timezone="UTC")
REQUEST = ChatRequest(model="small", messages=(PromptMessage("user", "hello"),))
CAPPED = replace(REQUEST, max_completion_tokens=50)
DEAR_CHAT = 503


class Frozen:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "history.db") as store:
        yield store


def budget(
    store: Store,
    config: LimitsConfig = OPEN,
    people: Mapping[int, PersonLimits] = MappingProxyType({}),
    report: Report = lambda _: None,
) -> Budget:
    block = ChatConfig(id=DEAR_CHAT, respond="all", from_="anyone", model="gpt-dear")
    chats = ChatRules(policy(), {DEAR_CHAT: block}, "me", store)
    of = Limits(config, people, models={"dear": "gpt-dear"}, model="small")
    return Budget(of, chats, store, Frozen(), report)


def let_in(one: Budget, message: int, who: Person = ANNA) -> Question:
    ask, refusal = at_door(one, message, who)
    assert refusal is None
    return ask


def at_door(
    one: Budget, message: int, who: Person = ANNA, *, joins: bool = False
) -> tuple[Question, LimitReachedError | None]:
    """A question that is stored, and why it is not let in."""
    asked = question(message=message, sender=who)
    least = one.least(asked)
    ask = one._store.questions.add(asked, NOW, least)
    assert ask is not None
    refusal = one.admit(ask, NOW, least, joins=joins)
    if refusal is not None:
        one._store.questions.mark(ask, "skipped", refusal.reason, NOW)
    return ask, refusal


def authorized(one: Budget, ask: Question, payment: Payment) -> Turn:
    """A turn that pays, since nothing stands against it."""
    given = one.try_authorize(ask, payment)
    assert isinstance(given, Payment)
    return Turn(ask, payment=given)


def refused(one: Budget, ask: Question, payment: Payment) -> str:
    with pytest.raises(LimitReachedError) as error:
        one.try_authorize(ask, payment)
    return error.value.reason


def whole(one: Budget, turn: Turn, prompt_tokens: int, completion_tokens: int) -> None:
    usage = Usage(prompt_tokens, completion_tokens)
    one.capture_answer(turn, "Whole.", Finish("stop", usage, "small"), usage)
    assert turn.payment is None


# At the door


def test_a_question_that_is_let_in_counts_and_one_that_is_refused_does_not(store: Store) -> None:
    one = budget(store, replace(OPEN, requests_per_minute=1))
    let_in(one, 1)
    before = store.ledger.spent(BEN.id, NOW, DAY)[0].others_tokens_today
    assert before > 0
    _ask, refusal = at_door(one, 2)
    assert refusal is not None
    assert refusal.reason == "requests_per_minute"
    assert store.ledger.spent(BEN.id, NOW, DAY)[0].others_tokens_today == before


def test_a_message_that_joins_a_question_is_no_request_of_its_own(store: Store) -> None:
    one = budget(store, replace(OPEN, requests_per_minute=1, answers_per_hour=1))
    let_in(one, 1)
    _ask, refusal = at_door(one, 2, joins=True)
    assert refusal is None


def test_a_person_with_limits_of_his_own_is_held_to_them(store: Store) -> None:
    one = budget(store, people={BEN.id: PersonLimits(tokens_per_day=0)})
    let_in(one, 1)
    _ask, refusal = at_door(one, 2, BEN)
    assert refusal is not None
    assert refusal.reason == "person_tokens_per_day"


def test_who_asks_again_is_let_in_or_refused(store: Store) -> None:
    ask = let_in(budget(store), 1)
    store.questions.mark(ask, "failed", "timeout", NOW)
    again = store.questions.retry(ask.conversation.chat, ask.message, NOW)
    assert isinstance(again, Question)
    assert budget(store).readmit(again, NOW) is None
    none = budget(store, replace(OPEN, tokens_per_day=0))
    refusal = none.readmit(again, NOW)
    assert refusal is not None
    assert refusal.reason == "tokens_per_day"


def test_an_edited_question_is_opened_again_unless_a_limit_refuses_it(store: Store) -> None:
    ask = let_in(budget(store), 1)
    store.questions.settle(ask, answer(), NOW)
    edited = question("Other words?", message=1)
    refused_one = budget(store, replace(OPEN, tokens_per_day=0)).reopen(edited, NOW)
    assert refused_one is not None
    assert refused_one[1] is not None
    assert store.questions.pending() == []
    assert budget(store).reopen(edited, NOW) == (replace(edited, id=ask.id), None)
    assert [one.text for one, _ in store.questions.pending()] == ["Other words?"]
    assert budget(store).reopen(edited, NOW) is None


# Before a payment


def test_a_request_that_fits_is_let_through_whatever_its_answer_comes_to(store: Store) -> None:
    one = budget(store, replace(OPEN, tokens_per_day=100))
    authorized(one, let_in(one, 1), one.for_answer(REQUEST, 90))
    assert store.ledger.spent(BEN.id, NOW, DAY)[0].others_tokens_today == 90


def test_a_request_that_does_not_fit_is_refused(store: Store) -> None:
    one = budget(store, replace(OPEN, tokens_per_day=100))
    assert refused(one, let_in(one, 1), one.for_answer(REQUEST, 101)) == "tokens_per_day"
    assert store.ledger.authorized("run") == []


def test_while_only_answers_under_way_leave_no_room_a_question_is_held(store: Store) -> None:
    one = budget(store, replace(OPEN, tokens_per_day=500))
    first, second = let_in(one, 1), let_in(one, 2, BEN)
    paying = authorized(one, first, one.for_answer(REQUEST, 90))
    held = one.try_authorize(second, one.for_answer(REQUEST, 90))
    assert isinstance(held, FullForNow)
    assert held.refusal.reason == "tokens_per_day"
    whole(one, paying, 90, 10)
    authorized(one, second, one.for_answer(REQUEST, 90))


def test_what_was_paid_for_sure_is_not_waited_for(store: Store) -> None:
    one = budget(store, replace(OPEN, tokens_per_day=500))
    first, second = let_in(one, 1), let_in(one, 2, BEN)
    whole(one, authorized(one, first, one.for_answer(REQUEST, 90)), 90, 400)
    assert refused(one, second, one.for_answer(REQUEST, 90)) == "tokens_per_day"


def test_a_question_never_waits_for_itself(store: Store) -> None:
    one = budget(store, replace(OPEN, tokens_per_day=500))
    ask = let_in(one, 1)
    authorized(one, ask, one.for_answer(REQUEST, 90))
    authorized(one, ask, one.for_answer(REQUEST, 90))


def test_an_answer_counts_as_long_as_its_cap_or_as_the_longest_of_late(store: Store) -> None:
    one = budget(store)
    ask = let_in(one, 1)
    assert one.for_answer(CAPPED, 10).completion_tokens == 50
    assert one.for_answer(REQUEST, 10).completion_tokens == ANSWER_TOKENS
    whole(one, authorized(one, ask, one.for_answer(REQUEST, 10)), 10, 3000)
    assert one.for_answer(REQUEST, 10).completion_tokens == 3000


PRICED = replace(OPEN, cost_per_day=0.001, prices=PriceList(input=1, output=2, audio_minute=0.0006))


def test_the_day_s_money_is_everybody_s_and_audio_costs_too(store: Store) -> None:
    one = budget(store, PRICED)
    ask = let_in(one, 1, OWNER)
    one.capture_audio(authorized(one, ask, one.for_audio("whisper", 60)), "whisper", 60)
    assert store.ledger.spent(BEN.id, NOW, DAY)[0].cost_today == 600
    assert refused(one, ask, one.for_audio("whisper", 60)) == "cost_per_day"
    one.void(authorized(one, ask, one.for_audio("whisper", 30)))
    assert store.ledger.spent(BEN.id, NOW, DAY)[0].cost_today == 600


def test_words_are_spoken_while_there_is_money_and_no_other_limit_matters(store: Store) -> None:
    ask = let_in(budget(store), 1)
    one = budget(store, replace(PRICED, tokens_per_day=0))
    one.capture_audio(authorized(one, ask, one.for_speech("tts", 10)), "tts", 100)
    assert refused(one, ask, one.for_speech("tts", 10)) == "cost_per_day"


# Prices by model

DEAR = replace(
    PRICED,
    cost_per_day=100,
    prices=PriceList(
        input=1,
        output=2,
        audio_minute=0.6,
        models={"dear": Prices(input=10, output=20), "whisper": Prices(audio_minute=6)},
    ),
)


def test_a_question_costs_at_least_what_the_model_costs_that_it_names(store: Store) -> None:
    one = budget(store, DEAR)
    usual, named = question(), replace(question(), switches=Switches(model="gpt-dear"))
    in_chat = replace(question(), conversation=ConversationId(DEAR_CHAT))
    assert one.least(named).cost == one.least(in_chat).cost == 10 * one.least(usual).cost > 0
    cheap = replace(in_chat, switches=Switches(model="small"))
    assert one.least(cheap) == one.least(usual)


def test_an_estimate_is_of_the_model_that_is_asked(store: Store) -> None:
    one = budget(store, DEAR)
    dear = one.for_answer(replace(CAPPED, model="gpt-dear"), 80)
    assert (dear.cost, dear.answer_cost) == (800, 1000)
    assert one.for_audio("whisper", 60).cost == 10 * one.for_audio("parrot", 60).cost


def test_what_was_paid_is_of_the_model_that_has_answered(store: Store) -> None:
    one = budget(store, DEAR)
    ask = let_in(one, 1)
    turn = authorized(one, ask, one.for_answer(CAPPED, 80))
    fell_back = Finish("stop", Usage(90, 10), "gpt-dear-2026-11-01", asked="gpt-dear")
    one.capture_answer(turn, "Whole.", fell_back, Usage(90, 10))
    one.capture_request(authorized(one, ask, one.for_answer(CAPPED, 80)), Usage(80, 5))
    one.capture_request(authorized(one, ask, one.for_answer(CAPPED, 80)), Usage(8, 0), "gpt-dear")
    rows = store.database.rows("SELECT model, cost FROM payments ORDER BY id")
    assert [tuple(row) for row in rows] == [("gpt-dear", 1100), ("small", 90), ("gpt-dear", 80)]


def test_money_for_a_dear_model_may_be_used_up_where_that_for_others_is_not(store: Store) -> None:
    one = budget(store, replace(DEAR, cost_per_day=0.001))
    ask = let_in(one, 1)
    assert refused(one, ask, one.for_answer(replace(CAPPED, model="gpt-dear"), 150))
    one.void(authorized(one, ask, one.for_answer(CAPPED, 150)))


# After a payment


def test_a_whole_answer_is_kept_with_its_price(store: Store) -> None:
    one = budget(store, PRICED)
    ask = let_in(one, 1)
    whole(one, authorized(one, ask, one.for_answer(CAPPED, 80)), 90, 10)
    assert store.ledger.whole(ask) == ("Whole.", Finish("stop", Usage(90, 10), "small"))
    assert store.ledger.spent(BEN.id, NOW, DAY)[0].cost_today == 110


def test_an_answer_that_broke_off_costs_and_is_not_kept(store: Store) -> None:
    one = budget(store, PRICED)
    ask = let_in(one, 1)
    turn = authorized(one, ask, one.for_answer(CAPPED, 80))
    one.capture_request(turn, Usage(80, 5, estimated=True))
    assert (turn.payment, store.ledger.whole(ask)) == (None, None)
    assert store.ledger.spent(BEN.id, NOW, DAY)[0].cost_today == 90


async def test_what_is_cut_before_it_has_left_costs_nothing(store: Store) -> None:
    one = budget(store, PRICED)
    ask = let_in(one, 1)
    for payment in one.for_answer(CAPPED, 80), one.for_audio("whisper", 10):
        turn = Turn(ask)
        await one.authorize(turn, payment)
        one.capture_or_void(turn)
        assert turn.payment is None
    assert store.ledger.spent(BEN.id, NOW, DAY)[0].cost_today == 0
    await one.authorize(turn, one.for_answer(CAPPED, 80))
    sent = request_sent.get()
    assert sent is not None
    sent.set()
    one.capture_or_void(turn)
    assert store.ledger.spent(BEN.id, NOW, DAY)[0].cost_today == 80


def test_what_a_kill_cut_off_costs_its_prompt_and_what_stands(store: Store) -> None:
    told: list[Event] = []
    one = budget(store, PRICED, report=told.append)
    ask = let_in(one, 1)
    authorized(one, ask, one.for_answer(CAPPED, 80))
    authorized(one, ask, one.for_audio("whisper", 10))
    shown = "word " * 30
    store.outbound.record(ask, 0, 77, shown, NOW)
    store.outbound.confirm(77, 2)
    one.capture_lost("talk")  # another program's are its own
    one.capture_lost("run", NOW)  # of that moment: it may be running
    assert not told
    one.capture_lost("run", NOW + timedelta(seconds=1))
    one.capture_lost()
    assert len(told) == 1
    spent, with_answers = store.ledger.spent(BEN.id, NOW, DAY)
    assert spent == with_answers
    tokens = 80 + estimate(shown)
    assert (spent.others_tokens_today, spent.cost_today) == (tokens, tokens + estimate(shown) + 100)
