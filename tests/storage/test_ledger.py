"""What was paid and is being paid: in one transaction, and still there after a crash."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.questions import ANNA, NOW, OWNER, answer, authorized, paid, question, reword
from userbot.errors import LimitReachedError
from userbot.rules import limits
from userbot.settings import LimitsConfig
from userbot.storage.archive import Archive
from userbot.storage.ledger import LATELY
from userbot.storage.spending import spending
from userbot.storage.store import Store
from userbot.types import TERMINAL, Expected, Finish, Payment, Person, Question, Spent, Usage

DAY = NOW.replace(hour=0, minute=0)
BEN = Person(id=502, name="Ben")
TOKENS = LimitsConfig(tokens_per_day=100, requests_per_minute=100)


def admitted(
    store: Store, message: int, tokens: int, *, who: Person = ANNA, policy: LimitsConfig = TOKENS
) -> tuple[Question, LimitReachedError | None]:
    expected = Expected(tokens, tokens * 10)
    ask = question(message=message, sender=who)
    kept = store.questions.add(ask, NOW)
    assert kept is not None
    spent, _ = store.ledger.spent(who.id, NOW, DAY, kept.id)
    refusal = limits.check(policy, spent, ask.by_owner, expected=expected)
    if refusal is None:
        store.ledger.expect(kept.id, expected)
    else:
        store.questions.mark(kept, "skipped", refusal.reason, NOW)
    return kept, refusal


def test_questions_asked_at_once_do_not_slip_through_together(store: Store) -> None:
    refusals = [admitted(store, message, 40)[1] for message in range(1, 5)]
    assert [refusal is None for refusal in refusals] == [True, True, False, False]
    assert len(store.questions.pending()) == 2


def test_a_reservation_outlives_a_crash(path: Path) -> None:
    with Store.open(path) as store:
        admitted(store, 1, 90)
    with Store.open(path) as store:
        assert admitted(store, 2, 20)[1] is not None


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_a_reservation_ends_with_its_question(store: Store, state: str) -> None:
    ask, _ = admitted(store, 1, 90)
    store.questions.mark(ask, state, "why", NOW)
    assert admitted(store, 2, 90)[1] is None


def firm(store: Store, who: Person = ANNA, question: int = 0) -> Spent:
    """What counts for sure."""
    return store.ledger.spent(who.id, NOW, DAY, question)[0]


def with_answers(store: Store, who: Person = ANNA, question: int = 0) -> Spent:
    """What counts together with the answers under way."""
    return store.ledger.spent(who.id, NOW, DAY, question)[1]


def test_what_was_paid_replaces_what_was_expected(store: Store) -> None:
    ask, _ = admitted(store, 1, 90)
    paid(store, ask, usage=Usage(5, 5), cost=70)
    store.questions.settle(ask, answer(), NOW)
    spent = firm(store)
    assert (spent.others_tokens_today, spent.person_tokens_today, spent.cost_today) == (10, 10, 70)


def test_a_payment_replaces_the_first_guess(store: Store) -> None:
    ask, _ = admitted(store, 1, 10)
    other, _ = admitted(store, 2, 10)
    store.ledger.authorize(ask, Payment("answer", "small", prompt_tokens=85), NOW)
    assert firm(store, question=ask.id).others_tokens_today == 10
    assert firm(store, question=other.id).others_tokens_today == 85


REQUEST = Payment(
    "answer", "small", prompt_tokens=30, completion_tokens=1000, cost=3, answer_cost=100
)


def test_the_answers_under_way_of_others_count_apart(store: Store) -> None:
    ask, _ = admitted(store, 1, 0)
    payment = authorized(store, ask, REQUEST)
    for whose, tokens, own in ((ANNA, 1030, 1030), (BEN, 1030, 0)):
        spent = with_answers(store, whose)
        assert (spent.others_tokens_today, spent.person_tokens_today) == (tokens, own)
        assert (firm(store, whose).others_tokens_today, firm(store, whose).cost_today) == (30, 3)
        assert spent.cost_today == 103
    store.ledger.capture(payment, 5, NOW, usage=Usage(31, 12))
    assert firm(store) == with_answers(store)
    assert firm(store).others_tokens_today == 43


def test_what_a_question_is_paying_itself_is_no_obstacle_to_it(store: Store) -> None:
    ask, _ = admitted(store, 1, 0)
    authorized(store, ask, REQUEST)
    assert with_answers(store, question=ask.id).others_tokens_today == 0


def test_what_a_killed_program_left_authorized_holds_nobody_up_for_long(store: Store) -> None:
    ask, _ = admitted(store, 1, 0)
    authorized(store, ask, REQUEST, NOW - timedelta(hours=2))
    assert with_answers(store).others_tokens_today == firm(store).others_tokens_today == 30


def test_what_was_voided_cost_nothing(store: Store) -> None:
    ask, _ = admitted(store, 1, 5)
    payment = authorized(store, ask, REQUEST)
    store.ledger.void(payment)
    store.ledger.capture(payment, 9, NOW, usage=Usage(31, 12))
    assert with_answers(store) == Spent(1, 0, 1)
    assert store.ledger.authorized("run") == []


def test_a_payment_is_captured_once_whoever_says_so(store: Store) -> None:
    ask, _ = admitted(store, 1, 0)
    payment = authorized(store, ask, REQUEST)
    store.ledger.capture(payment, 9, NOW, usage=Usage(31, 12))
    store.ledger.capture(payment, 9, NOW, usage=Usage(31, 12))
    store.ledger.void(payment)
    assert (firm(store).others_tokens_today, firm(store).cost_today) == (43, 9)


@pytest.mark.parametrize("minutes", [330, -225, 0])
def test_a_day_begins_with_its_first_quarter_in_every_zone(store: Store, minutes: int) -> None:
    began = DAY - timedelta(minutes=minutes)
    for message, seconds in enumerate((-1, 0, 1), 1):
        ask, _ = admitted(store, message, 0)
        paid(store, ask, began + timedelta(seconds=seconds), usage=Usage(1, 0))
    now = began + timedelta(minutes=5)
    assert store.ledger.spent(ANNA.id, now, began)[0].others_tokens_today == 2


def test_each_person_and_the_owner_are_counted_apart(store: Store) -> None:
    for message, who in enumerate((ANNA, BEN, OWNER, BEN), 1):
        ask, _ = admitted(store, message, 1, who=who)
        paid(store, ask, usage=Usage(4, 3), cost=5)
        store.questions.settle(ask, answer(), NOW)
    spent = [firm(store, who) for who in (ANNA, BEN, OWNER)]
    assert [one.person_tokens_today for one in spent] == [7, 14, 7]
    assert {one.others_tokens_today for one in spent} == {21}
    assert {one.cost_today for one in spent} == {20}


def test_a_new_day_begins_with_nothing(store: Store) -> None:
    ask, _ = admitted(store, 1, 90)
    paid(store, ask, usage=Usage(50, 50), cost=5)
    store.questions.settle(ask, answer(), NOW)
    tomorrow = DAY + timedelta(days=1)
    assert store.ledger.spent(ANNA.id, tomorrow, tomorrow) == (Spent(0, 0, 0), Spent(0, 0, 0))


def test_audio_and_broken_answers_cost_too_but_are_no_answers(store: Store) -> None:
    ask, _ = admitted(store, 1, 1)
    paid(store, ask, kind="audio", seconds=60, cost=6)
    paid(store, ask, usage=Usage(9, 1, True), cost=4, text=None)
    spent = firm(store, question=ask.id)
    assert (spent.others_tokens_today, spent.cost_today, spent.answers_last_hour) == (10, 10, 0)


def came(store: Store, words: str = "The whole answer.") -> Question:
    """An open question whose answer came to its last word."""
    ask, _ = admitted(store, 1, 1)
    paid(store, ask, usage=Usage(30, 12), text=words, cost=5)
    return ask


def test_a_whole_answer_is_kept_until_it_is_settled_and_counts_from_its_last_word_on(
    store: Store,
) -> None:
    ask = came(store)
    finish = Finish("stop", Usage(30, 12), "small-model")
    assert store.ledger.whole(ask) == ("The whole answer.", finish)
    assert firm(store, BEN).others_tokens_today == 42
    store.questions.settle(ask, answer(), NOW)
    assert store.ledger.whole(ask) is None
    assert firm(store, BEN).others_tokens_today == 42


@pytest.mark.parametrize("how", ["deleted", "forgotten", "failed", "reworded"])
def test_a_whole_answer_that_is_not_wanted_any_more_leaves_no_word(
    store: Store, path: Path, how: str
) -> None:
    ask = came(store, "mellifluous")
    match how:
        case "deleted":
            store.eraser.deleted(ask.conversation.chat, [ask.message], NOW)
        case "forgotten":
            store.eraser.forget(ANNA.id, NOW)
        case "failed":
            store.questions.mark(ask, "failed", "why", NOW)
        case _:
            reword(store, replace(ask, text="Something else?"))
    assert store.ledger.whole(ask) is None
    assert firm(store).others_tokens_today == 42, "it was paid all the same"
    store.close()
    assert b"mellifluous" not in path.read_bytes()


def test_what_is_paid_after_words_are_gone_keeps_none(store: Store) -> None:
    ask, _ = admitted(store, 1, 1)
    payment = authorized(store, ask)
    store.eraser.forget(ANNA.id, NOW)
    finish = Finish("stop", None, "small")
    store.ledger.capture(payment, 5, NOW, usage=Usage(3, 4), whole=("words", finish))
    assert store.ledger.whole(ask) is None
    assert firm(store).others_tokens_today == 7


@pytest.mark.parametrize("kind", ["answer", "audio", "speech"])
def test_what_is_being_paid_is_found_by_its_own_program(store: Store, kind: str) -> None:
    ask = store.questions.add(question(chat=TERMINAL), NOW)
    assert ask is not None
    payment = Payment(kind, "m", audio_seconds=3)
    number = authorized(store, ask, payment)
    assert store.ledger.authorized("talk") == [replace(payment, id=number, question=ask.id)]
    assert store.ledger.authorized("run") == store.ledger.authorized("talk", NOW) == []
    store.ledger.capture(number, 1, NOW, seconds=3)
    assert store.ledger.authorized("talk") == []


def test_the_longest_answer_of_late_is_known(store: Store) -> None:
    assert store.ledger.longest_answer() == 0
    for message, tokens in enumerate((9000, *[70] * LATELY), 1):
        ask, _ = admitted(store, message, 1, policy=LimitsConfig(tokens_per_day=10**9))
        if message == LATELY:
            assert store.ledger.longest_answer() == 9000
        paid(store, ask, usage=Usage(5, tokens))
    assert store.ledger.longest_answer() == 70


def test_a_person_is_told_once_in_a_window(store: Store) -> None:
    def tell(seconds: int, reason: str = "requests_per_minute") -> bool:
        now = NOW + timedelta(seconds=seconds)
        return store.ledger.tell_once(ANNA.id, reason, now - timedelta(minutes=1), now)

    assert [tell(0), tell(30), tell(59), tell(61), tell(62)] == [True, False, False, True, False]
    assert tell(63, "tokens_per_day")


def test_spending_is_summed_by_day_chat_and_person(path: Path) -> None:
    with Store.open(path) as store:
        for message, who in enumerate((ANNA, ANNA, BEN), 1):
            ask, _ = admitted(store, message, 1, who=who)
            at = NOW + timedelta(days=message - 1)
            paid(store, ask, at, usage=Usage(4, 3, message == 3), cost=5)
            paid(store, ask, at, kind="audio", seconds=30, cost=1)
            authorized(store, ask, REQUEST, at)  # not paid yet
        with Archive.reading(path) as archive:
            days = spending(archive, "day", DAY, "UTC")
            people = spending(archive, "person", DAY, "UTC")
            (chat,) = spending(archive, "chat", DAY + timedelta(days=1), None)
    assert [(one.key, one.requests, one.cost) for one in days] == [
        ("2026-11-24", 1, 6),
        ("2026-11-23", 1, 6),
        ("2026-11-22", 1, 6),
    ]
    assert [(one.key, one.title, one.prompt_tokens, one.estimated) for one in people] == [
        (ANNA.id, "Anna", 8, False),
        (BEN.id, "Ben", 4, True),
    ]
    assert (chat.key, chat.title, chat.requests, chat.audio_seconds) == (ANNA.id, "Anna", 2, 60)


def test_without_a_history_nothing_was_spent(tmp_path: Path) -> None:
    with Archive.reading(tmp_path / "none.db") as archive:
        assert spending(archive, "day", DAY, None) == []


@pytest.mark.parametrize(
    ("kind", "reason", "requests"),
    [
        pytest.param("audio", "no_wake_word", 1, id="transcribed"),
        pytest.param("audio", "joined", 1, id="transcribed-and-joined"),
        pytest.param("answer", "deleted", 1, id="paid"),
        pytest.param("answer", "joined", 0, id="paid-and-joined"),
    ],
)
def test_a_question_that_was_paid_for_and_skipped_is_a_request_all_the_same(
    store: Store, kind: str, reason: str, requests: int
) -> None:
    ask, _ = admitted(store, 1, 1)
    store.questions.mark(ask, "skipped", reason, NOW)
    assert firm(store).person_requests_last_minute == 0
    paid(store, ask, kind=kind, seconds=2)
    assert firm(store).person_requests_last_minute == requests


def test_a_question_that_is_answered_again_after_an_edit_counts_again(store: Store) -> None:
    ask, _ = admitted(store, 1, 1)
    for text in ("one", "two", "three"):
        paid(store, ask)
        store.questions.settle(replace(ask, text=text), answer(), NOW)
        edited = replace(ask, text=f"{text}, edited")
        reopened = store.questions.reopen(edited, NOW)
        assert reopened is not None
        assert reopened[0] == edited
        store.ledger.expect(edited.id, Expected(1, 1))
    assert firm(store, BEN).answers_last_hour == 4, "three were given, one is open"
    paid(store, ask)
    store.questions.settle(ask, answer(), NOW)
    assert firm(store, BEN).answers_last_hour == 4
