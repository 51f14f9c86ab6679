"""Reads chat completions, whole or as a stream of server-sent events: bytes in, deltas out.

Servers differ in everything but the outline, so each part is taken if it is there and has its
type, and only the outline is demanded. Plain values instead of openai's models cost a third
of the time for a short stream.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from userbot.openai_api import model_errors
from userbot.openai_api.error_body import is_error
from userbot.openai_api.failures import EndpointSaidError, UnreadableAnswerError
from userbot.openai_api.model_errors import ServerName
from userbot.openai_api.new_text import NewText
from userbot.openai_api.responses import chunk_of, is_of_responses
from userbot.openai_api.sent_events import SentEvents
from userbot.openai_api.thoughts import ThoughtFilter
from userbot.openai_api.tool_calls import CALLED, CallReader
from userbot.rules.plain import paired
from userbot.types import CUT, Delta, Finish, Usage

_JSON: Final = json.JSONDecoder()
_THOUGHTS: Final = ("thinking", "reasoning")
"""Types of the parts of a content that are no answer."""
_THOUGHT_IN: Final = frozenset({"reasoning_content", "reasoning"})
"""Fields beside the content that may hold thoughts; some servers fill both with the same."""
_DETAILS: Final = ("prompt_tokens_details", "input_tokens_details")
_CACHED: Final = ("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens")
_WRITTEN: Final = ("cache_write_tokens", "cache_creation_input_tokens", "cache_creation_tokens")
"""What servers call the tokens of the prompt that were read from a cache, and written to it."""
_FILTER: Final = re.compile(
    r"filter|safety|recitation|prohibit|block|moderat|sensitive|refus|guardrail|spii|policy"
)
_BROKEN: Final = re.compile(
    r"error|fail|abort|cancel|insufficient|resource|overload|time.?out|unavailable|malformed"
    r"|interrupt|disconnect|network"
)
_CUT: Final = re.compile(r"length|max.*token|token.*(limit|max)|limit.*token|context|incomplete")
"""How servers say why an answer ended: OpenAI has "content_filter" and "length", others "SAFETY",
"insufficient_system_resource" or "MAX_TOKENS". What nothing here knows is taken for a good end."""
_MOST_TOKENS: Final = 2**31
"""Tokens that no request has."""


class AnswerReader:
    """One answer as it is read: feed it what arrives, show the deltas it gives, ask how it ended.

    What cannot be read raises EndpointSaidError for an error object, UnreadableAnswerError for
    anything else, always after the deltas of what came before it.
    """

    def __init__(self, model: str, *, aloud: bool = False, offered: bool = False) -> None:
        """`aloud`: as in `ThoughtFilter`; `offered`: the model may call tools."""
        self.model = self.asked = model
        """The model that answers; the one asked until the endpoint names another."""
        self.finish_reason: str | None = None
        self.usage: Usage | None = None
        self.begun = False
        self.sent = SentEvents()
        self._whole = False
        """What came last was no piece, but an answer in one."""
        self._calls: CallReader | None = None
        """Once the model has called something."""
        self._offered = offered
        self._choice: object = None
        """Which of several choices is read: the first one that came."""
        self._has_text = False
        self._has_thought = False
        self._came: list[tuple[str, bool]] = []
        """Texts of chunks as they were sent, and whether the end was told by then."""
        self._new = NewText()
        self._text_came = False
        self._thoughts = ThoughtFilter(aloud=aloud)
        self.aloud = aloud
        """The model thinks without an opening mark: `ThoughtFilter` may be told so next time."""
        self._withdrawn = False
        self._over = False
        """Nothing is held back any more."""
        self._shown = 0
        self._text = ""
        self._thought = 0

    def feed(self, piece: bytes) -> Iterator[Delta]:
        """What a piece of a body brings: one delta, or none."""
        whole = False
        try:
            for data in self.sent.feed(piece):
                self._read_all(data)
            whole = self.sent.ended
        except (ValueError, RecursionError):  # no JSON, or lists in lists; no text
            raise UnreadableAnswerError from None
        finally:
            yield from self._taken(last=whole)

    def end(self, *, streamed: bool = True) -> Iterator[Delta]:
        """Nothing more comes: what was held back, as perhaps a thought, is text.

        The last event of a stream may have been cut; `streamed`: a stream was asked for.
        """
        if not self.sent.ended:
            try:
                for data in self.sent.rest():
                    self._read_all(data)
            except UnreadableAnswerError:
                raise
            except (ValueError, RecursionError):
                if not self.begun:
                    raise UnreadableAnswerError from None
        if not self.begun and (self.sent.begun or not streamed):
            raise UnreadableAnswerError
        if not self._over:
            yield from self._taken(last=True)

    def finish(self, server: ServerName) -> Finish:
        """How the answer ended. Raises ModelError if that was not well, or if it is empty."""
        reason = self.finish_reason
        if reason is None and (self.sent.ended or self._whole):
            reason = "stop"  # its end was told, if not why
        said = (reason or "").lower()
        cut = _CUT.search(said) is not None
        if not said:
            problem = model_errors.NO_FINISH
        elif _FILTER.search(said):
            problem = model_errors.CONTENT_FILTER
        elif _BROKEN.search(said):
            problem = model_errors.BROKE_OFF
        elif self._offered and self._calls and (calls := self._calls.calls(cut=cut)):
            return Finish("stop", self.usage, self.model, calls, self.asked)
        elif self._has_text:
            return Finish(CUT if cut else "stop", self.usage, self.model, asked=self.asked)
        elif cut:
            problem = model_errors.ALL_TOKENS_USED
        elif self._calls and self._calls.came:
            problem = model_errors.ONLY_CALLS
        else:
            problem = model_errors.ONLY_THOUGHTS if self._has_thought else model_errors.EMPTY_ANSWER
        wrong = server.error(problem, model=self.model, said=server.quote(reason or ""))
        wrong.usage = self.usage
        raise wrong

    def _read_all(self, data: str) -> None:
        """The values of an event; mostly there is one."""
        at, data = 0, data.strip()
        while at < len(data):
            value, at = _JSON.raw_decode(data, at)
            self._read(value)
            while at < len(data) and data[at].isspace():
                at += 1

    def _read(self, data: object) -> None:
        """A chunk, a whole completion, or several in a list."""
        if isinstance(data, list):
            for one in data:
                self._read(one)
            return
        if not isinstance(data, dict):
            raise UnreadableAnswerError
        if "choices" not in data or data.get("error"):  # else it is a chunk, as nearly always
            if is_of_responses(data):
                data = chunk_of(data, text_came=self._text_came)
            if is_error(data):
                raise EndpointSaidError(data)
        self.begun = True
        if data.get("usage"):
            self.usage = _usage(data["usage"]) or self.usage
        model = data.get("model")
        if model != self.model and isinstance(model, str) and model:
            self.model = paired(model)
        choices = data.get("choices")
        if not choices:
            return  # The usage chunk has none.
        if not isinstance(choices, list) or not isinstance(choices[0], dict):
            raise UnreadableAnswerError
        if self._choice is None:
            self._choice = choices[0].get("index", 0)
        for choice in choices:
            if isinstance(choice, dict) and choice.get("index", 0) == self._choice:
                self._read_choice(choice)
                return

    def _read_choice(self, choice: dict[str, Any]) -> None:
        if choice.get("error"):
            raise EndpointSaidError(choice["error"])
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.finish_reason = reason
        piece, whole = choice.get("delta") or {}, choice.get("message") or {}
        if not isinstance(piece, dict) or not isinstance(whole, dict):
            raise UnreadableAnswerError
        self._whole = bool(whole) and not piece
        text, thought = _content(piece)
        self._text_came = self._text_came or bool(text)
        if not text and whole:
            text, thought = _content(whole)
        for message in piece, whole:
            if not CALLED.isdisjoint(message):
                self._calls = self._calls or CallReader()
                thought += self._calls.feed(message, whole=message is whole)
        self._thought += thought
        if text:
            self._came.append((text, self.finish_reason is not None))

    def _taken(self, *, last: bool) -> Iterator[Delta]:
        """What the chunks so far have come to; many may come at once, and are looked at once.

        `last`: nothing more comes, and nothing is held back.
        """
        came, self._came, self._over = self._came, [], last
        if came or last:
            text = self._new.feed_all(came) + (self._new.rest() if last else "")
            shown = self._thoughts.rest(text) if last else self._thoughts.feed(text)
            if shown is not text:
                self._thought += max(0, _size(text) - _size(shown))
            self._take(shown)
        text, thought, self._text, self._thought = self._text, self._thought, "", 0
        withdrawn, self._withdrawn = self._withdrawn, False
        self._has_text = self._has_text or bool(text.strip())
        self._has_thought = self._has_thought or bool(thought)
        if text or thought or withdrawn:
            yield Delta(text, thought, withdrawn)

    def _take(self, shown: str) -> None:
        if self._thoughts.withdrawn:
            self._thoughts.withdrawn = False
            self._thought += self._shown
            self._text, self._has_text, self._shown = "", False, 0
            self._withdrawn = self.aloud = True
        self._text += shown
        self._shown += _size(shown)


def _content(message: dict[str, Any]) -> tuple[str, int]:
    """The text of a message, and the bytes of what was thought, where that stands apart from it."""
    thought = 0
    if not _THOUGHT_IN.isdisjoint(message):  # they are in few chunks
        thought = max(map(_size, map(message.get, _THOUGHT_IN)))
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
    if not isinstance(text, str):
        return 0
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _usage(value: object) -> Usage | None:
    if not isinstance(value, dict):
        return None
    prompt, completion = value.get("prompt_tokens"), value.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    # Some servers send zeros: then nothing was told, and the limits go by an estimate.
    if not (0 < prompt < _MOST_TOKENS and 0 <= completion < _MOST_TOKENS):
        return None
    places = [value, *(value[name] for name in _DETAILS if isinstance(value.get(name), dict))]
    cached = min(prompt, _counted(places, _CACHED))
    written = min(prompt - cached, _counted(places, _WRITTEN))
    return Usage(prompt, completion, False, cached, written)


def _counted(places: list[dict[str, Any]], names: tuple[str, ...]) -> int:
    """The first count under one of these names; 0 if there is none."""
    counts = (place.get(name) for place in places for name in names)
    return next((count for count in counts if isinstance(count, int) and count > 0), 0)
