"""The values that travel the path, from an update to an answer.

What crosses a border between rooms is one of these, never an object of Telethon or openai.
Chat and person ids are Telethon's marked ids: people positive, basic groups ``-id``,
channels and supergroups ``-100id``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, StrEnum

SAVED_TITLE = "Saved Messages"
"""How the chat with oneself is called; Telegram gives it the owner's name."""


TERMINAL = 0
"""The chat that is no chat: a conversation in the terminal. No marked id is 0."""


class ChatKind(StrEnum):
    """What kind of chat a message stands in."""

    SAVED = "saved"
    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"

    @property
    def several_people(self) -> bool:
        """Whether others than one person and the owner can speak here."""
        return self in (ChatKind.GROUP, ChatKind.SUPERGROUP, ChatKind.CHANNEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who sent a message; a channel or an anonymous admin has a negative id."""

    id: int
    name: str
    username: str | None = None
    bot: bool = False
    contact: bool = False
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One conversation: a private chat, a group, a forum topic or a comment thread."""

    chat: int
    topic: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What a message carries to be listened to: a voice note, or anything else with sound.

    Everything but `size` is the sender's word for it and may be wrong or missing.
    """

    kind: str
    """"voice", "video_note" (the round ones), "audio", "video" or "document"."""
    size: int
    """Bytes."""
    seconds: float = 0.0
    """0 if the message does not say."""
    mime: str = ""
    file_name: str = ""
    waveform: bytes = b""
    """Loudness over time, 100 values from 0 to 31; empty if the message has none."""
    sealed: str = ""
    """Why it is never touched ("view_once", "protected"), if it is not."""

    @property
    def spoken(self) -> bool:
        """Whether it was made to speak to somebody, as a song or a film was not."""
        return self.kind in ("voice", "video_note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message as it arrived, with all that is needed to decide about it."""

    place: Place
    message: int
    kind: ChatKind
    title: str
    sender: Person | None
    text: str
    at: datetime
    outgoing: bool = False
    reply_to: int | None = None
    mentions: frozenset[int | str] = frozenset()
    """Ids and lower-case usernames that entities of the text name."""
    service: bool = False
    via_bot: bool = False
    post: bool = False
    """A channel's post, or its automatic forward into the discussion group."""
    forwarded: bool = False
    forwarded_from: str = ""
    """Who wrote what was forwarded, if anybody tells."""
    protected: bool = False
    """It must not leave Telegram: protected from copying, or to be seen once."""
    media: str | None = None
    """What else the message carries ("voice", "photo", …), if anything."""
    voice: Voice | None = None
    """Its sound, if it has any."""
    expires_at: datetime | None = None
    """When the chat deletes it by itself, where it does (auto-delete)."""
    album: int | None = None
    """What marks the messages of one album, if it is of one."""
    picture: bool = False
    """It carries a picture that may be looked at."""
    edited_at: datetime | None = None
    live: bool = True
    """Telegram told of it when it was written; otherwise it was caught up with."""

    @property
    def chat(self) -> int:
        return self.place.chat


@dataclass(frozen=True, slots=True)
class Recorded:
    """A write of an answer as the store has it; `message` is None until Telegram told its id."""

    part: int
    random_id: int
    text: str
    message: int | None


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message of the account's, as the chat's history shows it."""

    id: int
    text: str
    reply_to: int | None
    voice: bool = False
    """It is a voice note."""


@dataclass(frozen=True, slots=True)
class Since:
    """What a chat's history says about a question: as it stands, and what came after it."""

    question: str | None
    """Its text or caption as it stands now; None if it is not there any more."""
    own: tuple[OwnMessage, ...]
    """The account's messages after it, oldest first."""
    whole: bool
    """Whether this goes up to the newest message."""
    edited: bool = False
    """The question was edited."""


@dataclass(frozen=True, slots=True)
class ChatTop:
    """A chat's newest message and its date."""

    chat: int
    message: int
    at: datetime
    supergroup: bool


@dataclass(frozen=True, slots=True)
class Brought:
    """How many messages of a chat were brought that had not arrived, and how far it is seen."""

    count: int
    newest: int
    title: str
    whole: bool
    """Whether that is all there is."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """The decision to do nothing; `reason` is a stable slug."""

    reason: str


@dataclass(frozen=True, slots=True)
class Command:
    """The decision to carry out an order of the owner: ``/gpt_<name> <argument>``."""

    name: str
    argument: str


@dataclass(frozen=True, slots=True)
class CommandMessage:
    """A message of the owner's that was a command, as the store recorded it.

    Only such a message may be deleted.
    """

    id: int
    chat: int
    message: int
    name: str = ""
    title: str = ""
    """Of its chat, when it was given."""


@dataclass(frozen=True, slots=True)
class CommandNote:
    """A message that tells a command's result, or a part of it."""

    random_id: int
    text: str


@dataclass(frozen=True, slots=True)
class OpenCommand:
    """A command that an earlier run did not finish."""

    command: CommandMessage
    at: datetime
    notes: tuple[CommandNote, ...] | None
    """What is still to be told; None if the program ended before it knew the result."""


_CHANNELS = -1_000_000_000_000
"""Marked ids of channels and supergroups are below this (core.telegram.org/api/bots/ids)."""


def is_basic_group(chat: int) -> bool:
    """Whether the marked id is that of a basic group."""
    return _CHANNELS < chat < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The decision to answer: a question, as it is stored and queued."""

    place: Place
    message: int
    kind: ChatKind
    title: str
    sender: Person
    text: str
    """What is asked, without the prefix; empty when the message replied to is the question."""
    at: datetime
    by_owner: bool
    reply_to: int | None = None
    about_reply: bool = False
    """The prefix was a reply to something that is not one of our answers: ask about that."""
    forwarded_from: str = ""
    """Who wrote the words that the sender forwarded, if they are not his own."""
    voice: Voice | None = None
    """The question's own sound, which says what `text` does not."""
    listen_first: bool = False
    """It is a question only if its first spoken words address the owner."""
    plain: bool = False
    """Its message is the sender's own text and nothing else: he could put another in its place."""
    labelled: bool = False
    """Its text has labels of ours in it. Not stored: read again they are taken for its words."""
    pictures: tuple[int, ...] = ()
    """The messages whose pictures belong to it: its own, or those it was joined by."""
    album: int | None = None
    """What Telegram marks the messages of one album with; not stored."""
    expires_at: datetime | None = None
    """When the chat deletes this message by itself: its words may not be kept longer."""
    id: int = 0
    """The question's row in the store; 0 until it is stored."""
    attempt: int = 0
    """How often the owner had it asked again."""
    moved_from: int | None = None
    """The basic group that its message stands in, where `place` is what became of that group."""

    @property
    def chat(self) -> int:
        """Where it is answered, and whose rules hold."""
        return self.place.chat

    @property
    def source(self) -> int:
        """The chat that its message stands in: ids of messages are those of that chat."""
        return self.chat if self.moved_from is None else self.moved_from

    @property
    def replied_to(self) -> int | None:
        """The message that its answer replies to; None where a reply cannot reach it."""
        return self.message if self.moved_from is None else None

    def moved(self, new: int) -> Ask:
        """The same question, now that its basic group has become a supergroup."""
        place = replace(self.place, chat=new)
        return replace(self, place=place, kind=ChatKind.SUPERGROUP, moved_from=self.source)


Decision = Ask | Command | Ignore


@dataclass(frozen=True, slots=True)
class Quoted:
    """A message that a question replies to; its text may be a caption, or empty."""

    speaker: str
    text: str
    voice: Voice | None = None
    """Its sound, not yet listened to."""
    message: int = field(default=0, kw_only=True)
    """Which it is in its chat; 0 for words that are the question's own."""
    person: int = field(default=0, kw_only=True)
    """Who that is, 0 if nobody knows."""
    origin: str = field(default="", kw_only=True)
    """Who wrote it, where the speaker only forwarded it."""
    media: str | None = field(default=None, kw_only=True)
    """What it carries besides, in a word, if anything."""
    picture: bool = field(default=False, kw_only=True)
    """It carries a picture that may be looked at."""
    ours: bool = field(default=False, kw_only=True)
    """It is an answer of ours."""
    reply_to: int | None = field(default=None, kw_only=True)
    """The message that it replies to."""
    above: tuple[Quoted, ...] = field(default=(), kw_only=True)
    """The chain of messages that it replies to, oldest first."""
    expires_at: datetime | None = field(default=None, kw_only=True)
    """When the chat deletes it by itself, where it does (auto-delete)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on its way to the model, of that message; `mime` as its own bytes tell."""

    message: int
    data: bytes = field(repr=False)
    mime: str


class Loudness(Enum):
    """How loud the loudest of a recording is."""

    SILENT = "silent"
    QUIET = "quiet"
    LOUD = "loud"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its usual ending and type, and ffmpeg's name for it."""

    ending: str
    mime: str
    demuxer: str
    taken: bool = True
    """Whether every transcription endpoint takes it as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Audio in memory, on its way to be transcribed; the name's ending tells the format."""

    data: bytes = field(repr=False)
    file_name: str
    mime: str
    seconds: float
    """As far as it is known, else 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What helps a transcription: a language (ISO 639-1) and words that may occur."""

    language: str | None = None
    prompt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was spoken; `seconds` of audio were paid for."""

    text: str
    model: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Spoken words as a voice note: Ogg with Opus; the waveform as in `Voice`."""

    data: bytes = field(repr=False)
    seconds: float
    waveform: bytes


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer, as the history keeps them."""

    speaker: str
    question: str
    answer: str
    id: int = field(default=0, compare=False)
    """The question's row in the store."""


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a request to the model; role is "system", "user" or "assistant"."""

    role: str
    content: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What the model is asked. None among the parameters means: not sent."""

    model: str
    messages: tuple[PromptMessage, ...]
    stream: bool = True
    temperature: float | None = None
    max_completion_tokens: int | None = None
    reasoning_effort: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a request cost, as the endpoint counted them, else as we estimate them."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False

    @property
    def total(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the model's answer."""

    text: str


OVERLONG = "overlong"
"""Why an answer ended that did not end by itself."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of the model's answer: why it ended, and its usage if the endpoint told."""

    reason: str
    usage: Usage | None
    model: str


@dataclass(frozen=True, slots=True)
class StartOver:
    """The answer broke off and is asked for anew: the pieces so far are not a part of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: the model's text (Markdown), where it was written and what it cost."""

    text: str
    shown: str
    """What the first of its messages shows, without markup."""
    finish: Finish
    messages: tuple[int, ...]
    """Ids of the messages it stands in, in order."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What answers have cost over a while."""

    answers: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What counts against the limits at one moment: spent, or reserved for open questions.

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
class Owed:
    """What is being paid for a question while nobody has counted it: it outlives a crash."""

    kind: str
    """"answer", "audio" (listened to) or "speech" (spoken)."""
    model: str
    usage: Usage | None = None
    audio_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class KeptName:
    """An @name (without the @, in lower case) and whom it meant when it was first resolved.

    `id` is marked; `access_hash` is what the account needs to reach them, if Telegram gave one.
    """

    name: str
    id: int
    access_hash: int | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """A formatted stretch of a text; offset and length in UTF-16 units, as Telegram counts."""

    kind: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class RichText:
    """A text as Telegram shows it: plain, with entities; never markup inside."""

    text: str
    entities: tuple[Entity, ...] = field(default=())
