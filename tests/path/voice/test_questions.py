"""Questions that people ask aloud, over real sockets."""

from __future__ import annotations

import pytest

from tests.harness import Stage, listed
from tests.path.voice.notes import (
    DATA,
    EN,
    RU,
    SPEECH,
    WORDS_EN,
    WORDS_RU,
    last_question,
)
from userbot.sandbox import ogg


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
    heard = await program.tells("heard")
    assert (heard.voice, heard.duration) == ("voice", round(ogg.duration(note) or 0))
    transcribed = await program.tells("transcribed")
    assert transcribed.text == words
    assert transcribed.duration == pytest.approx(ogg.duration(note), abs=0.02)


async def test_a_note_goes_to_the_endpoint_as_it_came(stage: Stage) -> None:
    stage.endpoint.keep_audio = True
    await stage.program([listed(stage.group.id)], voice={"model": "whisper-1"})
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
    await stage.program(trigger={"from": "me"})
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
        await program.tells("answered")
        await program.stop()
        program = await stage.program()
    assert len(stage.endpoint.transcriptions) == 1


async def test_the_history_holds_what_was_said_with_its_speaker(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN)
    await program.tells("answered")
    (exchange,) = stage.history()
    assert (exchange.name, exchange.text) == ("Max", WORDS_EN)
    stage.lena.says(stage.group, "and back?")
    await stage.lena.expects(stage.group, from_=stage.olga)
    await stage.lena.expects(stage.group, from_=stage.olga)
    assert {"role": "user", "content": f"Max: {WORDS_EN}"} in stage.asked()[-1]
