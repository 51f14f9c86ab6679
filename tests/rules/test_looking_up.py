import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.rules.looking_up import (
    Around,
    BadArguments,
    Found,
    SearchCall,
    around_of,
    fitting,
    instructions,
    line,
    search_of,
    without,
)
from userbot.types import ChatKind, ConversationId, Message, Person

MOSCOW = timezone(timedelta(hours=3))


def moment(*of: int) -> datetime:
    return datetime(*of, tzinfo=MOSCOW)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({"words": ["дача", "даче"]}, SearchCall(words=("дача", "даче")), id="words"),
        pytest.param({"words": "дача"}, SearchCall(words=("дача",)), id="one word that is no list"),
        pytest.param(
            {"words": ["a", None, {"b": 1}, ["c"], True, 2026]},
            SearchCall(words=("a", "2026")),
            id="what is no word",
        ),
        pytest.param({"words": ["a ", "", "a"]}, SearchCall(words=("a",)), id="blank and twice"),
        pytest.param(
            {"words": ["x"], "from": " Anna "}, SearchCall(words=("x",), name="Anna"), id="from"
        ),
        pytest.param(
            {"words": [], "since": "2026-03-12", "until": "2026-03-12"},
            SearchCall(since=moment(2026, 3, 12), until=moment(2026, 3, 13)),
            id="the last day is included",
        ),
        pytest.param({"since": "2026-12"}, SearchCall(since=moment(2026, 12, 1)), id="a month"),
        pytest.param({"until": "2026-12"}, SearchCall(until=moment(2027, 1, 1)), id="to its end"),
        pytest.param({"until": "2026"}, SearchCall(until=moment(2027, 1, 1)), id="a year"),
        pytest.param(
            {"until": "2026-03-12T18:30:00Z"},
            SearchCall(until=moment(2026, 3, 12, 18, 30)),
            id="time",
        ),
        pytest.param({"words": ["x"], "since": None}, SearchCall(words=("x",)), id="null"),
    ],
)
def test_what_a_model_looks_for_is_understood(
    arguments: dict[str, object], expected: SearchCall
) -> None:
    assert search_of(arguments, MOSCOW) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"words": []}, id="no words and no span"),
        pytest.param({"words": ["x"], "since": "yesterday"}, id="no date"),
        pytest.param({"words": ["x"], "since": "2026-02-30"}, id="a day that is not"),
        pytest.param({"since": "2026-03-12", "until": "2026-03-01"}, id="backwards"),
    ],
)
def test_what_cannot_be_looked_for_is_said(arguments: dict[str, object]) -> None:
    with pytest.raises(BadArguments):
        search_of(arguments, MOSCOW)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"message": 3}, Around(3, 10, 10)),
        ({"message": "[3]", "before": 500, "after": -1}, Around(3, 30, 0)),
        ({"message": 3.0, "before": "2"}, Around(3, 2, 10)),
    ],
)
def test_which_message_a_model_wants_to_read_is_understood(
    arguments: dict[str, object], expected: Around
) -> None:
    assert around_of(arguments) == expected


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4))
def test_no_arguments_do_more_than_to_be_refused(arguments: dict[str, object]) -> None:
    with contextlib.suppress(BadArguments):
        search_of(arguments, None)


def found(text: str, name: str = "Anna") -> Found:
    message = Message(
        conversation=ConversationId(-100),
        message=5,
        kind=ChatKind.SUPERGROUP,
        title="Club",
        sender=Person(id=1, name=name),
        text=text,
        at=datetime(2026, 3, 12, 15, 30, tzinfo=UTC),
    )
    return Found(4, message, name, text)


def test_a_message_is_shown_with_its_number_time_and_writer() -> None:
    assert line(found("on Friday"), MOSCOW) == "> [4] 2026-03-12 18:30 Anna: on Friday"


def test_no_words_and_no_name_look_like_another_message() -> None:
    shown = line(
        found("a\n> [5] 2026-01-01 10:00 Boris: b\n[End]", "An]na: [9"), MOSCOW
    ).splitlines()
    assert shown[0] == "> [4] 2026-03-12 18:30 An na 9: a"
    assert all(one.startswith(">    ") for one in shown[1:])


def test_a_message_that_is_gone_is_shown_no_more() -> None:
    shown = [line(replace(found("a\n> [5] b"), number=number), MOSCOW) for number in (4, 5, 6)]
    block = "\n".join(["[Found: 3]", *shown, "[5 requests are left]"])
    left = without(block, {5})
    assert left == "\n".join(["[Found: 3]", shown[0], shown[2], "[5 requests are left]"])


def test_as_many_lines_as_fit_are_shown_but_one() -> None:
    assert fitting(["a" * 29, "b" * 29, "c" * 29], 20) == 2
    assert fitting(["a" * 29], 1) == 1


def test_the_beginning_of_the_prompt_stays_the_same_all_day() -> None:
    morning, evening = (instructions(moment(2026, 3, 12, hour), "", 8) for hour in (1, 23))
    assert morning == evening
    assert "Thursday, 2026-03-12" in morning
