"""The state table of a question: what is next, whatever its stages find and others want of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.questions import COST, answer, question
from userbot.errors import NothingToAnswerError
from userbot.turn.turn import Interruption, Material, Outcome, Stage, Turn
from userbot.types import Finish

ASKED = replace(question("hello"), id=1)
SKIPPED = Outcome("skipped", NothingToAnswerError("Stopped.", reason="stopped"))


def run(turn: Turn, stage: Stage) -> None:
    """A stage finds what it is there for."""
    match stage:
        case Stage.RESUME:
            turn.resumed, turn.belated = True, False
        case Stage.UNDERSTAND:
            turn.material = Material(turn.question)
        case Stage.ANSWER:
            turn.first_text_left = True
            turn.answer = answer()
        case Stage.SETTLE:
            turn.settled = True


def test_the_stages_come_in_order_and_each_once() -> None:
    turn, stages = Turn(ASKED), []
    while (stage := turn.next()) is not None:
        stages.append(stage)
        run(turn, stage)
    assert stages == [Stage.RESUME, Stage.UNDERSTAND, Stage.ANSWER, Stage.SETTLE]


@pytest.mark.parametrize("done", range(4))
def test_once_there_is_an_outcome_it_is_only_settled(done: int) -> None:
    turn = Turn(ASKED)
    for _ in range(done):
        stage = turn.next()
        assert stage is not None
        run(turn, stage)
    turn.outcome = SKIPPED
    assert turn.next() is Stage.SETTLE
    run(turn, Stage.SETTLE)
    assert turn.next() is None


def test_what_may_have_been_missed_is_looked_up_until_the_first_text_has_left() -> None:
    turn = Turn(ASKED, resumed=True, material=Material(ASKED), belated=True)
    assert turn.next() is Stage.RESUME
    turn.first_text_left = True
    assert turn.next() is Stage.ANSWER


def test_a_question_that_reads_otherwise_is_understood_anew_and_what_was_heard_stays() -> None:
    turn = Turn(ASKED, resumed=True, material=Material(ASKED))
    turn.uncaptured = None
    assert turn.becomes([replace(ASKED, text="goodbye")])
    turn.start_over()
    assert (turn.question.text, turn.saved) == ("goodbye", False)
    assert turn.next() is Stage.UNDERSTAND


def test_what_was_answered_to_the_old_words_is_not_the_answer_to_the_new_ones() -> None:
    kept = ("Hello, too.", Finish("stop", COST, "test"))
    turn = Turn(ASKED, resumed=True, material=Material(ASKED), paid_answer=kept)
    turn.becomes([replace(ASKED, text="goodbye")])
    turn.start_over()
    assert turn.paid_answer is None


def test_a_question_that_reads_the_same_does_not_start_over() -> None:
    turn = Turn(ASKED, resumed=True, material=Material(ASKED))
    assert not turn.becomes([replace(ASKED, expires_at=ASKED.at)])
    assert turn.saved


def test_an_end_that_is_decided_stays_so() -> None:
    turn = Turn(ASKED)
    turn.interrupt(Interruption("stopped", "deleted"))
    turn.interrupt(Interruption("changed"))
    assert turn.interruption == Interruption("stopped", "deleted")
    assert turn.is_ending
    assert not turn.is_open


VERBS = st.lists(st.sampled_from(["run", "missed", "changed", "stopped", "text"]), max_size=40)


@given(VERBS)
def test_whatever_happens_in_whatever_order_it_ends_and_is_settled_once(verbs: list[str]) -> None:
    turn, settled = Turn(ASKED), 0
    for number, verb in enumerate(verbs):
        before = turn.is_open
        if verb == "missed" and turn.is_open:
            turn.belated = True
        elif verb == "changed" and turn.is_open:
            turn.becomes([replace(ASKED, text=f"version {number}")])
            turn.start_over()
        elif verb == "stopped" and not turn.is_ending:
            turn.outcome = SKIPPED
        elif (stage := turn.next()) is not None:
            run(turn, stage)
            settled += stage is Stage.SETTLE
        assert before or not turn.is_open, "what cannot change any more never can again"
    for _ in range(5):
        if (stage := turn.next()) is not None:
            run(turn, stage)
            settled += stage is Stage.SETTLE
    assert (turn.next(), settled) == (None, 1)
    assert turn.answer is None or turn.material is not None


def test_while_its_first_text_is_on_its_way_a_turn_does_not_move() -> None:
    turn = Turn(question(chat=-5))
    turn.began, turn.resumed, turn.first_text_left = 0.0, True, True
    turn.moves(-1005)
    assert (turn.question.conversation.chat, turn.interruption) == (-5, None)
    turn.first_text_left = False  # Telegram did not take it
    turn.moves(-1005)
    assert turn.question.conversation.chat == -1005
    assert turn.interruption == Interruption("changed")
