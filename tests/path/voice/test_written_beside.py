"""What is written beside a recording is answered, even if the recording cannot be heard."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Stage, Timings, listed
from tests.path.voice.notes import EN, NOTHING, last_question, until
from userbot.sandbox import ogg

UNHEARD = [
    pytest.param(ogg.silence(3), {}, "", id="silence"),
    pytest.param(EN, {"waveform": NOTHING}, "", id="silence by its waveform"),
    pytest.param(EN, {"duration": 7200.0}, "", id="too long"),
    pytest.param(b"no recording", {"duration": 3.0}, "", id="unreadable"),
    pytest.param(EN, {}, "unauthorized", id="not transcribed"),
]


@pytest.mark.parametrize(("data", "claims", "fault"), UNHEARD)
async def test_a_caption_is_answered_without_its_recording(
    stage: Stage, data: bytes, claims: dict[str, Any], fault: str
) -> None:
    if fault:
        stage.endpoint.faults.add(fault, on="/audio/transcriptions")
    program = await stage.program()
    question = stage.max.sends_voice(stage.group, data, caption="/gpt how are you?", **claims)
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.reply_to is question
    assert last_question(stage) == "Max: how are you?"
    notice = await program.tells("notice", reason="unheard")
    assert notice.message == question.id_for(stage.olga)
    assert not program.events("failed")
    assert not program.events("skipped")


@pytest.mark.parametrize(("data", "claims", "fault"), UNHEARD)
async def test_a_reply_is_answered_without_the_recording_it_is_about(
    stage: Stage, data: bytes, claims: dict[str, Any], fault: str
) -> None:
    if fault:
        stage.endpoint.faults.add(fault, on="/audio/transcriptions")
    program = await stage.program()
    note = stage.lena.sends_voice(stage.club, data, **claims)
    stage.max.says(stage.club, "/gpt is anybody there?", reply_to=note)
    await stage.max.expects(stage.club, from_=stage.olga)
    assert "is anybody there?" in last_question(stage)
    await program.tells("notice", reason="unheard")


async def test_a_recording_that_is_all_the_question_is_not_answered(stage: Stage) -> None:
    program = await stage.program()
    note = stage.lena.sends_voice(stage.club, ogg.silence(3))
    stage.max.says(stage.club, "/gpt", reply_to=note)
    await program.tells("skipped", reason="silence")
    assert not program.events("notice")


@pytest.mark.parametrize("caption", ["", "how are you?"])
async def test_a_note_that_waited_is_left_alone_where_voice_is_off_by_now(
    stage: Stage, caption: str
) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    stage.endpoint.faults.add("stall", on="/chat/completions")
    program = await stage.program([listed(stage.group.id)])
    stage.max.says(stage.group, "hold on")
    await until(lambda: stage.endpoint.requests)
    question = stage.max.sends_voice(stage.group, EN, caption=caption)
    await program.tells("heard", voice="voice")
    await program.stop()
    program = await stage.program([listed(stage.group.id, voice={"enabled": False})])
    if caption:
        await program.tells("answered", message=question.id_for(stage.olga))
    else:
        await program.tells("skipped", reason="voice_off")
    assert not stage.telegram.downloads
