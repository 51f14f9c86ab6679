"""A model that wants to know something before it answers: over real sockets, with a tool."""

# ruff: noqa: ARG002 - the tool takes what the port says, and needs less

from __future__ import annotations

import asyncio
import gc
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from tests.harness import Program, Stage, Usage
from tests.quick_clock import QuickClock
from userbot.errors import TelegramError
from userbot.rules.tool_rounds import FOUND, ROUNDS
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.endpoint_faults import RefusedError
from userbot.turn.turn import Turn
from userbot.types import ToolCall, ToolSpec

FAST = {"edit_seconds": 0.5, "max_previews": 12}
LOOK = ToolSpec("look", "Looks.", {"type": "object", "properties": {"words": {"type": "string"}}})
COST = Usage(100, 10)


class Almanac:
    """A tool that finds what it is told; `holds`: a call waits until it is set."""

    connects = True  # as a server's: offered wherever the question stands

    def __init__(self) -> None:
        self.finds: Callable[[str], str] = lambda words: f"They met on {words}."
        self.called: list[str] = []
        self.holds: asyncio.Event | None = None
        self.offers = True

    def specs(self, turn: Turn) -> tuple[ToolSpec, ...]:
        return (LOOK,) if self.offers else ()

    def instructions(self, turn: Turn) -> str:
        return "You can look things up." if self.offers else ""

    async def connect(self, turn: Turn) -> None:
        """It is there already."""

    async def call(self, turn: Turn, name: str, arguments: Mapping[str, Any]) -> str:
        self.called.append(json.dumps(arguments))
        if self.holds is not None:
            await self.holds.wait()
        return self.finds(arguments.get("words", ""))


@pytest.fixture
def tool() -> Iterator[Almanac]:
    tool = Almanac()
    with patch("userbot.build.SearchInChat", lambda *_: tool):
        yield tool


def call(words: str, id_: str = "a1", name: str = "look") -> ToolCall:
    return ToolCall(id_, name, json.dumps({"words": words}))


def results(request: dict[str, Any]) -> list[str]:
    return [one["content"] for one in request["messages"] if one["role"] == "tool"]


def looks_once(request: dict[str, Any]) -> Reply:
    """Calls the tool, then says what it has found."""
    found = results(request)
    if not found:
        return Reply("Let me look. ", calls=(call("Monday"),), usage=COST)
    return Reply(f"I see: {found[-1]}", usage=COST)


def tokens(stage: Stage) -> int:
    return sum(row.prompt_tokens + row.completion_tokens for row in stage.spent())


async def answered(stage: Stage, program: Program) -> str:
    question = stage.max.says(stage.group, "/gpt when did they meet?")
    await program.tells("answered")
    return (await stage.max.expects(stage.group, reply_to=question)).text


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_what_was_found_is_in_the_answer_and_each_round_is_paid(
    stage: Stage, tool: Almanac, stream: bool, api: str
) -> None:
    stage.endpoint.responder = looks_once
    program = await stage.program(openai={"stream": stream, "api": api})
    assert await answered(stage, program) == "I see: They met on Monday."
    assert tool.called == ['{"words": "Monday"}']
    first, second = stage.endpoint.requests
    assert second["messages"][: len(first["messages"])] == first["messages"]
    assert second["tools"] == first["tools"]
    assert tokens(stage) == 2 * COST.total
    (told,) = program.events("answered")
    assert (told.prompt_tokens, told.completion_tokens) == (200, 20), "of both rounds"
    assert stage.history()[0].answer == "I see: They met on Monday."


async def test_without_a_tool_nothing_changes(stage: Stage, tool: Almanac) -> None:
    tool.offers = False
    program = await stage.program()
    assert await answered(stage, program) == "You asked: Max: when did they meet?"
    (request,) = stage.endpoint.requests
    assert "tools" not in request


async def test_a_text_before_a_call_is_overgrown_by_the_answer(stage: Stage, tool: Almanac) -> None:
    pieces = ("Let me look that up for you. ", "One moment, please. ", "Here it comes. ")

    def slowly(request: dict[str, Any]) -> Reply:
        found = results(request)
        if not found:
            return Reply("".join(pieces), chunks=pieces, delay=0.3, calls=(call("Monday"),))
        said = ("I see. ", f"{found[0]} ", *(f"And so on, number {n}. " for n in range(8)))
        return Reply("".join(said), chunks=said, delay=0.1)

    stage.endpoint.responder = slowly
    program = await stage.program(pacing=FAST)
    window = await stage.window(stage.max)
    text = await answered(stage, program)
    assert text.startswith("I see. They met on Monday.")
    assert "moment" not in text
    shown = [sight.text for sight in window.sights]
    assert shown[0].startswith("Let me look")
    sizes = [len(one) for one in shown]
    assert sizes == sorted(sizes), shown


