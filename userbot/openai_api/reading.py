"""Reads chat completions, whole or as a stream of server-sent events: bytes in, deltas out.

Servers differ in everything but the outline, so each part is taken if it is there and has its
type, and only the outline is demanded. Plain values instead of openai's models cost a third
of the time for a short stream.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from userbot.openai_api import model_errors
from userbot.openai_api.failures import EndpointSaidError, UnreadableAnswerError
from userbot.openai_api.model_errors import ServerName
from userbot.types import Delta, Finish, Usage

MOST: Final = 4 * 2**20
"""Characters of one event, or bytes of a whole answer: the longest have a quarter of it."""
_END: Final = "[DONE]"
_THOUGHTS: Final = ("thinking", "reasoning")
"""Types of the parts of a content that are no answer."""
_THOUGHT_IN: Final = ("reasoning_content", "reasoning")
"""Fields beside the content that may hold thoughts; some servers fill both with the same."""
_MOST_TOKENS: Final = 2**31
"""Tokens that no request has."""
_TAGS: Final = ("<think>", "<thinking>", "<reasoning>")
_BEGIN: Final = re.compile(r"\s*<(think|thinking|reasoning)>", re.I)


class AnswerReader:
    """One answer as it is read: feed it what arrives, show the deltas it gives, ask how it ended.

    What cannot be read raises EndpointSaidError for an error object, ValueError for anything else,
    always after the deltas of what came before it.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        """The model that answers; the one asked until the endpoint names another."""
        self.finish_reason: str | None = None
        self.usage: Usage | None = None
        self.begun = False
        self.sent = SentEvents()
        self._has_text = False
        self._thoughts = ThoughtFilter()
        self._text = ""
        self._thought = 0

    def feed(self, piece: bytes) -> Iterator[Delta]:
        """What a piece of a stream brings: one delta, or none."""
        try:
            for data in self.sent.feed(piece):
                self._read(json.loads(data))
        finally:
            yield from self._taken()

    def whole(self, body: bytes) -> Iterator[Delta]:
        """What a completion in one brings."""
        self._read(json.loads(body))
        yield from self._taken()

    def end(self) -> Iterator[Delta]:
        """Nothing more comes: what was held back, as perhaps a thought, is text.

        The last event of a stream may lack the blank line behind it; it may also have been cut.
        """
        for data in () if self.sent.ended else self.sent.feed(b"\n\n"):
            with suppress(json.JSONDecodeError):
                self._read(json.loads(data))
        self._text += self._thoughts.rest()
        yield from self._taken()

    def finish(self, server: ServerName) -> Finish:
        """How the answer ended. Raises ModelError if that was not well, or if it is empty."""
        if self.finish_reason is None:
            problem = model_errors.NO_FINISH
        elif self.finish_reason == "content_filter":
            problem = model_errors.CONTENT_FILTER
        elif self._has_text:
            return Finish(self.finish_reason, self.usage, self.model)
        else:
            used_up = self.finish_reason == "length"
            problem = model_errors.ALL_TOKENS_USED if used_up else model_errors.EMPTY_ANSWER
        wrong = server.error(problem, model=self.model)
        wrong.usage = self.usage
        raise wrong

    def _read(self, data: object) -> None:
        """A chunk, or a whole completion."""
        if not isinstance(data, dict):
            raise UnreadableAnswerError
        if data.get("error"):
            raise EndpointSaidError(data["error"])
        self.begun = True
        self.usage = _usage(data.get("usage")) or self.usage
        if isinstance(data.get("model"), str) and data["model"]:
            self.model = data["model"]
        choices = data.get("choices")
        if not choices:
            return  # The usage chunk has none.
        if not isinstance(choices, list) or not isinstance(choices[0], dict):
            raise UnreadableAnswerError
        reason = choices[0].get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish_reason = reason
        message = choices[0].get("delta") or choices[0].get("message") or {}
        if not isinstance(message, dict):
            raise UnreadableAnswerError
        text, thought = _content(message)
        shown = self._thoughts.feed(text)
        self._text += shown
        self._thought += thought
        if shown is not text:
            self._thought += max(0, _size(text) - _size(shown))

    def _taken(self) -> Iterator[Delta]:
        text, thought, self._text, self._thought = self._text, self._thought, "", 0
        self._has_text = self._has_text or bool(text.strip())
        if text or thought:
            yield Delta(text, thought)


