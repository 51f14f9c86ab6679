"""The write buckets: what leaves at once, what waits, what yields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.rules.rate_limiter import FLOOD_MARGIN_SECONDS, Bucket, RateLimiter

GROUP, OTHER, FRIEND = -100, -200, 300
MARGIN = FLOOD_MARGIN_SECONDS


def defaults() -> RateLimiter:
    return RateLimiter(writes_per_second=1.0, burst=20)


def leaves(limiter: RateLimiter, chat: int, now: float) -> float:
    """When a first text or an end that comes at `now` leaves."""
    here = now + limiter.acquire_chat(chat, now)
    return here + limiter.acquire_account(here)


def test_a_bucket_lets_a_burst_go_and_then_one_by_one() -> None:
    bucket = Bucket(per_second=2, burst=3)
    assert [bucket.reserve(100) for _ in range(5)] == [0, 0, 0, 0.5, 1.0]


def test_a_quiet_time_fills_a_bucket_again_but_no_further() -> None:
    bucket = Bucket(per_second=1, burst=2)
    for _ in range(4):
        bucket.reserve(0)
    assert bucket.until_free(1, 0) == 3
    assert [bucket.reserve(1000) for _ in range(3)] == [0, 0, 1]


def test_a_place_given_back_is_the_next_ones() -> None:
    bucket = Bucket(per_second=1, burst=1)
    bucket.reserve(0)
    assert bucket.reserve(0) == 1
    bucket.release()
    assert bucket.reserve(0) == 1


@given(st.lists(st.floats(0, 20), min_size=1, max_size=200))
def test_a_group_gets_at_most_20_writes_in_any_minute(pauses: list[float]) -> None:
    limiter, now, left = defaults(), 0.0, []
    for pause in pauses:
        now += pause
        left.append(now + limiter.acquire_chat(GROUP, now))
    left.sort()
    for first, last in zip(left, left[20:], strict=False):
        assert last - first >= 60 - 1e-6


@given(st.lists(st.tuples(st.sampled_from([GROUP, OTHER, FRIEND, 301]), st.floats(0, 3))))
def test_the_account_keeps_to_its_burst_and_its_rate(asks: list[tuple[int, float]]) -> None:
    limiter, now, left = defaults(), 0.0, []
    for chat, pause in asks:
        now += pause
        if limiter.try_acquire("edit", chat, now):
            left.append(now)
        left.append(leaves(limiter, chat, now))
    left.sort()
    for n, first in enumerate(left):
        for m in range(n, len(left)):
            assert m - n + 1 <= 20 + (left[m] - first) * 1.0 + 1e-6


def test_a_busy_chat_holds_up_no_other() -> None:
    limiter = defaults()
    for _ in range(10):
        limiter.acquire_chat(GROUP, 0)
    assert leaves(limiter, OTHER, 0) == 0
    assert leaves(limiter, FRIEND, 0) == 0


def test_previews_leave_a_quarter_of_the_burst_to_first_texts_and_ends() -> None:
    limiter = defaults()
    previews = sum(limiter.try_acquire("edit", -n, 0) for n in range(1, 100))
    assert previews == 15
    assert [leaves(limiter, -200 - n, 0) for n in range(5)] == [0] * 5
    assert leaves(limiter, -300, 0) > 0


def test_previews_leave_half_of_a_chats_burst_to_the_next_answers() -> None:
    limiter = defaults()
    assert sum(limiter.try_acquire("edit", GROUP, 0) for _ in range(20)) == 5
    assert [leaves(limiter, GROUP, 0) for _ in range(5)] == [0] * 5
    assert leaves(limiter, GROUP, 0) > 0


def test_commands_leave_a_third_of_a_chats_burst_to_answers() -> None:
    limiter = defaults()
    at_once = [limiter.acquire_after_answers(GROUP, 0) for _ in range(12)]
    assert at_once == pytest.approx([0.0] * 7 + [6.0] * 5)
    assert [leaves(limiter, GROUP, 0) for _ in range(3)] == [0] * 3
    assert leaves(limiter, GROUP, 0) == 6, "commands that wait hold no place"


def test_commands_leave_a_sixth_of_the_accounts_burst_to_answers() -> None:
    limiter = defaults()
    assert sum(limiter.acquire_after_answers(-n, 0) == 0 for n in range(1, 100)) == 17
    assert [leaves(limiter, -200 - n, 0) for n in range(3)] == [0] * 3


def test_commands_yield_while_answers_wait() -> None:
    limiter = defaults()
    for chat in range(1, 31):
        leaves(limiter, chat, 0)
    assert limiter.acquire_after_answers(99, 5) > 0
    assert limiter.acquire_after_answers(99, 20) == 0


@given(st.floats(0, 1e9), st.integers(1, 40), st.sampled_from([GROUP, FRIEND]))
def test_a_command_that_comes_back_when_it_was_told_to_has_its_place(
    now: float, burst: int, chat: int
) -> None:
    limiter = RateLimiter(writes_per_second=1.0, burst=burst)
    while not (seconds := limiter.acquire_after_answers(chat, now)):
        pass
    assert limiter.acquire_after_answers(chat, now + seconds) == 0


def test_previews_yield_while_anything_waits() -> None:
    limiter = defaults()
    for chat in range(1, 31):
        leaves(limiter, chat, 0)
    assert not limiter.try_acquire("edit", 99, 5)
    assert limiter.try_acquire("edit", 99, 20)


@pytest.mark.parametrize(
    ("writes_per_second", "burst", "private", "group"),
    [
        pytest.param(1.0, 20, 1.0, 6.0, id="defaults"),
        pytest.param(0.1, 20, 10.0, 10.0, id="slower than a group may go"),
        pytest.param(0.5, 20, 2.0, 6.0, id="slower"),
        pytest.param(1000.0, 1000, 0.001, 0.006, id="opened"),
        pytest.param(1.0, 1, 1.0, 6.0, id="no burst"),
    ],
)
def test_how_far_apart_writes_into_a_chat_are(
    writes_per_second: float, burst: int, private: float, group: float
) -> None:
    for chat, apart in ((FRIEND, private), (GROUP, group)):
        limiter = RateLimiter(writes_per_second, burst)
        at_once = [limiter.acquire_chat(chat, 0) for _ in range(max(1, burst // 2))]
        assert at_once == pytest.approx([0.0] * len(at_once))
        assert limiter.acquire_chat(chat, 0) == pytest.approx(apart)


def test_without_a_burst_a_preview_still_finds_a_place() -> None:
    limiter = RateLimiter(writes_per_second=1.0, burst=1)
    assert limiter.try_acquire("edit", GROUP, 0)
    assert not limiter.try_acquire("edit", GROUP, 0.5)


def test_a_flood_wait_holds_that_method_in_that_chat_only() -> None:
    limiter = defaults()
    limiter.flooded("edit", GROUP, 7, now=100)
    pause = limiter.pause("edit", GROUP, 101)
    assert pause is not None
    assert (pause.seconds, pause.reason, pause.account_wide) == (6 + MARGIN, "flood_wait", False)
    assert limiter.pause("send", GROUP, 101) is None
    assert limiter.pause("edit", OTHER, 101) is None
    assert not limiter.try_acquire("edit", GROUP, 101)
    assert limiter.pause("edit", GROUP, 107 + MARGIN) is None


def test_a_second_chat_flooded_meanwhile_makes_it_account_wide_until_both_have_ended() -> None:
    limiter = defaults()
    limiter.flooded("edit", GROUP, 30, now=100)
    limiter.flooded("send", OTHER, 5, now=110)
    pause = limiter.pause("send", FRIEND, 110)
    assert pause is not None
    assert pause.account_wide
    assert pause.seconds == 20 + MARGIN
    assert limiter.pause("send", OTHER, 110) == pause
    assert limiter.pause("send", FRIEND, 131) is None


@pytest.mark.parametrize(
    ("method", "chat", "now"),
    [
        pytest.param("send", GROUP, 110, id="the same chat"),
        pytest.param("send", OTHER, 140, id="later"),
        pytest.param("typing", OTHER, 110, id="typing"),
    ],
)
def test_what_does_not_make_a_flood_wait_account_wide(method: str, chat: int, now: float) -> None:
    limiter = defaults()
    limiter.flooded("edit", GROUP, 30, now=100)
    limiter.flooded(method, chat, 5, now=now)
    assert limiter.pause("send", FRIEND, now) is None


def test_after_a_flood_wait_no_burst_follows() -> None:
    limiter = defaults()
    limiter.flooded("send", GROUP, 10, now=100)
    limiter.flooded("send", OTHER, 10, now=100)
    back = 110 + MARGIN
    assert [leaves(limiter, chat, back) - back for chat in (1, 2, 3)] == pytest.approx([0, 1, 2])


def test_a_flood_wait_lets_other_methods_write_in_that_chat_meanwhile() -> None:
    limiter = defaults()
    limiter.flooded("delete", GROUP, 30, now=100)
    assert [leaves(limiter, GROUP, 101) for _ in range(3)] == [101] * 3
    assert limiter.try_acquire("edit", GROUP, 101)


def test_in_the_chat_of_a_flood_wait_no_burst_follows_it() -> None:
    limiter = defaults()
    limiter.flooded("send", GROUP, 10, now=100)
    back = 110 + MARGIN
    assert [leaves(limiter, GROUP, back) - back for _ in range(3)] == pytest.approx([0, 6, 12])


def test_slow_mode_holds_sends_in_that_chat_and_never_the_account() -> None:
    limiter = defaults()
    limiter.flooded("send", OTHER, 60, now=100)
    limiter.slowed("send", GROUP, 30, now=100)
    pause = limiter.pause("send", GROUP, 100)
    assert pause is not None
    assert (pause.seconds, pause.reason) == (30 + MARGIN, "slow_mode")
    assert limiter.pause("edit", GROUP, 100) is None
    assert limiter.pause("send", FRIEND, 100) is None


def test_typing_costs_little_and_yields_to_everything() -> None:
    limiter = defaults()
    assert sum(limiter.try_typing(chat, 0) for chat in range(1, 51)) == 50
    assert leaves(limiter, FRIEND, 0) == 0
    for chat in range(1, 31):
        leaves(limiter, chat, 0)
    assert not limiter.try_typing(FRIEND, 0)
    limiter.flooded("typing", GROUP, 60, now=500)
    assert not limiter.try_typing(GROUP, 501)
    assert limiter.try_typing(OTHER, 501)
