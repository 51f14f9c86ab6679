"""No more than they may: over real sockets, with what the endpoint said it cost."""

from __future__ import annotations

import asyncio

from tests.harness import Stage, Timings, Usage, listed
from tests.path.test_bursts import asked, slowly
from tests.path.test_live_reply import streamed
from tests.path.voice.notes import EN, answered, until
from userbot.sandbox.endpoint import Reply

OPEN = {"requests_per_minute": 1000, "answers_per_hour": 1000}


async def test_money_ends_for_everybody_and_is_still_spent_after_a_restart(stage: Stage) -> None:
    prices = {"input": 1000, "output": 1000}
    limits = OPEN | {"cost_per_day": 0.2, "prices": prices}
    stage.endpoint.responder = lambda _: "word " * 200
    program = await stage.program(limits=limits)
    stage.max.says(stage.group, "/gpt first")
    await program.tells("answered")
    stage.olga.says(stage.group, "/gpt mine")
    assert (await program.tells("limited")).reason == "cost_per_day"
    await program.stop()
    program = await stage.program(limits=limits)
    stage.lena.says(stage.group, "/gpt again")
    assert (await program.tells("limited")).reason == "cost_per_day"
    assert len(stage.asked()) == 1


async def test_the_owners_own_tokens_end_and_the_others_go_on(stage: Stage) -> None:
    program = await stage.program(limits=OPEN | {"own_tokens_per_day": 0})
    stage.olga.says(stage.group, "/gpt mine")
    assert (await program.tells("limited")).reason == "own_tokens_per_day"
    question = stage.max.says(stage.group, "/gpt hers")
    assert await stage.max.expects(stage.group, reply_to=question)


async def test_a_person_named_in_the_limits_has_limits_of_their_own(stage: Stage) -> None:
    people = {
        "@max_m": {"requests_per_minute": 1},
        str(stage.lena.id): {"tokens_per_day": 0},
    }
    program = await stage.program(limits=OPEN | {"people": people})
    stage.max.says(stage.group, "/gpt one")
    stage.max.says(stage.group, "/gpt two")
    stage.lena.says(stage.group, "/gpt three")
    await program.tells("limited", reason="requests_per_minute")
    await program.tells("limited", reason="person_tokens_per_day")
    question = stage.vera.says(stage.group, "/gpt four")
    assert await stage.vera.expects(stage.group, reply_to=question)
    assert len(stage.asked()) == 2


async def test_many_at_once_do_not_slip_through_the_tokens_of_the_day(stage: Stage) -> None:
    held = asyncio.Event()

    async def answer(_: object) -> Reply:
        await held.wait()
        return Reply("done")

    stage.endpoint.responder = answer
    program = await stage.program(limits=OPEN | {"tokens_per_day": 400})
    people = [stage.max, stage.lena, stage.vera]
    for _ in range(4):
        for person in people:
            person.says(stage.olga, "/gpt what is a turn?")
    while len(program.events("heard")) + len(program.events("limited")) < 12:
        await asyncio.sleep(0.01)
    held.set()
    await program.tells("answered")
    assert 0 < len(program.events("heard")) < 8
    assert {event.reason for event in program.events("limited")} == {"tokens_per_day"}


async def test_answers_under_way_pass_a_limit_by_one_of_them_at_most(stage: Stage) -> None:
    go_on = asyncio.Event()

    async def answer(_: object) -> Reply:
        await go_on.wait()
        return Reply("word " * 700, usage=Usage(50, 900))

    stage.endpoint.responder = answer
    program = await stage.program(limits=OPEN | {"tokens_per_day": 2600})
    for person in (stage.max, stage.lena, stage.vera):
        person.says(stage.olga, "/gpt hello")
    stage.max.says(stage.group, "/gpt hello")
    stage.lena.says(stage.club, "/gpt hello")
    await until(lambda: len(program.events("waiting")) == 2)
    await until(lambda: len(stage.asked()) == 3)
    go_on.set()
    await until(lambda: len(program.events("limited")) == 2)
    (day,) = stage.spent()
    assert day.prompt_tokens + day.completion_tokens == 3 * 950 < 2600 + 900


async def test_who_waited_for_answers_under_way_is_answered_when_they_were_short(
    stage: Stage,
) -> None:
    go_on = asyncio.Event()

    async def answer(_: object) -> Reply:
        await go_on.wait()
        return Reply("yes", usage=Usage(50, 1))

    stage.endpoint.responder = answer
    program = await stage.program(limits=OPEN | {"tokens_per_day": 800})
    for person in (stage.max, stage.lena, stage.vera):
        person.says(stage.olga, "/gpt hello")
    await program.tells("waiting", reason="limit_held")
    await until(stage.asked)
    await asyncio.sleep(0.1)
    assert len(stage.asked()) == 1, "it alone may use up what is left"
    go_on.set()
    await answered(program, 3)
    assert not program.events("limited")


async def test_who_waits_too_long_for_answers_under_way_is_refused(stage: Stage) -> None:
    stage.timings = Timings(limit_held_seconds=0.5, drain_seconds=0.1)
    stage.endpoint.responder = slowly(30)
    program = await stage.program(limits=OPEN | {"tokens_per_day": 800})
    stage.max.says(stage.olga, "/gpt hello")
    await until(stage.asked)
    stage.lena.says(stage.olga, "/gpt hello")
    assert (await program.tells("limited")).reason == "tokens_per_day"
    assert len(stage.asked()) == 1
    await program.stop()


