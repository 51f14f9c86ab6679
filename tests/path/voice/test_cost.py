"""At the least cost: what a voice note does not need."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.harness import Stage, listed
from tests.path.voice.notes import (
    EN,
    RU,
    WORDS_RU,
)
from userbot.sandbox import ogg


@contextmanager
def watched() -> Iterator[list[str]]:
    """Processes started and files opened for writing meanwhile; the database's own apart."""
    seen: list[str] = []
    active = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not active:
            return
        if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "tempfile.mkdtemp",
                     "tempfile.mkstemp", "os.mkdir"):  # fmt: skip
            seen.append(event)
        elif event == "open":
            path, mode, flags = arguments
            writes = any(sign in (mode or "") for sign in "wax+") or (flags or 0) & 3
            if writes and "history.db" not in str(path) and ".session" not in str(path):
                seen.append(f"open {path}")

    sys.addaudithook(hook)
    try:
        yield seen
    finally:
        active = False


async def test_a_voice_note_starts_no_process_and_leaves_no_byte_on_the_disk(
    stage: Stage,
) -> None:
    await stage.program([listed(stage.group.id)])
    with watched() as seen:
        stage.max.sends_voice(stage.group, EN)
        assert await stage.max.expects(stage.group, from_=stage.olga)
    assert not seen


async def test_a_voice_note_needs_no_ffmpeg(stage: Stage, no_ffmpeg: None) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)
    stage.max.sends_audio(stage.group, b"#!AMR\n" + bytes(100), file_name="memo.amr")
    failed = await program.tells("failed")
    assert (failed.reason, "Install ffmpeg" in failed.hint) == ("ffmpeg_missing", True)


async def test_a_transcription_server_of_ones_own_never_sees_the_key_of_the_chat_model(
    stage: Stage,
) -> None:
    openai = {"base_url": "http://127.0.0.1:9/v1"}
    program = await stage.program(
        [listed(stage.group.id)],
        openai=openai,
        voice={"base_url": stage.endpoint.base_url, "show": "transcript"},
    )
    stage.max.sends_voice(stage.group, EN)
    assert (await program.tells("failed")).reason == "unauthorized"
    await program.stop()
    await stage.program(
        [listed(stage.group.id)],
        openai=openai,
        voice={"base_url": stage.endpoint.base_url, "api_key": "sandbox-key", "show": "transcript"},
    )
    stage.max.sends_voice(stage.group, RU)
    assert WORDS_RU in (await stage.max.expects(stage.group, from_=stage.olga)).text


async def test_listening_is_paid_from_the_money_of_the_day_before_it_begins(stage: Stage) -> None:
    first, second = ogg.tone(30.0, serial=1), ogg.tone(30.0, serial=2)
    stage.endpoint.understands(first, "Who brings the salad?")
    stage.endpoint.understands(second, "And who brings the cake?")
    limits = {"cost_per_day": 0.7, "prices": {"input": 0, "output": 0, "audio_minute": 1.0}}
    program = await stage.program([listed(stage.group.id, "all")], limits=limits)
    stage.max.sends_voice(stage.group, first)
    await program.tells("answered")
    stage.max.sends_voice(stage.group, second)
    assert (await program.tells("limited")).reason == "cost_per_day"
    assert len(stage.asked()) == 1
