"""The Responses API of the sandbox's endpoint: a request as a chat's, an answer as its events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from userbot.sandbox.endpoint_chat import Completion, called
from userbot.sandbox.endpoint_faults import encoded, json_plan
from userbot.sandbox.endpoint_http import Plan, Silence, Step
from userbot.types import ToolCall


def as_chat(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with its messages as a chat completion has them."""
    told = request.get("instructions")
    messages = [{"role": "system", "content": told}] if told else []
    asked = request.get("input")
    if isinstance(asked, str):
        asked = [{"role": "user", "content": asked}]
    for item in asked if isinstance(asked, list) else []:
        _add(messages, item)
    chat = {**request, "messages": messages}
    if request.get("tools"):
        names = ("name", "description", "parameters")
        chat["tools"] = [
            {"type": "function", "function": {name: tool[name] for name in names}}
            for tool in request["tools"]
        ]
    if (request.get("text") or {}).get("format"):
        form = request["text"]["format"]
        schema = {"name": form["name"], "schema": form["schema"]}
        chat["response_format"] = {"type": form["type"], "json_schema": schema}
    return chat


def _add(messages: list[dict[str, Any]], item: Any) -> None:
    """An item of the input among the messages of a chat completion."""
    kind = item.get("type") if isinstance(item, dict) else None
    if kind == "function_call":
        call = ToolCall(item["call_id"], item["name"], item["arguments"])
        if not (messages and "tool_calls" in messages[-1]):
            messages.append({"role": "assistant", "content": None, "tool_calls": []})
        messages[-1]["tool_calls"].append(called(call, call.arguments))
    elif kind == "function_call_output":
        result = {"role": "tool", "content": item["output"], "tool_call_id": item["call_id"]}
        messages.append(result)
    else:
        messages.append(item)


def plan(completion: Completion, chunk_delay: float) -> Plan:
    """How the answer is written."""
    reply, text = completion.reply, "".join(completion.pieces())
    cut = completion.reply.finish_reason == "length"
    usage = completion.usage(text)
    calls = [
        {
            "type": "function_call",
            "id": f"fc_{call.id}",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        }
        for call in reply.calls
    ]
    part = {"type": "output_text", "text": text, "annotations": []}
    response = {
        "id": completion.id,
        "object": "response",
        "status": "incomplete" if cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "model": completion.request["model"],
        "output": [{"type": "message", "role": "assistant", "content": [part]}, *calls],
        "usage": {
            "input_tokens": usage["prompt_tokens"],
            "output_tokens": usage["completion_tokens"],
            "input_tokens_details": usage.get("prompt_tokens_details", {}),
        },
    }
    if not completion.request.get("stream"):
        return json_plan(response)
    delay = chunk_delay if reply.delay is None else reply.delay
    begun = response | {"status": "in_progress", "output": [], "usage": None}
    steps: list[Step] = [_event({"type": "response.created", "response": begun})]
    for piece in completion.pieces():
        steps += [Silence(delay)] if delay else []
        steps.append(_event({"type": "response.output_text.delta", "delta": piece}))
    steps.append(_event({"type": "response.output_text.done", "text": text}))
    for at, call in enumerate(calls, 1):
        told = {"type": "response.output_item.done", "output_index": at, "item": call}
        steps.append(_event(told))
    steps.append(_event({"type": f"response.{response['status']}", "response": response}))
    return Plan(status=200, content_type="text/event-stream; charset=utf-8", steps=tuple(steps))


def _event(body: Mapping[str, Any]) -> bytes:
    return f"event: {body['type']}\n".encode() + b"data: " + encoded(body) + b"\n\n"
