"""Recordings that somebody made to do harm: one plain event each, and the program goes on."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import Stage, Timings, listed
from tests.path.voice.notes import DATA, EN, FFMPEG, WORDS_EN, ffmpeg, needs_ffmpeg
from tests.path.voice.test_length import paid_seconds
from userbot.sandbox import ogg

NAMES = {
    "upwards": "../../../../tmp/evil.mp4",
    "a device": "/dev/stdout",
    "an address": "http://127.0.0.1:9/list.m3u8",
    "an option": "-y",
    "control characters": "a\x1b[2J\x07\r\n\x00b.mp4",
    "4 KB": "n" * 4096 + ".mp4",
    "from right to left": "\u202egpm.\u2066exe\u202e",
    "nothing": "",
}


@needs_ffmpeg
@pytest.mark.parametrize("name", [pytest.param(name, id=key) for key, name in NAMES.items()])
async def test_a_files_name_steers_nothing(stage: Stage, name: str) -> None:
    video = (DATA / "video_note_en.mp4").read_bytes()
    stage.endpoint.understands(video, WORDS_EN)
    console = {"log_file": "log.txt", "log_text": True}
    program = await stage.program([listed(stage.group.id)], console=console)
    before = {path.name for path in stage.folder.iterdir()}
    stage.max.sends_document(stage.group, video, file_name=name, mime="video/mp4")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert WORDS_EN in answer.text
    await program.tells("answered")
    (heard,) = stage.endpoint.transcriptions
    assert heard.file_name == "voice.mp4"
    assert {path.name for path in stage.folder.iterdir()} == before
    lines = (stage.folder / "log.txt").read_text().splitlines()
    assert len(lines) == len(program.told)
    for line in lines:
        assert line.isprintable()
        assert len(line) < 1000


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def wav(rate: int, data: bytes, claims: int) -> bytes:
    """Sound of 16 bits whose header claims a size of its own."""
    head = struct.pack("<4sI4s4sI", b"RIFF", claims, b"WAVE", b"fmt ", 16)
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    return head + form + struct.pack("<4sI", b"data", claims) + data


def an_hour_of_nothing(folder: Path) -> bytes:
    path = folder / "bomb.flac"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "3600", str(path))
    return path.read_bytes()


BOMBS: dict[str, Callable[[Path], bytes]] = {
    "an hour in a small file": an_hour_of_nothing,
    "one sample a second": lambda _: wav(1, bytes(100_000), 100_000),
    "chained without end": lambda _: b"".join(ogg.tone(1, serial=n) for n in range(100)),
}


@needs_ffmpeg
@pytest.mark.parametrize("bomb", [pytest.param(made, id=key) for key, made in BOMBS.items()])
async def test_a_small_file_that_plays_for_long_is_one_plain_event(
    stage: Stage, tmp_path: Path, bomb: Callable[[Path], bytes], bin_folder: Path
) -> None:
    sizes = tmp_path / "sizes"
    script = f'{FFMPEG} "$@"; code=$?; for last; do :; done; wc -c < "$last" >> {sizes}; exit $code'
    write_program(bin_folder / "ffmpeg", script)
    data = bomb(tmp_path)
    assert len(data) < 1_000_000
    program = await stage.program([listed(stage.group.id)], voice={"max_minutes": 1})
    stage.max.sends_audio(stage.group, data, duration=3)
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)
    reasons = [event.reason for event in program.events("failed")]
    reasons += [event.reason for event in program.events("skipped")]
    assert reasons in (["audio_too_long"], ["audio_unreadable"])
    assert len(stage.endpoint.transcriptions) == 1
    assert max(map(int, (sizes.read_text() if sizes.exists() else "0").split())) <= 62 * 32_000


@needs_ffmpeg
async def test_a_header_that_claims_gigabytes_is_not_believed(stage: Stage) -> None:
    tone = struct.pack("<2h", 20_000, -20_000) * 4000
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_audio(stage.group, wav(8000, tone, 0xFFFFFFFF), file_name="huge.wav")
    await program.tells("answered")
    assert paid_seconds(stage) == pytest.approx(1, abs=0.4)


@needs_ffmpeg
async def test_an_ffmpeg_that_never_ends_is_ended(
    stage: Stage, tmp_path: Path, bin_folder: Path
) -> None:
    write_program(bin_folder / "ffmpeg", f"echo $$ > {tmp_path}/pid\nexec sleep 600")
    stage.timings = Timings(ffmpeg_seconds=0.3)
    running = await stage.program([listed(stage.group.id)])
    stage.max.sends_audio(stage.group, (DATA / "video_note_en.mp4").read_bytes())
    failed = await running.tells("failed")
    assert failed.reason == "audio_unreadable"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)
