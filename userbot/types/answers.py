"""What the model is asked and says, what that costs, and how it stands in Telegram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from userbot.types.decisions import AS_EVER, Switches
from userbot.types.lookups import Source, ToolCall, ToolSpec
from userbot.types.media import Picture


@dataclass(frozen=True, slots=True)
class Recorded:
    """A write of an answer as the store has it; `message` is None until Telegram told its id."""

    part: int
    random_id: int
    text: str
    message: int | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, as the history keeps them."""

    speaker: str
    question: str
    answer: str
    id: int = field(default=0, compare=False)
    """The question's row in the store."""
    own: bool = field(default=False, compare=False)
    """Both hold the owner's words alone, and what a model made of those."""


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a request to the model; role is "system", "user", "assistant" or "tool".

    `calls`: what an assistant's message called. `answers`: the id of the call that a tool's message
    is the result of. `own`: its words are the owner's, or the program's: nobody else's are in it,
    nothing that was found or returned, and no answer that was written with such in sight.
    """

    role: str
    content: str
    pictures: tuple[Picture, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""
    own: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What the model is asked. None among the parameters means: not sent."""

    model: str
    messages: tuple[PromptMessage, ...]
    stream: bool = True
    temperature: float | None = None
    max_completion_tokens: int | None = None
    reasoning_effort: str | None = None
    tools: tuple[ToolSpec, ...] = ()
    """What the model may call."""
    schema: Mapping[str, Any] | None = None
    """The answer is to be JSON of this schema, where the server can see to that."""
    switches: Switches = AS_EVER
    """What the question itself says of it: nothing else is put in its place without a word."""

    @property
    def needs_pictures(self) -> bool:
        """Whether an answer makes no sense without the pictures."""
        return any(picture.needed for one in self.messages for picture in one.pictures)

    @property
    def own(self) -> bool:
        """Whether every word in it is the owner's own."""
        said = all(message.own for message in self.messages)
        return said and all(tool.own for tool in self.tools)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a request cost, as the endpoint counted them, else as we estimate them."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False
    cached_tokens: int = 0
    """Of the prompt, what the endpoint had read before."""
    cache_write_tokens: int = 0
    """Of the prompt, what it keeps for the next time."""

    @property
    def total(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.estimated or other.estimated,
            self.cached_tokens + other.cached_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the model's answer; empty while it thinks."""

    text: str
    thought: int = field(default=0, compare=False)
    """Bytes of what it thought meanwhile, which nobody reads and somebody pays."""
    withdrawn: bool = False
    """All the text before this one has been a thought: it is no part of the answer."""


OVERLONG = "overlong"
CUT = "length"
"""Why an answer ended that did not end by itself: we, or its model, allow no more."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of the model's answer: why it ended, and its usage if the endpoint told."""

    reason: str
    usage: Usage | None
    model: str
    calls: tuple[ToolCall, ...] = ()
    """What the model wants to know before it answers."""
    asked: str = field(default="", compare=False)
    """The model as it was asked for; its server may call it otherwise. Not stored."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: the model's text (Markdown), where it was written and what it cost."""

    text: str
    shown: str
    """What the first of its messages shows, without markup."""
    finish: Finish
    messages: tuple[int, ...]
    """Ids of the messages it stands in, in order."""
    cites: tuple[Source, ...] = ()
    """The messages that it points at."""
    own: bool = False
    """It was written with nothing but the owner's own words in sight."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What answers have cost over a while."""

    answers: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What counts against the limits at one moment: paid, being paid, or bound to be.

    The question at hand is among the requests and in nothing else. Money is in millionths.
    """

    person_requests_last_minute: int
    others_tokens_today: int
    answers_last_hour: int
    person_tokens_today: int = 0
    cost_today: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """What something is expected to cost before it is paid; `cost` in millionths."""

    tokens: int
    cost: int


@dataclass(frozen=True, slots=True)
class Payment:
    """What is about to be paid for a question; money in millionths."""

    kind: str
    """"answer", "audio" (transcribed) or "speech" (spoken)."""
    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    """What the answer may come to."""
    audio_seconds: float = 0.0
    cost: int = 0
    """Of the prompt, or of the audio: this much is certain."""
    answer_cost: int = 0
    """What the answer may cost."""
    id: int = 0
    """Its row, once it is authorized."""
    question: int = 0
    usage: Usage | None = None
    """What the answer came to, from when that is known until it is captured."""
