"""Which messages are one question."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.questions import ANNA, NOW, OWNER, in_group, question
from userbot.rules.bursts import BATCH_SECONDS, joins, together, waits
from userbot.types import ConversationId, Question, Switches, Voice

ONE = question("one", message=1)
TWO = question("two", message=2)
VOICE = Voice(kind="voice", size=1)


def forwarded(ask: Question, origin: str = "Lena") -> Question:
    return replace(ask, forwarded_from=origin)


def with_big(ask: Question) -> Question:
    return replace(ask, switches=Switches(model="big"))


@pytest.mark.parametrize(
    ("previous", "following", "gap", "burst", "expected"),
    [
        pytest.param(ONE, TWO, 1.4, 1.5, True, id="soon enough"),
        pytest.param(ONE, TWO, 1.6, 1.5, False, id="too late"),
        pytest.param(ONE, TWO, 0.0, 0.0, False, id="off"),
        pytest.param(ONE, replace(TWO, sender=OWNER), 0.1, 1.5, False, id="another person"),
        pytest.param(
            ONE, replace(TWO, conversation=ConversationId(7)), 0.1, 1.5, False, id="another place"
        ),
        pytest.param(
            ONE,
            replace(TWO, conversation=ConversationId(501, 9)),
            0.1,
            1.5,
            False,
            id="another topic",
        ),
        pytest.param(TWO, ONE, 0.1, 1.5, False, id="out of order"),
        pytest.param(with_big(ONE), with_big(TWO), 0.1, 1.5, True, id="the same switches"),
        pytest.param(with_big(ONE), TWO, 0.1, 1.5, False, id="no switches"),
        pytest.param(
            with_big(ONE), forwarded(TWO), 0.1, 1.5, True, id="switches before what is forwarded"
        ),
        pytest.param(
            replace(with_big(ONE), album=5), replace(TWO, album=5), 0.3, 0, True, id="of an album"
        ),
        pytest.param(
            replace(ONE, album=5), replace(with_big(TWO), album=5), 0.3, 0, False, id="later in it"
        ),
        pytest.param(ONE, replace(TWO, voice=VOICE), 0.1, 1.5, False, id="a recording"),
        pytest.param(replace(ONE, voice=VOICE), TWO, 0.1, 1.5, False, id="after a recording"),
        pytest.param(ONE, replace(TWO, listen_first=True), 0.1, 1.5, False, id="perhaps spoken"),
        pytest.param(replace(ONE, attempt=1), TWO, 0.1, 1.5, False, id="asked again by order"),
        pytest.param(
            ONE, replace(TWO, at=NOW + timedelta(seconds=60)), 0.1, 1.5, False, id="caught up with"
        ),
        pytest.param(
            ONE, replace(TWO, at=NOW + timedelta(seconds=2)), 0.1, 1.5, True, id="whole seconds"
        ),
        pytest.param(ONE, replace(TWO, reply_to=9), 0.1, 1.5, True, id="the second is a reply"),
        pytest.param(replace(ONE, reply_to=9), TWO, 0.1, 1.5, True, id="the first is a reply"),
        pytest.param(
            replace(ONE, reply_to=8), replace(TWO, reply_to=9), 0.1, 1.5, False, id="two replies"
        ),
        pytest.param(forwarded(ONE), forwarded(TWO), 0.3, 0.0, True, id="forwarded together"),
        pytest.param(forwarded(ONE), TWO, 0.3, 0.0, False, id="words after what was forwarded"),
        pytest.param(forwarded(ONE), forwarded(TWO), 0.5, 0.0, False, id="forwarded later"),
        pytest.param(replace(ONE, album=5), replace(TWO, album=5), 0.3, 0.0, True, id="an album"),
        pytest.param(replace(ONE, album=5), replace(TWO, album=6), 0.3, 0.0, False, id="albums"),
    ],
)
def test_a_message_joins_the_one_before_it(
    previous: Question, following: Question, gap: float, burst: float, expected: bool
) -> None:
    assert joins(previous, following, gap, burst) is expected


def test_one_question_of_several_stands_in_the_place_of_the_last() -> None:
    one = replace(ONE, id=1, reply_to=7, about_reply=True, pictures=(1,), expires_at=NOW)
    one = with_big(one)
    whole = together([one, replace(TWO, id=2, pictures=(2,))])
    assert (whole.id, whole.message, whole.text) == (2, 2, "one\ntwo")
    assert (whole.reply_to, whole.about_reply) == (7, True)
    assert whole.pictures == (1, 2)
    assert whole.switches == one.switches
    assert whole.expires_at == NOW, "no word is kept longer than its chat keeps it"


@pytest.mark.parametrize(
    ("asks", "text", "origin"),
    [
        pytest.param([ONE], "one", "", id="one"),
        pytest.param([forwarded(ONE), forwarded(TWO)], "one\ntwo", "Lena", id="of one writer"),
        pytest.param(
            [ONE, forwarded(TWO)],
            "one\n[Forwarded from Lena:]\n> two",
            "",
            id="words and another's",
        ),
        pytest.param([replace(ONE, text=""), TWO], "two", "", id="nothing and something"),
    ],
)
def test_the_words_of_several_keep_who_wrote_them(
    asks: list[Question], text: str, origin: str
) -> None:
    whole = together(asks)
    assert (whole.text, whole.forwarded_from) == (text, origin)


@pytest.mark.parametrize(
    ("ask", "seconds"),
    [
        pytest.param(ONE, 0, id="words"),
        pytest.param(forwarded(ONE), BATCH_SECONDS, id="forwarded"),
        pytest.param(replace(in_group(ONE), album=5), BATCH_SECONDS, id="of an album"),
    ],
)
def test_only_what_comes_in_batches_is_waited_for(ask: Question, seconds: float) -> None:
    assert ask.sender == ANNA
    assert waits(ask) == seconds