@pytest.mark.parametrize("wrong", ["name", "arguments"])
async def test_a_call_that_cannot_be_carried_out_is_told_to_the_model_once(
    stage: Stage, tool: Almanac, wrong: str
) -> None:
    bad = call("x", name="find") if wrong == "name" else ToolCall("a1", "look", '{"words')

    def stubborn(request: dict[str, Any]) -> Reply:
        if "tools" in request:
            return Reply("", calls=(bad,))
        return Reply("I do not know.")

    stage.endpoint.responder = stubborn
    program = await stage.program()
    assert await answered(stage, program) == "I do not know."
    assert tool.called == []
    assert len(stage.endpoint.requests) == 3
    said = results(stage.endpoint.requests[-1])
    assert ("There are: look." if wrong == "name" else "no JSON object") in said[0]
    assert "answer now" in said[1]
    assert "answer now" not in said[0]


async def test_a_model_that_calls_on_and_on_has_to_answer(stage: Stage, tool: Almanac) -> None:
    def curious(request: dict[str, Any]) -> Reply:
        if "tools" in request:
            days = ("Monday", "Tuesday")
            return Reply("", calls=tuple(call(day, "") for day in days))
        return Reply(f"{len(results(request))} were found.")

    stage.endpoint.responder = curious
    program = await stage.program()
    assert await answered(stage, program) == f"{2 * ROUNDS} were found."
    assert len(stage.endpoint.requests) == ROUNDS + 1
    called = [one for one in stage.endpoint.requests[-1]["messages"] if one.get("tool_calls")]
    ids = [one["id"] for message in called for one in message["tool_calls"]]
    assert len(set(ids)) == 2 * ROUNDS


async def test_a_tool_that_fails_is_told_and_the_answer_goes_on(
    stage: Stage, tool: Almanac
) -> None:
    def fails(words: str) -> str:
        raise TelegramError("Telegram is tired.")

    tool.finds = fails
    stage.endpoint.responder = looks_once
    program = await stage.program()
    assert "could not be looked up" in await answered(stage, program)
    (notice,) = program.events("notice", reason="tool_failed")
    assert "Telegram is tired" in notice.detail


BY_JSON = json.dumps({"calls": [{"name": "look", "arguments": {"words": "Monday"}}]})


def by_schema(request: dict[str, Any]) -> Reply:
    if "response_format" in request or "Reply with JSON" in str(request["messages"][-1]):
        return Reply(BY_JSON, delay=0.2, usage=COST)
    return Reply(request["messages"][-1]["content"], usage=COST)


@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_a_model_without_tools_is_asked_first_for_what_to_look_up(
    stage: Stage, tool: Almanac, api: str
) -> None:
    stage.endpoint.toolless = True
    stage.endpoint.responder = by_schema
    program = await stage.program(openai={"api": api}, pacing=FAST)
    window = await stage.window(stage.max)
    for asked in (1, 2):
        text = await answered(stage, program)
        program.told.clear()
        assert "They met on Monday." in text
        assert text.endswith("Max: when did they meet?")
        assert len(tool.called) == asked
    refused, *others = stage.endpoint.requests
    assert "tools" in refused
    assert ["response_format" in one for one in others] == [True, False] * 2, "it is remembered"
    found = others[1]["messages"][-1]["content"]
    assert found.startswith(FOUND)
    assert tokens(stage) == 4 * COST.total
    assert all("calls" not in sight.text for sight in window.sights)


async def test_which_way_is_taken_is_told_once(stage: Stage, tool: Almanac) -> None:
    stage.endpoint.toolless = True
    stage.endpoint.responder = by_schema
    program = await stage.program()
    for _ in range(2):
        await answered(stage, program)
        program.told = [one for one in program.told if one.event != "answered"]
    (notice,) = program.events("notice", reason="tools_refused")
    assert "before the answer" in notice.detail


