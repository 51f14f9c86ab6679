"""What goes wrong with a recording: one plain event, and the program goes on."""

from __future__ import annotations

import errno
import os
import tempfile
from typing import Any

import pytest

from tests.harness import Stage, Timings, listed
from tests.path.voice.notes import (
    DATA,
    EN,
    RU,
    WORDS_EN,
    last_question,
    needs_ffmpeg,
    until,
)
from tests.quick_clock import QuickClock
from userbot.sandbox import ogg

ATTEMPTS = 5
"""So often a request is made in all."""


@pytest.mark.parametrize(
    ("fault", "more", "seconds"),
    [
        pytest.param("rate_limit", {"retry_after": 7}, 7, id="429, and when to come back"),
        pytest.param("rate_limit", {}, 1, id="429"),
        pytest.param("server_error", {}, 1, id="500"),
        pytest.param("unavailable", {"retry_after": 3}, 3, id="503, and when to come back"),
        pytest.param("refuse", {}, 1, id="no answer"),
        pytest.param("stall", {}, 1, id="a timeout"),
    ],
)
async def test_a_failed_transcription_is_tried_again_visibly(
    stage: Stage, fault: str, more: dict[str, Any], seconds: float
) -> None:
    stage.timings = Timings(transcription_seconds=0.0)
    stage.endpoint.faults.add(fault, on="/audio/transcriptions", **more)
    timeout = 1.5 if fault == "stall" else 60
    openai = {"timeout": timeout}
    program = await stage.program([listed(stage.group.id)], openai=openai, clock=QuickClock(20))
    stage.max.sends_voice(stage.group, ogg.tone(0.6))
    assert await stage.max.expects(stage.group, from_=stage.olga)
    (wait,) = [one for one in program.events("waiting") if one.reason == "transcription_again"]
    assert wait.seconds == pytest.approx(seconds, abs=0.5)
    assert wait.detail


async def test_a_transcription_is_not_tried_again_for_ever(stage: Stage) -> None:
    stage.endpoint.faults.add("server_error", None, on="/audio/transcriptions")
    program = await stage.program([listed(stage.group.id)], clock=QuickClock(50))
    stage.max.sends_voice(stage.group, EN)
    assert (await program.tells("failed")).reason == "server_error"
    waits = [one.seconds for one in program.events("waiting")]
    assert waits == [1, 2, 4, 8][: ATTEMPTS - 1]
    assert len(stage.endpoint.transcriptions) <= ATTEMPTS


async def test_a_lasting_failure_is_told_to_the_owner_and_the_note_can_be_asked_again(
    stage: Stage,
) -> None:
    stage.endpoint.faults.add("unauthorized", on="/audio/transcriptions")
    program = await stage.program([listed(stage.group.id)])
    note = stage.max.sends_voice(stage.group, EN)
    failed = await program.tells("failed")
    assert failed.reason == "unauthorized"
    assert "[voice]" in failed.hint
    assert len(stage.max.messages(stage.group)) == 2
    stage.max.says(stage.group, "/gpt", reply_to=note)
    assert WORDS_EN in (await stage.max.expects(stage.group, from_=stage.olga)).text


async def test_a_model_that_is_gone_gives_way_to_the_fallback_for_good(stage: Stage) -> None:
    stage.endpoint.gone.add("whisper-1")
    program = await stage.program([listed(stage.group.id)])
    for note in (EN, RU):
        stage.max.sends_voice(stage.group, note)
        await stage.max.expects(stage.group, from_=stage.olga)
    models = [heard.model for heard in stage.endpoint.transcriptions]
    assert models == ["whisper-1", "gpt-transcribe", "gpt-transcribe"]
    assert (await program.tells("notice", reason="fallback_model")).hint


async def test_a_reference_that_expired_is_renewed(stage: Stage) -> None:
    stage.telegram.faults.add("upload.getFile", "FILE_REFERENCE_EXPIRED")
    await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)


async def test_a_note_that_waited_over_a_restart_is_fetched_anew(stage: Stage) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    stage.endpoint.faults.add("stall", on="/chat/completions")
    program = await stage.program([listed(stage.group.id)])
    stage.max.says(stage.group, "hold on")
    await program.tells("heard")
    question = stage.max.sends_voice(stage.group, EN)
    await program.tells("heard", voice="voice")
    await until(lambda: stage.endpoint.requests)
    await program.stop()
    stage.telegram.expire_file_references()
    await stage.program([listed(stage.group.id)])
    assert await stage.max.expects(stage.group, reply_to=question)


async def test_a_note_deleted_before_its_turn_is_left_alone(stage: Stage) -> None:
    stage.endpoint.faults.add("late_first_token", seconds=0.5)
    program = await stage.program([listed(stage.group.id)])
    stage.max.says(stage.group, "hold on")
    await program.tells("answering")
    note = stage.max.sends_voice(stage.group, EN)
    await program.tells("heard", voice="voice")
    stage.max.deletes(note)
    await program.tells("skipped", reason="deleted")
    await stage.max.expects(stage.group, from_=stage.olga)
    assert not stage.telegram.downloads
    assert not stage.endpoint.transcriptions


