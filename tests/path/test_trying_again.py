"""What the program does when the model fails: over real sockets, on a clock that runs faster."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from tests.harness import Program, Stage, Timings
from tests.quick_clock import QuickClock, SteppedClock
from userbot.sandbox.endpoint import Reply

SENTENCES = [f"Sentence number {n} says a little more than the one before it. " for n in range(40)]
FAST = {"writes_per_second": 1000, "burst": 1000, "edit_seconds": 0.5, "max_previews": 12}
WHOLE = "".join(SENTENCES).strip()

ATTEMPTS = 5
"""So often a request is made in all."""


def streamed(_: Any) -> Reply:
    return Reply("".join(SENTENCES), chunks=tuple(SENTENCES), delay=0.01)


async def quick(stage: Stage, times: float = 20, silence: float = 60) -> Program:
    """The program; `silence`: the seconds of ours after which the model is not waited for."""
    openai = {"timeout": silence}
    return await stage.program(clock=QuickClock(times), openai=openai, pacing=FAST)


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        pytest.param("refuse", {}, id="refused connection"),
        pytest.param("late_first_token", {"seconds": 600}, id="silence"),
        pytest.param("rate_limit", {}, id="429 without Retry-After"),
        pytest.param("rate_limit", {"retry_after": 3}, id="429 with Retry-After"),
        pytest.param("server_error", {}, id="500"),
        pytest.param("unavailable", {"retry_after": 2}, id="503"),
        pytest.param("cut", {"after": 0}, id="cut at once"),
        pytest.param("cut", {"after": 25}, id="cut"),
        pytest.param("stall", {"after": 25}, id="silence midway"),
        pytest.param("error_object", {"after": 25}, id="an error midway"),
        pytest.param("junk", {"after": 25}, id="junk midway"),
        pytest.param("no_finish", {}, id="a clean end without a finish"),
    ],
)
async def test_what_may_pass_is_tried_again_in_the_same_message(
    stage: Stage, kind: str, params: dict[str, Any]
) -> None:
    stage.endpoint.faults.add(kind, times=2, **params)
    stage.endpoint.responder = streamed
    program = await quick(stage, silence=2 if kind in ("stall", "late_first_token") else 60)
    window = await stage.window(stage.max)
    question = stage.max.says(stage.group, "/gpt tell me")
    await program.tells("answered")
    answer = await stage.max.expects(stage.group, reply_to=question)
    assert answer.text == WHOLE
    assert len(stage.max.messages(stage.group)) == 3  # the group's beginning, question, answer
    waits = program.events("waiting")
    assert [wait.reason for wait in waits] == ["model_again"] * 2
    assert all(wait.detail and wait.message for wait in waits)
    least = [max(params.get("retry_after") or 0, own) for own in (1, 2)]
    assert all(low <= wait.seconds < low + 1 for wait, low in zip(waits, least, strict=True))
    assert not program.events("failed")
    texts = [sight.text for sight in window.sights]
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))


async def test_a_server_that_is_started_again_answers_what_waited_for_it(stage: Stage) -> None:
    clock = SteppedClock()
    program = await stage.program(clock=clock)
    async with stage.down(stage.endpoint):
        await stage.all_arrives()  # the program sees that its line to the model is closed
        question = stage.max.says(stage.group, "/gpt hello")
        waiting = await program.tells("waiting", reason="model_again")
        assert "connection refused" in waiting.detail
    assert len(program.events("waiting")) == 1, "it waits as long as its clock stands still"
    async with clock.running(20):
        assert await stage.max.expects(stage.group, reply_to=question)
        await program.stop()
    assert not program.events("failed")


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("unauthorized", {}),
        ("model_not_found", {}),
        ("quota", {}),
        ("rate_limit", {"retry_after": 3600}),
        ("content_filter", {"after": 25}),
        ("empty", {}),
    ],
)
async def test_what_cannot_pass_fails_at_once_with_its_reason(
    stage: Stage, kind: str, params: dict[str, Any]
) -> None:
    stage.endpoint.faults.add(kind, times=None, **params)
    stage.endpoint.responder = streamed
    program = await quick(stage)
    stage.max.says(stage.group, "/gpt tell me")
    failed = await program.tells("failed")
    assert failed.hint
    assert len(stage.asked()) == 1
    assert not program.events("waiting")
    (question,) = stage.history()
    assert (question.state, question.reason) == ("failed", failed.reason)
    if kind == "content_filter":
        answer = await stage.max.expects(stage.group, from_=stage.olga)
        assert answer.text == "".join(SENTENCES[:25]).strip() + " …"


async def test_an_answer_that_its_model_cuts_ends_with_an_ellipsis(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: Reply("The first half", "length")
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt tell me")
    await program.tells("answered", reason="length")
    assert (await stage.max.expects(stage.group, reply_to=question)).text == "The first half …"


async def test_half_a_character_in_each_of_two_pieces_spoils_no_later_question(
    stage: Stage,
) -> None:
    program = await stage.program()
    stage.endpoint.responder = lambda _: Reply("", chunks=("smile \ud83d", "\ude00 end"))
    first = stage.max.says(stage.group, "/gpt smile")
    assert (await stage.max.expects(stage.group, reply_to=first)).text == "smile 😀 end"
    stage.endpoint.responder = lambda _: "again"
    second = stage.max.says(stage.group, "/gpt and again")
    assert (await stage.max.expects(stage.group, reply_to=second)).text == "again"
    assert "smile 😀 end" in str(stage.asked()[-1])
    assert not program.events("failed")


async def test_given_up_the_question_is_failed_what_stood_is_closed_and_all_of_it_is_paid(
    stage: Stage,
) -> None:
    stage.endpoint.faults.add("cut", times=1, after=30)
    stage.endpoint.faults.add("cut", times=None, after=3)
    stage.endpoint.responder = streamed
    program = await quick(stage)
    question = stage.max.says(stage.group, "/gpt tell me")
    failed = await program.tells("failed")
    assert failed.reason == "interrupted"
    assert len(stage.asked()) == ATTEMPTS
    answer = await stage.max.expects(stage.group, reply_to=question)
    assert answer.text.endswith(" …")
    assert answer.text.startswith(SENTENCES[0])
    (asked,) = stage.history()
    assert (asked.state, asked.reason) == ("failed", "interrupted")
    (today,) = stage.spent()
    assert today.requests == ATTEMPTS
    assert today.completion_tokens > 30 * 10


async def test_what_broke_off_and_what_was_answered_are_each_paid_once(stage: Stage) -> None:
    stage.endpoint.faults.add("cut", after=30)
    stage.endpoint.responder = streamed
    program = await quick(stage)
    stage.max.says(stage.group, "/gpt tell me")
    answered = await program.tells("answered")
    assert not answered.estimated
    (asked,) = stage.history()
    assert asked.completion_tokens == answered.completion_tokens
    (today,) = stage.spent()
    assert today.requests == 2
    assert today.completion_tokens > (answered.completion_tokens or 0)


async def test_stop_ends_the_wait_at_once(stage: Stage) -> None:
    stage.endpoint.faults.add("rate_limit", times=None, retry_after=55)
    program = await stage.program()
    stage.max.says(stage.group, "/gpt tell me")
    await program.tells("waiting")
    stage.olga.says(stage.group, "/gpt_stop")
    assert (await program.tells("skipped")).reason == "stopped"


async def test_the_end_of_the_program_ends_the_wait_at_once_and_the_next_start_asks_again(
    stage: Stage,
) -> None:
    stage.endpoint.faults.add("rate_limit", retry_after=55)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt tell me")
    await program.tells("waiting")
    await asyncio.wait_for(program.stop(), 9)  # and not the ten seconds for answers under way
    assert program.events("stopped")[0].pending == 1
    assert not program.events("failed")
    await stage.program()
    assert await stage.max.expects(stage.group, reply_to=question)


async def test_half_an_answer_that_waits_when_the_program_ends_is_finished_in_its_message(
    stage: Stage,
) -> None:
    stage.endpoint.responder = streamed
    stage.endpoint.faults.add("cut", after=25)
    stage.endpoint.faults.add("rate_limit", retry_after=55)
    program = await stage.program(pacing=FAST)
    question = stage.max.says(stage.group, "/gpt tell me")
    async with asyncio.timeout(60):
        while len(program.events("waiting")) < 2:
            await asyncio.sleep(0.01)
    await program.stop()
    answer = await stage.max.expects(stage.group, reply_to=question)
    assert WHOLE.startswith(answer.text)
    assert answer.text != WHOLE
    program = await stage.program(pacing=FAST)
    await program.tells("answered")
    assert answer.text == WHOLE
    assert len(stage.max.messages(stage.group)) == 3  # the group's beginning, question, answer


async def test_an_answer_without_an_end_is_cut_and_the_next_question_goes_on(stage: Stage) -> None:
    stage.timings = Timings(silences=2)

    async def endless(request: dict[str, Any]) -> Reply:
        if "for ever" in request["messages"][-1]["content"]:
            return Reply("and on", chunks=("and on ",) * 1000, delay=0.05)
        return Reply("here you are")

    stage.endpoint.responder = endless
    program = await quick(stage, silence=2)
    stage.max.says(stage.group, "/gpt go on for ever")
    await program.tells("answering")
    question = stage.max.says(stage.group, "/gpt hello")
    assert (await program.tells("failed")).reason == "endless"
    answer = await stage.max.expects(stage.group, reply_to=question)
    assert answer.text == "here you are"
    async with asyncio.timeout(60):
        while not stage.endpoint.cancelled:  # it is not written, and paid, any further
            await asyncio.sleep(0.01)
