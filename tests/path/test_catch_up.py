"""What never arrived is looked for, and a lost connection is told in words."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.harness import Stage, Timings, listed
from tests.quick_clock import QuickClock, SteppedClock
from userbot.sandbox.endpoint import Reply


async def first_run(stage: Stage, ago: timedelta = timedelta()) -> None:
    """A run in which Max is answered in the club, and which ends."""
    stage.telegram.advance(-ago.total_seconds())
    program = await stage.program([listed(stage.club.id)], clock=QuickClock(1, -ago))
    question = stage.max.says(stage.club, "first")
    await stage.max.expects(stage.club, reply_to=question)
    await asyncio.sleep(0.1)
    await program.stop()
    stage.telegram.advance(ago.total_seconds())


async def test_what_telegram_told_a_program_that_died_of_it_is_found_in_the_chat(
    stage: Stage,
) -> None:
    await first_run(stage)
    lost = stage.max.says(stage.club, "told, and lost")
    program = await stage.program()  # not selected now, so that it is told and left alone
    await asyncio.sleep(0.1)
    await program.stop()
    assert not program.events("heard")
    await stage.program([listed(stage.club.id)])
    assert await stage.max.expects(stage.club, reply_to=lost)


async def test_after_a_difference_that_is_too_long_the_chats_are_looked_through(
    stage: Stage,
) -> None:
    await first_run(stage)
    stage.telegram.tells_at_most(3)
    missed = [stage.max.says(stage.club, f"missed {n}") for n in range(5)]
    program = await stage.program([listed(stage.club.id)])
    for question in missed[-1:]:  # sent in one breath, they are one question
        assert await stage.max.expects(stage.club, reply_to=question)
    assert await program.tells("notice", reason="caught_up")


async def test_however_much_was_missed_what_is_young_is_looked_at_to_its_end(stage: Stage) -> None:
    await first_run(stage)
    stage.timings = Timings(page_limit=1)
    stage.telegram.tells_at_most(0)
    for number in range(220):
        stage.max.says(stage.club, f"so much to say {number}")
    asked = stage.max.says(stage.club, "/gpt and a question")
    stage.max.says(stage.club, "that was it")
    await stage.program([listed(stage.club.id, respond="prefix")])
    assert await stage.max.expects(stage.club, reply_to=asked)


async def test_a_selected_group_of_which_telegram_tells_nothing_is_looked_at(stage: Stage) -> None:
    clock = QuickClock(200)
    program = await stage.program([listed(stage.club.id)], clock=clock)
    question = stage.max.says(stage.club, "first")
    await stage.max.expects(stage.club, reply_to=question)
    stage.telegram.faults.add(account=stage.olga, push="lose", times=None)
    silent = stage.max.says(stage.club, "does anybody hear me?")
    assert await stage.max.expects(stage.club, reply_to=silent)
    assert await program.tells("notice", reason="caught_up", chat=stage.club.id)


@pytest.mark.parametrize("others_may_ask", [False, True])
async def test_in_a_chat_that_is_not_selected_what_was_missed_is_found_of_all_who_may_ask_there(
    stage: Stage, others_may_ask: bool
) -> None:
    await first_run(stage)
    stage.telegram.tells_at_most(0)
    own = stage.olga.says(stage.group, "/gpt from my phone")
    others = stage.max.says(stage.group, "/gpt and mine?")
    trigger = {"from": "anyone" if others_may_ask else "me", "burst_seconds": 0}
    program = await stage.program([listed(stage.club.id)], trigger=trigger)
    await program.tells("answered")
    await asyncio.sleep(0.2)
    found = [own, others] if others_may_ask else [own]
    assert [event.message for event in program.events("heard")] == [
        question.id_for(stage.olga) for question in found
    ]


async def test_a_chat_that_is_newly_selected_begins_now(stage: Stage) -> None:
    await first_run(stage)
    stage.telegram.tells_at_most(0)
    stage.max.says(stage.group, "before it was selected")
    chats = [listed(stage.club.id), listed(stage.group.id)]
    program = await stage.program(chats)
    fresh = stage.max.says(stage.group, "after it was selected")
    assert await stage.max.expects(stage.group, reply_to=fresh)
    await program.stop()
    later = await stage.program(chats)
    await stage.all_arrives()
    heard = [*program.events("heard"), *later.events("heard")]
    assert [one.text for one in heard] == [fresh.text]


async def test_each_start_tells_its_chats_by_their_titles_also_where_nobody_has_asked(
    stage: Stage,
) -> None:
    for _start in range(2):
        program = await stage.program([listed(stage.club.id)])
        ready = program.events("ready")[-1]
        assert ready.selected == ("Club for everybody",)
        await program.stop()


async def test_an_hour_away_answers_what_is_young_and_lists_the_rest(stage: Stage) -> None:
    await first_run(stage, ago=timedelta(hours=2))
    stage.telegram.tells_at_most(0)
    stage.telegram.advance(-3600)
    for number in range(3):
        stage.max.says(stage.club, f"an hour ago {number}")
    stage.telegram.advance(3600)
    young = stage.lena.says(stage.club, "just now")
    program = await stage.program([listed(stage.club.id)])
    assert await stage.lena.expects(stage.club, reply_to=young)
    assert len(program.events("heard")) == 1
    told = await program.tells("notice", reason="old_questions")
    assert told.detail == "3 questions are too old to answer: Club 3."


async def test_an_outage_is_told_while_it_lasts_and_when_it_is_over(stage: Stage) -> None:
    clock = SteppedClock()
    async with clock.running(20):
        program = await stage.program([listed(stage.club.id)], clock=clock)
    async with stage.down(stage.telegram):
        async with clock.running(20):
            told = await program.tells("waiting", reason="network")
        assert told.detail == ""
        await clock.passes(125, 1)
        lines = [event for event in program.events("waiting") if event.reason == "network"]
        assert len(lines) in (2, 3)
        missed = stage.max.says(stage.club, "are you there?")
    async with clock.running(20):
        back = await program.tells("notice", reason="reconnected")
        assert "Reconnected to Telegram after" in back.detail
        assert await stage.max.expects(stage.club, reply_to=missed)
        await program.stop()


async def test_a_line_that_is_dead_without_a_word_is_noticed_and_made_anew(stage: Stage) -> None:
    clock = SteppedClock()
    async with clock.running(10):
        program = await stage.program([listed(stage.club.id)], clock=clock)
        stage.telegram.deaden_connections(stage.olga)
        began = clock.monotonic()
        missed = stage.max.says(stage.club, "do you hear me?")
        assert await program.tells("notice", reason="reconnected")
        assert clock.monotonic() - began < 60
        assert await stage.max.expects(stage.club, reply_to=missed)
        await program.stop()


async def test_an_answer_on_its_way_into_a_dead_line_stands_once(stage: Stage) -> None:
    program = await stage.program([listed(stage.club.id)], clock=QuickClock(20))
    stage.endpoint.chunk_delay = 0.3
    question = stage.max.says(stage.club, "are you still there, after all that time?")
    await program.tells("answering")
    stage.telegram.deaden_connections(stage.olga)
    answered = await program.tells("answered")
    answers = [one for one in stage.olga.messages(stage.club) if one.reply_to is question]
    assert len(answers) == len(answered.answers) == 1
    assert answers[0].text.endswith("after all that time?")


async def test_a_flapping_line_loses_nothing_and_says_nothing_twice(stage: Stage) -> None:
    program = await stage.program([listed(stage.club.id)], clock=QuickClock(20))
    questions = []
    for number in range(8):
        questions.append(stage.max.says(stage.club, f"question {number} on a bad line"))
        await asyncio.sleep(0.1)
        stage.telegram.drop_connections(stage.olga)
        await asyncio.sleep(0.05 * (number % 3))
        stage.telegram.drop_connections(stage.olga)
    for question in questions:
        assert await stage.max.expects(stage.club, reply_to=question)
    await asyncio.sleep(0.2)
    olgas = [one for one in stage.olga.messages(stage.club) if one.sender is stage.olga]
    assert sorted(one.reply_to.text for one in olgas if one.reply_to) == [
        question.text for question in questions
    ]
    assert program.events("notice")


async def test_while_there_is_no_line_nothing_counts_as_looked_at(stage: Stage) -> None:
    clock = QuickClock(200)  # it is noted every 0.15 s
    program = await stage.program(clock=clock)
    await clock.sleep(60)
    stage.telegram.tells_at_most(0)
    async with stage.down(stage.telegram):
        await program.tells("waiting", reason="network")
        question = stage.max.says(stage.olga, "/gpt hello")
        clock.skew = timedelta(minutes=5)
        await clock.sleep(120)
        await program.stop()
    await stage.program()
    assert await stage.max.expects(stage.olga, reply_to=question)


@pytest.mark.parametrize("first", ["the watch", "the line"])
async def test_what_was_being_answered_when_the_computer_fell_asleep_is_too_old_when_it_wakes(
    stage: Stage, first: str
) -> None:
    async def answer(_: object) -> Reply:
        await model.wait()
        return Reply("here you are")

    model = asyncio.Event()
    stage.endpoint.responder = answer
    clock = QuickClock(30 if first == "the watch" else 1)
    program = await stage.program(clock=clock)
    stage.max.says(stage.group, "/gpt what is it?")
    await program.tells("answering")
    clock.skew = timedelta(hours=8)
    if first == "the line":
        stage.telegram.drop_connections(stage.olga)
    back = await program.tells("notice", reason="reconnected")
    assert "after 28" in back.detail
    model.set()
    assert (await program.tells("skipped")).reason == "too_old"
    assert not stage.writes("sendMessage")


async def test_a_clock_that_jumps_makes_the_connection_anew(stage: Stage) -> None:
    clock = QuickClock(50)
    program = await stage.program(clock=clock)
    clock.skew = timedelta(minutes=5)
    assert await program.tells("notice", reason="clock_jumped")
    assert await program.tells("notice", reason="reconnected")


@pytest.mark.parametrize("answered", ["while there is no line", "later"])
@pytest.mark.parametrize("meanwhile", ["nothing", "edited", "deleted", "answered by hand"])
async def test_a_question_of_which_no_answer_shows_is_looked_at_again_after_minutes_without_a_line(
    stage: Stage, meanwhile: str, answered: str
) -> None:
    clock, model = SteppedClock(), asyncio.Event()
    stage.telegram.goes_by(lambda: clock.now().timestamp())

    async def answer(request: dict[str, Any]) -> Reply:
        await model.wait()
        return Reply(f"It says: {request['messages'][-1]['content']}")

    stage.endpoint.responder = answer
    async with clock.running(20):
        program = await stage.program([listed(stage.max.id)], clock=clock)
        question = stage.max.says(stage.olga, "what is it?")
        await program.tells("answering")
    async with stage.down(stage.telegram):
        if answered != "later":
            model.set()
            async with clock.running(20):
                await asyncio.sleep(0.3)  # it is all there, and does not leave
        if meanwhile == "edited":
            stage.max.edits(question, "what was it?")
        elif meanwhile == "deleted":
            stage.max.deletes(question)
        elif meanwhile == "answered by hand":
            stage.olga.says(stage.max, "It is me.", reply_to=question)
        await clock.passes(180, 5)
    async with clock.running(20):
        await program.tells("notice", reason="reconnected")
        model.set()
        if meanwhile in ("deleted", "answered by hand"):
            reason = {"deleted": "deleted"}.get(meanwhile, "owner_answered")
            await program.tells("skipped", reason=reason)
        else:
            edited = meanwhile == "edited"
            reply = await stage.max.expects(stage.olga, reply_to=question)
            assert reply.text == f"It says: what {'was' if edited else 'is'} it?"
            await program.tells("answered")
        await asyncio.sleep(0.2)
    shown = [one for one in stage.olga.messages(stage.max) if one.text.startswith("It says")]
    assert len(shown) == (meanwhile in ("nothing", "edited"))


async def test_a_chat_that_is_selected_begins_then_though_a_hundred_others_are_newer(
    stage: Stage,
) -> None:
    stage.max.says(stage.club, "long ago")
    for number in range(101):
        stage.telegram.add_group(f"Group {number}", creator=stage.olga)
    program = await stage.program()
    await asyncio.sleep(1)
    await program.stop()
    program = await stage.program([listed(stage.club.id)])
    await asyncio.sleep(1)
    await program.stop()
    stage.telegram.tells_at_most(0)
    asked = stage.max.says(stage.club, "/gpt and now?")
    await stage.program([listed(stage.club.id)])
    assert await stage.max.expects(stage.club, reply_to=asked)