async def test_a_note_deleted_during_a_pause_is_left_alone(stage: Stage) -> None:
    stage.telegram.faults.add("upload.getFile", "FLOOD_WAIT_1")
    program = await stage.program()
    note = stage.lena.sends_voice(stage.club, EN)
    stage.max.says(stage.club, "/gpt", reply_to=note)
    await program.tells("waiting", reason="flood_wait")
    stage.lena.deletes(note)
    assert (await program.tells("failed")).reason == "audio_gone"
    assert not stage.telegram.downloads
    assert not stage.endpoint.transcriptions


@pytest.mark.parametrize("error", ["FLOOD_WAIT_5", "FLOOD_PREMIUM_WAIT_5"])
async def test_a_pause_before_a_message_is_read_is_waited_out(stage: Stage, error: str) -> None:
    program = await stage.program([listed(stage.group.id)], clock=QuickClock(20))
    for method, where in (
        ("messages.getMessages", stage.group),
        ("channels.getMessages", stage.club),
    ):
        stage.telegram.faults.add(method, error)
        note = stage.lena.sends_voice(where, EN)
        stage.max.says(where, "/gpt translate this", reply_to=note)
        await stage.max.expects(where, from_=stage.olga)
        assert WORDS_EN in last_question(stage)
    waits = [wait for wait in program.events("waiting") if wait.reason == "flood_wait"]
    assert [round(wait.seconds) for wait in waits] == [5, 5]
    assert [wait.chat for wait in waits] == [stage.group.id, stage.club.id]


async def test_a_pause_that_is_too_long_is_one_plain_failure(stage: Stage) -> None:
    stage.telegram.faults.add("messages.getMessages", "FLOOD_WAIT_3600")
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN)
    failed = await program.tells("failed")
    assert (failed.reason, bool(failed.hint)) == ("flood_wait", True)


async def test_pauses_without_end_are_not_waited_for_without_end(stage: Stage) -> None:
    stage.telegram.faults.add("messages.getMessages", "FLOOD_WAIT_119", times=None)
    program = await stage.program([listed(stage.group.id)], clock=QuickClock(1000))
    stage.max.sends_voice(stage.group, EN)
    assert (await program.tells("failed")).reason == "flood_wait"
    assert len([wait for wait in program.events("waiting") if wait.reason == "flood_wait"]) <= 5


async def test_a_flood_of_downloads_is_waited_out(stage: Stage) -> None:
    stage.telegram.faults.add("upload.getFile", "FLOOD_WAIT_1")
    program = await stage.program([listed(stage.group.id)], clock=QuickClock(20))
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)
    waiting = await program.tells("waiting")
    assert (waiting.reason, waiting.chat) == ("flood_wait", stage.group.id)


@pytest.mark.parametrize(
    ("data", "claims", "event", "reason"),
    [
        pytest.param(b"", {}, "failed", "audio_empty", id="empty"),
        pytest.param(b"", {"size": 5000}, "failed", "audio_empty", id="empty, and says it is not"),
        pytest.param(
            b"#EXTM3U\nhttp://x/y", {}, "failed", "audio_not_recognised", id="mislabelled"
        ),
        pytest.param(EN[:40], {}, "failed", "audio_unreadable", id="cut short"),
        pytest.param(
            ogg.tone(9), {"duration": 7200}, "skipped", "audio_too_long", id="says it is too long"
        ),
        pytest.param(ogg.tone(100), {"duration": 3}, "skipped", "audio_too_long", id="is too long"),
        pytest.param(EN, {"size": 3_000_000_000}, "failed", "audio_too_large", id="too large"),
        pytest.param(ogg.tone(0.2), {}, "skipped", "silence", id="a blink"),
    ],
)
async def test_what_is_no_recording_is_one_plain_event_and_the_program_goes_on(
    stage: Stage,
    data: bytes,
    claims: dict[str, Any],
    event: str,
    reason: str,
) -> None:
    program = await stage.program([listed(stage.group.id)], voice={"max_minutes": 1})
    stage.max.sends_voice(stage.group, data, **({"duration": 3} | claims))
    told = await program.tells(event)
    assert told.reason == reason
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)
    assert len(program.events("failed")) + len(program.events("skipped")) == 1


async def test_endless_sound_ends_with_what_its_message_claims(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, ogg.tone(60), endless=True, size=3_000_000)
    await program.tells("skipped", reason="audio_too_long")  # one after the other, half an hour
    assert stage.telegram.downloads[stage.olga] < 4_000_000
    assert not stage.endpoint.transcriptions


async def test_what_is_no_recording_is_not_fetched_to_its_end(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_audio(stage.group, b"no recording" * 300_000, file_name="song.mp3")
    await program.tells("failed", reason="audio_not_recognised")
    assert stage.telegram.downloads[stage.olga] <= 512 * 1024


@needs_ffmpeg
async def test_a_full_disk_is_one_plain_event(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    program = await stage.program([listed(stage.group.id)])
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "mkdtemp", full)
        stage.max.sends_audio(stage.group, (DATA / "video_note_en.mp4").read_bytes())
        failed = await program.tells("failed")
    assert failed.reason == "audio_no_room"
    assert "no space left on the disk" in failed.error
    assert failed.hint
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)
