"""Answers by voice."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import pytest

from tests.harness import Stage, Timings, listed
from tests.path.voice.notes import (
    EN,
    RU,
    WORDS_EN,
    answered,
    until,
)
from userbot.sandbox import ogg


async def test_an_answer_may_be_spoken(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "At **nine**, I think."
    program = await stage.program([listed(stage.group.id)], voice={"answer_as": "voice"})
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
    assert (await program.tells("answered")).answers == (answer.id_for(stage.olga),)


async def test_an_answer_that_broke_off_is_spoken_once_as_it_ended(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "At nine, I think."
    stage.endpoint.faults.add("cut", after=3)
    await stage.program([listed(stage.group.id)], voice={"answer_as": "voice"})
    stage.max.says(stage.group, "When?")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.text == "At nine, I think."
    (speech,) = stage.endpoint.speeches
    assert speech["input"] == "At nine, I think."


async def test_same_answers_as_it_was_asked(stage: Stage) -> None:
    await stage.program([listed(stage.group.id)], voice={"answer_as": "same", "show": "both"})
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
    program = await stage.program([listed(stage.group.id)], voice={"answer_as": "voice"})
    for words in ("first", "second"):
        question = stage.max.says(stage.group, words)
        answer = await stage.max.expects(stage.group, from_=stage.olga)
        assert (answer.reply_to, answer.media) == (question, None)
    assert len(stage.endpoint.speeches) == 1
    assert (await program.tells("notice", reason="answered_in_writing")).hint


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("Look:\n```python\nprint(1)\n```", id="code"),
        pytest.param("word " * 1000, id="long"),
    ],
)
async def test_what_cannot_be_read_aloud_is_written(stage: Stage, answer: str) -> None:
    stage.endpoint.responder = lambda _: answer
    await stage.program([listed(stage.group.id)], voice={"answer_as": "voice"})
    stage.max.says(stage.group, "tell me")
    assert (await stage.max.expects(stage.group, from_=stage.olga)).media is None
    assert not stage.endpoint.speeches


async def test_a_longer_answer_is_spoken_without_a_caption(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "word " * 400
    await stage.program([listed(stage.group.id)], voice={"answer_as": "voice"})
    stage.max.says(stage.group, "tell me")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert (answer.media is not None, answer.text) == (True, "")


async def test_an_endpoint_that_cannot_speak_lets_the_answer_be_written(stage: Stage) -> None:
    stage.endpoint.speaker = lambda _: b"RIFF no opus"
    program = await stage.program([listed(stage.group.id)], voice={"answer_as": "voice"})
    stage.max.says(stage.group, "hello")
    assert (await stage.max.expects(stage.group, from_=stage.olga)).media is None
    assert (
        "did not reply with a voice note"
        in (await program.tells("notice", reason="answered_in_writing")).detail
    )


async def test_a_spoken_answer_that_is_asked_for_anew_has_the_new_words_beside_it(
    stage: Stage,
) -> None:
    stage.endpoint.responder = lambda _: "At nine."
    program = await stage.program(
        [listed(stage.group.id)],
        voice={"answer_as": "voice"},
        trigger={"from": "anyone", "burst_seconds": 0, "edits": True},
    )
    question = stage.max.says(stage.group, "When?")
    spoken = await stage.max.expects(stage.group, reply_to=question)
    await program.tells("answered")
    long = "\n\n".join(f"Paragraph {n}. " + "word " * 60 for n in range(8)).strip()
    stage.endpoint.responder = lambda _: long
    stage.max.edits(question, "When, and why?")
    await answered(program, 2)
    rest = await stage.max.expects(stage.group, reply_to=spoken)
    assert spoken.media is not None
    assert 512 < len(spoken.text) <= 1024
    assert f"{spoken.text}\n\n{rest.text}".replace(" \n", "\n") == long.replace(" \n", "\n")
    assert not program.events("failed")
    assert not program.events("waiting")


SPEAKING = {"cost_per_day": 10, "prices": {"input": 0, "output": 0, "audio_minute": 6.0}}


async def test_what_is_spoken_is_counted_and_costs_money(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "word " * 50
    voice = {"answer_as": "voice"}
    program = await stage.program([listed(stage.group.id)], voice=voice, limits=SPEAKING)
    stage.max.says(stage.group, "tell me")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    await program.tells("answered")
    (day,) = stage.spent()
    assert answer.media is not None
    assert day.spoken_minutes * 60 == pytest.approx(ogg.duration(answer.media.data), abs=0.4)
    assert day.cost == pytest.approx(day.spoken_minutes * 6, abs=0.04)
    assert (day.requests, day.audio_minutes) == (1, 0)


async def test_an_answer_that_the_days_money_cannot_have_spoken_is_written(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "word " * 400
    limits = SPEAKING | {"cost_per_day": 4}
    program = await stage.program(
        [listed(stage.group.id)], voice={"answer_as": "voice"}, limits=limits
    )
    stage.max.says(stage.group, "tell me")
    assert (await stage.max.expects(stage.group, from_=stage.olga)).media is None
    assert "budget of 4" in (await program.tells("notice", reason="answered_in_writing")).detail
    assert not stage.endpoint.speeches


@pytest.mark.parametrize(("said", "counted"), [("no opus", True), ("refused", False)])
async def test_what_was_spoken_in_vain_is_counted_if_it_was(
    stage: Stage, said: str, counted: bool
) -> None:
    if said == "refused":
        stage.endpoint.faults.add("quota", on="/audio/speech")
    stage.endpoint.speaker = lambda _: b"RIFF no opus"
    program = await stage.program([listed(stage.group.id)], voice={"answer_as": "voice"})
    stage.max.says(stage.group, "hello")
    await program.tells("answered")
    (day,) = stage.spent()
    assert (day.spoken_minutes > 0) is counted


async def test_a_spoken_answer_is_ours_and_may_be_replied_to(stage: Stage) -> None:
    await stage.program([listed(stage.group.id, "mention")], voice={"answer_as": "voice"})
    stage.max.says(stage.group, "/gpt hello")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    question = stage.max.sends_voice(stage.group, RU, reply_to=answer)
    assert (await stage.max.expects(stage.group, from_=stage.olga)).reply_to is question


@pytest.mark.parametrize("error", ["FLOOD_WAIT_30", "FILE_PART_SIZE_INVALID", "403 CHAT_FORBIDDEN"])
async def test_an_answer_that_cannot_be_uploaded_is_written(stage: Stage, error: str) -> None:
    stage.telegram.faults.add("upload.saveFilePart", error, times=None)
    program = await stage.program([listed(stage.group.id)], voice={"answer_as": "voice"})
    question = stage.max.says(stage.group, "hello")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert (answer.reply_to, answer.media) == (question, None)
    assert (
        "could not be uploaded"
        in (await program.tells("notice", reason="answered_in_writing")).detail
    )
    assert not program.events("failed")


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        pytest.param("upload.saveFilePart", {"delay": 30.0}, id="while it is uploaded"),
        pytest.param("messages.sendMedia", {"error": "FLOOD_WAIT_30"}, id="during a pause"),
    ],
)
async def test_a_spoken_answer_that_had_not_left_is_given_after_a_restart(
    stage: Stage, method: str, fault: dict[str, Any]
) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    met = stage.telegram.faults.add(method, **fault)
    voice = {"answer_as": "voice"}
    program = await stage.program([listed(stage.group.id)], voice=voice)
    question = stage.max.says(stage.group, "hello")
    await until(lambda: met.happened)
    await asyncio.sleep(0.05)
    await program.stop()
    with sqlite3.connect(stage.folder / "history.db") as db:
        assert db.execute("SELECT count(*) FROM outbound").fetchone() == (0,)
    await stage.program([listed(stage.group.id)], voice=voice)
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.reply_to is question
    assert answer.media is not None


async def test_a_spoken_answer_that_has_left_is_waited_for_by_a_program_that_stops(
    stage: Stage,
) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    met = stage.telegram.faults.add("messages.sendMedia", delay=0.4)
    voice = {"answer_as": "voice"}
    program = await stage.program([listed(stage.group.id)], voice=voice)
    stage.max.says(stage.group, "hello")
    await until(lambda: met.happened)
    await program.stop()
    with sqlite3.connect(stage.folder / "history.db") as db:
        ((message,),) = db.execute("SELECT message FROM outbound")
    assert message is not None


async def test_a_spoken_answer_whose_arrival_nobody_knows_stands_once(stage: Stage) -> None:
    stage.telegram.faults.add("messages.sendMedia", "500 RPC_CALL_FAIL")
    program = await stage.program([listed(stage.group.id)], voice={"answer_as": "voice"})
    stage.max.says(stage.group, "hello")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.media is not None
    await program.tells("answered")
    assert len([one for one in stage.max.messages(stage.group) if one.media]) == 1
