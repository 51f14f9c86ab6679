"""How much others may ask, and when a day begins."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from userbot.rules.limits import check, cost, day_began, prices_of, strictest, told
from userbot.settings import LimitsConfig, PersonLimits, PriceList, Prices
from userbot.types import Expected, Spent

POLICY = LimitsConfig(requests_per_minute=2, tokens_per_day=1000, answers_per_hour=3)


@pytest.mark.parametrize(
    ("spent", "reason"),
    [
        pytest.param(Spent(1, 0, 0), None, id="first question"),
        pytest.param(Spent(2, 999, 2), None, id="just within all three"),
        pytest.param(Spent(3, 0, 0), "requests_per_minute", id="one question too many"),
        pytest.param(Spent(1, 1000, 0), "tokens_per_day", id="the day's tokens are used"),
        pytest.param(Spent(1, 0, 3), "answers_per_hour", id="the hour's answers are given"),
        pytest.param(Spent(3, 1000, 3), "requests_per_minute", id="all at once: the first is told"),
    ],
)
def test_a_question_within_the_limits_passes_and_one_beyond_is_refused(
    spent: Spent, reason: str | None
) -> None:
    refusal = check(POLICY, spent, by_owner=False)
    assert (refusal.reason if refusal else None) == reason


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        pytest.param(LimitsConfig(requests_per_minute=0), "requests_per_minute", id="requests"),
        pytest.param(LimitsConfig(tokens_per_day=0), "tokens_per_day", id="tokens"),
        pytest.param(LimitsConfig(answers_per_hour=0), "answers_per_hour", id="answers"),
    ],
)
@pytest.mark.parametrize("requests", [0, 1])
def test_zero_means_none(policy: LimitsConfig, reason: str, requests: int) -> None:
    refusal = check(policy, Spent(requests, 0, 0), by_owner=False)
    assert refusal is not None
    assert refusal.reason == reason


def test_the_owner_is_exempt() -> None:
    nothing = LimitsConfig(requests_per_minute=0, tokens_per_day=0, answers_per_hour=0)
    assert check(nothing, Spent(99, 99_999, 99), by_owner=True) is None


@pytest.mark.parametrize(
    ("policy", "detail"),
    [
        pytest.param(LimitsConfig(requests_per_minute=1), "(limit: 1).", id="1"),
        pytest.param(POLICY, "(limit: 2).", id="2"),
    ],
)
def test_a_refusal_says_in_a_sentence_what_the_limit_is(policy: LimitsConfig, detail: str) -> None:
    refusal = check(policy, Spent(9, 0, 0), by_owner=False)
    assert refusal is not None
    assert detail in str(refusal)


NORA = PersonLimits(requests_per_minute=5, tokens_per_day=100)


@pytest.mark.parametrize(
    ("of", "together"),
    [
        pytest.param([], None, id="nobody"),
        pytest.param([NORA], PersonLimits(requests_per_minute=2, tokens_per_day=100), id="one"),
        pytest.param(
            [NORA, PersonLimits(requests_per_minute=0), PersonLimits(tokens_per_day=50)],
            PersonLimits(requests_per_minute=0, tokens_per_day=50),
            id="each of its least",
        ),
        pytest.param([PersonLimits()], PersonLimits(requests_per_minute=2), id="nothing set"),
    ],
)
def test_of_several_limits_the_strictest_hold_and_never_more_than_the_general_ones(
    of: list[PersonLimits], together: PersonLimits | None
) -> None:
    assert strictest(POLICY, of) == together


@pytest.mark.parametrize(
    ("spent", "person", "reason"),
    [
        pytest.param(Spent(5, 0, 0, 0), NORA, None, id="may ask more often"),
        pytest.param(Spent(6, 0, 0, 0), NORA, "requests_per_minute", id="but not for ever"),
        pytest.param(Spent(1, 0, 0, 90), NORA, "person_tokens_per_day", id="her own tokens"),
        pytest.param(Spent(1, 999, 0, 0), NORA, "tokens_per_day", id="those of all others too"),
        pytest.param(
            Spent(3, 0, 0), PersonLimits(tokens_per_day=9**9), "requests_per_minute", id="unsaid"
        ),
        pytest.param(
            Spent(1, 0, 0), PersonLimits(requests_per_minute=0), "requests_per_minute", id="zero"
        ),
        pytest.param(
            Spent(1, 0, 0), PersonLimits(tokens_per_day=0), "person_tokens_per_day", id="no tokens"
        ),
    ],
)
def test_a_person_may_have_limits_of_their_own(
    spent: Spent, person: PersonLimits, reason: str | None
) -> None:
    refusal = check(POLICY, spent, by_owner=False, person=person, expected=Expected(20, 0))
    assert (refusal.reason if refusal else None) == reason


@pytest.mark.parametrize(
    ("spent", "expected", "reason"),
    [
        pytest.param(Spent(1, 900, 0), Expected(100, 0), None, id="it just fits"),
        pytest.param(Spent(1, 900, 0), Expected(101, 0), "tokens_per_day", id="it does not fit"),
        pytest.param(Spent(1, 0, 0, 0, 1_900_000), Expected(0, 100_000), None, id="money fits"),
        pytest.param(
            Spent(1, 0, 0, 0, 1_900_000), Expected(0, 100_001), "cost_per_day", id="too dear"
        ),
    ],
)
def test_a_question_counts_by_what_it_is_expected_to_cost(
    spent: Spent, expected: Expected, reason: str | None
) -> None:
    policy = replace(POLICY, cost_per_day=2)
    refusal = check(policy, spent, by_owner=False, expected=expected)
    assert (refusal.reason if refusal else None) == reason


@pytest.mark.parametrize(
    ("policy", "spent", "reason"),
    [
        pytest.param(LimitsConfig(own_tokens_per_day=10), Spent(9, 0, 9, 10), "own_tokens_per_day"),
        pytest.param(LimitsConfig(own_tokens_per_day=0), Spent(1, 0, 0), "own_tokens_per_day"),
        pytest.param(LimitsConfig(cost_per_day=1), Spent(1, 0, 0, 0, 1_000_000), "cost_per_day"),
        pytest.param(LimitsConfig(cost_per_day=0), Spent(1, 0, 0), "cost_per_day"),
        pytest.param(LimitsConfig(own_tokens_per_day=10), Spent(9, 9**9, 9, 9), None),
    ],
)
def test_the_owner_has_limits_of_tokens_and_money_only(
    policy: LimitsConfig, spent: Spent, reason: str | None
) -> None:
    refusal = check(policy, spent, by_owner=True)
    assert (refusal.reason if refusal else None) == reason


def test_a_cost_is_exact_and_never_rounded_away() -> None:
    prices = Prices(input=0.75, output=4.5, audio_minute=0.006)
    assert cost(prices, 1_000_000, 0) == 750_000
    assert cost(prices, 1, 1) == 6
    assert cost(prices, 0, 0, audio_seconds=90) == 9_000
    assert cost(Prices(), 10, 10, 60) == cost(None, 10, 10, 60) == 0


@pytest.mark.parametrize(
    ("limit", "question", "words"),
    [
        pytest.param(1, "why?", "in a minute", id="minute"),
        pytest.param(1, "почему?", "через минуту", id="minute, Russian"),
        pytest.param(0, "why?", "Today's limit", id="never"),
        pytest.param(0, "почему?", "на сегодня", id="never, Russian"),
    ],
)
def test_a_person_is_told_in_their_language(limit: int, question: str, words: str) -> None:
    refusal = check(LimitsConfig(requests_per_minute=limit), Spent(9, 0, 0), by_owner=False)
    assert refusal is not None
    assert words in told(refusal.window, question)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "began"),
    [
        pytest.param("2026-11-05T12:00", "UTC", "2026-11-05T00:00", id="Greenwich"),
        pytest.param("2026-11-05T23:30", "Europe/Berlin", "2026-11-05T23:00", id="already the 6th"),
        pytest.param(
            "2026-11-05T02:00", "America/New_York", "2026-11-04T05:00", id="still the 4th"
        ),
        pytest.param("2026-11-05T12:00", "Asia/Kolkata", "2026-11-04T18:30", id="a half hour"),
        pytest.param("2026-03-29T12:00", "Europe/Berlin", "2026-03-28T23:00", id="clocks go on"),
        pytest.param("2026-10-25T12:00", "Europe/Berlin", "2026-10-24T22:00", id="clocks go back"),
        pytest.param("2023-03-26T12:00", "Asia/Beirut", "2023-03-25T22:00", id="no midnight"),
        pytest.param("2026-11-01T12:00", "America/Havana", "2026-11-01T04:00", id="two midnights"),
        pytest.param("2026-11-05T23:00", "Europe/Berlin", "2026-11-05T23:00", id="midnight itself"),
    ],
)
def test_a_day_begins_at_midnight_there(now: str, zone: str, began: str) -> None:
    assert day_began(utc(now), zone) == utc(began)


@pytest.fixture
def system_in_kolkata(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of this system is fixed")
@pytest.mark.usefixtures("system_in_kolkata")
def test_without_a_zone_the_day_is_the_systems() -> None:
    assert day_began(utc("2026-11-05T12:00"), None) == utc("2026-11-04T18:30")


@pytest.mark.parametrize(
    ("policy", "by_owner"),
    [
        (LimitsConfig(requests_per_minute=0), False),
        (LimitsConfig(tokens_per_day=0), False),
        (LimitsConfig(answers_per_hour=0), False),
        (LimitsConfig(own_tokens_per_day=0), True),
        (LimitsConfig(cost_per_day=0), True),
    ],
)
def test_a_limit_of_zero_is_refused_as_such(policy: LimitsConfig, by_owner: bool) -> None:
    refusal = check(policy, Spent(0, 0, 0), by_owner)
    assert refusal is not None
    assert "is 0 under [limits]" in str(refusal)
    assert refusal.window == timedelta(days=1)


ALL = PriceList(
    input=1,
    output=2,
    audio_minute=3,
    cached_input=0.5,
    cache_write=1.5,
    models={
        "big": Prices(input=10, cache_write=12),
        "gpt-mini": Prices(output=1),
    },
)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        pytest.param("small", ALL, id="all others"),
        pytest.param(
            "gpt-5.5",
            Prices(input=10, output=2, audio_minute=3, cache_write=12),
            id="by its name in [models]",
        ),
        pytest.param("big", ALL, id="such a name is no model"),
        pytest.param(
            "gpt-mini",
            Prices(input=1, output=1, audio_minute=3, cached_input=0.5, cache_write=1.5),
            id="by its own",
        ),
    ],
)
def test_a_model_may_have_prices_of_its_own(model: str, expected: Prices) -> None:
    assert prices_of(ALL, {"Big": "gpt-5.5"}, model) == expected
    assert prices_of(None, {"Big": "gpt-5.5"}, model) is None
