"""What a shell offers behind TAB."""

from __future__ import annotations

import pytest

from userbot.cli.completion import _offered

TITLES = {"-5": "Weekend plans", "-6": "Work plans", "7": "Анна", "8": "🎉 plans"}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", ["Weekend", "Work", "Анна", "8"]),
        ("w", ["Weekend", "Work"]),
        ("WEEK", ["Weekend"]),
        ("а", ["Анна"]),
        ("pl", ["8"]),
        ("-5", ["-5"]),
        ("x", []),
    ],
)
def test_a_chat_is_offered_by_a_word_that_only_it_has_else_by_its_id(
    typed: str, offered: list[str]
) -> None:
    assert [word for word, _title in _offered(TITLES, typed)] == offered
