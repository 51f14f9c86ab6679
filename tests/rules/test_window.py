"""How much of the past is shown: grows, is cut at once, and learns from what it cost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.rules import window as module
from userbot.rules.window import (
    WindowState,
    calibrated,
    estimate,
    estimate_messages,
    estimate_tools,
    estimate_turn,
    estimated_usage,
    shrunk,
    window,
)
from userbot.types import ChatRequest, Exchange, PromptMessage, ToolCall, ToolSpec, Usage


def turn(tokens: int, name: str = "") -> Exchange:
    """A turn of so many estimated tokens."""
    return Exchange(name, "q" * 3, "a" * 3 * (tokens - 9 - estimate(name)))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param("a", 1, id="one"),
        pytest.param("abc", 1, id="three-bytes"),
        pytest.param("abcd", 2, id="rounded-up"),
        pytest.param("привет", 4, id="two-bytes-a-letter"),
        pytest.param("👋", 2, id="four-bytes"),
        pytest.param("\ud83d", 1, id="half-a-pair"),
    ],
)
def test_tokens_are_estimated_from_bytes(text: str, tokens: int) -> None:
    assert estimate(text) == tokens


def test_a_message_costs_more_than_its_text() -> None:
    assert estimate_messages([PromptMessage("user", "abc"), PromptMessage("user", "")]) == 9
    assert estimate_turn(Exchange("Max", "abc", "abc")) == 11
    assert estimate_turn(turn(100)) == 100


def test_the_past_grows_until_it_no_longer_fits_then_is_cut_to_half() -> None:
    state = WindowState(budget=1000)
    turns: tuple[Exchange, ...] = ()
    counts = []
    for _ in range(24):
        turns, state = window((*turns, turn(100)), state)
        counts.append(len(turns))
    grows, again = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [5, 6, 7, 8, 9, 10]
    assert counts == [*grows, *again, *again, 5, 6]


def test_between_two_cuts_the_beginning_stays() -> None:
    state = WindowState(budget=1000)
    turns: tuple[Exchange, ...] = ()
    changes = 0
    for number in range(100):
        before = turns
        turns, state = window((*turns, turn(100, f"{number:03}")), state)
        changes += turns[: len(before)] != before
    assert changes == 15


def test_history_makes_room_for_a_large_question() -> None:
    turns = [turn(100) for _ in range(8)]
    kept, state = window(turns, WindowState(budget=1000), beside=150)
    assert len(kept) == 8
    kept, state = window(kept, state, beside=600)
    assert len(kept) == 2
    kept, state = window(kept, state, beside=5000)
    assert (kept, state.held) == ((), 0)


def test_the_newest_turn_is_kept_as_long_as_it_fits_alone() -> None:
    state = WindowState(budget=1000)
    kept, state = window([turn(300), turn(900)], state)
    assert [estimate_turn(one) for one in kept] == [900]


def test_a_turn_that_alone_does_not_fit_keeps_its_beginning_and_its_end() -> None:
    long = Exchange("Max", "What is said?", "First. " + "и ещё немного слов " * 400 + "Last.", id=7)
    kept, state = window([turn(100), long], WindowState(budget=1000))
    (cut,) = kept
    assert (cut.speaker, cut.question, cut.id) == ("Max", "What is said?", 7)
    assert cut.answer.startswith("First. ")
    assert "\n[…]\n" in cut.answer
    assert cut.answer.endswith("Last.")
    assert 400 < estimate_turn(cut) == state.held <= 500
    assert window(kept, state) == (kept, state), "the next question finds the same beginning"
    kept, _ = window([*kept, turn(200)], state)
    assert kept[0] is cut


def test_a_long_question_takes_at_most_half_of_a_shortened_turn() -> None:
    (cut,), _ = window([Exchange("", "q" * 9000, "a" * 9000)], WindowState(budget=1000))
    assert 200 < estimate(cut.question) <= 250
    assert 200 < estimate(cut.answer) <= 250


def test_where_next_to_nothing_fits_nothing_is_kept() -> None:
    kept, state = window([turn(1100)], WindowState(budget=1000), beside=900)
    assert (kept, state.held) == ((), 0)


@given(
    sizes=st.lists(st.integers(10, 400), max_size=60),
    beside=st.lists(st.integers(0, 1500), min_size=60, max_size=60),
    ratio=st.floats(0.2, 8),
)
def test_what_is_kept_is_the_newest_and_fits(
    sizes: list[int], beside: list[int], ratio: float
) -> None:
    state = WindowState(budget=1000, ratio=ratio)
    turns: tuple[Exchange, ...] = ()
    for size, other in zip(sizes, beside, strict=False):
        offered = (*turns, turn(size))
        turns, state = window(offered, state, other)
        if turns and turns[0] is not offered[-len(turns)]:
            assert len(turns) == 1  # the newest alone did not fit
            assert estimate_turn(turns[0]) < estimate_turn(offered[-1])
        else:
            assert turns == offered[len(offered) - len(turns) :]
        assert state.turns == len(turns)
        assert state.held == sum(map(estimate_turn, turns))
        assert not turns or (state.held + other) * ratio <= 1000 + 1e-6


def test_each_turn_is_counted_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once when it comes, once when it goes: a long conversation costs no more than a short one."""
    counted = []

    def counting(one: Exchange) -> int:
        counted.append(one)
        return estimate_turn(one)

    monkeypatch.setattr(module, "estimate_turn", counting)
    state = WindowState(budget=1000)
    turns: tuple[Exchange, ...] = ()
    for _ in range(500):
        turns, state = window((*turns, turn(20)), state)
        turns, state = window(turns, state, beside=50)
    assert len(counted) <= 1000


