"""A real, small model looks up what was said in a chat, in both ways: mechanics, never judgement.

It never calls a tool of itself, but llama.cpp keeps it to a schema. So either a shim takes the
tools for such a schema and wraps what comes back as calls, or it refuses them, and the program asks
for the same JSON before the answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.harness import Stage, ToolCall
from tests.real.llama_server import MODEL, missing, running
from userbot.sandbox.endpoint import Reply

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing()), reason=missing() or "everything is here"),
]
DAYS = ("Monday", "Tuesday", "Friday")


@pytest.fixture
def llama() -> Iterator[str]:
    with running() as base_url:
        yield base_url


def hands_on(base_url: str) -> Any:
    """A responder that asks the real model, which is made to call the first tool it is offered."""

    async def respond(request: dict[str, Any]) -> Reply:
        body = {"messages": request["messages"], "max_tokens": 200}
        form, calls = request.get("response_format"), request.get("tools")
        if calls and request["messages"][-1]["role"] == "user":
            schema = calls[0]["function"]["parameters"]
            form = {"type": "json_schema", "json_schema": {"name": "call", "schema": schema}}
        async with openai.AsyncOpenAI(api_key="none", base_url=base_url) as model:
            answer = await model.chat.completions.create(
                model=MODEL, **body, **({"response_format": form} if form else {}), temperature=0
            )
        said = answer.choices[0].message.content or "…"
        if form and calls:
            return Reply("", calls=(ToolCall("", calls[0]["function"]["name"], said),))
        return Reply(said)

    return respond


@pytest.mark.parametrize("toolless", [False, True], ids=["by calls", "asked first"])
async def test_a_small_model_looks_something_up_before_it_answers(
    stage: Stage, llama: str, toolless: bool
) -> None:
    stage.endpoint.responder = hands_on(llama)
    stage.endpoint.toolless = toolless
    for day in DAYS:
        stage.max.says(stage.club, f"The trip is on {day}")
    program = await stage.program(reading={"search": "me"}, trigger={"from": "me"})
    question = stage.olga.says(stage.club, "/gpt When is the trip?")
    await program.tells("answered")
    assert await stage.max.expects(stage.club, reply_to=question)
    asked = [event for event in program.events("tool") if event.count is not None]
    assert asked, json.dumps(stage.endpoint.requests)
    assert not stage.endpoint.crashed


async def test_a_small_model_asks_a_real_server_the_time(stage: Stage, llama: str) -> None:
    stage.endpoint.responder = hands_on(llama)
    program_of_it = str(Path(sys.executable).parent / "mcp-server-time")
    block = {"name": "time", "command": [program_of_it], "read": ["get_current_time"]}
    program = await stage.program(tools=[block])
    stage.olga.says(stage.olga, "/gpt What time is it in Europe/Berlin?")
    await program.tells("answered", timeout=300)
    asked = [event for event in program.events("tool", server="time") if event.outcome]
    assert asked, json.dumps(stage.endpoint.requests)
    assert not stage.endpoint.crashed
