"""What was spent and reserved: in one transaction, and still there after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.questions import ANNA, NOW, OWNER, answer, pay_and_settle, question, reword
from userbot.rules import limits
from userbot.rules.limits import Refusal
from userbot.settings import LimitsConfig
from userbot.storage.ledger import LATELY
from userbot.storage.spending import spending
from userbot.storage.store import Store
from userbot.types import Expected, Finish, Owed, Person, Question, Spent, Transcript, Usage

DAY = NOW.replace(hour=0, minute=0)
BEN = Person(id=502, name="Ben")
TOKENS = LimitsConfig(tokens_per_day=100, requests_per_minute=100)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as store:
        yield store


def admitted(
    store: Store, message: int, tokens: int, *, who: Person = ANNA, policy: LimitsConfig = TOKENS
) -> tuple[Question, Refusal | None]:
    expected = Expected(tokens, tokens * 10)
    ask = question(message=message, sender=who)

    def judge(spent: Spent) -> Refusal | None:
        return limits.check(policy, spent, ask.by_owner, expected=expected)

    found = store.questions.admit(ask, NOW, DAY, expected, judge)
    assert found is not None
    return found


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


def test_what_came_back_replaces_what_was_reserved(store: Store) -> None:
    ask, _ = admitted(store, 1, 90)
    pay_and_settle(store, ask, "q", answer(usage=Usage(5, 5)), NOW, cost=70)
    spent = store.ledger.spent(ANNA.id, NOW, DAY)
    assert (spent.others_tokens_today, spent.person_tokens_today, spent.cost_today) == (10, 10, 70)


def test_the_whole_request_is_reserved_in_place_of_the_first_guess(store: Store) -> None:
    ask, _ = admitted(store, 1, 10)
    other, _ = admitted(store, 2, 10)

    def judge(spent: Spent) -> Refusal | None:
        return limits.check(TOKENS, spent, False, expected=Expected(85, 0))

    assert store.ledger.reserve(ask, Expected(85, 0), NOW, DAY, judge) is None
    assert store.ledger.reserve(other, Expected(85, 0), NOW, DAY, judge) is not None
    assert store.ledger.spent(ANNA.id, NOW, DAY, ask.id).others_tokens_today == 10


def test_each_person_and_the_owner_are_counted_apart(store: Store) -> None:
    for message, who in enumerate((ANNA, BEN, OWNER, BEN), 1):
        ask, _ = admitted(store, message, 1, who=who)
        pay_and_settle(store, ask, "q", answer(usage=Usage(4, 3)), NOW, cost=5)
    spent = [store.ledger.spent(who.id, NOW, DAY) for who in (ANNA, BEN, OWNER)]
    assert [one.person_tokens_today for one in spent] == [7, 14, 7]
    assert {one.others_tokens_today for one in spent} == {21}
    assert {one.cost_today for one in spent} == {20}


def test_a_new_day_begins_with_nothing(store: Store) -> None:
    ask, _ = admitted(store, 1, 90)
    pay_and_settle(store, ask, "q", answer(usage=Usage(50, 50)), NOW, cost=5)
    tomorrow = DAY + timedelta(days=1)
    assert store.ledger.spent(ANNA.id, tomorrow, tomorrow) == Spent(0, 0, 0)


def test_audio_and_broken_answers_cost_too_but_are_no_answers(store: Store) -> None:
    ask, _ = admitted(store, 1, 1)
    store.ledger.spend(ask, NOW, kind="audio", model="w", audio_seconds=60, cost=6)
    store.ledger.spend(ask, NOW, kind="failed", model="m", usage=Usage(9, 1, True), cost=4)
    spent = store.ledger.spent(ANNA.id, NOW, DAY, ask.id)
    assert (spent.others_tokens_today, spent.cost_today, spent.answers_last_hour) == (10, 10, 0)


def came(store: Store, words: str = "The whole answer.") -> Question:
    """An open question whose answer came to its last word."""
    ask, _ = admitted(store, 1, 1)
    store.ledger.reserve(ask, Expected(3, 3), NOW, DAY, lambda _: None, Owed("answer", "small"))
    usage = Usage(30, 12)
    store.ledger.capture_answer(ask, words, Finish("stop", usage, "small"), usage, 5, NOW)
    return ask


def test_a_whole_answer_is_counted_at_once_and_kept_until_it_is_settled(store: Store) -> None:
    ask = came(store)
    usage = Usage(30, 12)
    assert store.ledger.whole(ask) == ("The whole answer.", Finish("stop", usage, "small"))
    assert store.ledger.owed() == []
    assert store.ledger.spent(BEN.id, NOW, DAY).others_tokens_today == 42
    store.questions.settle(ask, "q", answer(usage=usage), NOW)
    assert (store.ledger.whole(ask), store.ledger.owed()) == (None, [])
    assert store.ledger.spent(BEN.id, NOW, DAY).others_tokens_today == 42


@pytest.mark.parametrize("how", ["deleted", "forgotten", "failed", "reworded"])
def test_a_whole_answer_that_is_not_wanted_any_more_leaves_no_word(
    store: Store, path: Path, how: str
) -> None:
    ask = came(store, "mellifluous")
    match how:
        case "deleted":
            store.eraser.deleted([ask.message], ask.chat, NOW)
        case "forgotten":
            store.people.forget(ANNA.id, NOW)
        case "failed":
            store.questions.mark(ask, "failed", "why", NOW)
        case _:
            reword(store, replace(ask, text="Something else?"))
    assert store.ledger.whole(ask) is None
    store.close()
    assert b"mellifluous" not in path.read_bytes()
    with Store.open(path) as again:
        assert again.ledger.spent(BEN.id, NOW, DAY).others_tokens_today == 42, (
            "it was paid all the same"
        )


def test_what_is_paid_after_words_are_gone_keeps_none(store: Store) -> None:
    ask, _ = admitted(store, 1, 1)
    store.people.forget(ANNA.id, NOW)
    store.ledger.capture_answer(ask, "words", Finish("stop", None, "small"), Usage(3, 4), 5, NOW)
    assert (store.ledger.whole(ask), store.ledger.owed()) == (None, [])


@pytest.mark.parametrize("kind", ["audio", "speech", "failed"])
def test_what_is_counted_is_owed_no_longer(store: Store, kind: str) -> None:
    ask, _ = admitted(store, 1, 1)
    owed = Owed("answer" if kind == "failed" else kind, "m", audio_seconds=3)
    store.ledger.reserve(ask, Expected(1, 1), NOW, DAY, lambda _: None, owed)
    assert [one for _, one, _ in store.ledger.owed()] == [owed]
    assert store.ledger.owed(terminal=True) == store.ledger.owed(NOW) == []
    store.ledger.spend(ask, NOW, kind=kind, model="m")
    assert store.ledger.owed() == []


def test_the_longest_answer_of_late_is_known(store: Store) -> None:
    assert store.ledger.longest_answer() == 0
    for message, tokens in enumerate((9000, *[70] * LATELY), 1):
        ask, _ = admitted(store, message, 1, policy=LimitsConfig(tokens_per_day=10**9))
        if message == LATELY:
            assert store.ledger.longest_answer() == 9000
        pay_and_settle(store, ask, "q", answer(usage=Usage(5, tokens)), NOW)
    assert store.ledger.longest_answer() == 70


def test_a_message_brought_twice_is_admitted_once(store: Store) -> None:
    admitted(store, 1, 1)
    assert (
        store.questions.admit(question(message=1), NOW, DAY, Expected(1, 1), lambda _: None) is None
    )


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
            pay_and_settle(
                store, replace(ask), "q", answer(usage=Usage(4, 3, message == 3)), at, cost=5
            )
            store.ledger.spend(ask, at, kind="audio", model="w", audio_seconds=30, cost=1)
        days = spending(path, "day", DAY, "UTC")
        people = spending(path, "person", DAY, "UTC")
        (chat,) = spending(path, "chat", DAY + timedelta(days=1), None)
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
    assert spending(tmp_path / "none.db", "day", DAY, None) == []


def test_a_question_that_was_listened_to_and_skipped_is_a_request_all_the_same(
    store: Store,
) -> None:
    ask, _ = admitted(store, 1, 1)
    store.questions.mark(ask, "skipped", "no_wake_word", NOW)
    assert store.ledger.spent(ANNA.id, NOW, DAY).person_requests_last_minute == 0
    heard = Transcript(text="for somebody else", model="whisper", seconds=2)
    store.transcripts.keep(ask, ask.message, heard, NOW, words=False)
    assert store.ledger.spent(ANNA.id, NOW, DAY).person_requests_last_minute == 1
