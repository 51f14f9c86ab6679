"""The bodies of an OpenAI-compatible endpoint, as plans: pure functions of request and reply.

Shapes follow https://platform.openai.com/docs/api-reference/chat: a stream is server-sent
events of ``chat.completion.chunk``, with a usage chunk whose ``choices`` are empty if it was
asked for, closed by ``data: [DONE]``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from userbot.sandbox.endpoint_faults import JSON_TYPE, EndpointFault, encoded
from userbot.sandbox.endpoint_http import Cut, Plan, Silence, Step
from userbot.types import ToolCall, Usage

_PIECE: Final = re.compile(r"^\s+|\S+\s*")
_DONE: Final = b"data: [DONE]\n\n"
_JUNK: Final = b"<html>upstream gave up</html>"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the endpoint answers.

    `chunks`: the pieces of a stream (None: word by word); `delay`: seconds before each piece
    (None: the endpoint's `chunk_delay`); `usage`: None means estimated from the texts; `calls`:
    tools that are called behind the text, in pieces where the answer is streamed.
    """

    text: str
    finish_reason: str = "stop"
    chunks: tuple[str, ...] | None = None
    delay: float | None = None
    usage: Usage | None = None
    calls: tuple[ToolCall, ...] = ()


def estimate_tokens(text: str) -> int:
    """A plain estimate: a token every four UTF-8 bytes, at least one."""
    return max(1, len(text.encode("utf-8", "surrogatepass")) // 4)


def plain_text(message: Mapping[str, Any]) -> str:
    """The text of a request's message, whose content may also be a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content if isinstance(part, dict))


def prompt_text(request: Mapping[str, Any]) -> str:
    """All that the model was given to read."""
    return "".join(plain_text(message) for message in request["messages"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One answer about to be written: the request it belongs to, its reply and its fault."""

    id: str
    created: int
    request: Mapping[str, Any]
    reply: Reply
    fault: EndpointFault | None = None

    def plan(self, chunk_delay: float = 0.0) -> Plan:
        """How the answer is written; `chunk_delay` in seconds, where the reply names none."""
        if self.request.get("stream"):
            return self._streamed(chunk_delay if self.reply.delay is None else self.reply.delay)
        return self._whole()

    @property
    def _kind(self) -> str:
        return self.fault.kind if self.fault else ""

    def _param(self, name: str) -> Any:
        return self.fault.params[name] if self.fault else None

    def usage(self, text: str) -> dict[str, Any]:
        """What the request and these words of its answer come to."""
        usage = self.reply.usage or Usage(
            estimate_tokens(prompt_text(self.request)), estimate_tokens(text) if text else 0
        )
        counted: dict[str, Any] = {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.total,
        }
        if usage.cached_tokens or usage.cache_write_tokens:
            counted["prompt_tokens_details"] = {
                "cached_tokens": usage.cached_tokens,
                "cache_write_tokens": usage.cache_write_tokens,
            }
        return counted

    def pieces(self) -> tuple[str, ...]:
        """The words of the answer, as they are sent one after the other."""
        if self._kind == "empty":
            return ()
        pieces = self.reply.chunks or tuple(_PIECE.findall(self.reply.text))
        if self.fault and "after" in self.fault.params:
            return pieces[: self.fault.params["after"]]
        return pieces

    def _finish_reason(self) -> str | None:
        if self._kind == "no_finish":
            return None
        if self._kind == "content_filter":
            return "content_filter"
        called = self.reply.calls and self.reply.finish_reason == "stop"
        return "tool_calls" if called else self.reply.finish_reason

    def _streamed(self, delay: float) -> Plan:
        steps: list[Step] = []
        if self._kind == "late_first_token":
            steps.append(Silence(self._param("seconds")))
        pieces = self.pieces()
        steps.extend(self._events(pieces, delay))
        if self._kind == "stall":
            steps.append(Silence(math.inf))
        elif self._kind == "cut":
            steps.append(Cut())
        elif self._kind == "error_object":
            steps.append(_event(_error_object(self._param("message"))))
        elif self._kind == "junk":
            steps.append(b"data: " + _JUNK + b"\n\n")
        else:
            steps.extend(self._ending("".join(pieces)))
        return Plan(
            status=200,
            content_type="text/event-stream; charset=utf-8",
            steps=tuple(_joined(steps)),
        )

    def _events(self, pieces: tuple[str, ...], delay: float) -> Iterable[Step]:
        # Only the content differs from event to event, so the rest is written out once.
        head, tail = self._chunk({"content": "\0"}, None).split(rb'"\u0000"')
        yield self._chunk({"role": "assistant", "content": ""}, None)
        for piece in pieces:
            if delay:
                yield Silence(delay)
            yield head + encoded(piece) + tail
        for index, call in enumerate(self.reply.calls):
            if delay:
                yield Silence(delay)
            yield self._chunk({"tool_calls": [called(call, "") | {"index": index}]}, None)
            half = len(call.arguments) // 2
            for part in (call.arguments[:half], call.arguments[half:]):
                told = {"index": index, "function": {"arguments": part}}
                yield self._chunk({"tool_calls": [told]}, None)

    def _ending(self, text: str) -> Iterable[Step]:
        reason = self._finish_reason()
        if reason is not None:
            yield self._chunk({}, reason)
            if (self.request.get("stream_options") or {}).get("include_usage"):
                yield _event(self._frame([]) | {"usage": self.usage(text)})
        if reason is not None or self._param("done"):
            yield _DONE

    def _frame(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.request["model"],
            "choices": choices,
        }

    def _chunk(self, delta: Mapping[str, Any], finish_reason: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return _event(self._frame([choice]))

    def _whole(self) -> Plan:
        text = "".join(self.pieces())
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if self.reply.calls:
            message["tool_calls"] = [called(call, call.arguments) for call in self.reply.calls]
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": self._finish_reason(),
        }
        data = encoded(
            self._frame([choice]) | {"object": "chat.completion", "usage": self.usage(text)}
        )
        return whole_plan(data, JSON_TYPE, self.fault)


def called(call: ToolCall, arguments: str) -> dict[str, Any]:
    """A call as an assistant's message holds it, with so much of its arguments."""
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


def whole_plan(data: bytes, content_type: str, fault: EndpointFault | None) -> Plan:
    """A response that is not streamed, with what a fault makes of it."""
    kind, params = (fault.kind, fault.params) if fault else ("", {})
    if kind == "error_object":
        data, content_type = encoded(_error_object(params["message"])), JSON_TYPE
    elif kind == "junk":
        data = _JUNK
    steps: tuple[Step, ...] = (data,)
    if kind == "stall":
        steps = (Silence(math.inf),)
    elif kind == "late_first_token":
        steps = (Silence(params["seconds"]), data)
    elif kind == "cut":
        steps = (data[: len(data) // 2], Cut())
    return Plan(status=200, content_type=content_type, steps=steps, length=len(data))


def _error_object(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "server_error", "param": None, "code": None}}


def _event(body: object) -> bytes:
    return b"data: " + encoded(body) + b"\n\n"


def _joined(steps: list[Step]) -> Iterable[Step]:
    """The same steps with neighbouring bytes as one: fewer frames, fewer writes."""
    run: list[bytes] = []
    for step in steps:
        if isinstance(step, bytes):
            run.append(step)
            continue
        if run:
            yield b"".join(run)
            run = []
        yield step
    if run:
        yield b"".join(run)
