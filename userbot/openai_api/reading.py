"""Reads chat completions, whole or in chunks, as plain JSON values.

Servers differ in everything but the outline, so each part is taken if it is there and has its
type, and only the outline is demanded. Plain values instead of openai's models cost a third
of the time for a short stream.
"""

from __future__ import annotations

import re
from typing import Any, Final

from userbot.openai_api.failures import EndpointSaidError, UnreadableAnswerError
from userbot.types import Usage

_THOUGHTS = ("thinking", "reasoning")
"""Types of the parts of a content that are no answer."""

_THOUGHT_IN = ("reasoning_content", "reasoning")
"""Fields beside the content that may hold thoughts; some servers fill both with the same."""

_MOST = 2**31
"""Tokens that no request has."""
_TAGS: Final = ("<think>", "<thinking>", "<reasoning>")
_BEGIN: Final = re.compile(r"\s*<(think|thinking|reasoning)>", re.I)


class AnswerReader:
    """One answer as it is read: feed it what arrives, then look at what it gathered."""

    def __init__(self, model: str) -> None:
        self.model = model
        """The model that answers; the one asked until the endpoint names another."""
        self.finish_reason: str | None = None
        self.usage: Usage | None = None
        self.begun = False
        self.has_text = False
        self._thought = 0
        self._thinking = ThoughtFilter()
        self._text = ""

    def feed(self, data: object) -> None:
        """Read a chunk, or a whole completion.

        Raises EndpointSaidError for an error object and UnreadableAnswerError for another shape.
        """
        if not isinstance(data, dict):
            raise UnreadableAnswerError
        if data.get("error"):
            raise EndpointSaidError(data["error"])
        self.begun = True
        self.usage = _usage(data.get("usage")) or self.usage
        if isinstance(data.get("model"), str) and data["model"]:
            self.model = data["model"]
        # The usage chunk has no choices.
        choices = data.get("choices") or ()
        if not choices:
            return
        if not isinstance(choices, list) or not isinstance(choices[0], dict):
            raise UnreadableAnswerError
        choice = choices[0]
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish_reason = reason
        message = choice.get("delta") or choice.get("message") or {}
        text = _text(message)
        shown = self._thinking.feed(text)
        self._text += shown
        self._thought += _thought(message)
        if shown is not text:
            self._thought += max(0, _size(text) - _size(shown))

    def end(self) -> None:
        """Nothing more comes: what was held back as perhaps a thought is text."""
        self._text += self._thinking.rest()

    def taken(self) -> str:
        """The text that has come since this was last called; "" if none."""
        text, self._text = self._text, ""
        self.has_text = self.has_text or bool(text and not text.isspace())
        return text

    def thought(self) -> int:
        """Bytes of thoughts that have come since this was last called."""
        thought, self._thought = self._thought, 0
        return thought


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
        if _may_begin(self._held):
            return ""
        return self.rest()

    def rest(self) -> str:
        """What is still held back when nothing more comes; "" within a thought."""
        held, self._held = self._held, ""
        if self._end:
            return ""
        self._answering = True
        return held.lstrip() if self._thought else held


def _may_begin(text: str) -> bool:
    start = text.lstrip().lower()
    return not start or any(tag.startswith(start) for tag in _TAGS)


def _text(message: Any) -> str:
    if not isinstance(message, dict):
        raise UnreadableAnswerError
    content = message.get("content") or message.get("refusal") or ""
    if isinstance(content, list):
        parts = (
            part.get("text")
            for part in content
            if isinstance(part, dict) and part.get("type") not in _THOUGHTS
        )
        return "".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        raise UnreadableAnswerError
    return content


def _thought(message: dict[str, Any]) -> int:
    """Bytes of what a model thought, where that stands apart from its answer."""
    beside = max(_size(message.get(name)) for name in _THOUGHT_IN)
    content = message.get("content")
    if isinstance(content, list):
        parts = (part for part in content if isinstance(part, dict))
        beside += sum(_size(part.get("text")) for part in parts if part.get("type") in _THOUGHTS)
    return beside


def _size(text: object) -> int:
    return len(text.encode("utf-8", "surrogatepass")) if isinstance(text, str) else 0


def _usage(value: object) -> Usage | None:
    if not isinstance(value, dict):
        return None
    prompt, completion = value.get("prompt_tokens"), value.get("completion_tokens")
    # Some servers send zeros: then nothing was told, and the limits go by an estimate.
    if isinstance(prompt, int) and isinstance(completion, int):
        return Usage(prompt, completion) if 0 < prompt < _MOST and 0 <= completion < _MOST else None
    return None
