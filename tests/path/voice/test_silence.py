"""Recordings in which nobody speaks."""

from __future__ import annotations

import pytest

from tests.harness import Stage, listed
from tests.path.voice.notes import (
    NEARLY_NOTHING,
    NOTHING,
    SPEECH,
)
from userbot.sandbox import ogg


async def test_silence_is_neither_fetched_nor_paid_and_the_console_says_so(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, ogg.tone(3), waveform=NOTHING)
    skipped = await program.tells("skipped")
    assert skipped.reason == "silence"
    assert not stage.telegram.downloads
    assert not stage.endpoint.transcriptions


async def test_silence_without_a_waveform_is_noticed_before_it_is_paid(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, ogg.recording(("silence", 3)))
    await program.tells("skipped", reason="silence")
    assert not stage.endpoint.transcriptions


@pytest.mark.parametrize(
    ("waveform", "words"),
    [
        pytest.param(NEARLY_NOTHING, "Thank you for watching!", id="near-silence"),
        pytest.param(None, "Субтитры сделал DimaTorzok", id="credits"),
    ],
)
async def test_what_whisper_invents_is_dropped(
    stage: Stage, waveform: list[int] | None, words: str
) -> None:
    note = ogg.tone(2)
    stage.endpoint.understands(note, words)
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, note, waveform=waveform)
    assert (await program.tells("skipped")).reason == "phantom"
    assert not stage.asked()


async def test_thanks_said_aloud_are_heard(stage: Stage) -> None:
    note = ogg.tone(2)
    stage.endpoint.understands(note, "Thank you.")
    await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, note, waveform=SPEECH)
    assert await stage.max.expects(stage.group, from_=stage.olga)
