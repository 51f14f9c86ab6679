"""The write buckets: what leaves at once, what waits, what yields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.rules.governor import FLOOD_MARGIN_SECONDS, Bucket, Governor

GROUP, OTHER, FRIEND = -100, -200, 300
MARGIN = FLOOD_MARGIN_SECONDS


def defaults() -> Governor:
    return Governor(writes_per_second=1.0, burst=20)


def leaves(governor: Governor, chat: int, now: float) -> float:
    """When a first text or an end that comes at `now` leaves."""
    here = now + governor.chat_place(chat, now)
    return here + governor.account_place(here)


def test_a_bucket_lets_a_burst_go_and_then_one_by_one() -> None:
    bucket = Bucket(per_second=2, burst=3)
    assert [bucket.reserve(100) for _ in range(5)] == [0, 0, 0, 0.5, 1.0]


def test_a_quiet_time_fills_a_bucket_again_but_no_further() -> None:
    bucket = Bucket(per_second=1, burst=2)
    for _ in range(4):
        bucket.reserve(0)
    assert bucket.free(0) == -2
    assert bucket.free(1000) == 2


def test_a_place_given_back_is_the_next_ones() -> None:
    bucket = Bucket(per_second=1, burst=1)
    bucket.reserve(0)
    assert bucket.reserve(0) == 1
    bucket.give_back()
    assert bucket.reserve(0) == 1


@given(st.lists(st.floats(0, 20), min_size=1, max_size=200))
def test_a_group_gets_at_most_20_writes_in_any_minute(pauses: list[float]) -> None:
    governor, now, left = defaults(), 0.0, []
    for pause in pauses:
        now += pause
        left.append(now + governor.chat_place(GROUP, now))
    left.sort()
    for first, last in zip(left, left[20:], strict=False):
        assert last - first >= 60 - 1e-6


@given(st.lists(st.tuples(st.sampled_from([GROUP, OTHER, FRIEND, 301]), st.floats(0, 3))))
def test_the_account_keeps_to_its_burst_and_its_rate(asks: list[tuple[int, float]]) -> None:
    governor, now, left = defaults(), 0.0, []
    for chat, pause in asks:
        now += pause
        if governor.spare("edit", chat, now):
            left.append(now)
        left.append(leaves(governor, chat, now))
    left.sort()
    for n, first in enumerate(left):
        for m in range(n, len(left)):
            assert m - n + 1 <= 20 + (left[m] - first) * 1.0 + 1e-6


def test_a_busy_chat_holds_up_no_other() -> None:
    governor = defaults()
    for _ in range(10):
        governor.chat_place(GROUP, 0)
    assert leaves(governor, OTHER, 0) == 0
    assert leaves(governor, FRIEND, 0) == 0


def test_previews_leave_a_quarter_of_the_burst_to_first_texts_and_ends() -> None:
    governor = defaults()
    previews = sum(governor.spare("edit", -n, 0) for n in range(1, 100))
    assert previews == 15
    assert [leaves(governor, -200 - n, 0) for n in range(5)] == [0] * 5
    assert leaves(governor, -300, 0) > 0


def test_previews_leave_half_of_a_chats_burst_to_the_next_answers() -> None:
    governor = defaults()
    assert sum(governor.spare("edit", GROUP, 0) for _ in range(20)) == 5
    assert [leaves(governor, GROUP, 0) for _ in range(5)] == [0] * 5
    assert leaves(governor, GROUP, 0) > 0


def test_commands_leave_a_third_of_a_chats_burst_to_answers() -> None:
    governor = defaults()
    at_once = [governor.order_place(GROUP, 0) for _ in range(12)]
    assert at_once == pytest.approx([0.0] * 7 + [6.0] * 5)
    assert [leaves(governor, GROUP, 0) for _ in range(3)] == [0] * 3
    assert leaves(governor, GROUP, 0) == 6, "commands that wait hold no place"


def test_commands_leave_a_sixth_of_the_accounts_burst_to_answers() -> None:
    governor = defaults()
    assert sum(governor.order_place(-n, 0) == 0 for n in range(1, 100)) == 17
    assert [leaves(governor, -200 - n, 0) for n in range(3)] == [0] * 3


def test_commands_yield_while_answers_wait() -> None:
    governor = defaults()
    for chat in range(1, 31):
        leaves(governor, chat, 0)
    assert governor.order_place(99, 5) > 0
    assert governor.order_place(99, 20) == 0


@given(st.floats(0, 1e9), st.integers(1, 40), st.sampled_from([GROUP, FRIEND]))
def test_a_command_that_comes_back_when_it_was_told_to_has_its_place(
    now: float, burst: int, chat: int
) -> None:
    governor = Governor(writes_per_second=1.0, burst=burst)
    while not (seconds := governor.order_place(chat, now)):
        pass
    assert governor.order_place(chat, now + seconds) == 0


def test_previews_yield_while_anything_waits() -> None:
    governor = defaults()
    for chat in range(1, 31):
        leaves(governor, chat, 0)
    assert not governor.spare("edit", 99, 5)
    assert governor.spare("edit", 99, 20)


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
        governor = Governor(writes_per_second, burst)
        at_once = [governor.chat_place(chat, 0) for _ in range(max(1, burst // 2))]
        assert at_once == pytest.approx([0.0] * len(at_once))
        assert governor.chat_place(chat, 0) == pytest.approx(apart)


def test_without_a_burst_a_preview_still_finds_a_place() -> None:
    governor = Governor(writes_per_second=1.0, burst=1)
    assert governor.spare("edit", GROUP, 0)
    assert not governor.spare("edit", GROUP, 0.5)


def test_a_flood_wait_holds_that_method_in_that_chat_only() -> None:
    governor = defaults()
    governor.flooded("edit", GROUP, 7, now=100)
    pause = governor.pause("edit", GROUP, 101)
    assert pause is not None
    assert (pause.seconds, pause.reason, pause.account_wide) == (6 + MARGIN, "flood_wait", False)
    assert governor.pause("send", GROUP, 101) is None
    assert governor.pause("edit", OTHER, 101) is None
    assert not governor.spare("edit", GROUP, 101)
    assert governor.pause("edit", GROUP, 107 + MARGIN) is None


def test_a_second_chat_flooded_meanwhile_makes_it_account_wide_until_both_have_ended() -> None:
    governor = defaults()
    governor.flooded("edit", GROUP, 30, now=100)
    governor.flooded("send", OTHER, 5, now=110)
    pause = governor.pause("send", FRIEND, 110)
    assert pause is not None
    assert pause.account_wide
    assert pause.seconds == 20 + MARGIN
    assert governor.pause("send", OTHER, 110) == pause
    assert governor.pause("send", FRIEND, 131) is None


@pytest.mark.parametrize(
    ("method", "chat", "now"),
    [
        pytest.param("send", GROUP, 110, id="the same chat"),
        pytest.param("send", OTHER, 140, id="later"),
        pytest.param("typing", OTHER, 110, id="typing"),
    ],
)
def test_what_does_not_make_a_flood_wait_account_wide(method: str, chat: int, now: float) -> None:
    governor = defaults()
    governor.flooded("edit", GROUP, 30, now=100)
    governor.flooded(method, chat, 5, now=now)
    assert governor.pause("send", FRIEND, now) is None


def test_after_a_flood_wait_no_burst_follows() -> None:
    governor = defaults()
    governor.flooded("send", GROUP, 10, now=100)
    governor.flooded("send", OTHER, 10, now=100)
    back = 110 + MARGIN
    assert [leaves(governor, chat, back) - back for chat in (1, 2, 3)] == pytest.approx([0, 1, 2])


def test_a_flood_wait_lets_other_methods_write_in_that_chat_meanwhile() -> None:
    governor = defaults()
    governor.flooded("delete", GROUP, 30, now=100)
    assert [leaves(governor, GROUP, 101) for _ in range(3)] == [101] * 3
    assert governor.spare("edit", GROUP, 101)


def test_in_the_chat_of_a_flood_wait_no_burst_follows_it() -> None:
    governor = defaults()
    governor.flooded("send", GROUP, 10, now=100)
    back = 110 + MARGIN
    assert [leaves(governor, GROUP, back) - back for _ in range(3)] == pytest.approx([0, 6, 12])


def test_slow_mode_holds_sends_in_that_chat_and_never_the_account() -> None:
    governor = defaults()
    governor.flooded("send", OTHER, 60, now=100)
    governor.slowed("send", GROUP, 30, now=100)
    pause = governor.pause("send", GROUP, 100)
    assert pause is not None
    assert (pause.seconds, pause.reason) == (30 + MARGIN, "slow_mode")
    assert governor.pause("edit", GROUP, 100) is None
    assert governor.pause("send", FRIEND, 100) is None


def test_typing_costs_little_and_yields_to_everything() -> None:
    governor = defaults()
    assert sum(governor.typing(chat, 0) for chat in range(1, 51)) == 50
    assert leaves(governor, FRIEND, 0) == 0
    for chat in range(1, 31):
        leaves(governor, chat, 0)
    assert not governor.typing(FRIEND, 0)
    governor.flooded("typing", GROUP, 60, now=500)
    assert not governor.typing(GROUP, 501)
    assert governor.typing(OTHER, 501)
