"""Reads chat completions, whole or in chunks, as plain JSON values.

Servers differ in everything but the outline, so each part is taken if it is there and has its
type, and only the outline is demanded. Plain values instead of openai's models cost a third
of the time for a short stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from userbot.messages import Usage
from userbot.openai_api.failures import EndpointSaidError, UnreadableAnswerError
from userbot.openai_api.thinking import Thinking

_THOUGHTS = ("thinking", "reasoning")
"""Types of the parts of a content that are no answer."""

_THOUGHT_IN = ("reasoning_content", "reasoning")
"""Fields beside the content that may hold thoughts; some servers fill both with the same."""

_MOST = 2**31
"""Tokens that no request has."""


class Reading:
    """One answer as it is read: feed it what arrives, then look at what it gathered."""

    def __init__(self, model: str) -> None:
        self.model = model
        """The model that answers; the one asked until the endpoint names another."""
        self.finish_reason: str | None = None
        self.usage: Usage | None = None
        self.begun = False
        self.has_text = False
        self.thought = 0
        """Bytes of thoughts in what was fed last."""
        self._thinking = Thinking()

    def feed(self, data: object) -> str:
        """The text that a chunk, or a whole completion, adds; "" if none.

        Raises EndpointSaidError for an error object and UnreadableAnswerError for another shape.
        """
        if not isinstance(data, Mapping):
            raise UnreadableAnswerError
        if data.get("error"):
            raise EndpointSaidError(data["error"])
        self.begun, self.thought = True, 0
        self.usage = _usage(data.get("usage")) or self.usage
        if isinstance(data.get("model"), str) and data["model"]:
            self.model = data["model"]
        # The usage chunk has no choices.
        choices = data.get("choices") or ()
        if not choices:
            return ""
        if not isinstance(choices, list) or not isinstance(choices[0], Mapping):
            raise UnreadableAnswerError
        choice = choices[0]
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish_reason = reason
        message = choice.get("delta") or choice.get("message") or {}
        text = self._thinking.feed(_text(message))
        self.thought = max(0, _size(message) - len(_bytes(text)))
        return self._seen(text)

    def rest(self) -> str:
        """Text that was held back as perhaps a thought, when nothing more comes."""
        return self._seen(self._thinking.rest())

    def _seen(self, text: str) -> str:
        self.has_text = self.has_text or bool(text and not text.isspace())
        return text


def _text(message: Any) -> str:
    if not isinstance(message, Mapping):
        raise UnreadableAnswerError
    content = message.get("content") or message.get("refusal") or ""
    if isinstance(content, list):
        parts = (
            part.get("text")
            for part in content
            if isinstance(part, Mapping) and part.get("type") not in _THOUGHTS
        )
        return "".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        raise UnreadableAnswerError
    return content


def _size(message: Mapping[str, Any]) -> int:
    """Bytes of all that a model wrote, its thoughts too."""
    content = message.get("content") or message.get("refusal") or ""
    parts = content if isinstance(content, list) else [{"text": content}]
    texts = (part.get("text") for part in parts if isinstance(part, Mapping))
    beside = max(len(_bytes(message.get(name))) for name in _THOUGHT_IN)
    return beside + sum(len(_bytes(text)) for text in texts)


def _bytes(text: object) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else b""


def _usage(value: object) -> Usage | None:
    if not isinstance(value, Mapping):
        return None
    prompt, completion = value.get("prompt_tokens"), value.get("completion_tokens")
    # Some servers send zeros: then nothing was told, and the limits go by an estimate.
    if isinstance(prompt, int) and isinstance(completion, int):
        return Usage(prompt, completion) if 0 < prompt < _MOST and 0 <= completion < _MOST else None
    return None
