"""Two programs that answer each other are told by their rhythm; people are not."""

from __future__ import annotations

import pytest

from userbot.rules.loops import COOL, MOST, Rhythm, answered, heard, stopped


def exchanges(
    gap: float, characters: int, *, replies: bool, prefixed: bool = False, most: int = 100
) -> int:
    """How many questions are answered before the sender is stopped, at most `most`."""
    rhythm, now = Rhythm(), 0.0
    for number in range(most):
        rhythm = heard(rhythm, now, characters, replies=replies, prefixed=prefixed)
        if stopped(rhythm):
            return number
        rhythm = answered(rhythm, now + 1)
        now += 1 + gap
    return most


@pytest.mark.parametrize(
    ("gap", "characters", "at_most"),
    [
        pytest.param(0.1, 5, 6, id="at once"),
        pytest.param(2.0, 40, 6, id="a local model"),
        pytest.param(15.0, 400, 6, id="a long answer after 15 s"),
        pytest.param(20.0, 30, 24, id="slow and short: a few more"),
    ],
)
def test_a_program_that_always_replies_is_stopped(
    gap: float, characters: int, at_most: int
) -> None:
    assert exchanges(gap, characters, replies=True) <= at_most


def test_a_program_that_replies_to_nothing_is_stopped_too() -> None:
    assert exchanges(1.0, 60, replies=False) <= 25


@pytest.mark.parametrize(
    ("gap", "characters", "replies", "prefixed"),
    [
        pytest.param(90.0, 60, True, False, id="thinks before each reply"),
        pytest.param(8.0, 40, False, False, id="chats without pause"),
        pytest.param(0.5, 40, False, True, id="asks with the prefix, again and again"),
    ],
)
def test_a_person_is_not_stopped(
    gap: float, characters: int, replies: bool, prefixed: bool
) -> None:
    assert exchanges(gap, characters, replies=replies, prefixed=prefixed) == 100


def test_several_messages_in_a_row_count_once() -> None:
    rhythm = answered(Rhythm(), 0)
    for _ in range(50):
        rhythm = heard(rhythm, 0.5, 30, replies=False)
    assert rhythm.exchanges == 0.25


def test_a_pause_begins_anew() -> None:
    rhythm = answered(Rhythm(exchanges=MOST - 0.5), 0)
    assert heard(rhythm, 61, 10, replies=True) == Rhythm()


def test_who_was_stopped_is_heard_again_only_after_silence() -> None:
    rhythm = heard(answered(Rhythm(exchanges=MOST - 1), 0), 1, 30, replies=True)
    assert stopped(rhythm)
    rhythm = heard(rhythm, COOL - 1, 30, replies=True)
    assert stopped(rhythm)
    rhythm = heard(rhythm, COOL + 1, 30, replies=True)
    assert stopped(rhythm), "each attempt begins the silence anew"
    assert not stopped(heard(rhythm, 3 * COOL, 30, replies=True))
