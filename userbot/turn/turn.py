"""One question on its way to its answer. Nothing else in the process knows where it stands.

| stage      | runs while                                       | leaves                           |
| ---------- | ------------------------------------------------ | -------------------------------- |
| resume     | it was not looked up, or perhaps missed an edit  | what stands of an earlier answer |
| understand | it is not known what is asked                    | `material`                       |
| answer     | there is no answer                               | `answer`, `messages`, `wanted`   |
| approve    | something is wanted that needs the owner's yes   | nothing: the turn leaves         |
| settle     | the outcome is not stored                        | nothing: the turn is over        |

Rule 1: `next` is the whole order: the first stage whose result is missing. A stage can be run again
at any time: it looks at what the turn and the store hold, and does what is missing.
Rule 2: until the first text has left, a turn may change (`becomes`): what depended on the messages
that changed is dropped. From then on the question is what it was asked as.
Rule 3: whoever wants something of a running turn interrupts it; only its runner acts on that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from math import inf
from typing import TYPE_CHECKING, Literal

from userbot.errors import PostponedError, UserbotError, WriteInDoubtError
from userbot.rules import bursts, looking_up
from userbot.texts import _
from userbot.types import (
    UNREAD,
    Answer,
    ApprovalKind,
    Finish,
    LinkedPage,
    Loudness,
    Picture,
    Question,
    Quoted,
    ReadDocument,
    RichText,
    Scope,
    Source,
    Speech,
    ToolCall,
    ToolRound,
    Transcript,
    Usage,
    Wanted,
)

if TYPE_CHECKING:
    from userbot.rules.pacing import Pace
    from userbot.rules.recap import Said, Summing
    from userbot.turn.stream import Stream
    from userbot.types import ChatRequest, Payment


class Stage(Enum):
    """What happens to a question, in order."""

    RESUME = "resume"
    UNDERSTAND = "understand"
    ANSWER = "answer"
    APPROVE = "approve"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Interruption:
    """What somebody outside wants of a running turn.

    "changed": it asks something else now. "stopped": it ends, for that reason. "leaving": the
    program ends, and the question stays open for its next start.
    """

    kind: Literal["changed", "stopped", "leaving"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a question ended that was not answered."""

    state: Literal["failed", "skipped"]
    why: UserbotError


class Reconsider(Exception):  # noqa: N818 - no failure
    """Something may have been missed: the turn has to look before it goes on."""


