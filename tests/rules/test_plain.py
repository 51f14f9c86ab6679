"""Plain text in messages of a size, and on one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.rules.plain import messages, shortened
from userbot.rules.utf16 import MESSAGE_UNITS


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        pytest.param("", [], id="empty"),
        pytest.param(" \n ", [], id="blank"),
        pytest.param("one\ntwo", [7], id="short"),
        pytest.param("a" * 3000 + "\n" + "b" * 3000, [3000, 3000], id="at-a-line"),
        pytest.param("a" * 5000, [4096, 904], id="a-long-line"),
        pytest.param("x\n" + "👋" * 3000, [1, 4096, 1904], id="never-half-a-pair"),
    ],
)
def test_a_text_is_cut_into_messages(text: str, sizes: list[int]) -> None:
    assert [units(part.text) for part in messages(text)] == sizes


@given(st.text(st.sampled_from("a \nя👋"), max_size=9000))
def test_no_message_is_too_long_and_no_word_is_lost(text: str) -> None:
    parts = [part.text for part in messages(text)]
    assert all(0 < units(part) <= MESSAGE_UNITS for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_shortened_text_is_one_line() -> None:
    assert shortened("a\nb", 10) == "a b"
    assert shortened("word " * 10, 12) == "word word w…"
