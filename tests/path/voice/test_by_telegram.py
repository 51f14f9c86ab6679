"""`[voice] engine`: what Telegram itself transcribes costs nothing; the rest is the endpoint's."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from tests.harness import Stage, Timings, listed
from tests.path.test_answered_once import CUT_OFF
from tests.path.test_chat_commands import orders
from tests.path.voice.notes import (
    DATA,
    EN,
    NOTHING,
    RU,
    SPEECH,
    WORDS_EN,
    answered,
    last_question,
    until,
)
from userbot.sandbox import ogg
from userbot.sandbox.state import Group, Message, User

ASK = "messages.transcribeAudio"
HEARD = "Which platform does the night train leave from?"
FIRST, ONLY = {"engine": "telegram_first"}, {"engine": "telegram"}


def premium(stage: Stage) -> None:
    stage.telegram.gives_premium(stage.olga)
    stage.telegram.hears(EN, HEARD)


def asks(stage: Stage) -> int:
    return len(stage.writes("transcribeAudio"))


@pytest.mark.parametrize("engine", ["telegram", "telegram_first"])
@pytest.mark.parametrize("parts", [(), ("Which", "Which platform does")], ids=["at once", "parts"])
async def test_what_telegram_hears_is_asked_and_costs_nothing(
    stage: Stage, engine: str, parts: tuple[str, ...]
) -> None:
    stage.telegram.gives_premium(stage.olga)
    stage.telegram.hears(EN, HEARD, parts=parts)
    program = await stage.program([listed(stage.group.id)], voice={"engine": engine})
    stage.max.sends_voice(stage.group, EN, waveform=SPEECH)
    await answered(program)
    assert last_question(stage) == f"Max: {HEARD}"
    transcribed = await program.tells("transcribed")
    assert (transcribed.engine, transcribed.model, transcribed.text) == (
        "telegram",
        "telegram",
        HEARD,
    )
    assert transcribed.duration == round(ogg.duration(EN) or 0)
    assert not stage.endpoint.transcriptions
    assert not stage.writes("getFile"), "nothing is fetched"
    (day,) = stage.spent()
    assert not day.audio_seconds


async def test_by_default_the_endpoint_hears_and_telegram_is_not_asked(stage: Stage) -> None:
    premium(stage)
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN)
    assert (await program.tells("transcribed")).engine == "endpoint"
    await answered(program)
    assert not asks(stage)


async def test_who_may_ask_may_be_heard_and_who_may_not_is_not(stage: Stage) -> None:
    premium(stage)
    program = await stage.program([listed(stage.group.id, from_=(stage.max.id,))], voice=FIRST)
    stage.vera.sends_voice(stage.group, EN)
    await program.tells("ignored", reason="not_allowed")
    assert not asks(stage)
    # The owner asks about her note, and the one who may by his own.
    note = stage.vera.sends_voice(stage.group, RU)
    stage.telegram.hears(RU, "the green salad")
    stage.olga.says(stage.group, "/gpt", reply_to=note)
    await answered(program)
    assert "the green salad" in last_question(stage)
    stage.max.sends_voice(stage.group, EN)
    await answered(program, 2)
    assert last_question(stage) == f"Max: {HEARD}"
    assert asks(stage) == 2


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param("TRANSCRIPTION_FAILED", "could not transcribe", id="failed"),
        pytest.param("MSG_VOICE_MISSING", "no speech", id="no voice"),
        pytest.param("MSG_VOICE_TOO_LONG", "too long", id="too long"),
        pytest.param("PREMIUM_ACCOUNT_REQUIRED", "Premium accounts only", id="premium"),
        pytest.param("FLOOD_WAIT_5000", "nothing more for now", id="a pause"),
        pytest.param("MSG_ID_INVALID", "MSG_ID_INVALID", id="anything else"),
    ],
)
async def test_what_telegram_refuses_the_endpoint_hears_and_the_console_says_why(
    stage: Stage, fault: str, told: str
) -> None:
    premium(stage)
    stage.telegram.faults.add(ASK, fault)
    program = await stage.program([listed(stage.group.id)], voice=FIRST)
    stage.max.sends_voice(stage.group, EN)
    await answered(program)
    notice = await program.tells("notice", reason="not_by_telegram")
    assert told in notice.detail
    assert "The endpoint transcribes it." in notice.detail
    assert (await program.tells("transcribed")).engine == "endpoint"
    assert WORDS_EN in last_question(stage)
    stage.max.says(stage.group, "still there?")  # a pause of that holds nothing else up
    await answered(program, 2)


async def test_a_pause_is_asked_for_once_and_told_once(stage: Stage) -> None:
    premium(stage)
    stage.telegram.faults.add(ASK, "FLOOD_WAIT_5000")
    program = await stage.program([listed(stage.group.id)], voice=FIRST)
    for count, note in enumerate((EN, RU), 1):
        stage.max.sends_voice(stage.group, note)
        await answered(program, count)
    assert asks(stage) == 1
    assert len(program.events("notice", reason="not_by_telegram")) == 1


async def test_with_telegram_alone_a_refusal_is_a_failure(stage: Stage) -> None:
    premium(stage)
    stage.telegram.faults.add(ASK, "TRANSCRIPTION_FAILED")
    program = await stage.program([listed(stage.group.id)], voice=ONLY)
    stage.max.sends_voice(stage.group, EN)
    failed = await program.tells("failed")
    assert (failed.reason, failed.error) == (
        "transcription_failed",
        "Telegram could not transcribe the recording.",
    )
    assert "telegram_first" in failed.hint
    # What is written beside it is answered.
    stage.telegram.faults.add(ASK, "TRANSCRIPTION_FAILED")
    stage.max.sends_voice(stage.group, RU, caption="what is it?")
    await answered(program)
    assert not stage.endpoint.transcriptions


@pytest.mark.parametrize("engine", ["telegram", "telegram_first"])
async def test_what_is_no_voice_note_telegram_is_not_asked_about(stage: Stage, engine: str) -> None:
    premium(stage)
    program = await stage.program([listed(stage.group.id)], voice={"engine": engine})
    stage.max.sends_audio(stage.group, EN, file_name="memo.ogg")
    if engine == "telegram":
        assert "only voice notes" in (await program.tells("failed")).error
    else:
        await answered(program)
        assert WORDS_EN in last_question(stage)
    assert not asks(stage)


async def test_a_round_video_is_heard(stage: Stage) -> None:
    premium(stage)
    video = (DATA / "video_note_en.mp4").read_bytes()
    stage.telegram.hears(video, HEARD)
    program = await stage.program([listed(stage.max.id)], voice=ONLY)
    stage.max.sends_round(stage.olga, video, duration=3.6)
    await answered(program)
    assert last_question(stage) == HEARD


async def test_a_transcription_without_an_end_goes_to_the_endpoint(stage: Stage) -> None:
    stage.timings = Timings(telegram_seconds=0.2)
    stage.telegram.gives_premium(stage.olga)
    stage.telegram.hears(EN, HEARD, parts=("Which",), ends=False)
    program = await stage.program([listed(stage.group.id)], voice=FIRST)
    stage.max.sends_voice(stage.group, EN)
    await answered(program)
    assert "in 0.2 s" in (await program.tells("notice", reason="not_by_telegram")).detail
    assert WORDS_EN in last_question(stage)


async def test_telegram_is_not_asked_while_nobody_knows_whether_it_may_be(stage: Stage) -> None:
    stage.timings = Timings(telegram_seconds=0.2)
    stage.telegram.allows_trials(2)
    program = await stage.program([listed(stage.group.id)], voice=FIRST)
    slow = stage.telegram.faults.add("users.getUsers", delay=2, times=None)
    stage.max.sends_voice(stage.group, EN)
    await answered(program)
    assert slow.happened
    assert not asks(stage), "a trial would be used up"


async def test_an_end_that_nobody_was_told_of_is_asked_for(stage: Stage) -> None:
    stage.timings = Timings(telegram_seconds=0.3)
    stage.telegram.gives_premium(stage.olga)
    stage.telegram.hears(EN, HEARD, parts=("Which",), told=False)
    program = await stage.program([listed(stage.group.id)], voice=FIRST)
    stage.max.sends_voice(stage.group, EN)
    await answered(program)
    assert HEARD in last_question(stage)
    assert asks(stage) == 2


async def test_without_premium_only_a_boosted_group_is_heard(stage: Stage) -> None:
    stage.telegram.allows_trials(2)
    stage.telegram.boosts(stage.club, 6)
    stage.telegram.hears(EN, HEARD)
    chats = [listed(stage.club.id), listed(stage.group.id), listed(stage.max.id)]
    program = await stage.program(chats, voice=FIRST)
    stage.max.sends_voice(stage.club, EN)
    await answered(program)
    assert HEARD in last_question(stage)
    elsewhere: list[User | Group] = [stage.group, stage.olga]
    for count, where in enumerate(elsewhere, 2):
        stage.max.sends_voice(where, RU)
        await answered(program, count)
    (notice,) = program.events("notice", reason="not_by_telegram")
    assert "Premium accounts only" in notice.detail
    assert "telegram_trial" in notice.hint
    assert asks(stage) == 1, "the trial is not touched"


async def test_the_weekly_trial_is_used_where_the_owner_gives_it_and_not_beyond(
    stage: Stage,
) -> None:
    stage.telegram.allows_trials(1)
    stage.telegram.hears(EN, HEARD)
    voice = FIRST | {"telegram_trial": True}
    program = await stage.program([listed(stage.group.id)], voice=voice)
    stage.max.sends_voice(stage.group, EN)
    await answered(program)
    assert HEARD in last_question(stage)
    for count in (2, 3):
        stage.max.sends_voice(stage.group, RU)
        await answered(program, count)
    (notice,) = program.events("notice", reason="not_by_telegram")
    assert "used up until" in notice.detail
    assert asks(stage) == 1, "what is used up is not asked for before Telegram's date"


async def test_silence_is_silence_whoever_listens(stage: Stage) -> None:
    premium(stage)
    stage.telegram.hears(RU, "")
    program = await stage.program([listed(stage.group.id)], voice=FIRST)
    stage.max.sends_voice(stage.group, EN, waveform=NOTHING)
    await until(lambda: len(program.events("skipped", reason="silence")) == 1)
    assert not asks(stage)
    stage.max.sends_voice(stage.group, RU)
    await until(lambda: len(program.events("skipped", reason="silence")) == 2)
    assert not stage.endpoint.transcriptions


async def test_the_transcript_is_shown_and_known_the_next_time(stage: Stage) -> None:
    premium(stage)
    program = await stage.program([listed(stage.group.id)], voice=ONLY | {"show": "both"})
    note = stage.max.sends_voice(stage.group, EN)
    answer = await stage.max.expects(stage.group, reply_to=note)
    assert answer.text.startswith(HEARD)
    await program.stop()
    program = await stage.program([listed(stage.group.id)], voice=ONLY)
    stage.max.says(stage.group, "/gpt", reply_to=note)
    await answered(program)
    assert HEARD in last_question(stage)
    assert asks(stage) == 1


async def test_a_note_that_is_for_others_leaves_no_words(stage: Stage) -> None:
    premium(stage)
    voice = ONLY | {"wake_words": ["Olga"]}
    program = await stage.program([listed(stage.group.id, respond="mention")], voice=voice)
    stage.max.sends_voice(stage.group, EN)
    await program.tells("ignored", reason="no_wake_word")
    stage.telegram.hears(RU, "Olga, when do we meet?")
    stage.max.sends_voice(stage.group, RU)
    await answered(program)
    assert last_question(stage) == "Max: when do we meet?"
    await program.stop()
    assert HEARD.encode() not in (stage.folder / "history.db").read_bytes()


async def test_a_recap_hears_the_notes_of_a_chat_by_telegram(stage: Stage) -> None:
    premium(stage)
    program = await stage.program(voice=ONLY, recap={"voice": True})
    stage.max.sends_voice(stage.club, EN)
    stage.olga.says(stage.club, "/gpt_recap 5")
    await answered(program)
    assert HEARD in last_question(stage)
    assert not stage.endpoint.transcriptions


async def test_after_a_kill_it_is_asked_for_again_and_nothing_is_paid(stage: Stage) -> None:
    stage.telegram.gives_premium(stage.olga)
    stage.telegram.hears(EN, HEARD, parts=("Which",), seconds=0.3)
    killed = await stage.process([listed(stage.group.id)], voice=FIRST)
    question = stage.max.sends_voice(stage.group, EN)
    await until(lambda: asks(stage))
    await killed.kill()
    program = await stage.program([listed(stage.group.id)], voice=FIRST)
    await answered(program)
    assert len(stage.answers(question)) == 1
    assert last_question(stage) == f"Max: {HEARD}"
    assert not stage.endpoint.transcriptions
    with sqlite3.connect(stage.folder / "history.db") as database:
        assert database.execute("SELECT DISTINCT kind FROM payments").fetchall() == [("answer",)]


@pytest.mark.parametrize("how", ["forgotten", "deleted"])
@pytest.mark.parametrize("when", ["afterwards", "meanwhile"])
async def test_what_telegram_heard_goes_with_its_message_and_its_speaker(
    stage: Stage, how: str, when: str
) -> None:
    stage.timings = CUT_OFF
    stage.telegram.gives_premium(stage.olga)
    stage.telegram.hears(EN, HEARD, parts=("Which",), seconds=0.2)
    stage.endpoint.faults.add("unauthorized", on="/chat/completions")
    program = await stage.program(voice=ONLY)
    note = stage.vera.sends_voice(stage.club, EN)
    stage.max.says(stage.club, "/gpt", reply_to=note)
    if when == "afterwards":
        await program.tells("failed")
    else:
        await until(lambda: asks(stage))
    await _gone(stage, note, how)
    await program.stop()
    for file in stage.folder.glob("history.db*"):
        assert b"platform" not in file.read_bytes()
    if when == "meanwhile":
        assert not stage.asked(), "nor was the model told"


async def _gone(stage: Stage, note: Message, how: str) -> None:
    if how == "deleted":
        stage.vera.deletes(note)
        await asyncio.sleep(0.7)
    else:
        await orders(stage, stage.club, "/gpt_forget @vera_v")
        await asyncio.sleep(0.5)
