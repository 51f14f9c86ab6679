"""Whose are the account's messages under a question."""

from __future__ import annotations

import pytest

from userbot.rules.own_writes import adopted, owners_answers
from userbot.types import OwnMessage, Recorded

QUESTION = 10


def wrote(part: int, text: str, message: int | None = None) -> Recorded:
    return Recorded(part, 100 + part, text, message)


def own(number: int, text: str, reply_to: int | None = QUESTION, voice: bool = False) -> OwnMessage:
    return OwnMessage(number, text, reply_to, voice)


@pytest.mark.parametrize(
    ("recorded", "messages", "elsewhere", "standing"),
    [
        pytest.param([wrote(0, "Yes")], [], set(), {}, id="nothing-stands"),
        pytest.param([wrote(0, "Yes")], [own(11, "Yes")], set(), {100: 11}, id="same-text"),
        pytest.param([wrote(0, " Yes\n")], [own(11, "Yes")], set(), {100: 11}, id="white-space"),
        pytest.param([wrote(0, "Yes")], [own(11, "yes")], set(), {}, id="another-text"),
        pytest.param([wrote(0, "Yes")], [own(11, "Yes", 9)], set(), {}, id="elsewhere-in-the-chat"),
        pytest.param([wrote(0, "Yes")], [own(11, "Yes")], {11}, {}, id="typed-on-the-phone"),
        pytest.param(
            [wrote(0, "Yes", 11)], [own(11, "Yes, becau")], set(), {100: 11}, id="id-is-known"
        ),
        pytest.param([wrote(0, "Yes", 11)], [own(12, "Yes")], set(), {}, id="deleted"),
        pytest.param(
            [wrote(0, "Yes"), wrote(0, "Yes, because")],
            [own(11, "Yes")],
            set(),
            {100: 11},
            id="either-text-of-a-part",
        ),
        pytest.param(
            [wrote(0, "one", 11), wrote(1, "two")],
            [own(11, "one"), own(13, "two", 11)],
            set(),
            {100: 11, 101: 13},
            id="a-later-part",
        ),
        pytest.param(
            [wrote(0, "one", 11), wrote(1, "two")],
            [own(11, "one"), own(13, "two")],
            set(),
            {100: 11},
            id="a-later-part-replies-to-the-one-before",
        ),
        pytest.param(
            [wrote(0, "same"), wrote(1, "same")],
            [own(11, "same"), own(12, "same", 11)],
            set(),
            {100: 11, 101: 12},
            id="parts-with-the-same-text",
        ),
        pytest.param([wrote(0, "")], [own(11, "")], set(), {}, id="no-words"),
        pytest.param(
            [wrote(0, "")], [own(11, "", voice=True)], set(), {100: 11}, id="a-voice-note"
        ),
    ],
)
def test_a_write_is_found_by_its_id_or_its_text_in_its_place(
    recorded: list[Recorded],
    messages: list[OwnMessage],
    elsewhere: set[int],
    standing: dict[int, int],
) -> None:
    assert adopted(recorded, messages, QUESTION, elsewhere) == standing


@pytest.mark.parametrize(
    ("message", "by_hand"),
    [
        pytest.param(own(11, "I am here"), True, id="a-reply"),
        pytest.param(own(11, "", voice=True), True, id="a-spoken-reply"),
        pytest.param(own(12, "I am here"), False, id="ours"),
        pytest.param(own(11, "I am here", None), False, id="no-reply"),
        pytest.param(own(11, "to another", 9), False, id="a-reply-to-another"),
        pytest.param(own(11, "/GPT and why?"), False, id="a-question"),
        pytest.param(own(11, "/gpt_retry"), False, id="a-command"),
    ],
)
def test_any_other_reply_to_the_question_is_the_owners_answer(
    message: OwnMessage, by_hand: bool
) -> None:
    assert bool(owners_answers([message], {QUESTION}, {12}, "/gpt")) is by_hand