class SentEvents:
    """Server-sent events as far as an answer needs them: pieces of a stream in, their data out.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    openai's own reader would do for OpenAI. This one forgives what others send: an event without
    data (a comment that keeps the connection, a bare name) is none; an error may stand there by
    itself, as JSON (LiteLLM) or behind its own name (llama.cpp). And it gives up on an event
    without an end. `ended`: OpenAI's last event has come.
    """

    def __init__(self) -> None:
        # A carriage return in the last place waits for what comes next: both may be one line's end.
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._rest: list[str] = []
        """Pieces of a line that has no end yet: a long one is put together once."""
        self._data: list[str] = []
        self._held = 0
        """Characters since the last blank line."""
        self.ended = False

    def feed(self, piece: bytes) -> list[str]:
        """The data of the events that this piece completes, up to the end of the answer.

        Raises ValueError: it is no text, or an event has no end.
        """
        first, *more = self._decoder.decode(piece).split("\n")
        self._rest.append(first)
        self._held += len(first)
        complete: list[str] = []
        for begun in more:
            line, self._rest = "".join(self._rest), [begun]
            if line.startswith("data:"):
                self._data.append(line.removeprefix("data:").removeprefix(" "))
            elif line.startswith("error:"):
                self._data.append(f'{{"error": {line.removeprefix("error:")}}}')
            elif line.startswith("{"):
                self._data.append(line)
            elif not line:
                data, self._data, self._held = self._data, [], 0
                if data and data[0].startswith(_END):
                    self.ended = True
                    break
                complete += ["\n".join(data)] if data else []
            self._held += len(begun)
        if self._held > MOST:
            raise ValueError("an event without an end")
        return complete


class ThoughtFilter:
    """Takes out what a model thinks before it answers, which is neither shown nor kept.

    Most servers put it into a field of its own. Others, llama.cpp and Ollama among them, may leave
    it in the text: ``<think>…</think>`` before the first word of the answer. Later in a text the
    same tags are somebody's words. Feed it pieces of an answer; what it gives back is the answer.
    """

    def __init__(self) -> None:
        self._held = ""
        self._end = ""
        self._thought = False
        self._answering = False

    def feed(self, text: str) -> str:
        """The part of a piece, and of what was held back, that belongs to the answer."""
        if self._answering:
            return text
        self._held += text
        while True:
            if self._end:
                at = self._held.lower().find(self._end)
                if at < 0:
                    self._held = self._held[-len(self._end) :]  # the tag may be in two pieces
                    return ""
                self._held = self._held[at + len(self._end) :]
                self._end = ""
            begin = _BEGIN.match(self._held)
            if begin is None:
                break
            self._end, self._thought = f"</{begin[1].lower()}>", True
            self._held = self._held[begin.end() :]
        start = self._held.lstrip().lower()
        if not start or any(tag.startswith(start) for tag in _TAGS):
            return ""  # a tag may be coming
        return self.rest()

    def rest(self) -> str:
        """What is still held back when nothing more comes; "" within a thought."""
        held, self._held = self._held, ""
        if self._end:
            return ""
        self._answering = True
        return held.lstrip() if self._thought else held


def _content(message: dict[str, Any]) -> tuple[str, int]:
    """The text of a message, and the bytes of what was thought, where that stands apart from it."""
    thought = max(_size(message.get(name)) for name in _THOUGHT_IN)
    content = message.get("content") or message.get("refusal") or ""
    if isinstance(content, str):
        return content, thought
    if not isinstance(content, list):
        raise UnreadableAnswerError
    text = ""
    for part in content:
        said = part.get("text") if isinstance(part, dict) else None
        if isinstance(said, str) and part.get("type") in _THOUGHTS:
            thought += _size(said)
        elif isinstance(said, str):
            text += said
    return text, thought


def _size(text: object) -> int:
    return len(text.encode("utf-8", "surrogatepass")) if isinstance(text, str) else 0


def _usage(value: object) -> Usage | None:
    if not isinstance(value, dict):
        return None
    prompt, completion = value.get("prompt_tokens"), value.get("completion_tokens")
    # Some servers send zeros: then nothing was told, and the limits go by an estimate.
    if isinstance(prompt, int) and isinstance(completion, int):
        told = 0 < prompt < _MOST_TOKENS and 0 <= completion < _MOST_TOKENS
        return Usage(prompt, completion) if told else None
    return None
