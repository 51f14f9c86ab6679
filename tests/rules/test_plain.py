"""Plain text: counted as Telegram does, in messages of a size, and on one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.rules.markdown import broken_off, plain, render
from userbot.rules.plain import (
    MESSAGE_UNITS,
    fitting,
    in_bytes,
    offsets,
    paired,
    shortened,
    thousands,
    units,
    within,
)

TEXTS = st.text(st.characters(exclude_categories=()) | st.sampled_from("🙂é"))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("ascii", 5, id="ascii"),
        pytest.param("жé", 2, id="basic plane"),
        pytest.param("a🙂b", 4, id="emoji"),
        pytest.param("\ud83d", 1, id="lone surrogate"),
    ],
)
def test_a_character_outside_the_basic_plane_is_two_units(text: str, length: int) -> None:
    assert units(text) == length


@given(TEXTS)
def test_the_last_offset_is_the_length(text: str) -> None:
    assert offsets(text)[-1] == units(text)


@given(TEXTS, st.integers(0, 20), st.integers(1, 20))
def test_as_much_fits_as_has_room_and_no_more(text: str, start: int, most: int) -> None:
    start = min(start, len(text))
    end = fitting(text, start, most)
    assert units(text[start:end]) <= most
    assert end == len(text) or units(text[start : end + 1]) > most


@given(st.text(st.characters(codec="utf-8")), st.integers(0, 20))
def test_as_many_whole_characters_as_have_room_in_so_many_bytes_are_kept(
    text: str, most: int
) -> None:
    begin = in_bytes(text, most)
    assert text.startswith(begin)
    assert len(begin.encode()) <= most
    assert begin == text or len(text[: len(begin) + 1].encode()) > most


@pytest.mark.parametrize(
    ("offset", "length", "covered"),
    [
        pytest.param(0, 1, "a", id="before an emoji"),
        pytest.param(1, 2, "🙂", id="an emoji"),
        pytest.param(3, 5, "@nora", id="behind an emoji"),
        pytest.param(3, 99, "@nora", id="past the end"),
        pytest.param(99, 1, "", id="behind the end"),
    ],
)
def test_an_entity_covers_its_characters(offset: int, length: int, covered: str) -> None:
    text = "a🙂@nora"
    ((start, end),) = within(text, [(offset, length)])
    assert text[start:end] == covered


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("a🙂", "a🙂", id="fine"),
        pytest.param("\ud83d\ude42", "🙂", id="pair"),
        pytest.param("a\ud83db", "a\ufffdb", id="lone"),
    ],
)
def test_no_lone_surrogate_is_left(text: str, kept: str) -> None:
    assert paired(text) == kept


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
    assert [units(part.text) for part in plain(text)] == sizes


@given(st.text(st.sampled_from("a \nя👋"), max_size=9000))
def test_no_message_is_too_long_and_no_word_is_lost(text: str) -> None:
    parts = [part.text for part in plain(text)]
    assert all(0 < units(part) <= MESSAGE_UNITS for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_shortened_text_is_one_line() -> None:
    assert shortened("a\nb", 10) == "a b"
    assert shortened("word " * 10, 12) == "word word w…"


@pytest.mark.parametrize("before", [0, 1, 2, 3, 5, 96])
@pytest.mark.parametrize(
    "character",
    [
        pytest.param("\U0001f1e9\U0001f1ea", id="flag"),
        pytest.param("1\ufe0f\u20e3", id="keycap"),
        pytest.param("\U0001f44b\U0001f3fd", id="skin tone"),
        pytest.param("👨\u200d👩\u200d👧\u200d👦", id="family"),
        pytest.param("\U0001f3f4\U000e0067\U000e0062\U000e007f", id="flag of tags"),
        pytest.param("❤\ufe0f\u200d🔥", id="burning heart"),
        pytest.param("e\u0301\u0323", id="marks"),
        pytest.param("\u1112\u1161\u11ab", id="Hangul"),
        pytest.param("\u0915\u094d\u0937\u093f", id="Devanagari"),
        pytest.param("\u0e01\u0e33", id="Thai"),
    ],
)
def test_what_a_reader_takes_for_one_character_is_never_cut(character: str, before: int) -> None:
    text = "x" * before + character * 2_100
    for parts in (plain(text), render(text)):
        assert "".join(part.text for part in parts) == text
        assert len(parts) > 1
        for part in parts[1:]:
            assert part.text.startswith(character)
        (broken,) = broken_off(parts[:1])
        assert broken.text.removesuffix(" …").endswith(character)
        assert units(broken.text) <= MESSAGE_UNITS


def test_a_shortened_text_ends_with_a_whole_character() -> None:
    assert shortened("🇩🇪🇫🇷🇮🇹", 4) == "🇩🇪…"


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "1,234,567"), pytest.param("ru", "1\u00a0234\u00a0567", id="ru")],
)
def test_thousands_are_kept_apart_as_the_language_does(language: str, shown: str) -> None:
    assert thousands(1_234_567, language) == shown