@pytest.mark.parametrize(
    ("ratio", "estimated", "actual", "after"),
    [
        pytest.param(1.0, 1000, 1500, 1.65, id="a-higher-ratio-holds-at-once"),
        pytest.param(1.0, 1000, 500, 0.775, id="a-lower-one-is-approached-by-halves"),
        pytest.param(1.0, 1000, 0, 1.0, id="zero-says-nothing"),
        pytest.param(1.0, 100, 900, 1.0, id="a-small-prompt-says-little"),
        pytest.param(1.0, 1000, 99_000, 8.0, id="bounded-above"),
        pytest.param(0.2, 1000, 10, 0.2, id="bounded-below"),
    ],
)
def test_the_ratio_learns_from_the_usage(
    ratio: float, estimated: int, actual: int, after: float
) -> None:
    state = calibrated(WindowState(budget=2000, ratio=ratio), estimated, actual)
    assert state.ratio == pytest.approx(after)


def test_a_higher_ratio_keeps_less() -> None:
    turns = [turn(100) for _ in range(8)]
    kept, state = window(turns, WindowState(budget=1000))
    kept, state = window(kept, calibrated(state, 800, 1600))
    assert len(kept) == 2


@pytest.mark.parametrize(
    ("ratio", "estimated", "budget"),
    [
        pytest.param(1.0, 4000, 2000, id="half-of-what-was-tried"),
        pytest.param(1.5, 4000, 3000, id="in-the-models-tokens"),
        pytest.param(1.0, 40_000, 8000, id="never-more-than-before"),
        pytest.param(1.0, 0, 1, id="never-nothing"),
    ],
)
def test_a_window_that_was_too_large_shrinks(ratio: float, estimated: int, budget: int) -> None:
    state = WindowState(budget=8000, ratio=ratio)
    assert shrunk(state, estimated) == WindowState(budget=budget, ratio=ratio)


def test_what_a_request_probably_cost_holds_its_tools_and_the_calls_that_it_brought() -> None:
    tool = ToolSpec("notes__add", "Adds a note. " * 50, {"type": "object", "properties": {}})
    said = (PromptMessage("user", "note: milk"),)
    bare = ChatRequest(model="m", messages=said)
    assert estimated_usage(bare, "abc", 3) == Usage(estimate_messages(said), 2, estimated=True)
    call = ToolCall("c1", "notes__add", '{"text": "milk"}')
    usage = estimated_usage(replace(bare, tools=(tool,)), "", 0, (call,))
    assert usage.prompt_tokens == estimate_messages(said) + estimate_tools([tool])
    assert usage.completion_tokens > estimate(call.arguments)
