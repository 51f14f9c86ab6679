"""Two programs that speak to each other fall silent as soon as two that write."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.questions import NOW, question
from userbot.rules.loops import MOST, stopped
from userbot.turn.loop_watch import LoopWatch
from userbot.types import Voice


def exchanges(after: float, note_seconds: float) -> int:
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
    assert exchanges(after=8, note_seconds=20) <= MOST


def test_who_takes_the_time_to_speak_and_to_think_is_heard() -> None:
    assert exchanges(after=61, note_seconds=20) == 100
