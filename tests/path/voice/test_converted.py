"""What has to be converted or cut, with a real ffmpeg."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import Stage, Timings, listed
from tests.path.voice.blocks import long, watched_loop
from tests.path.voice.notes import (
    DATA,
    ffmpeg,
    needs_ffmpeg,
)
from userbot.sandbox import ogg


@needs_ffmpeg
async def test_what_the_endpoint_does_not_take_is_converted(stage: Stage, tmp_path: Path) -> None:
    source = tmp_path / "note.mkv"
    ffmpeg("-i", str(DATA / "voice_en.ogg"), "-c:a", "copy", str(source))
    stage.endpoint.keep_audio = True
    await stage.program([listed(stage.group.id)])
    stage.max.sends_document(stage.group, source, file_name="note.mkv", mime="video/x-matroska")
    assert await stage.max.expects(stage.group, from_=stage.olga)
    (heard,) = stage.endpoint.transcriptions
    assert heard.file_name == "voice.ogg"
    assert ogg.duration(heard.data) == pytest.approx(3.6, abs=0.2)
    assert not list(stage.folder.glob("userbot-audio-*"))


@needs_ffmpeg
async def test_a_long_recording_is_heard_in_parts_that_continue_each_other(stage: Stage) -> None:
    stage.timings = Timings(whole_seconds=8.0, part_seconds=6.0, window_seconds=2.0)
    said = iter(["One two three.", "Four five six.", "Thank you."])
    stage.endpoint.transcriber = lambda _: next(said)
    program = await stage.program([listed(stage.group.id)], voice={"prompt": "Numbers."})
    sounds = [("tone", 6.0), ("silence", 0.6), ("tone", 6.0), ("silence", 0.6), ("tone", 4.0)]
    stage.max.sends_voice(stage.group, ogg.recording(*sounds))  # type: ignore[arg-type]
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert "One two three. Four five six. Thank you." in answer.text
    prompts = [heard.fields["prompt"] for heard in stage.endpoint.transcriptions]
    assert prompts == ["Numbers.", "Numbers. two three.", "Numbers. two three. Four five six."]
    assert (await program.tells("transcribed")).parts == 3
    assert len([told for told in program.events("waiting") if told.reason == "transcribing"]) == 2


@needs_ffmpeg
async def test_a_silent_round_video_is_not_paid_for(stage: Stage, tmp_path: Path) -> None:
    source = tmp_path / "silent.mp4"
    ffmpeg("-f", "lavfi", "-i", "anullsrc", "-t", "2", str(source))
    program = await stage.program([listed(stage.max.id)])
    stage.max.sends_round(stage.olga, source, duration=2)
    await program.tells("skipped", reason="silence")
    assert not stage.endpoint.transcriptions


@needs_ffmpeg
async def test_a_file_larger_than_an_endpoint_takes_is_cut_from_the_disk(stage: Stage) -> None:
    stage.timings = Timings(whole_bytes=100_000)
    await stage.program([listed(stage.group.id)])
    with watched_loop() as blocks:
        stage.max.sends_audio(stage.group, ogg.tone(90), file_name="long.ogg")
        assert await stage.max.expects(stage.group, from_=stage.olga)
    assert not long(blocks)
    assert not list(stage.folder.glob("userbot-audio-*"))


@needs_ffmpeg
async def test_who_speaks_late_is_heard(stage: Stage, tmp_path: Path) -> None:
    stage.timings = Timings(window_seconds=2.0)
    source, sent = tmp_path / "late.ogg", tmp_path / "late.m4a"
    source.write_bytes(ogg.recording(("silence", 7), ("tone", 1)))
    ffmpeg("-i", str(source), "-c:a", "aac", str(sent))
    await stage.program([listed(stage.group.id)])
    stage.max.sends_audio(stage.group, sent)
    assert await stage.max.expects(stage.group, from_=stage.olga)
