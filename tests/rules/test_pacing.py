"""When an unfinished answer is shown: a table, and what holds for any answer."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.rules import pacing
from userbot.rules.pacing import FIRST_SECONDS, WIDEST, Pace

SENTENCE = "That is a whole sentence. "
FRESH = Pace(edit_seconds=2.0, max_previews=12)
BEGUN = pacing.began(FRESH, 10.0)
SHOWN = pacing.shown(BEGUN, 10.3)


@pytest.mark.parametrize(
    ("pace", "text", "now", "expected"),
    [
        pytest.param(FRESH, "", 10.0, math.inf, id="nothing has come yet"),
        pytest.param(BEGUN, "That", 10.0, FIRST_SECONDS, id="half a second from the first piece"),
        pytest.param(BEGUN, "That", 10.3, FIRST_SECONDS - 0.3, id="what is left of it"),
        pytest.param(BEGUN, "That", 10.7, 0.0, id="it has passed"),
        pytest.param(BEGUN, SENTENCE, 10.0, 0.0, id="a whole sentence is shown at once"),
        pytest.param(BEGUN, "word " * 20, 10.0, 0.0, id="so is much of a long one"),
        pytest.param(SHOWN, SENTENCE, 10.3, 2.0, id="the first edit comes after edit_seconds"),
        pytest.param(SHOWN, SENTENCE, 13.0, 0.0, id="it is due"),
        pytest.param(pacing.ended(SHOWN), SENTENCE, 99.0, None, id="Telegram asked for a pause"),
        pytest.param(pacing.put_off(SHOWN, 12.5), "", 12.5, 2.0, id="one that could not leave"),
        pytest.param(pacing.shown(SHOWN, 12.3), "", 12.3, 2.4, id="the next gap is wider"),
    ],
)
def test_when_the_next_preview_may_leave(
    pace: Pace, text: str, now: float, expected: float | None
) -> None:
    assert pacing.due(pace, text, now) == (
        expected if expected is None else pytest.approx(expected)
    )


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("", False),
        ("Yes.", False),
        ("Yes. No. ", False),
        ("It is 3.14 and", False),
        ("The train leaves at nine.", False),  # it may go on: "nine.thirty"
        ("The train leaves at nine. ", True),
        ("The train leaves at nine.\n", True),
        ("**The train leaves.** Then", True),
        ("Поезд отходит в девять! И", True),
        ("列車は九時に出発しますからね。", True),
        ("# Trains today\nThe", True),
        ("# Trains today\n", False),
        ("x" * 80, True),
        (" " * 100, False),
    ],
)
def test_a_sentences_worth(text: str, worth: bool) -> None:
    assert pacing.sentences_worth(text) is worth


def test_no_more_previews_than_allowed() -> None:
    assert pacing.due(Pace(edit_seconds=2, max_previews=0, began=1.0), SENTENCE, 99) is None
    one = pacing.shown(Pace(edit_seconds=2, max_previews=1, began=1.0), 1.0)
    assert pacing.due(one, SENTENCE, 99) is None


def test_the_end_replaces_the_first_text_at_once_and_an_edit_after_edit_seconds() -> None:
    assert pacing.end_due(BEGUN, 10.0) == 0
    assert pacing.end_due(SHOWN, 10.3) == 0
    edited = pacing.shown(SHOWN, 12.3)
    assert pacing.end_due(edited, 12.4) == pytest.approx(1.9)
    assert pacing.end_due(edited, 20.0) == 0


pieces = st.lists(
    st.tuples(st.floats(0, 5), st.text(st.sampled_from("ab. \n"), max_size=30)), max_size=200
)


@given(
    pieces=pieces,
    edit_seconds=st.floats(0.5, 10),
    max_previews=st.integers(0, 20),
    write_seconds=st.floats(0, 3),
)
def test_previews_are_few_and_their_gaps_grow(
    pieces: list[tuple[float, str]], edit_seconds: float, max_previews: int, write_seconds: float
) -> None:
    """A whole answer is played: pieces come, previews leave when they are due."""
    pace = Pace(edit_seconds=edit_seconds, max_previews=max_previews)
    now, text, shown = 0.0, "", []
    for pause, piece in pieces:
        arrives = now + pause
        while (due := pacing.due(pace, text, now)) is not None and now + due <= arrives:
            now += due + write_seconds
            pace = pacing.shown(pace, now)
            shown.append(now)
        now = max(now, arrives)
        text += piece
        pace = pacing.began(pace, now)
    gaps = [after - before for before, after in itertools.pairwise(shown)]
    assert len(shown) <= max_previews
    assert all(gap >= edit_seconds - 1e-6 for gap in gaps)
    least = [
        pacing.gap(Pace(edit_seconds=edit_seconds, max_previews=0, previews=n))
        for n in range(1, len(shown) + 1)
    ]
    assert all(gap >= wanted - 1e-6 for gap, wanted in zip(gaps, least, strict=False))
    assert least == sorted(least)
    assert all(wanted <= edit_seconds * WIDEST + 1e-6 for wanted in least)
