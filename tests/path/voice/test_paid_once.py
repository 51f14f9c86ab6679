"""What was listened to is not paid for again, whatever became of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator

import pytest

from tests.harness import Stage, Timings, listed
from tests.path.test_chat_commands import orders
from tests.path.voice.notes import EN, NEARLY_NOTHING, last_question, needs_ffmpeg
from userbot.sandbox import ogg
from userbot.sandbox.endpoint_audio import Recording, UndecodableError


@pytest.fixture
def short_parts(stage: Stage) -> None:
    """Recordings are cut every six seconds."""
    stage.timings = Timings(whole_seconds=8.0, part_seconds=6.0, window_seconds=2.0)


def stored_words(stage: Stage) -> Iterator[tuple[str | None, str | None]]:
    with sqlite3.connect(stage.folder / "history.db") as db:
        yield from db.execute("SELECT text, parts FROM transcripts")


@needs_ffmpeg
@pytest.mark.usefixtures("short_parts")
async def test_the_parts_of_a_recording_that_failed_are_not_paid_for_again(stage: Stage) -> None:
    words = ["One two three.", None, "Four five six.", "Seven."]

    def transcribe(_: Recording) -> str:
        said = words.pop(0)
        if said is None:
            raise UndecodableError
        return said

    stage.endpoint.transcriber = transcribe
    program = await stage.program([listed(stage.group.id)])
    note = stage.max.sends_voice(stage.group, ogg.tone(16))
    await program.tells("failed")
    await program.stop()
    program = await stage.program([listed(stage.group.id)])
    stage.max.says(stage.group, "/gpt", reply_to=note)
    await program.tells("answered")
    assert "One two three. Four five six. Seven." in last_question(stage)
    assert not words
    assert [parts for _, parts in stored_words(stage)] == [None]


@needs_ffmpeg
@pytest.mark.usefixtures("short_parts")
async def test_the_parts_go_with_their_message(stage: Stage) -> None:
    words = iter(["the secret salad"])

    def transcribe(_: Recording) -> str:
        said = next(words, None)
        if said is None:
            raise UndecodableError
        return said

    stage.endpoint.transcriber = transcribe
    program = await stage.program([listed(stage.club.id)])
    note = stage.max.sends_voice(stage.club, ogg.tone(16))
    await program.tells("failed")
    ((_, parts),) = stored_words(stage)
    assert parts is not None
    assert "secret salad" in parts
    stage.max.deletes(note)
    stage.max.says(stage.club, "hello")
    await program.tells("answered")
    assert list(stored_words(stage)) == [(None, None)]
    await program.stop()
    assert b"secret salad" not in (stage.folder / "history.db").read_bytes()


async def test_that_nobody_speaks_is_known_the_second_time(stage: Stage) -> None:
    note = ogg.tone(2)
    stage.endpoint.understands(note, "Thank you for watching!")
    program = await stage.program([listed(stage.group.id)])
    sent = stage.max.sends_voice(stage.group, note, waveform=NEARLY_NOTHING)
    await program.tells("skipped", reason="phantom")
    stage.max.says(stage.group, "/gpt", reply_to=sent)
    await program.tells("skipped", reason="silence")
    assert len(stage.endpoint.transcriptions) == 1
    assert [text for text, _ in stored_words(stage)] == [""]


async def test_waiting_for_a_large_recording_to_be_heard_is_shown(stage: Stage) -> None:
    stage.timings = Timings(large_recording_bytes=1000)
    program = await stage.program([listed(stage.group.id), listed(stage.max.id)])
    for where in (stage.group, stage.olga):
        stage.max.sends_voice(where, EN)
    for where in (stage.group, stage.olga):
        await stage.max.expects(where, from_=stage.olga)
    assert (
        len([wait for wait in program.events("waiting") if wait.reason == "large_recordings"]) == 1
    )


@pytest.mark.parametrize("how", ["forgotten", "deleted"])
async def test_what_was_heard_for_a_question_that_failed_goes_with_its_speaker(
    stage: Stage, how: str
) -> None:
    stage.endpoint.faults.add("unauthorized", on="/chat/completions")
    program = await stage.program()
    note = stage.vera.sends_voice(stage.club, EN)
    stage.max.says(stage.club, "/gpt", reply_to=note)
    await program.tells("failed")
    if how == "deleted":
        stage.vera.deletes(note)
        await asyncio.sleep(0.2)
    else:
        await orders(stage, stage.club, "/gpt_forget @vera_v")
    await program.stop()
    for file in stage.folder.glob("history.db*"):
        assert b"Berlin" not in file.read_bytes()
