"""The small decisions about sound: what is taken, what is no speech, who is addressed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.questions import question
from userbot.rules import voice_note
from userbot.rules.above_answer import beginning, quotation
from userbot.rules.formats import format_of
from userbot.rules.markdown import render
from userbot.rules.policy import voice_of
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
from userbot.settings import ChatConfig, ChatVoiceConfig, VoiceConfig
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


# Waveforms.


@given(st.binary(max_size=100).map(lambda values: bytes(value % 32 for value in values)))
def test_a_waveform_survives_packing(values: bytes) -> None:
    assert voice_note.unpacked(voice_note.packed(values))[: len(values)] == values


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange_for_a_waveform(packed: bytes) -> None:
    values = voice_note.unpacked(packed)
    assert len(values) <= voice_note.VALUES
    assert all(value <= voice_note.LOUDEST for value in values)


@given(st.lists(st.integers(0, 2000), max_size=500))
def test_a_drawn_waveform_has_a_hundred_values_up_to_the_loudest(levels: list[int]) -> None:
    values = voice_note.drawn(levels)
    assert len(values) == voice_note.VALUES
    assert max(values) == (voice_note.LOUDEST if any(levels) else 0)


# Formats.


@pytest.mark.parametrize(
    ("head", "ending", "taken"),
    [
        (b"OggS\x00\x02", "ogg", True),
        (b"ID3\x04", "mp3", True),
        (b"\xff\xfb\x90\x64", "mp3", True),
        (b"fLaC\x00", "flac", True),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "wav", True),
        (b"\x00\x00\x00\x20ftypisom", "mp4", True),
        (b"\x00\x00\x00\x20ftypM4A ", "m4a", True),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "webm", True),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", "mkv", False),
        (b"\xff\xf1\x50\x80", "aac", False),
        (b"#!AMR\n", "amr", False),
        (b"\x00\x00\x00\x20ftypqt  ", "mov", False),
        (b"\x00\x00\x00\x20ftyp3gp4", "mov", False),
    ],
)
def test_a_format_is_known_by_its_first_bytes(head: bytes, ending: str, taken: bool) -> None:
    form = format_of(head)
    assert form is not None
    assert (form.ending, form.taken) == (ending, taken)


@pytest.mark.parametrize(
    "head",
    [b"", b"\xff", b"#EXTM3U\n", b"ffconcat version 1.0", b"%PDF-1.7", b"<html>", b"\x00" * 64],
)
def test_nothing_else_is_a_recording(head: bytes) -> None:
    assert format_of(head) is None


# Settings, limits, retries, showing.


def test_a_chats_own_words_win_over_the_general_ones() -> None:
    general = VoiceConfig(language="de", show="answer", wake_words=("olga",))
    chat = ChatConfig(
        id=1,
        respond="all",
        from_="me",
        voice=ChatVoiceConfig(show="both", enabled=False, wake_words=()),
    )
    merged = voice_of(general, chat)
    assert (merged.language, merged.show, merged.enabled, merged.wake_words) == (
        "de",
        "both",
        False,
        (),
    )
    assert voice_of(general, None) is general


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


def test_a_transcript_is_a_quotation_and_no_markup() -> None:
    words = "Use *this* `code` [x](http://y.z) # no\n> 1. heading_two"
    (part,) = render(quotation(words))
    assert part.text.strip() == words.replace("\n", "\n")
    assert {entity.kind for entity in part.entities} == {"blockquote"}


@pytest.mark.parametrize(
    ("about", "words", "shown"),
    [
        ("", "", ""),
        ("", " \n", ""),
        ("Club", "where *are*\nthey?", "Club · where *are* they?"),
        ("", "a" * 160, "a" * 160),
        ("", "a" * 161, "a" * 160 + "…"),
        ("", "a" * 159 + "\U0001f1e9\U0001f1ea", "a" * 159 + "…"),  # a flag
    ],
)
def test_a_question_begins_with_its_chat_on_one_short_line(
    about: str, words: str, shown: str
) -> None:
    assert beginning(replace(question(), about_name=about), words) == shown
