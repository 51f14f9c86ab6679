"""Recordings that cannot be sent as they are, with a real ffmpeg."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from userbot import audio
from userbot.audio import Ffmpeg, find_ffmpeg
from userbot.errors import AudioError
from userbot.rules import voice_note
from userbot.rules.formats import OGG, format_of
from userbot.sandbox import ogg
from userbot.timings import USUAL, Timings
from userbot.types import Format, Loudness, Sound

VOICE = Path(__file__).parent / "data" / "voice_en.ogg"
FFMPEG = find_ffmpeg()

needs_ffmpeg = pytest.mark.skipif(
    FFMPEG is None, reason="no ffmpeg: install it, or gpt-userbot[audio]"
)


MINUTES = Timings(part_seconds=60, window_seconds=12)
"""Recordings are cut near a minute, in place of ten."""


def converted(folder: Path, *arguments: str, ending: str) -> Path:
    """The voice note in another format."""
    assert FFMPEG is not None
    path = folder / f"note.{ending}"
    subprocess.run(
        [FFMPEG, "-v", "error", "-y", "-i", str(VOICE), *arguments, str(path)], check=True
    )
    return path


async def listen(
    folder: Path,
    source: bytes,
    form: Format = OGG,
    *,
    max_seconds: float = 1e5,
    timings: Timings = USUAL,
) -> tuple[float, list[tuple[Sound, Loudness]]]:
    async with Ffmpeg(folder / "history.db", timings).workplace(max_seconds) as place:
        place.source.write_bytes(source)
        seconds = await place.read(form)
        async with aclosing(place.parts()) as parts:
            return seconds, [part async for part in parts]


@needs_ffmpeg
@pytest.mark.parametrize(
    ("ending", "arguments"),
    [
        ("mp3", ["-c:a", "libmp3lame"]),
        ("m4a", ["-c:a", "aac"]),
        ("aac", ["-c:a", "aac"]),
        ("flac", []),
        ("wav", []),
        ("mkv", ["-c:a", "libopus"]),
        ("webm", ["-c:a", "libopus"]),
        ("amr", ["-ar", "8000", "-ac", "1", "-c:a", "libopencore_amrnb"]),
        ("mov", ["-c:a", "aac"]),
        ("avi", ["-c:a", "libmp3lame"]),
    ],
)
async def test_every_format_becomes_a_voice_note_of_the_same_length(
    tmp_path: Path, ending: str, arguments: list[str]
) -> None:
    try:
        data = converted(tmp_path, *arguments, ending=ending).read_bytes()
    except subprocess.CalledProcessError:
        pytest.skip(f"this ffmpeg cannot write {ending}")
    form = format_of(data[:64])
    assert form is not None
    seconds, ((sound, loudness),) = await listen(tmp_path, data, form)
    assert seconds == pytest.approx(3.58, abs=0.15)
    assert loudness is Loudness.LOUD
    assert format_of(sound.data[:64]) is OGG
    look = voice_note.look(sound.data)
    assert look is not None
    assert look.seconds == pytest.approx(seconds, abs=0.1)


@needs_ffmpeg
async def test_the_sound_of_a_round_video_is_taken_out(tmp_path: Path) -> None:
    data = (VOICE.parent / "video_note_en.mp4").read_bytes()
    form = format_of(data[:64])
    assert form is not None
    _, ((sound, _),) = await listen(tmp_path, data, form)
    assert format_of(sound.data[:64]) is OGG


@needs_ffmpeg
async def test_a_long_recording_is_cut_where_nobody_speaks(tmp_path: Path) -> None:
    source = ogg.recording(("tone", 62), ("silence", 2), ("tone", 10))
    seconds, parts = await listen(tmp_path, source, timings=MINUTES)
    assert seconds == pytest.approx(74, abs=0.1)
    assert [round(sound.seconds) for sound, _ in parts] == [63, 11]
    assert all(loudness is Loudness.LOUD for _, loudness in parts)
    assert all(len(sound.data) < 400_000 for sound, _ in parts)


@needs_ffmpeg
async def test_speech_without_a_pause_is_cut_all_the_same(tmp_path: Path) -> None:
    _, parts = await listen(tmp_path, ogg.tone(70), timings=MINUTES)
    assert [round(sound.seconds) for sound, _ in parts] == [60, 10]


@needs_ffmpeg
async def test_a_silent_part_is_told_and_not_encoded(tmp_path: Path) -> None:
    source = ogg.recording(("silence", 61), ("tone", 30))
    _, parts = await listen(tmp_path, source, timings=MINUTES)
    (silent, first), (_, second) = parts
    assert (first, second) == (Loudness.SILENT, Loudness.LOUD)
    assert silent.data == b""


@needs_ffmpeg
async def test_the_loudness_of_the_beginning_is_measured(tmp_path: Path) -> None:
    for source, loudness in ((ogg.tone(3), Loudness.LOUD), (b"", None)):
        data = source or ogg.recording(("silence", 3))
        async with Ffmpeg(tmp_path / "history.db", USUAL).workplace(100) as place:
            place.source.write_bytes(data)
            await place.read(OGG)
            assert await place.loudness() is (loudness or Loudness.SILENT)


@needs_ffmpeg
async def test_no_more_is_read_than_wanted(tmp_path: Path) -> None:
    seconds, _ = await listen(tmp_path, ogg.tone(200), max_seconds=60)
    assert 60 < seconds < 63


@needs_ffmpeg
@pytest.mark.parametrize(
    ("data", "form"),
    [
        pytest.param(b"OggS" + os.urandom(5000), OGG, id="noise behind a label"),
        pytest.param(b"ID3" + bytes(5000), Format("mp3", "audio/mpeg", "mp3"), id="nothing"),
        pytest.param(
            b"\x00\x00\x00\x20ftypisom" + bytes(900), Format("mp4", "", "mov"), id="only a head"
        ),
    ],
)
async def test_what_cannot_be_decoded_is_one_plain_error(
    tmp_path: Path, data: bytes, form: Format
) -> None:
    with pytest.raises(AudioError) as caught:
        await listen(tmp_path, data, form)
    assert caught.value.reason == "audio_unreadable"
    assert str(tmp_path) not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@needs_ffmpeg
async def test_a_recording_cannot_make_ffmpeg_open_another_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.ogg"
    secret.write_bytes(VOICE.read_bytes())
    playlist = f"ffconcat version 1.0\nfile '{secret}'\n".encode()
    for form in (OGG, Format("mp4", "", "mov"), Format("mkv", "", "matroska")):
        with pytest.raises(AudioError):
            await listen(tmp_path, playlist, form)


@needs_ffmpeg
async def test_the_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    async with Ffmpeg(tmp_path / "history.db", USUAL).workplace(10) as place:
        (folder,) = tmp_path.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        place.source.write_bytes(VOICE.read_bytes())
        await place.read(OGG)
    assert list(tmp_path.iterdir()) == []


@needs_ffmpeg
async def test_leaving_early_stops_ffmpeg_and_cleans_up(tmp_path: Path) -> None:
    task = asyncio.create_task(listen(tmp_path, ogg.tone(7200)))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_behind_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "userbot-audio-history.db-x1"
    left.mkdir()
    (left / "sound.raw").write_bytes(b"words")
    (tmp_path / "history.db").touch()
    Ffmpeg(tmp_path / "history.db", USUAL)
    assert [path.name for path in tmp_path.iterdir()] == ["history.db"]


def test_the_systems_ffmpeg_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_ffmpeg() == str(program)


def test_without_a_system_ffmpeg_the_extra_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("imageio_ffmpeg", reason="no extra: pip install 'gpt-userbot[audio]'")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert "imageio_ffmpeg" in (find_ffmpeg() or "")


async def test_without_either_it_is_not_usable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    assert not await Ffmpeg(tmp_path / "history.db", USUAL).usable()
    assert audio.find_ffmpeg() is None


_LISTEN = """
import asyncio, resource, sys
from dataclasses import replace
from pathlib import Path
from userbot.audio import Ffmpeg
from userbot.rules.formats import OGG
from userbot.timings import USUAL

