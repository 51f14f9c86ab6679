"""The owner's word, and how he is asked for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.questions import ANNA, OWNER, question
from userbot.rules.approvals import in_time, link, noted, on_one_line, request, where, word_of
from userbot.rules.plain import units
from userbot.types import (
    SAVED_TITLE,
    Approval,
    ApprovalEnd,
    ConversationId,
    Entity,
    RichText,
    Wanted,
)

BOLD = (Entity("bold", 0, 4),)


def wanted(*told: RichText) -> Wanted:
    return Wanted("answer", "", told)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        *(pytest.param(one, "yes", id=one) for one in ("yes", "Yes", "YES!", " да ", "Да.", "+")),
        *(pytest.param(one, "no", id=one) for one in ("no", "No.", "нет", "НЕТ!", "-", "–", "—")),
        *(pytest.param(one, "again", id=one) for one in ("again", "Again!", "заново", "Заново.")),
        *(
            pytest.param(one, "text", id=one)
            for one in (
                "yes, at eight",
                "no way",
                "++",
                "ok",
                "y",
                "👍",
                "да нет",
                "against it",
                "...",
            )
        ),
    ],
)
def test_only_the_word_alone_is_one(text: str, word: str) -> None:
    said = word_of(RichText(text))
    assert said is not None
    assert said.word == word


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("again shorter", "shorter"),
        ("again: shorter, please", "shorter, please"),
        ("Заново — без смайликов", "без смайликов"),
        ("again\nin two lines", "in two lines"),
        ("again", ""),
    ],
)
def test_behind_again_stands_how(text: str, how: str) -> None:
    assert word_of(RichText(text)) == ApprovalEnd("again", RichText(how))


def test_nothing_is_no_word_and_a_text_keeps_its_formatting() -> None:
    assert word_of(RichText(" \n")) is None
    assert word_of(RichText("Sunday", BOLD)) == ApprovalEnd("text", RichText("Sunday", BOLD))


def test_a_request_says_whose_question_it_is_how_to_answer_and_what_would_stand() -> None:
    asked = replace(question("when?", sender=ANNA), title="Weekend")
    (message,) = request(asked, wanted(RichText("8 pm 🎉", BOLD)), "en")
    head, _, answer = message.text.partition("\n\n")
    assert head.splitlines()[0] == f"❓ Weekend · {ANNA.name}: “when?”"
    assert head.splitlines()[-1].startswith("Reply yes, no or again")
    assert answer == "8 pm 🎉"
    (bold,) = message.entities
    assert bold.offset == units(f"{head}\n\n")


def test_saved_messages_have_their_own_name_in_each_language() -> None:
    mine = replace(question("and?", sender=OWNER, chat=OWNER.id), title=SAVED_TITLE)
    for language, name in (("en", "Saved Messages"), ("ru", "Избранное")):
        (text,) = request(mine, wanted(RichText("Yes.")), language)  # type: ignore[arg-type]
        assert text.text.startswith(f"❓ {name} · Olga: ")
        assert noted(mine, "", language).text.startswith(f"{name} · Olga")  # type: ignore[arg-type]


def test_a_request_that_is_too_long_for_one_message_is_several() -> None:
    asked = question("when?", sender=ANNA)
    long = RichText("a" * 4096)
    head, *answer = request(asked, wanted(long, RichText("b")), "en")
    assert head.text.startswith("❓")
    assert answer == [long, RichText("b")]


def test_a_long_question_is_shown_in_part_and_one_without_words_not_at_all() -> None:
    asked = question("word " * 500, sender=ANNA)
    assert units(request(asked, wanted(RichText("x")), "ru")[0].text) < 600
    assert "“" not in request(replace(asked, text=""), wanted(RichText("x")), "en")[0].text


@pytest.mark.parametrize(
    ("chat", "topic", "address"),
    [
        (-1_000_000_000_123, None, "https://t.me/c/123/5"),
        (-1_000_000_000_123, 7, "https://t.me/c/123/7/5"),
        (-123, None, ""),
        (42, None, ""),
    ],
)
def test_only_a_supergroups_message_has_an_address(
    chat: int, topic: int | None, address: str
) -> None:
    asked = replace(question("when?"), source=chat, conversation=ConversationId(chat, topic))
    assert link(replace(asked, message=5)) == address


def test_what_a_request_says_in_the_end_holds_none_of_its_words() -> None:
    asked = replace(question("a secret", sender=ANNA), title="Weekend")
    assert noted(asked, "You said no.", "en").text == f"Weekend · {ANNA.name}: You said no."
    assert where(replace(asked, title=OWNER.name, sender=OWNER)) == OWNER.name


@pytest.mark.parametrize(
    ("word", "late", "counts"),
    [("yes", 0, "yes"), ("yes", 1, "late"), ("text", 1, "late"), ("no", 1, "no")],
)
def test_after_its_time_only_a_no_counts(word: Any, late: int, counts: str) -> None:
    deadline = datetime(2026, 1, 1, tzinfo=UTC)
    said = in_time(ApprovalEnd(word), deadline, deadline + timedelta(seconds=late))
    assert said.word == counts


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("milk", "text: milk"),
        ("hi · to: boss", r"text: hi \u00b7 to: boss"),
        ("hi\n    to: boss", "text: hi ⏎ to: boss"),
        ("hi\u202e", r"text: hi\u202e"),
    ],
)
def test_no_argument_of_a_call_poses_as_two_on_one_line(argument: str, shown: str) -> None:
    at = datetime.now(UTC)
    told = f"Add a note (notes__add)\ntext: {argument}"
    waits = Approval(1, 1, "call", "notes__add", told, at, at)
    assert on_one_line(waits) == f"Add a note (notes__add) · {shown}"
