"""The Responses API in the words of chat completions: bodies out, events in.

Some servers and models offer only that (`[openai] api = "responses"`). What is asked and what is
said is the same there under other names, so all else reads and learns as it does for chat
completions. https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

PATH: Final = "/responses"
_PIECES: Final = {
    "response.output_text.delta": "content",
    "response.refusal.delta": "content",
    "response.reasoning_text.delta": "reasoning_content",
    "response.reasoning_summary_text.delta": "reasoning_content",
}
_ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_RENAMED: Final = {
    "max_completion_tokens": "max_output_tokens",
    "max_tokens": "max_output_tokens",
}
_NEVER: Final = frozenset({"messages", "stream_options", "reasoning_effort", "response_format"})
"""Keys of a chat completion that have another shape here, or none."""


def body_of(chat: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a request, from that of a chat completion. Nothing is stored at the server."""
    body = {_RENAMED.get(name, name): value for name, value in chat.items() if name not in _NEVER}
    if chat.get("reasoning_effort"):
        body["reasoning"] = {"effort": chat["reasoning_effort"]}
    instructions = [one["content"] for one in chat["messages"] if one["role"] == "system"]
    if instructions:
        body["instructions"] = "\n\n".join(instructions)
    said = [one for one in chat["messages"] if one["role"] != "system"]
    body["input"] = [item for message in said for item in _items(message)]
    if chat.get("tools"):
        # What is not said to be otherwise is strict, and then every argument is required.
        body["tools"] = [
            {"type": "function", **one["function"], "strict": False} for one in chat["tools"]
        ]
    if chat.get("response_format"):
        form = chat["response_format"]["json_schema"]
        body["text"] = {"format": {"type": "json_schema", "strict": False, **form}}
    return body | {"store": False}


def is_of_responses(data: Mapping[str, Any]) -> bool:
    """Whether an object is an event or an answer of this API."""
    type_ = data.get("type")
    return data.get("object") == "response" or (
        isinstance(type_, str) and type_.startswith("response.")
    )


def chunk_of(data: Mapping[str, Any], *, text_came: bool) -> dict[str, Any]:
    """An event, or a whole answer, as a chunk of a chat completion.

    `text_came`: its text came in pieces before, so that the end does not repeat it.
    """
    type_ = data.get("type")
    if isinstance(type_, str) and type_ in _PIECES:
        piece = data.get("delta")
        delta = {_PIECES[type_]: piece if isinstance(piece, str) else ""}
        return {"choices": [{"delta": delta}]}
    item = data.get("item")
    if type_ == "response.output_item.done" and isinstance(item, dict):
        called = [item | {"index": data.get("output_index")}] if _is_call(item) else []
        return {"choices": [{"delta": {"tool_calls": called}}]}
    if data.get("object") == "response":
        return _end(data, text_came=text_came)
    if type_ in _ENDS and isinstance(data.get("response"), dict):
        return _end(data["response"], text_came=text_came)
    return {"choices": []}


def _end(response: Mapping[str, Any], *, text_came: bool) -> dict[str, Any]:
    if response.get("error"):
        return {"error": response["error"]}
    output = response.get("output")
    items = [one for one in output if isinstance(one, dict)] if isinstance(output, list) else []
    message: dict[str, Any] = {"content": "" if text_came else "".join(map(_text, items))}
    message["tool_calls"] = [one for one in items if _is_call(one)]
    status, usage = response.get("status"), response.get("usage")
    reason: object = "error" if status in ("failed", "cancelled") else "stop"
    if status == "incomplete":
        why = response.get("incomplete_details")
        reason = (isinstance(why, dict) and why.get("reason")) or "length"
    chunk: dict[str, Any] = {"choices": [{"message": message, "finish_reason": reason}]}
    if isinstance(usage, dict):
        counted = {"prompt_tokens": usage.get("input_tokens")}
        counted["completion_tokens"] = usage.get("output_tokens")
        chunk["usage"] = usage | counted
    return chunk | ({"model": response["model"]} if response.get("model") else {})


def _is_call(item: Mapping[str, Any]) -> bool:
    return item.get("type") == "function_call"


def _items(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A message as items of an input: calls and their results are none of a message."""
    if message["role"] == "tool":
        answers, result = message["tool_call_id"], message["content"]
        return [{"type": "function_call_output", "call_id": answers, "output": result}]
    calls = [
        {"type": "function_call", "call_id": one["id"], **one["function"]}
        for one in message.get("tool_calls") or ()
    ]
    if calls and not message["content"]:
        return calls
    content = _content(message["content"])
    return [{"type": "message", "role": message["role"], "content": content}, *calls]


def _text(item: Mapping[str, Any]) -> str:
    content = item.get("content")
    if item.get("type", "message") != "message" or not isinstance(content, list):
        return ""
    parts = (part.get("text") or part.get("refusal") for part in content if isinstance(part, dict))
    return "".join(part for part in parts if isinstance(part, str))


def _content(content: Any) -> Any:
    if isinstance(content, str):
        return content
    return [
        {"type": "input_text", "text": part["text"]}
        if part["type"] == "text"
        else {"type": "input_image", "image_url": part["image_url"]["url"]}
        for part in content
    ]