@pytest.mark.parametrize("said", ["Nothing to look up.", '{"calls": []}', ""])
async def test_a_model_that_names_nothing_to_look_up_answers_without(
    stage: Stage, tool: Almanac, said: str
) -> None:
    stage.endpoint.toolless = True
    stage.endpoint.responder = lambda request: said if "response_format" in request else "Hello."
    program = await stage.program()
    assert await answered(stage, program) == "Hello."
    assert tool.called == []


async def test_a_server_whose_refusal_nobody_understands_is_asked_without_tools(
    stage: Stage, tool: Almanac
) -> None:
    def strict(request: dict[str, Any]) -> str:
        if "tools" in request or "response_format" in request:
            raise RefusedError(400, "Bad request.")
        return "Hello."

    stage.endpoint.responder = strict
    program = await stage.program()
    assert await answered(stage, program) == "Hello."


async def test_a_refusal_after_something_was_found_takes_it_into_the_question(
    stage: Stage, tool: Almanac
) -> None:
    def refuses(request: dict[str, Any]) -> Reply:
        if results(request):
            raise RefusedError(400, "Bad request.")
        if "tools" in request:
            return looks_once(request)
        return Reply(request["messages"][-1]["content"])

    stage.endpoint.responder = refuses
    program = await stage.program()
    assert "They met on Monday." in await answered(stage, program)
    assert len(tool.called) == 1


async def test_what_was_found_is_cut_first_where_it_is_too_long(
    stage: Stage, tool: Almanac
) -> None:
    tool.finds = lambda _: "a line that was found\n" * 2000

    def small(request: dict[str, Any]) -> Reply:
        found = results(request)
        if found and len(found[0]) > 10_000:
            raise RefusedError(400, "This model's maximum context length is 4096 tokens.")
        return Reply(f"{len(found[0])} characters") if found else looks_once(request)

    stage.endpoint.responder = small
    program = await stage.program(history={"window_tokens": 24_000})
    await answered(stage, program)
    first, long, short = stage.endpoint.requests
    assert 20_000 < len(results(long)[0]) <= 24_000
    assert len(results(short)[0]) <= 6_000
    assert short["messages"][: len(first["messages"])] == first["messages"], "not the history"


async def test_a_round_that_breaks_off_is_asked_again_with_what_was_found(
    stage: Stage, tool: Almanac
) -> None:
    def flaky(request: dict[str, Any]) -> Reply:
        if results(request) and len(stage.endpoint.requests) == 2:
            stage.endpoint.faults.add("server_error")
            raise RefusedError(503, "busy")
        return looks_once(request)

    stage.endpoint.responder = flaky
    program = await stage.program(clock=QuickClock(20))
    assert await answered(stage, program) == "I see: They met on Monday."
    assert len(tool.called) == 1
    assert len(program.events("waiting", reason="model_again")) == 2


async def test_stopping_while_something_is_looked_up_ends_the_question(
    stage: Stage, tool: Almanac
) -> None:
    tool.holds = asyncio.Event()
    stage.endpoint.responder = looks_once
    program = await stage.program()
    stage.max.says(stage.group, "/gpt when did they meet?")
    async with asyncio.timeout(60):
        while not tool.called:
            await asyncio.sleep(0.01)
    stage.olga.says(stage.group, "/gpt_stop")
    await program.tells("skipped", reason="stopped")
    assert len(stage.endpoint.requests) == 1
    assert tokens(stage) == COST.total


async def test_stopping_at_the_first_of_two_calls_leaves_nothing_of_the_second(
    stage: Stage, tool: Almanac
) -> None:
    tool.holds = asyncio.Event()
    calls = (call("Monday"), call("Tuesday", "a2"))
    stage.endpoint.responder = lambda _: Reply("", calls=calls, usage=COST)
    program = await stage.program()
    stage.max.says(stage.group, "/gpt when did they meet?")
    async with asyncio.timeout(60):
        while not tool.called:
            await asyncio.sleep(0.01)
    with warnings.catch_warnings(record=True) as told:  # of a coroutine that was never awaited
        warnings.simplefilter("always")
        stage.olga.says(stage.group, "/gpt_stop")
        await program.tells("skipped", reason="stopped")
        gc.collect()
    assert not told
    assert len(tool.called) == 1


