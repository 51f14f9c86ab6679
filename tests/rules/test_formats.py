"""What a recording is by its first bytes, and how long one plays that nothing can decode."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.path.voice.notes import ffmpeg, needs_ffmpeg
from userbot.rules.formats import UNKNOWN, format_of, seconds_of

NOTE = (Path(__file__).parent.parent / "data" / "video_note_en.mp4").read_bytes()


def length(data: bytes) -> float:
    form = format_of(data[:64])
    assert form is not None
    return seconds_of(form, data)


def frame(head: str, size: int) -> bytes:
    return bytes.fromhex(head).ljust(size, b"\x00")


def wav(rate: int, channels: int, bits: int, data: bytes, form: int = 1) -> bytes:
    head = b"".join(
        number.to_bytes(size, "little")
        # What it says of its bytes a second is a lie.
        for number, size in ((form, 2), (channels, 2), (rate, 4), (9**9, 4), (9, 2), (bits, 2))
    )
    return b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + head + data


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        pytest.param(frame("fffb9064", 417) * 100, 2.612, id="128 kbit/s at 44.1 kHz"),
        pytest.param(frame("fff314c4", 24) * 100, 2.4, id="8 kbit/s at 24 kHz: the slowest"),
        pytest.param(frame("ffe318c4", 72) * 100, 7.2, id="8 kbit/s at 8 kHz"),
        pytest.param(frame("fffd9004", 522) * 10, 0.261, id="layer II"),
        pytest.param(b"ID3" + bytes(300) + frame("fffb9064", 417) * 10, 0.261, id="after a tag"),
        pytest.param(b"ID3" + bytes(3000), UNKNOWN, id="no frame at all"),
        pytest.param(wav(8000, 1, 8, bytes(16_000)), 2, id="PCM"),
        pytest.param(wav(48_000, 2, 16, bytes(192_000)), 1, id="PCM of a disc"),
        pytest.param(wav(8000, 1, 4, bytes(16_000), form=0x11), UNKNOWN, id="no PCM"),
        pytest.param(wav(0, 1, 8, bytes(16_000)), UNKNOWN, id="without a rate"),
        pytest.param(b"fLaC" + bytes(3000), UNKNOWN, id="FLAC"),
        pytest.param(NOTE, 3.648, id="a round video"),
        pytest.param(NOTE.replace(b"stsz", b"free"), UNKNOWN, id="without its sizes"),
        pytest.param(NOTE.replace(b"esds", b"free"), UNKNOWN, id="without its description"),
        pytest.param(NOTE.replace(b"mp4a", b"Opus"), UNKNOWN, id="another codec"),
        pytest.param(NOTE.replace(b"moof", b"free"), 3.648, id="not in fragments"),
        pytest.param(NOTE + b"\x00\x00\x00\x08moof", UNKNOWN, id="in fragments"),
        pytest.param(NOTE[:40], UNKNOWN, id="cut off"),
    ],
)
def test_a_recording_plays_as_long_as_its_frames(data: bytes, seconds: float) -> None:
    assert length(data) == pytest.approx(seconds, abs=0.02)


@pytest.mark.parametrize("box", [b"mvhd", b"mdhd", b"tkhd", b"elst"])
def test_what_a_film_says_of_its_own_length_changes_nothing(box: bytes) -> None:
    at = NOTE.index(box) + 4
    assert length(NOTE[:at] + b"\x00" * 24 + NOTE[at + 24 :]) == pytest.approx(3.648, abs=0.01)


def test_no_more_is_read_than_is_allowed() -> None:
    form = format_of(b"ID3")
    assert form is not None
    assert seconds_of(form, frame("fffb9064", 417) * 1000, 5) == pytest.approx(5, abs=0.1)


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "how"),
    [
        pytest.param("a.mp3", ("-b:a", "8k", "-ar", "16000"), id="slow MP3"),
        pytest.param("a.mp3", ("-q:a", "9"), id="MP3 of many rates"),
        pytest.param("a.m4a", ("-b:a", "16k", "-ar", "8000"), id="slow AAC"),
        pytest.param("a.mp4", ("-ar", "48000", "-movflags", "faststart"), id="AAC"),
        pytest.param("a.wav", (), id="WAV"),
    ],
)
def test_it_is_as_long_as_a_decoder_finds_it(
    tmp_path: Path, name: str, how: tuple[str, ...]
) -> None:
    path = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=440:duration=20", *how, str(path))
    assert length(path.read_bytes()) == pytest.approx(20, abs=0.3)


@needs_ffmpeg
def test_silence_is_as_long_as_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "600", "-b:a", "8k", str(path))
    data = path.read_bytes()
    assert len(data) < 100_000
    assert length(data) == pytest.approx(600, abs=1)


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