async def test_what_a_model_thought_before_it_was_stopped_has_cost_something(
    stage: Stage,
) -> None:
    thoughts = ["<think>", *["well, then, " * 25] * 10]
    stage.endpoint.responder = lambda _: streamed(*thoughts, *["hm "] * 1000, delay=0.01)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt hello")
    await asked(stage, 1)
    await asyncio.sleep(0.4)
    stage.max.deletes(question)
    await program.tells("skipped", reason="deleted")
    (day,) = stage.spent()
    assert (day.requests, day.estimated) == (1, True)
    assert day.completion_tokens > 900


async def test_a_try_that_timed_out_has_cost_something(stage: Stage) -> None:
    stage.endpoint.faults.add("late_first_token", seconds=600)
    program = await stage.program(openai={"timeout": 2})
    stage.max.says(stage.group, "/gpt hello")
    await program.tells("answered")
    (day,) = stage.spent()
    assert (day.requests, day.estimated) == (2, True)


async def test_history_counts_before_the_model_is_asked(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: Reply("word " * 300)
    program = await stage.program(
        limits=OPEN | {"tokens_per_day": 700},
        openai={"system": "Be brief."},
    )
    stage.max.says(stage.group, "/gpt first")
    await program.tells("answered")
    stage.max.says(stage.group, "/gpt second")
    limited = await program.tells("limited")
    assert limited.reason == "tokens_per_day"
    assert len(stage.asked()) == 1, "the door let it in, the request with its history is too much"


async def test_an_answer_that_broke_off_has_cost_something(stage: Stage) -> None:
    stage.endpoint.faults.add("content_filter", times=None)
    program = await stage.program(limits=OPEN | {"tokens_per_day": 400})
    for n in range(12):
        stage.max.says(stage.group, f"/gpt number {n}")
    await program.tells("failed")
    assert (await program.tells("limited")).reason == "tokens_per_day"


async def test_who_deletes_each_question_while_it_is_answered_asks_for_nothing_less(
    stage: Stage,
) -> None:
    stage.endpoint.responder = slowly(5)
    program = await stage.program(limits={"requests_per_minute": 2})
    for number in (1, 2):
        question = stage.max.says(stage.group, f"/gpt number {number}")
        await asked(stage, number)
        stage.max.deletes(question)
        await program.tells("skipped", reason="deleted", message=question.id_for(stage.olga))
    stage.max.says(stage.group, "/gpt number 3")
    assert (await program.tells("limited")).reason == "requests_per_minute"
    assert [day.prompt_tokens > 0 for day in stage.spent()] == [True]


async def test_an_answer_that_could_not_be_sent_has_cost_something(stage: Stage) -> None:
    stage.telegram.faults.add("messages.sendMessage", "CHAT_WRITE_FORBIDDEN", chat=stage.group)
    program = await stage.program()
    stage.max.says(stage.group, "/gpt hello")
    await program.tells("skipped")
    (day,) = stage.spent()
    assert day.requests == 1
    assert min(day.prompt_tokens, day.completion_tokens) > 0


async def test_a_note_deleted_while_it_is_listened_to_has_cost_something(stage: Stage) -> None:
    stage.endpoint.faults.add("late_first_token", seconds=600, on="/audio/transcriptions")
    program = await stage.program([listed(stage.group.id)], limits={"requests_per_minute": 1})
    note = stage.max.sends_voice(stage.group, EN)
    await until(lambda: stage.endpoint.transcriptions)
    stage.max.deletes(note)
    await program.tells("skipped", reason="deleted")
    assert [day.audio_minutes > 0 for day in stage.spent()] == [True]
    stage.max.sends_voice(stage.group, EN)
    assert (await program.tells("limited")).reason == "requests_per_minute"


async def test_with_tell_a_person_is_told_once_in_place(stage: Stage) -> None:
    program = await stage.program(limits={"requests_per_minute": 1, "tell": True})
    stage.max.says(stage.group, "/gpt один")
    await program.tells("answered")
    second = stage.max.says(stage.group, "/gpt два")
    told = await stage.max.expects(stage.group, reply_to=second)
    assert "минуту" in told.text
    stage.max.says(stage.group, "/gpt три")
    stage.lena.says(stage.group, "/gpt mine")
    while len(program.events("limited")) < 2 or len(program.events("answered")) < 2:
        await asyncio.sleep(0.01)
    texts = [message.text for message in stage.max.messages(stage.group)]
    assert sum("минуту" in text for text in texts) == 1


async def test_what_may_not_have_been_told_is_on_the_console_and_not_said_again(
    stage: Stage,
) -> None:
    program = await stage.program(limits={"requests_per_minute": 0, "tell": True})
    stage.telegram.faults.add("messages.sendMessage", drop="after")
    question = stage.max.says(stage.group, "/gpt hello")
    failed = await program.tells("failed", message=question.id_for(stage.olga))
    assert failed.reason == "in_doubt"
    stage.max.says(stage.group, "/gpt hello again")
    while len(program.events("limited")) < 2:
        await asyncio.sleep(0.01)
    await program.stop()
    told = [one.text for one in stage.max.messages(stage.group) if one.sender == stage.olga]
    assert len(told) == 1


async def test_without_tell_nothing_is_said(stage: Stage) -> None:
    program = await stage.program(limits={"requests_per_minute": 0})
    stage.max.says(stage.group, "/gpt hello")
    await program.tells("limited")
    await program.stop()
    assert not [call for call in stage.telegram.calls if "send" in call.method]


async def test_the_owner_is_not_told_in_a_group(stage: Stage) -> None:
    program = await stage.program(limits={"own_tokens_per_day": 0, "tell": True})
    stage.olga.says(stage.group, "/gpt mine")
    await program.tells("limited")
    await program.stop()
    assert not [call for call in stage.telegram.calls if "send" in call.method]
