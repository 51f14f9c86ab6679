"""Voice with a real Whisper: what is said reaches the model, from Telegram's note to its prompt.

Needs the packages that `whisper_server` names, and says so when they are missing. The notes are
synthetic speech; their words are told in tests/data/README.md. A number may come as a word or as
a digit, and marks and capitals as the model likes: words are compared without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Stage, listed
from tests.real import llama_server, whisper_server
from userbot.sandbox import ogg

DATA = Path(__file__).parent.parent / "data"
EN = "What time does the last train to Berlin leave tomorrow evening?"
RU = "Сегодня вечером мы встречаемся у большого театра в семь часов."

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(whisper_server.missing()), reason=whisper_server.missing() or "installed"
    ),
]


@pytest.fixture(scope="module")
def whisper() -> Iterator[str]:
    with whisper_server.running() as base_url:
        yield base_url


def voice(base_url: str, model: str = whisper_server.MODEL) -> dict[str, Any]:
    return {"base_url": base_url, "model": model, "fallback_model": whisper_server.MODEL}


def words(text: str) -> list[str]:
    numbers = {"7": "семь", "19": "семь"}
    found = re.findall(r"\w+", text.casefold().replace("ё", "е"))
    return [numbers.get(word, word) for word in found]


@pytest.mark.parametrize(
    ("note", "said"), [("voice_en.ogg", EN), ("voice_ru.ogg", RU)], ids=["English", "Russian"]
)
async def test_a_voice_note_reaches_the_model_word_for_word(
    stage: Stage, whisper: str, note: str, said: str
) -> None:
    program = await stage.program([listed(stage.group.id)], voice=voice(whisper))
    question = stage.max.sends_voice(stage.group, DATA / note)
    answer = await stage.max.expects(stage.group, from_=stage.olga, timeout=60)
    assert answer.reply_to is question
    assert words(stage.asked()[0][-1]["content"]) == ["max", *words(said)]
    assert words((await program.tells("transcribed")).text) == words(said)


async def test_a_round_video_reaches_the_model_word_for_word(stage: Stage, whisper: str) -> None:
    await stage.program([listed(stage.max.id)], voice=voice(whisper))
    stage.max.sends_round(stage.olga, DATA / "video_note_en.mp4", duration=3.6)
    await stage.max.expects(stage.olga, timeout=60)
    assert words(stage.asked()[0][-1]["content"]) == words(EN)


async def test_a_reply_to_a_note_asks_about_its_words(stage: Stage, whisper: str) -> None:
    await stage.program(voice=voice(whisper))
    note = stage.lena.sends_voice(stage.club, DATA / "voice_ru.ogg")
    stage.max.says(stage.club, "/gpt translate this", reply_to=note)
    await stage.max.expects(stage.club, from_=stage.olga, timeout=60)
    asked = words(stage.asked()[0][-1]["content"])
    assert "театра" in asked
    assert asked[-2:] == ["translate", "this"]


async def test_a_model_that_the_server_does_not_know_gives_way(stage: Stage, whisper: str) -> None:
    await stage.program([listed(stage.group.id)], voice=voice(whisper, model="whisper-1"))
    stage.max.sends_voice(stage.group, DATA / "voice_en.ogg")
    assert await stage.max.expects(stage.group, from_=stage.olga, timeout=60)


async def test_silence_is_no_question(stage: Stage, whisper: str) -> None:
    program = await stage.program([listed(stage.group.id)], voice=voice(whisper))
    stage.max.sends_voice(stage.group, ogg.recording(("silence", 4)))
    await program.tells("skipped", reason="silence")
    assert not stage.asked()


async def test_what_cannot_be_decoded_fails_plainly(stage: Stage, whisper: str) -> None:
    program = await stage.program([listed(stage.group.id)], voice=voice(whisper))
    stage.max.sends_voice(stage.group, (DATA / "voice_en.ogg").read_bytes()[:40])
    assert (await program.tells("failed")).hint


@pytest.mark.skipif(bool(llama_server.missing()), reason=llama_server.missing() or "installed")
async def test_both_models_are_real(stage: Stage, whisper: str) -> None:
    with llama_server.running() as model:
        openai = {"base_url": model, "model": llama_server.MODEL, "max_completion_tokens": 24}
        program = await stage.program([listed(stage.group.id)], voice=voice(whisper), openai=openai)
        question = stage.max.sends_voice(stage.group, DATA / "voice_en.ogg")
        answer = await stage.max.expects(stage.group, from_=stage.olga, timeout=90)
        assert answer.reply_to is question
        answered = await program.tells("answered")
        assert answered.prompt_tokens
        await program.stop()
