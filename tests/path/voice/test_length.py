"""How long a recording is, whatever its label says: max_minutes holds, and what is paid is real."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.harness import Stage, listed
from tests.path.voice.notes import ffmpeg, needs_ffmpeg
from userbot.sandbox import ogg


def paid_seconds(stage: Stage) -> float:
    return 60 * sum(float(day.audio_minutes) for day in stage.spent())


def mp3(folder: Path, seconds: float, *arguments: str) -> bytes:
    path = folder / "song.mp3"
    sine = f"sine=frequency=440:duration={seconds:g}"
    ffmpeg("-y", "-f", "lavfi", "-i", sine, *arguments, str(path))
    return path.read_bytes()


@needs_ffmpeg
async def test_what_is_no_ogg_is_measured(stage: Stage, tmp_path: Path) -> None:
    program = await stage.program([listed(stage.group.id)], voice={"max_minutes": 1})
    stage.max.sends_audio(stage.group, mp3(tmp_path, 70, "-b:a", "8k"), duration=3)
    await program.tells("skipped", reason="audio_too_long")
    assert not stage.endpoint.transcriptions


@needs_ffmpeg
async def test_what_is_paid_is_what_was_measured(stage: Stage, tmp_path: Path) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_audio(stage.group, mp3(tmp_path, 20), duration=1)
    await program.tells("answered")
    assert paid_seconds(stage) == pytest.approx(20, abs=0.4)


@needs_ffmpeg
async def test_an_ogg_of_another_codec_is_measured(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "music.ogg"
    sine = "sine=frequency=440:duration=70"
    ffmpeg("-f", "lavfi", "-i", sine, "-c:a", "flac", "-f", "ogg", str(path))
    program = await stage.program([listed(stage.group.id)], voice={"max_minutes": 1})
    stage.max.sends_voice(stage.group, path, duration=3)
    await program.tells("skipped", reason="audio_too_long")
    assert not stage.endpoint.transcriptions


async def test_chained_recordings_count_together(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)], voice={"max_minutes": 1})
    chained = ogg.tone(50) + ogg.tone(20, serial=2)
    stage.max.sends_voice(stage.group, chained, duration=20)
    await program.tells("skipped", reason="audio_too_long")
    chained = ogg.tone(30, serial=3) + ogg.tone(20, serial=4)
    stage.max.sends_voice(stage.group, chained, duration=20)
    await program.tells("answered")
    assert paid_seconds(stage) == pytest.approx(50, abs=0.4)


async def test_a_last_page_that_lies_changes_nothing(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)], voice={"max_minutes": 1})
    data = ogg.tone(70)
    at = data.rindex(b"OggS") + 6
    stage.max.sends_voice(
        stage.group, data[:at] + (96_000).to_bytes(8, "little") + data[at + 8 :], duration=2
    )
    await program.tells("skipped", reason="audio_too_long")
    assert not stage.endpoint.transcriptions


async def test_without_ffmpeg_a_file_counts_by_its_frames_and_not_by_its_label(
    stage: Stage, no_ffmpeg: None
) -> None:
    program = await stage.program([listed(stage.group.id)], voice={"max_minutes": 1})
    frame = bytes.fromhex("ffe318c4").ljust(72, b"\x00")  # 72 ms in 72 bytes
    stage.max.sends_audio(stage.group, frame * 900, duration=3)
    await program.tells("skipped", reason="audio_too_long")
    stage.max.sends_audio(stage.group, b"fLaC" + bytes(3000), duration=3)
    while len(program.events("skipped")) < 2:
        await asyncio.sleep(0.01)
    assert "measure" in program.events("skipped")[1].detail
    assert not stage.endpoint.transcriptions
    stage.max.sends_audio(stage.group, frame * 500, duration=3)
    await program.tells("answered")
    assert paid_seconds(stage) == pytest.approx(36, abs=0.4)
