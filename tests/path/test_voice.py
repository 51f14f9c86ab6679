"""What people say aloud goes the whole path, over real sockets."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.stage import Stage, listed
from userbot import app, audio
from userbot.activity import (
    Answered,
    Failed,
    Heard,
    Ignored,
    Limited,
    Notice,
    Skipped,
    Transcribed,
    Waiting,
)
from userbot.path import listening
from userbot.sandbox import ogg
from userbot.sandbox.chats import Group
from userbot.settings import ChatVoice, Limits, Prices, Trigger, Voice
from userbot.storage.archive import Archive

needs_ffmpeg = pytest.mark.skipif(
    audio.find_ffmpeg() is None, reason="no ffmpeg: install it, or gpt-userbot[audio]"
)
DATA = Path(__file__).parent.parent / "data"
EN = (DATA / "voice_en.ogg").read_bytes()
RU = (DATA / "voice_ru.ogg").read_bytes()
WORDS_EN = "What time does the last train to Berlin leave tomorrow evening?"
WORDS_RU = "Сегодня вечером мы встречаемся у большого театра в семь часов."
SPEECH = [1, 14, 31, 22, 9] * 20
NOTHING = [1, 2, 1, 0, 1] * 20
NEARLY_NOTHING = [1, 2, 4, 3, 1] * 20


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """The stage, whose endpoint knows what is said in the two notes."""
    stage.endpoint.understands(EN, WORDS_EN)
    stage.endpoint.understands(RU, WORDS_RU)
    return stage


def ffmpeg(*arguments: str) -> None:
    subprocess.run([str(audio.find_ffmpeg()), "-v", "error", *arguments], check=True)


def last_question(stage: Stage) -> str:
    return stage.asked()[-1][-1]["content"]


# Asked by voice.


@pytest.mark.parametrize(("note", "words"), [(EN, WORDS_EN), (RU, WORDS_RU)], ids=["en", "ru"])
async def test_a_voice_note_in_a_chat_that_answers_everything_is_answered(
    stage: Stage, note: bytes, words: str
) -> None:
    program = await stage.program([listed(stage.group.id)])
    question = stage.max.sends_voice(stage.group, note, waveform=SPEECH)
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.reply_to is question
    assert words in answer.text
    assert last_question(stage) == f"Max: {words}"
    heard = await program.tells(Heard)
    assert (heard.voice, heard.duration) == ("voice", round(ogg.duration(note) or 0))
    transcribed = await program.tells(Transcribed)
    assert transcribed.text == words
    assert transcribed.duration == pytest.approx(ogg.duration(note), abs=0.02)


async def test_a_note_goes_to_the_endpoint_as_it_came(stage: Stage) -> None:
    stage.endpoint.keep_audio = True
    await stage.program([listed(stage.group.id)], voice=Voice(model="whisper-1"))
    stage.max.sends_voice(stage.group, EN, mime="application/x-wrong")
    await stage.max.expects(stage.group, from_=stage.olga)
    (heard,) = stage.endpoint.transcriptions
    assert heard.data == EN
    assert (heard.file_name, heard.content_type) == ("voice.ogg", "audio/ogg")
    assert (heard.model, heard.fields) == ("whisper-1", {"response_format": "json"})


async def test_a_round_video_is_understood_as_it_is(stage: Stage) -> None:
    video = (DATA / "video_note_en.mp4").read_bytes()
    stage.endpoint.understands(video, WORDS_EN)
    await stage.program([listed(stage.max.id)])
    question = stage.max.sends_round(stage.olga, video, duration=3.6)
    answer = await stage.max.expects(stage.olga)
    assert answer.reply_to is question
    assert WORDS_EN in answer.text
    assert stage.endpoint.transcriptions[0].file_name == "voice.mp4"


async def test_gpt_as_a_reply_to_a_voice_note_asks_what_it_says(stage: Stage) -> None:
    await stage.program(trigger=Trigger(from_="me"))
    note = stage.lena.sends_voice(stage.club, EN)
    stage.olga.says(stage.club, "/gpt", reply_to=note)
    await stage.max.expects(stage.club, from_=stage.olga)
    answer = await stage.max.expects(stage.club, from_=stage.olga)
    assert WORDS_EN in answer.text
    assert "[The question is this message of Lena:]" in last_question(stage)


async def test_words_beside_gpt_say_what_to_do_with_the_note_and_it_is_paid_once(
    stage: Stage,
) -> None:
    await stage.program()
    note = stage.lena.sends_voice(stage.club, RU)
    for words in ("/gpt translate this", "/gpt and now shorter"):
        stage.max.says(stage.club, words, reply_to=note)
        await stage.max.expects(stage.club, from_=stage.olga)
        assert f"> {WORDS_RU}" in last_question(stage)
        assert words.removeprefix("/gpt ") in last_question(stage)
    assert len(stage.endpoint.transcriptions) == 1


async def test_a_caption_under_a_recording_says_what_to_do_with_it(stage: Stage) -> None:
    await stage.program()
    stage.max.sends_audio(stage.group, EN, file_name="memo.ogg", caption="/gpt sum up")
    await stage.max.expects(stage.group, from_=stage.olga)
    assert f"> {WORDS_EN}" in last_question(stage)
    assert "sum up" in last_question(stage)


async def test_a_transcript_outlives_a_restart(stage: Stage) -> None:
    program = await stage.program()
    note = stage.lena.sends_voice(stage.club, EN)
    for _ in range(2):
        stage.max.says(stage.club, "/gpt", reply_to=note)
        await stage.max.expects(stage.club, from_=stage.olga)
        await program.tells(Answered)
        await program.stop()
        program = await stage.program()
    assert len(stage.endpoint.transcriptions) == 1


async def test_the_history_holds_what_was_said_with_its_speaker(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN)
    await program.tells(Answered)
    with Archive.reading(stage.folder / "history.db") as archive:
        assert archive is not None
        (exchange,) = archive.exchanges(10)
    assert (exchange.name, exchange.text) == ("Max", WORDS_EN)
    stage.lena.says(stage.group, "and back?")
    await stage.lena.expects(stage.group, from_=stage.olga)
    await stage.lena.expects(stage.group, from_=stage.olga)
    assert {"role": "user", "content": f"Max: {WORDS_EN}"} in stage.asked()[-1]


# Who is listened to.


async def test_a_note_that_replies_to_an_answer_asks_where_only_mentions_do(stage: Stage) -> None:
    await stage.program([listed(stage.group.id, "mention")])
    stage.max.says(stage.group, "/gpt hello")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    question = stage.max.sends_voice(stage.group, EN, reply_to=answer)
    assert (await stage.max.expects(stage.group, from_=stage.olga)).reply_to is question


async def test_without_wake_words_nothing_is_fetched_where_only_mentions_ask(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id, "mention")])
    stage.max.sends_voice(stage.group, EN)
    await program.tells(Ignored, reason="no_mention")
    assert not stage.telegram.downloads
    assert not stage.endpoint.transcriptions


async def test_a_group_that_protects_its_content_is_not_listened_to(stage: Stage) -> None:
    stage.telegram.protect(stage.club)
    program = await stage.program([listed(stage.club.id, "all")])
    stage.max.sends_voice(stage.club, EN)
    await program.tells(Ignored)
    assert not stage.telegram.downloads
    assert not stage.endpoint.transcriptions


async def test_wake_words_address_the_owner_and_other_words_are_not_kept(stage: Stage) -> None:
    other, asked = ogg.tone(1.0, serial=1), ogg.tone(1.0, serial=2)
    stage.endpoint.understands(other, "Somebody bring the secret salad.")
    stage.endpoint.understands(asked, "Olga, who brings the salad?")
    program = await stage.program(
        [listed(stage.group.id, "mention", voice=ChatVoice(wake_words=("olga",)))]
    )
    stage.max.sends_voice(stage.group, other)
    ignored = await program.tells(Ignored, reason="no_wake_word")
    assert not ignored.notable
    assert not stage.writes("setTyping")  # nobody sees that it was listened to
    question = stage.max.sends_voice(stage.group, asked)
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.reply_to is question
    assert last_question(stage) == "Max: who brings the salad?"
    assert len(stage.asked()) == 1
    await program.stop()
    assert b"secret salad" not in (stage.folder / "history.db").read_bytes()


async def test_the_prefix_may_be_spoken_where_wake_words_are_configured(stage: Stage) -> None:
    note = ogg.tone(1.0)
    stage.endpoint.understands(note, "GPT, how late is it?")
    await stage.program([listed(stage.group.id, "mention")], voice=Voice(wake_words=("computer",)))
    stage.max.sends_voice(stage.group, note)
    await stage.max.expects(stage.group, from_=stage.olga)
    assert last_question(stage) == "Max: how late is it?"


@pytest.mark.parametrize("seconds", ["view_once", "ttl"])
async def test_what_may_be_heard_once_is_never_touched(stage: Stage, seconds: str) -> None:
    program = await stage.program([listed(stage.max.id)])
    once: dict[str, Any] = {"view_once": True} if seconds == "view_once" else {"ttl_seconds": 30}
    note = stage.max.sends_voice(stage.olga, EN, **once)
    await program.tells(Ignored, reason="view_once")
    stage.max.says(stage.olga, "/gpt", reply_to=note)
    failed = await program.tells(Failed)
    assert failed.reason == "nothing_asked"
    assert not stage.telegram.downloads
    assert not stage.endpoint.transcriptions


async def test_what_is_protected_from_copying_is_never_touched(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN, noforwards=True)
    await program.tells(Ignored, reason="protected")
    assert not stage.telegram.downloads


async def test_rights_and_limits_come_before_any_download(stage: Stage) -> None:
    program = await stage.program(
        [listed(stage.group.id, from_=(stage.max.id,))], limits=Limits(requests_per_minute=0)
    )
    stage.vera.sends_voice(stage.group, EN)
    await program.tells(Ignored, reason="not_allowed")
    stage.max.sends_voice(stage.group, EN)
    await program.tells(Limited)
    assert not stage.telegram.downloads


async def test_where_voice_is_off_nobody_is_listened_to(stage: Stage) -> None:
    program = await stage.program(
        [listed(stage.group.id, voice=ChatVoice(enabled=False)), listed(stage.max.id)]
    )
    note = stage.max.sends_voice(stage.group, EN)
    await program.tells(Ignored, reason="voice_off")
    stage.max.says(stage.group, "/gpt", reply_to=note)
    await program.tells(Skipped, reason="voice_off")
    stage.max.sends_voice(stage.olga, EN)
    assert await stage.max.expects(stage.olga)


# What the chat sees.


async def test_a_chat_may_want_transcripts_and_no_answers(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)], voice=Voice(show="transcript"))
    question = stage.max.sends_voice(stage.group, EN)
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.reply_to is question
    assert answer.text.strip() == WORDS_EN
    assert [type(entity).__name__ for entity in answer.entities] == ["MessageEntityBlockquote"]
    assert not stage.asked()
    assert (await program.tells(Answered)).model == "whisper-1"
    stage.max.says(stage.group, "/gpt translate this", reply_to=question)
    await stage.max.expects(stage.group, from_=stage.olga)
    assert len(stage.asked()) == 1


async def test_a_chat_may_want_both_in_one_message(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "At **nine**."
    program = await stage.program([listed(stage.group.id, voice=ChatVoice(show="both"))])
    stage.max.sends_voice(stage.group, EN)
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    await program.tells(Answered)
    assert answer.text.split() == [*WORDS_EN.split(), "At", "nine."]
    stage.max.says(stage.group, "and back?")
    await stage.max.expects(stage.group, from_=stage.olga)
    assert {"role": "assistant", "content": "At **nine**."} in stage.asked()[-1]


async def test_hints_are_given_where_they_are_set(stage: Stage) -> None:
    await stage.program(
        [listed(stage.group.id, voice=ChatVoice(language="de"))],
        voice=Voice(language="ru", prompt="Берлин"),
    )
    stage.max.sends_voice(stage.group, EN)
    await stage.max.expects(stage.group, from_=stage.olga)
    fields = stage.endpoint.transcriptions[0].fields
    assert (fields["language"], fields["prompt"]) == ("de", "Берлин")


# Silence and ghosts.


async def test_silence_is_neither_fetched_nor_paid_and_the_console_says_so(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, ogg.tone(3), waveform=NOTHING)
    skipped = await program.tells(Skipped)
    assert skipped.reason == "silence"
    assert not stage.telegram.downloads
    assert not stage.endpoint.transcriptions


async def test_silence_without_a_waveform_is_noticed_before_it_is_paid(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, ogg.recording(("silence", 3)))
    await program.tells(Skipped, reason="silence")
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
    assert (await program.tells(Skipped)).reason == "phantom"
    assert not stage.asked()


async def test_thanks_said_aloud_are_heard(stage: Stage) -> None:
    note = ogg.tone(2)
    stage.endpoint.understands(note, "Thank you.")
    await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, note, waveform=SPEECH)
    assert await stage.max.expects(stage.group, from_=stage.olga)


# When something fails.


async def test_a_failed_transcription_is_tried_again_visibly(stage: Stage) -> None:
    stage.endpoint.faults.add("rate_limit", on="/audio/transcriptions", retry_after=1)
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)
    assert (await program.tells(Waiting)).reason == "transcription_again"


async def test_a_lasting_failure_is_told_to_the_owner_and_the_note_can_be_asked_again(
    stage: Stage,
) -> None:
    stage.endpoint.faults.add("unauthorized", on="/audio/transcriptions")
    program = await stage.program([listed(stage.group.id)])
    note = stage.max.sends_voice(stage.group, EN)
    failed = await program.tells(Failed)
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
    assert (await program.tells(Notice, reason="fallback_model")).hint


async def test_a_reference_that_expired_is_renewed(stage: Stage) -> None:
    stage.telegram.faults.add("upload.getFile", "FILE_REFERENCE_EXPIRED")
    await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)


async def test_a_note_that_waited_over_a_restart_is_fetched_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "DRAIN_SECONDS", 0.1)
    stage.endpoint.faults.add("stall", on="/chat/completions")
    program = await stage.program([listed(stage.group.id)])
    stage.max.says(stage.group, "hold on")
    await program.tells(Heard)
    question = stage.max.sends_voice(stage.group, EN)
    await program.tells(Heard, voice="voice")
    await program.stop()
    stage.telegram.expire_file_references()
    await stage.program([listed(stage.group.id)])
    assert await stage.max.expects(stage.group, reply_to=question)


async def test_a_note_deleted_before_its_turn_is_left_alone(stage: Stage) -> None:
    program = await stage.program()
    note = stage.lena.sends_voice(stage.club, EN)
    stage.lena.deletes(note)
    stage.max.says(stage.club, "/gpt what was that?")
    await program.tells(Answered)
    assert not stage.telegram.downloads


async def test_a_flood_of_downloads_is_waited_out(stage: Stage) -> None:
    stage.telegram.faults.add("upload.getFile", "FLOOD_WAIT_1")
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)
    waiting = await program.tells(Waiting)
    assert (waiting.reason, waiting.title) == ("flood_wait", "Weekend")


@pytest.mark.parametrize(
    ("data", "claims", "event", "reason"),
    [
        pytest.param(b"", {}, Failed, "audio_empty", id="empty"),
        pytest.param(b"", {"size": 5000}, Failed, "audio_empty", id="empty, and says it is not"),
        pytest.param(b"#EXTM3U\nhttp://x/y", {}, Failed, "audio_not_recognised", id="mislabelled"),
        pytest.param(EN[:40], {}, Failed, "refused_request", id="cut short"),
        pytest.param(
            ogg.tone(9), {"duration": 7200}, Skipped, "audio_too_long", id="says it is too long"
        ),
        pytest.param(ogg.tone(100), {"duration": 3}, Skipped, "audio_too_long", id="is too long"),
        pytest.param(EN, {"size": 3_000_000_000}, Failed, "audio_too_large", id="too large"),
        pytest.param(ogg.tone(0.2), {}, Skipped, "silence", id="a blink"),
    ],
)
async def test_what_is_no_recording_is_one_plain_event_and_the_program_goes_on(
    stage: Stage,
    data: bytes,
    claims: dict[str, Any],
    event: type[Failed | Skipped],
    reason: str,
) -> None:
    program = await stage.program([listed(stage.group.id)], voice=Voice(max_minutes=1))
    stage.max.sends_voice(stage.group, data, **({"duration": 3} | claims))
    told = await program.tells(event)
    assert told.reason == reason
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)
    assert len(program.events(Failed)) + len(program.events(Skipped)) == 1


async def test_endless_sound_ends_with_what_its_message_claims(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, ogg.tone(60), endless=True, size=3_000_000)
    await program.tells(Transcribed)
    assert stage.telegram.downloads[stage.olga] < 4_000_000


# At the least cost.


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


async def test_a_voice_note_needs_no_ffmpeg(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "find_ffmpeg", lambda: None)
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, from_=stage.olga)
    stage.max.sends_audio(stage.group, b"#!AMR\n" + bytes(100), file_name="memo.amr")
    failed = await program.tells(Failed)
    assert (failed.reason, "audio" in failed.hint) == ("ffmpeg_missing", True)


async def test_a_transcription_server_of_ones_own_never_sees_the_key_of_the_chat_model(
    stage: Stage,
) -> None:
    openai = replace(stage.settings().openai, base_url="http://127.0.0.1:9/v1")
    program = await stage.program(
        [listed(stage.group.id)],
        openai=openai,
        voice=Voice(base_url=stage.endpoint.base_url, show="transcript"),
    )
    stage.max.sends_voice(stage.group, EN)
    assert (await program.tells(Failed)).reason == "unauthorized"
    await program.stop()
    await stage.program(
        [listed(stage.group.id)],
        openai=openai,
        voice=Voice(base_url=stage.endpoint.base_url, api_key="sandbox-key", show="transcript"),
    )
    stage.max.sends_voice(stage.group, RU)
    assert WORDS_RU in (await stage.max.expects(stage.group, from_=stage.olga)).text


# Answers by voice.


async def test_an_answer_may_be_spoken(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "At **nine**, I think."
    program = await stage.program([listed(stage.group.id)], voice=Voice(answer_as="voice"))
    question = stage.max.says(stage.group, "When?")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.reply_to is question
    assert answer.text == "At nine, I think."
    assert [type(entity).__name__ for entity in answer.entities] == ["MessageEntityBold"]
    assert answer.media is not None
    assert answer.media.kind == "voice"
    assert answer.media.duration == max(1, round(ogg.duration(answer.media.data) or 0))
    assert len(answer.media.levels) == 100
    assert max(answer.media.levels) == 31
    (speech,) = stage.endpoint.speeches
    assert (speech["input"], speech["response_format"]) == ("At nine, I think.", "opus")
    assert (await program.tells(Answered)).answers == (answer.id_for(stage.olga),)


async def test_same_answers_as_it_was_asked(stage: Stage) -> None:
    await stage.program([listed(stage.group.id)], voice=Voice(answer_as="same", show="both"))
    stage.max.sends_voice(stage.group, EN)
    spoken = await stage.max.expects(stage.group, from_=stage.olga)
    assert spoken.media is not None
    assert spoken.text.startswith(WORDS_EN)
    assert stage.endpoint.speeches[0]["input"] == f"You asked: Max: {WORDS_EN}"
    stage.max.says(stage.group, "in writing")
    assert (await stage.max.expects(stage.group, from_=stage.olga)).media is None


@pytest.mark.parametrize("error", ["VOICE_MESSAGES_FORBIDDEN", "CHAT_SEND_VOICES_FORBIDDEN"])
async def test_where_voice_is_forbidden_the_answer_is_written_and_no_more_is_spoken(
    stage: Stage, error: str
) -> None:
    stage.telegram.faults.add("messages.sendMedia", error)
    program = await stage.program([listed(stage.group.id)], voice=Voice(answer_as="voice"))
    for words in ("first", "second"):
        question = stage.max.says(stage.group, words)
        answer = await stage.max.expects(stage.group, from_=stage.olga)
        assert (answer.reply_to, answer.media) == (question, None)
    assert len(stage.endpoint.speeches) == 1
    assert (await program.tells(Notice, reason="answered_in_writing")).hint


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("Look:\n```python\nprint(1)\n```", id="code"),
        pytest.param("word " * 1000, id="long"),
    ],
)
async def test_what_cannot_be_read_aloud_is_written(stage: Stage, answer: str) -> None:
    stage.endpoint.responder = lambda _: answer
    await stage.program([listed(stage.group.id)], voice=Voice(answer_as="voice"))
    stage.max.says(stage.group, "tell me")
    assert (await stage.max.expects(stage.group, from_=stage.olga)).media is None
    assert not stage.endpoint.speeches


async def test_a_longer_answer_is_spoken_without_a_caption(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "word " * 400
    await stage.program([listed(stage.group.id)], voice=Voice(answer_as="voice"))
    stage.max.says(stage.group, "tell me")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert (answer.media is not None, answer.text) == (True, "")


async def test_an_endpoint_that_cannot_speak_lets_the_answer_be_written(stage: Stage) -> None:
    stage.endpoint.speaker = lambda _: b"RIFF no opus"
    program = await stage.program([listed(stage.group.id)], voice=Voice(answer_as="voice"))
    stage.max.says(stage.group, "hello")
    assert (await stage.max.expects(stage.group, from_=stage.olga)).media is None
    assert "no voice note" in (await program.tells(Notice)).detail


async def test_a_spoken_answer_is_ours_and_may_be_replied_to(stage: Stage) -> None:
    await stage.program([listed(stage.group.id, "mention")], voice=Voice(answer_as="voice"))
    stage.max.says(stage.group, "/gpt hello")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    question = stage.max.sends_voice(stage.group, RU, reply_to=answer)
    assert (await stage.max.expects(stage.group, from_=stage.olga)).reply_to is question


# What has to be converted or cut, with a real ffmpeg.


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
async def test_a_long_recording_is_heard_in_parts_that_continue_each_other(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "WHOLE_SECONDS", 8.0)
    monkeypatch.setattr(audio, "PART_SECONDS", 6.0)
    monkeypatch.setattr(audio, "WINDOW_SECONDS", 2.0)
    said = iter(["One two three.", "Four five six.", "Thank you."])
    stage.endpoint.transcriber = lambda _: next(said)
    program = await stage.program([listed(stage.group.id)], voice=Voice(prompt="Numbers."))
    sounds = [("tone", 6.0), ("silence", 0.6), ("tone", 6.0), ("silence", 0.6), ("tone", 4.0)]
    stage.max.sends_voice(stage.group, ogg.recording(*sounds))  # type: ignore[arg-type]
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert "One two three. Four five six. Thank you." in answer.text
    prompts = [heard.fields["prompt"] for heard in stage.endpoint.transcriptions]
    assert prompts == ["Numbers.", "Numbers. two three.", "Numbers. two three. Four five six."]
    assert (await program.tells(Transcribed)).parts == 3
    assert len([told for told in program.events(Waiting) if told.reason == "transcribing"]) == 2


@needs_ffmpeg
async def test_a_silent_round_video_is_not_paid_for(stage: Stage, tmp_path: Path) -> None:
    source = tmp_path / "silent.mp4"
    ffmpeg("-f", "lavfi", "-i", "anullsrc", "-t", "2", str(source))
    program = await stage.program([listed(stage.max.id)])
    stage.max.sends_round(stage.olga, source, duration=2)
    await program.tells(Skipped, reason="silence")
    assert not stage.endpoint.transcriptions


@needs_ffmpeg
async def test_a_file_larger_than_an_endpoint_takes_is_cut_from_the_disk(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "WHOLE_BYTES", 100_000)
    await stage.program([listed(stage.group.id)])
    stage.max.sends_audio(stage.group, ogg.tone(90), file_name="long.ogg")
    assert await stage.max.expects(stage.group, from_=stage.olga)
    assert not list(stage.folder.glob("userbot-audio-*"))


# Many at once.


@pytest.fixture
def groups(stage: Stage) -> list[Group]:
    add = stage.telegram.add_group
    people = [stage.olga, stage.max]
    return [add(f"Group {n}", creator=stage.olga, members=people) for n in range(10)]


async def ask_fifty_times(stage: Stage, groups: list[Group], notes: list[bytes]) -> None:
    """Five notes in each of ten chats at once; in each they are answered in order."""
    asked = [
        (group, stage.max.sends_voice(group, note))
        for group, note in zip(groups * 5, notes, strict=True)
    ]
    for group, question in asked:
        answer = await stage.max.expects(group, from_=stage.olga, timeout=30)
        assert answer.reply_to is question


async def test_fifty_notes_at_once_are_answered_in_order_while_nothing_else_waits(
    stage: Stage, groups: list[Group]
) -> None:
    notes = [ogg.tone(20, serial=number) for number in range(1, 51)]
    await stage.program([listed(group.id) for group in groups])
    stage.max.sends_voice(groups[0], EN)
    await stage.max.expects(groups[0], from_=stage.olga)  # all is loaded now
    async with Heartbeat() as heartbeat:
        await ask_fifty_times(stage, groups, notes)
    assert len(stage.endpoint.transcriptions) == 51
    assert heartbeat.longest < 0.05


async def test_fifty_large_notes_at_once_take_the_memory_of_a_few(
    stage: Stage, groups: list[Group]
) -> None:
    # As large as ten minutes; each with other bytes, so that none is kept twice.
    notes = [ogg.tone(20) + number.to_bytes(2, "big") * 700_000 for number in range(50)]
    await stage.program([listed(group.id) for group in groups])
    tracemalloc.start()
    try:
        await ask_fifty_times(stage, groups, notes)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The sandbox, its endpoint and the program share this process: each holds a few of them.
    print(f"peak {peak / 1e6:.0f} MB of {sum(map(len, notes)) / 1e6:.0f} MB")
    assert peak < 100_000_000


class Heartbeat:
    """Measures for how long the event loop did nothing else, in seconds of its own work."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def __aenter__(self) -> Heartbeat:
        self._task = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _beat(self) -> None:
        while True:
            # Of the thread, since on a busy machine others take their turns in between.
            before = time.thread_time()
            await asyncio.sleep(0)
            self.longest = max(self.longest, time.thread_time() - before)
            await asyncio.sleep(0.001)


async def test_listening_is_paid_from_the_money_of_the_day_before_it_begins(stage: Stage) -> None:
    first, second = ogg.tone(30.0, serial=1), ogg.tone(30.0, serial=2)
    stage.endpoint.understands(first, "Who brings the salad?")
    stage.endpoint.understands(second, "And who brings the cake?")
    limits = Limits(cost_per_day=0.7, prices=Prices(audio_minute=1.0))
    program = await stage.program([listed(stage.group.id, "all")], limits=limits)
    stage.max.sends_voice(stage.group, first)
    await program.tells(Answered)
    stage.max.sends_voice(stage.group, second)
    assert (await program.tells(Limited)).reason == "cost_per_day"
    assert len(stage.asked()) == 1