async def main():
    folder, timings = Path(sys.argv[1]), replace(USUAL, part_seconds=float(sys.argv[2]))
    async with Ffmpeg(folder / "history.db", timings).workplace(1e5) as place:
        (folder / "long.ogg").rename(place.source)
        seconds = await place.read(OGG)
        parts = [sound.seconds async for sound, _ in place.parts()]
    # Not ru_maxrss: that begins with what the parent process had.
    status = Path("/proc/self/status").read_text()
    own = int(status.partition("VmHWM:")[2].split()[0])
    ffmpeg = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(round(seconds), len(parts), own // 1024, ffmpeg // 1024)

asyncio.run(main())
"""


@needs_ffmpeg
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("wanted", "loud", "part", "megabytes"),
    # As a whole, the decoded sound takes 29 MB for a quarter of an hour, and several times that in
    # pydub.
    [(900, 30, 180, 85), pytest.param(7200, 1190, 600, 250, marks=pytest.mark.slow)],
    ids=["a quarter of an hour", "two hours"],
)
@pytest.mark.long
def test_a_long_recording_takes_little_memory(
    tmp_path: Path, wanted: int, loud: int, part: int, megabytes: int
) -> None:
    # Only a part that is not silent is encoded, which takes its time and no memory of ours.
    source = ogg.recording(("tone", loud), ("silence", wanted - loud))
    (tmp_path / "long.ogg").write_bytes(source)
    ran = subprocess.run(
        [sys.executable, "-c", _LISTEN, str(tmp_path), str(part)],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    seconds, parts, own, ffmpeg = map(int, ran.stdout.split())
    print(f"{own} MB, and {ffmpeg} MB in ffmpeg")
    assert (seconds, parts) == (wanted, wanted / part)
    assert own + ffmpeg < megabytes


async def test_a_program_that_talks_without_end_is_kept_to_its_last_words(tmp_path: Path) -> None:
    from userbot.audio import _last_words

    stream = asyncio.StreamReader()
    for number in range(1000):
        stream.feed_data(b"%d junk\n" % number * 100)
    stream.feed_eof()
    told = await _last_words(stream)
    assert len(told) <= 4096
    assert told.endswith(b"999 junk\n")


def test_another_profiles_work_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "userbot-audio-other.db-x1"
    other.mkdir()
    Ffmpeg(tmp_path / "history.db", USUAL)
    assert other.exists()