async def test_of_what_stands_when_it_is_stopped_then_each_round_is_told_once(
    stage: Stage, tool: Almanac
) -> None:
    tool.holds = asyncio.Event()
    words = tuple(f"Let me look, {n}. " for n in range(40))
    stage.endpoint.responder = lambda _: Reply(
        "".join(words), calls=(call("Monday"),), chunks=words, delay=0.02, usage=COST
    )
    program = await stage.program(pacing=FAST)
    stage.max.says(stage.group, "/gpt when did they meet?")
    async with asyncio.timeout(60):
        while not tool.called:
            await asyncio.sleep(0.01)
    stage.olga.says(stage.group, "/gpt_stop")
    told = await program.tells("answered", reason="stopped")
    assert (told.prompt_tokens, told.completion_tokens) == (COST.prompt_tokens, 10)
    assert tokens(stage) == COST.total


async def test_a_question_edited_while_something_is_looked_up_is_asked_anew(
    stage: Stage, tool: Almanac
) -> None:
    tool.holds = asyncio.Event()
    stage.endpoint.responder = looks_once
    program = await stage.program(trigger={"edits": True})
    question = stage.max.says(stage.group, "/gpt when did they meet?")
    async with asyncio.timeout(60):
        while not tool.called:
            await asyncio.sleep(0.01)
    stage.max.edits(question, "/gpt where did they meet?")
    tool.holds.set()
    await program.tells("answered")
    assert "where" in json.dumps(stage.endpoint.requests[-1])
    assert len(tool.called) == 2


async def test_a_budget_that_is_used_up_by_a_round_ends_the_question(
    stage: Stage, tool: Almanac
) -> None:
    def dear(request: dict[str, Any]) -> Reply:
        return Reply("", calls=(call("Monday"),), usage=Usage(900, 200))

    stage.endpoint.responder = dear
    program = await stage.program(limits={"tokens_per_day": 1000})
    stage.max.says(stage.group, "/gpt when did they meet?")
    await program.tells("limited")
    assert len(stage.endpoint.requests) == 1


async def test_others_see_typing_while_something_is_looked_up(stage: Stage, tool: Almanac) -> None:
    tool.holds = asyncio.Event()
    stage.endpoint.responder = lambda request: replace(looks_once(request), chunks=())
    program = await stage.program(clock=QuickClock(20))
    question = stage.max.says(stage.club, "/gpt when did they meet?")
    async with asyncio.timeout(60):
        while not tool.called:
            await asyncio.sleep(0.01)
        before = len(stage.writes("setTyping"))
        while len(stage.writes("setTyping")) < before + 2:
            await asyncio.sleep(0.01)
    tool.holds.set()
    await program.tells("answered")
    assert await stage.max.expects(stage.club, reply_to=question)


async def test_a_half_of_the_history_is_tried_with_what_was_found(
    stage: Stage, tool: Almanac
) -> None:
    stage.endpoint.responder = lambda _: "It is said. " * 300
    program = await stage.program(history={"window_tokens": 4000})
    for _ in range(3):
        stage.max.says(stage.group, "/gpt tell me")
        await program.tells("answered")
        program.told.clear()

    def small(request: dict[str, Any]) -> Reply:
        if results(request) and len(request["messages"]) > 6:
            raise RefusedError(400, "Bad request.")
        return looks_once(request)

    stage.endpoint.responder = small
    assert await answered(stage, program) == "I see: They met on Monday."
    assert program.events("notice", reason="half_tried")
    assert len(tool.called) == 1


async def test_what_was_found_and_is_deleted_meanwhile_is_not_asked_about_again(
    stage: Stage,
) -> None:
    secret = stage.max.says(stage.club, "we meet on Monday\nat the old mill")
    stage.lena.says(stage.club, "we meet at noon")

    async def busy_once(request: dict[str, Any]) -> Reply:
        found = results(request)
        if not found:
            return Reply("", calls=(ToolCall("a1", "search_chat", '{"words": ["meet"]}'),))
        if len(stage.endpoint.requests) == 2:
            stage.max.deletes(secret)
            await stage.all_arrives()
            await asyncio.sleep(0.2)
            raise RefusedError(503, "busy")
        return Reply("At noon.")

    stage.endpoint.responder = busy_once
    program = await stage.program(
        clock=QuickClock(20), reading={"search": "me"}, trigger={"from": "me"}
    )
    stage.olga.says(stage.club, "/gpt when do we meet?")
    await program.tells("answered")
    _, before, after = ["".join(results(request)) for request in stage.endpoint.requests]
    assert "Monday" in before
    assert "old mill" in before
    assert "at noon" in after
    assert "Monday" not in after
    assert "old mill" not in after