class YesNeeded(Exception):  # noqa: N818 - no failure
    """A stage goes on only when the owner has said yes to what is wanted."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__()
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class Material:
    """A question as it was understood.

    `question`: with its spoken words as text. `quoted`: the message that it is about, its spoken
    words included. `spoken`: what was transcribed for it, if anything.
    """

    question: Question
    quoted: Quoted | None = None
    spoken: Transcript | None = None
    only_transcript: bool = False
    """The transcript is all the answer, and the model is not asked."""
    pictures: tuple[Picture, ...] = ()
    background: str = ""
    documents: tuple[ReadDocument, ...] = ()
    """What was read of documents, in memory only."""
    pages: tuple[LinkedPage, ...] = ()
    """What stands at the addresses in it; in memory only, as the background."""
    scope: Scope | None = None
    """Where the answer may look things up; None: nowhere."""
    said: Said | None = None
    """What is to be summed up."""
    answer: str = ""
    """What is answered without a model being asked, if anything."""
    preface: str = ""
    """Markdown that stands before the answer: what was heard, or the question itself."""

    @property
    def read(self) -> tuple[Source, ...]:
        """The messages whose documents were read for it."""
        return tuple(
            Source(
                chat=one.chat,
                message=one.document.message,
                person=one.document.person,
                name=one.document.writer,
                at=one.document.at,
            )
            for one in self.documents
        )

    def readable_in(self, chat: int) -> tuple[int, ...]:
        """Those of that chat whose documents can be read again."""
        return tuple(
            one.document.message
            for one in self.documents
            if one.chat == chat and one.text != UNREAD
        )


@dataclass(frozen=True, slots=True)
class TranscribedRecording:
    """What was said, in so many parts, and how loud it was."""

    transcript: Transcript
    loudness: Loudness
    parts: int = 1


@dataclass(slots=True)
class Standing:
    """One message of the answer: its id, the write that it is recorded as, and what it shows."""

    message: int
    random_id: int
    text: RichText
    sure: bool = True
    """False if it may show something else: an edit of it may be on its way."""
    confirmed: bool = True
    """The store knows its id."""


@dataclass(slots=True)
class LookedUp:
    """What a model has looked up for an answer, and how it may go on with that."""

    sources: list[Source] = field(default_factory=list)
    """What was read: the first can be cited as [1], and so on."""
    searched: int = 0
    """How many requests that took."""
    found_tokens: int = 0
    """And of what was found by them, the tokens."""
    calls: tuple[ToolCall, ...] = ()
    """What the model has called last, until each has a result."""
    own: bool = False
    """Every word that it had seen by then was the owner's own."""
    seconds: float = 0.0
    """How long calls took."""
    calling: str = ""
    """What is called, for people."""
    line: tuple[RichText, ...] = ()
    """What said so in the chat."""
    rounds: list[ToolRound] = field(default_factory=list)
    """What the model has called for it, and what was found."""
    misread: int = 0
    """In how many rounds nothing that was called could be carried out."""
    asks_first: bool = False
    """Its model takes no tools: what to look up is asked for before the answer, once."""
    asked_first: bool = False
    no_more_calls: bool = False
    """It is to be answered with what was found by now."""
    found_shorter: bool = False
    """What was found was too long for the model."""

    def without(self, gone: Set[int]) -> None:
        """These numbers are not cited any more, nor is the model told again what they said."""
        for number in gone:
            self.sources[number - 1] = replace(self.sources[number - 1], message=0, link="")
        self.rounds = [
            replace(one, results=tuple(looking_up.without(text, gone) for text in one.results))
            for one in self.rounds
        ]


