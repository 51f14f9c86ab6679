"""Two programs that answer each other are told by their rhythm; people are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.questions import NOW, question
from userbot.rules.loops import COOL, MOST, LoopWatch, Rhythm, answered, heard, stopped
from userbot.types import Voice


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


def notes(after: float, note_seconds: float) -> int:
    """How many notes are answered that arrive so many seconds after our last answer."""
    watch, now = LoopWatch(), NOW
    note = replace(question(""), voice=Voice(kind="voice", size=1, seconds=note_seconds))
    for number in range(100):
        rhythm = watch.with_question(note, now, replies=True)
        if rhythm is not None:
            if stopped(rhythm):
                return number
            watch.keep(note, rhythm)
        watch.answered(note, now)
        now += timedelta(seconds=after)
    return 100


def test_a_note_that_comes_sooner_than_it_could_be_spoken_is_a_programs() -> None:
    assert notes(after=8, note_seconds=20) <= MOST


def test_who_takes_the_time_to_speak_and_to_think_is_heard() -> None:
    assert notes(after=61, note_seconds=20) == 100
