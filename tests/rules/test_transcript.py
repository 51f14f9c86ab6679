"""What is heard in a recording: what is taken, what is no speech, who is addressed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.rules.transcript import (
    invented,
    is_blank,
    loudness_at,
    loudness_of,
    phantom,
    question_in,
    too_short,
    unfit,
)
from userbot.types import Loudness, Voice

# Wake words.


@pytest.mark.parametrize(
    ("spoken", "asked"),
    [
        pytest.param("GPT, what time is it?", "what time is it?", id="the prefix's word"),
        pytest.param("gpt. What time is it?", "What time is it?", id="a full stop after it"),
        pytest.param("Hey Olga what time is it?", "what time is it?", id="a phrase"),
        pytest.param("Ольга, который час?", "который час?", id="Russian"),
        pytest.param("ЁЛКА — гори!", "гори!", id="ё"),
        pytest.param("Olga?", "Olga?", id="nothing else"),
        pytest.param("I asked Olga yesterday", None, id="later"),
        pytest.param("Olgas birthday", None, id="only the beginning of a word"),
        pytest.param("Hey Max", None, id="half of a phrase"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_spoken_words_address_the_owner_at_the_beginning_only(
    spoken: str, asked: str | None
) -> None:
    words = ["olga", "hey olga", "Ольга", "елка"]
    assert question_in(spoken, "/gpt", words) == asked


def test_a_prefix_without_words_addresses_nobody() -> None:
    assert question_in("anything", "!", []) is None


# Ghosts.


@pytest.mark.parametrize(
    "text",
    [
        "Субтитры сделал DimaTorzok",
        "Субтитры делал DimaTorzok.",
        "Редактор субтитров А.Семкин Корректор А.Егорова",
        "Продолжение следует...",
        "Спасибо за просмотр!",
        "Thank you.",
        "Thank you. Thank you. Thank you.",
        "Thanks for watching!",
        "Thank you for watching! Please subscribe to my channel.",
        "Subtitles by the Amara.org community",
        "you",
        "ご視聴ありがとうございました",
    ],
)
def test_what_whisper_says_on_silence_is_known(text: str) -> None:
    assert phantom(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for the book, I will read it.",
        "Субтитры к фильму найди, пожалуйста.",
        "Спасибо за просмотр моего проекта, что думаешь?",
        "You know what?",
        "Продолжение следует читать?",
        "",
    ],
)
def test_what_people_say_is_no_phantom(text: str) -> None:
    assert not phantom(text)


@pytest.mark.parametrize(
    "text",
    [
        "Dank je voor het kijken.",
        "Tack för att ni tittade!",
        "Dziękuję za oglądanie.",
        "İzlediğiniz için teşekkürler, abone ol",
        "Grazie per la visione. Iscrivetevi al canale!",
        "Дякую за перегляд!",
        "시청해주셔서 감사합니다",
        "請不吝點贊 訂閱 轉發",
        "Go on with that. " * 3,
    ],
)
def test_its_like_in_other_languages_is_known_where_hardly_anything_is_heard(text: str) -> None:
    assert phantom(text)
    assert not invented(text)


@pytest.mark.parametrize(
    "text",
    [
        "Субтитры сделал DimaTorzok",
        "Sottotitoli creati dalla comunità Amara.org",
        "Napisy stworzone przez społeczność Amara.org",
        "Thank you. " * 100,
        "ご視聴ありがとうございました。" * 30,
        "I'm going to go to the store. " * 12,
    ],
)
def test_credits_and_endless_lines_are_silence_however_loud_it_is(text: str) -> None:
    assert invented(text)


@pytest.mark.parametrize(
    "text",
    ["Thank you.", "no no no no no no no no no", "Say it again. Say it again, please.", ""],
)
def test_what_people_say_is_not_taken_for_invented(text: str) -> None:
    assert not invented(text)


@pytest.mark.parametrize(
    ("text", "wordless"),
    [("", True), (" ... ", True), ("[BLANK_AUDIO]", True), ("(wind) ♪", True), ("No.", False)],
)
def test_a_transcript_may_hold_no_word(text: str, wordless: bool) -> None:
    assert is_blank(text) is wordless


@given(st.text(max_size=2000))
def test_no_text_makes_the_gates_fail(text: str) -> None:
    phantom(text)
    invented(text)
    is_blank(text)


@pytest.mark.parametrize(
    ("values", "loudness"),
    [
        pytest.param(b"", Loudness.UNKNOWN, id="none"),
        pytest.param(bytes(100), Loudness.UNKNOWN, id="not drawn"),
        pytest.param(bytes([0, 1, 2, 1] * 25), Loudness.SILENT, id="silence"),
        pytest.param(bytes([1] * 99 + [5]), Loudness.QUIET, id="quiet"),
        pytest.param(bytes([1] * 99 + [6]), Loudness.LOUD, id="one word"),
    ],
)
def test_a_waveform_tells_how_loud_a_recording_is(values: bytes, loudness: Loudness) -> None:
    assert loudness_of(values) is loudness


def test_decoded_sound_is_graded_alike() -> None:
    grades = [loudness_at(peak) for peak in (float("-inf"), -50, -40, -20)]
    assert grades == [Loudness.SILENT, Loudness.SILENT, Loudness.QUIET, Loudness.LOUD]


# Limits.


@pytest.mark.parametrize(
    ("recording", "reason"),
    [
        (Voice(kind="voice", size=1, seconds=60), None),
        (Voice(kind="voice", size=1), None),
        (Voice(kind="voice", size=0, seconds=5), "audio_empty"),
        (Voice(kind="voice", size=1, seconds=61), "audio_too_long"),
        (Voice(kind="video", size=3_000_000_000), "audio_too_large"),
    ],
)
def test_what_is_too_much_is_not_fetched(recording: Voice, reason: str | None) -> None:
    error = unfit(recording, max_minutes=1)
    assert (error and error.reason) == reason


def test_a_blink_is_too_short_and_an_unknown_length_is_not() -> None:
    assert too_short(0.4)
    assert not too_short(0)
    assert not too_short(0.6)
