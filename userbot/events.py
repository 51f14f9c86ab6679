"""What happened, as values: the console shows them, ``--json`` prints them.

Fields only grow. `event` and `reason` are stable slugs that other programs read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypedDict

from userbot.errors import UserbotError
from userbot.types import Message, Person, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, perhaps to a message."""

    event: ClassVar[str]
    chat: int | None = None
    title: str = ""
    message: int | None = None
    person: Person | None = None


class About(TypedDict):
    """What an event that happened to a question says of it."""

    chat: int | None
    title: str
    message: int | None
    person: Person | None


def about(question: Question | None, message: int | None = None) -> About:
    """For the fields of an event: `Failed(**about(ask), …)`.

    `message`: another than the question's. Without a question nothing is said.
    """
    if question is None:
        return About(chat=None, title="", message=None, person=None)
    return About(
        chat=question.conversation.chat,
        title=question.title,
        message=message or question.message,
        person=question.sender,
    )


def about_message(message: Message) -> About:
    """The same of what happened to a message that is no question."""
    return About(
        chat=message.conversation.chat,
        title=message.title,
        message=message.message,
        person=message.sender,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready(Event):
    """The program listens as `account` in `chats` selected chats, `seconds` after its start."""

    event: ClassVar[str] = "ready"
    account: str
    model: str
    chats: int
    seconds: float
    pending: int = 0
    selected: tuple[str, ...] = ()
    """Each of these chats, and whom it answers."""
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(Event):
    """A message that will be answered; `text` is a preview at most."""

    event: ClassVar[str] = "heard"
    text: str
    voice: str | None = None
    """The kind of sound that it is to be listened to ("voice", "video_note", …), if any."""
    duration: float | None = None
    """Seconds of that sound, as far as the message tells."""
    pictures: int = 0
    """How many pictures it brings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored(Event):
    """A message that no rule lets through, and why. `notable`: shown without ``-v`` too."""

    event: ClassVar[str] = "ignored"
    reason: str
    notable: bool = True
    detail: str = ""
    """The reason in words, where more is known than its slug says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited(Event):
    """A question refused by a limit."""

    event: ClassVar[str] = "limited"
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribed(Event):
    """A recording was listened to, in `seconds`; `text` is a preview at most."""

    event: ClassVar[str] = "transcribed"
    text: str
    model: str
    duration: float
    """Seconds of audio."""
    seconds: float
    parts: int = 1
    engine: str = "endpoint"
    """Who has heard it: "endpoint", or "telegram"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering(Event):
    """The model is asked."""

    event: ClassVar[str] = "answering"
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCalled(Event):
    """The model has something looked up, or done: by which tool, and what."""

    event: ClassVar[str] = "tool"
    name: str
    text: str
    count: int | None = None
    """How many messages were found; None while it is being looked up."""
    server: str | None = None
    """Which of [[tools]] it is called of."""
    outcome: str | None = None
    """What came of a call of such a server ("done", "failed", "in_doubt", "repeated"); None while
    it runs."""
    seconds: float | None = None
    """How long that took."""

    @property
    def is_over(self) -> bool:
        """Whether it is known what came of it."""
        return self.count is not None or self.outcome is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Event):
    """The owner is asked for his yes to an answer ("answer") or a tool's call ("call").

    `approval`: the number by which `userbot approvals` knows it. `minutes`: how long that waits.
    """

    event: ClassVar[str] = "asked"
    approval: int
    kind: str
    minutes: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Event):
    """An answer stands in Telegram, in the messages `answers`."""

    event: ClassVar[str] = "answered"
    answers: tuple[int, ...]
    model: str
    seconds: float
    prompt_tokens: int | None
    completion_tokens: int | None
    text: str
    estimated: bool = False
    """The endpoint did not tell the tokens."""
    reason: str = ""
    """Why the model stopped early ("length"), if it did."""
    cost: float | None = None
    """Money of all that was paid for it; None where no price is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Event):
    """A question was given up, or a part of the program failed."""

    event: ClassVar[str] = "failed"
    reason: str
    error: str
    hint: str = ""

    @classmethod
    def of(cls, error: UserbotError, what: About | None = None) -> Failed:
        """What an error says, perhaps of `what` happened to (`about`)."""
        where = about(None) if what is None else what
        return cls(**where, reason=error.reason, error=str(error), hint=error.hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Event):
    """Something is put off by `seconds`."""

    event: ClassVar[str] = "waiting"
    reason: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped(Event):
    """A question will not be answered by itself; it stays listed. `text`: its first words."""

    event: ClassVar[str] = "skipped"
    reason: str
    detail: str = ""
    text: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """Something the owner should know: a repaired file mode, that answers are waited for."""

    event: ClassVar[str] = "notice"
    reason: str
    detail: str
    hint: str = ""
    count: int | None = None
    """How many it speaks of, where it counts something."""
    notable: bool = True
    """Shown without ``-v`` too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(Event):
    """The program ends; `pending` questions wait for the next start.

    `restricted`: why nothing was written any more ("peer_flood"), if Telegram saw to that.
    """

    event: ClassVar[str] = "stopped"
    reason: str
    answered: int = 0
    failed: int = 0
    pending: int = 0
    restricted: str = ""


Report = Callable[[Event], None]