@dataclass(eq=False, slots=True)
class Turn:
    """A question, and all that is known of it while it is answered."""

    question: Question
    """As it is asked: one of all its pieces."""
    pieces: list[Question] = field(default_factory=list)
    """The messages that it is made of, oldest first."""
    gone: list[tuple[Question, str]] = field(default_factory=list)
    """Messages that are no part of it any more, and why; until that is stored."""
    saved: bool = True
    """The store knows of what it is made."""

    # In its queue.
    joinable: float = -inf
    """When its last message arrived, by the monotonic clock; others may join it after that."""
    begins: float = -inf
    """Not before that moment, since more of it is expected."""
    restarts: int = 0
    """How often the model was asked in vain, because the question changed."""

    # What was looked up and heard: it stays, however often the answer starts over.
    belated: bool = False
    """Something about it may have been missed: it is looked up before its first text."""
    resumed: bool = False
    """It is known what an earlier run has left of it."""
    heard: dict[int, TranscribedRecording] = field(default_factory=dict)
    """What was heard for it, by message, as it came."""
    transcripts: dict[int, Transcript] = field(default_factory=dict)
    """The words of it."""
    uncaptured: tuple[int, float, Transcript] | None = None
    """What was transcribed last, of a sound of so many seconds, until that is captured."""
    parts: dict[int, list[Transcript]] = field(default_factory=dict)
    """What was heard of recordings that are not heard to their end, by message."""
    listening: dict[int, Turn] = field(default_factory=dict)
    """And of those of a recap, by chat: each in a turn of its own, whose words are not stored."""

    # What is being asked and said: `start_over` drops all of it.
    material: Material | None = None
    request: ChatRequest | None = None
    tight: bool = False
    """The model is asked without all that the question can do without."""
    whole_request: ChatRequest | None = None
    """The request that was refused, while a half of it is tried."""
    paid_answer: tuple[str, Finish] | None = None
    """The model's whole answer, which an earlier run has paid for."""
    summing: Summing | None = None
    """How far what was said is summed up."""
    looked_up: LookedUp = field(default_factory=LookedUp)
    model: str = ""
    """Which was asked last."""
    stream: Stream | None = None
    failure: UserbotError | None = None
    """Why there will be no answer, or no more of it; what was shown is still to be closed."""
    speech: Speech | None = None
    written_after_all: bool = False
    """It is not to be answered by voice any more."""
    pace: Pace | None = None
    releases: ExitStack = field(default_factory=ExitStack)
    """What is given back when its material is dropped."""

    # What the owner has to say to it.
    wanted: Wanted | None = None
    """What it may not do before he says yes: it waits for that outside of its queue."""
    asked_for: set[ApprovalKind] = field(default_factory=set)
    """What he was asked for, now or before."""
    earlier_versions: list[Question] = field(default_factory=list)
    """As it was asked before it changed, until what he was asked for that is taken back."""
    approved: bool = False
    """He said that it may be sent."""
    wish: str | None = None
    """How he wants the answer to be written anew; None where he does not."""
    own_words: RichText | None = None
    """What he wants to be sent in place of the answer."""

    # What it costs: until it is captured, and of the newest request.
    estimated: int = 0
    """Tokens of the request, as they were estimated."""
    paid_before: list[Usage] = field(default_factory=list)
    """What the requests cost that came before the answer's own, each."""
    cost: Usage | None = None
    """What an answer that broke off has cost, by estimate if need be."""
    payment: Payment | None = None
    """What is being paid for it."""
    request_left: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether the request that is being paid has left for its server."""

    # What stands in Telegram, or may.
    messages: list[Standing] = field(default_factory=list)
    """What stands of its answer, part by part."""
    mark: str = ""
    """What the last of them ends with, and no stored text; fixed when the turn begins."""
    taken_up: bool = False
    """An earlier run had begun its answer."""
    first_text_left: bool = False
    in_place: bool = False
    """The first part is the question's own message."""
    edit_lost: bool = False
    """An edit was lost on its way: Telegram may carry it out after a later one."""
    void_writes: list[int] = field(default_factory=list)
    """Random ids of records that Telegram certainly did not take, still in the store."""
    doubt: WriteInDoubtError | None = None
    """Why nobody knows whether its last message stands, until that is found out."""
    left_at: datetime | None = None
    """When its last message left."""

    # How it ended.
    answer: Answer | None = None
    outcome: Outcome | None = None
    settled: bool = False
    stays_open: bool = False
    """It stays open: the next start takes it up."""

    # What goes on.
    began: float | None = None
    """When it was taken up, by the monotonic clock."""
    waiting: str = ""
    """On what it waits, in a word, if on anything: what has a reason to last does not hang."""
    troubles: int = 0
    """How often the store took nothing since a stage came to its end."""
    trouble_began: float = 0.0
    interruption: Interruption | None = None
    refusal: UserbotError | None = None
    """What a stage was refused with, until it is known what follows from it."""
    is_leaving: bool = False
    """The program ends: nothing is waited for any more."""
    task: asyncio.Future[None] | None = None
    """The stage that is running."""
    typing: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.pieces = self.pieces or [self.question]

    def next(self) -> Stage | None:
        """What is to be done now; None when the turn is over."""
        if self.settled or self.stays_open:
            return None
        if self.outcome is not None:
            return Stage.SETTLE
        if not self.resumed or (self.belated and not self.first_text_left):
            return Stage.RESUME
        if self.material is None:
            return Stage.UNDERSTAND
        if self.wanted is not None:
            return Stage.APPROVE
        return Stage.ANSWER if self.answer is None else Stage.SETTLE

    @property
    def is_open(self) -> bool:
        """Whether it may still change: nothing of its answer was shown."""
        return not (self.is_ending or self.answer is not None or self.first_text_left)

    @property
    def is_ending(self) -> bool:
        """Whether it is decided that there will be no answer, or no more of it."""
        stopped = self.interruption is not None and self.interruption.kind == "stopped"
        return stopped or self.outcome is not None or self.settled

    @property
    def has_begun(self) -> bool:
        """Whether a stage has run."""
        return self.began is not None

    @property
    def awaits(self) -> bool:
        """Whether it has left its queue until the owner says his word."""
        return self.stays_open and self.wanted is not None and not self.settled

    @property
    def has_started_over(self) -> bool:
        """Whether it is being answered for another time already."""
        return self.has_begun and self.restarts > 0 and self.interruption is None

    def piece(self, chat: int, message: int) -> Question | None:
        """The piece that is this message, if one is."""
        for piece in self.pieces:
            if piece.message == message and piece.source == chat:
                return piece
        return None

    def becomes(
        self, pieces: Sequence[Question], gone: Sequence[Question] = (), why: str = ""
    ) -> bool:
        """It is made of these messages, as they read now, and of some not any more.

        Gives whether that asks something else than before.
        """
        whole = bursts.together(pieces)
        before = self.question
        if not gone and whole.id == before.id and whole.asks_the_same(before):
            self.pieces = list(pieces)
            return False
        self.gone += [(one, why) for one in gone]
        self.earlier_versions.append(before)
        self.question, self.pieces, self.saved = whole, list(pieces), False
        return True

    def interrupt(self, interruption: Interruption) -> None:
        """Have the runner act on this; an end that is decided stays so."""
        if self.settled or (self.interruption is not None and self.interruption.kind == "stopped"):
            return
        self.interruption = interruption
        if self.task is not None:
            self.task.cancel()

    def start_over(self) -> None:
        """Drop what was made of the question; what was paid for its recordings stays."""
        self.releases.close()
        self.drop_answer()
        self.material = self.failure = self.pace = self.summing = None
        self.written_after_all, self.model = False, ""
        self.wanted = self.wish = self.own_words = None
        self.approved = False
        self.taken_up = bool(self.messages)
        self.first_text_left = self.taken_up

    def goes_on(self, waited: float) -> None:
        """It goes on where it was, after it has waited so many seconds for the owner."""
        self.wanted, self.stays_open = None, False
        if self.began is not None:
            self.began += waited
        if self.stream is not None:
            self.stream.first_asked += waited

    def drop_answer(self) -> None:
        """Its answer is dropped: another one is wanted to what was understood."""
        self.request = self.stream = self.whole_request = self.speech = self.paid_answer = None
        self.tight, self.looked_up, self.paid_before = False, LookedUp(), []

    def forget_sources(self, which: Callable[[Source], bool]) -> None:
        """Messages that were read for it are gone: they are not cited, nor asked about any more.

        If one of them brought a document, it is asked anew without it, unless a text has left.
        """
        read = () if self.material is None else self.material.read
        if self.is_open and any(map(which, read)):
            self.interrupt(Interruption("changed"))
        gone = {number for number, one in enumerate(self.looked_up.sources, 1) if which(one)}
        if not gone:
            return
        self.looked_up.without(gone)
        if self.summing is not None:
            self.summing = self.summing.without(gone)

    def moves(self, new: int) -> None:
        """Its group goes on as the supergroup `new`: it is answered there, from its beginning.

        What stands of half an answer cannot be finished: then it ends. While its first text is on
        its way nobody knows that yet: it is refused, and the turn moves then, or it stands.
        """
        if self.first_text_left and not self.messages and self.answer is None:
            return
        self.question = self.question.moved(new)
        self.pieces = [one.moved(new) for one in self.pieces]
        if self.awaits:  # what is kept of it will stand there, below the question
            self.material, self.stream, self.belated = None, None, True
            return
        if not self.has_begun or self.answer is not None or self.is_ending:
            return
        if self.first_text_left:
            self.interrupt(Interruption("stopped", "begun_before_move"))
        else:
            self.belated = True
            self.interrupt(Interruption("changed"))

    @contextmanager
    def waits(self, on: str) -> Iterator[None]:
        """While the block waits for something, it does not count as hung.

        Raises PostponedError when the program ends, which waits for nothing but a permit.
        """
        if self.is_leaving and on != "gate":
            raise PostponedError(
                _("The program ended before the next try."),
                _("It is retried at the next start."),
                reason="postponed",
            )
        before, self.waiting = self.waiting, on
        try:
            yield
        finally:
            self.waiting = before
