"""How long an Ogg/Opus recording is, whatever it says, whether it says anything; its waveform."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pace import growth
from userbot.rules import voice_note
from userbot.sandbox import ogg as made

NOTE = (Path(__file__).parent.parent / "data" / "voice_en.ogg").read_bytes()
SERIAL = NOTE[14:18]


def page(
    packets: list[bytes], position: int = 0, *, serial: bytes = bytes(4), first: bool = False
) -> bytes:
    table = b"".join(bytes([255] * (len(p) // 255) + [len(p) % 255]) for p in packets)
    head = b"OggS\x00" + (b"\x02" if first else b"\x00") + position.to_bytes(8, "little")
    return head + serial + bytes(8) + bytes([len(table)]) + table + b"".join(packets)


HEADERS = page([b"OpusHead" + bytes(11)], first=True) + page([b"OpusTags" + bytes(8)])


def seconds(data: bytes, most: float = 1e9) -> float:
    look = voice_note.look(data, most)
    assert look is not None
    return look.seconds


def test_a_voice_note_tells_its_length_and_that_it_speaks() -> None:
    look = voice_note.look(NOTE)
    assert look is not None
    assert look.seconds == pytest.approx(3.58, abs=0.01)
    assert not look.silent
    assert len(look.sizes) == 179


@pytest.mark.parametrize(
    ("toc", "length"),
    [
        pytest.param(b"\x18", 0.06, id="SILK, 60 ms"),
        pytest.param(b"\x60", 0.01, id="hybrid, 10 ms"),
        pytest.param(b"\x80", 0.0025, id="CELT, 2.5 ms"),
        pytest.param(b"\xf9", 0.04, id="two frames of 20 ms"),
        pytest.param(b"\xfb\x06", 0.12, id="six frames of 20 ms"),
        pytest.param(b"\xfb\x3f", 0.12, id="more frames than a packet may hold"),
        pytest.param(b"", 0, id="nothing"),
    ],
)
def test_each_packet_tells_how_long_it_plays(toc: bytes, length: float) -> None:
    packet = toc + bytes(30) if toc else b""
    assert seconds(HEADERS + page([packet] * 4)) == pytest.approx(4 * length)


def test_a_position_that_lies_changes_nothing() -> None:
    packets = [b"\xf8" + bytes(30)] * 250
    assert seconds(HEADERS + page(packets[:100], 1) + page(packets[:100], 2)) == 4


def test_chained_recordings_count_together() -> None:
    assert seconds(made.tone(100) + made.tone(7, serial=2)) == pytest.approx(107, abs=0.1)
    assert seconds(made.tone(100) + made.tone(7)) == pytest.approx(107, abs=0.1)


def test_a_packet_over_two_pages_counts_once() -> None:
    whole = b"\xf8" + bytes(300)
    begun = b"OggS\x00\x00" + bytes(20) + b"\x01\xff" + whole[:255]
    rest = b"OggS\x00\x01" + bytes(20) + b"\x01" + bytes([46]) + whole[255:]
    assert seconds(HEADERS + begun + rest) == pytest.approx(0.02)


def test_no_more_is_walked_along_than_asked_for() -> None:
    assert seconds(made.tone(500), 60) == pytest.approx(61, abs=1)


def test_junk_between_pages_is_passed_over_as_decoders_do() -> None:
    whole = made.tone(10)
    at = whole.index(b"OggS", 400)
    assert seconds(whole[:at] + b"junk" * 99 + whole[at:]) == pytest.approx(10, abs=0.1)


def test_another_codec_anywhere_is_left_to_those_who_can_tell() -> None:
    vorbis = page([b"\x01vorbis" + bytes(20)], first=True, serial=b"vorb")
    assert voice_note.look(vorbis) is None
    assert voice_note.look(made.tone(1) + vorbis) is None


def test_the_same_nothing_throughout_is_silence() -> None:
    noise = random.Random(1)
    for packets, silent in (
        ([b"\xf8\xff\xfe"] * 100, True),
        ([b"\xf8" + noise.randbytes(40) for _ in range(100)], False),
        ([b"\xf8\xff\xfe"] * 5, False),
    ):
        look = voice_note.look(HEADERS + page(packets))
        assert look is not None
        assert look.silent is silent


def test_a_word_after_minutes_of_nothing_is_no_silence() -> None:
    look = voice_note.look(made.recording(("silence", 300), ("tone", 1)))
    assert look is not None
    assert not look.silent


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(b"OggS", id="beginnings"),
        pytest.param(page([], serial=SERIAL), id="empty pages"),
        pytest.param(page([b""] * 255, serial=SERIAL), id="empty packets"),
        pytest.param(page([b"\x80"] * 255, serial=SERIAL), id="the shortest packets"),
        pytest.param(b"OggS" + bytes(22) + b"\xff" + b"\xff" * 255, id="pages that are cut short"),
    ],
)
def test_what_is_made_to_take_long_takes_time_by_its_length(junk: bytes) -> None:
    little, much = (NOTE + junk * (size // len(junk)) for size in (600_000, 6_000_000))
    assert growth(lambda: voice_note.look(little, 1800), lambda: voice_note.look(much, 1800)) < 40


@given(st.binary(max_size=400), st.integers(0, 400))
def test_damaged_ogg_is_looked_at_without_harm(junk: bytes, cut: int) -> None:
    for data in (junk, NOTE[:cut] + junk, b"OggS" + junk):
        voice_note.look(data)


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
