"""What Telegram brings: messages, and what a chat's history says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from userbot.types.chats import ChatKind, ConversationId, Person
from userbot.types.media import Voice
from userbot.types.rich_text import RichText


class Came(Enum):
    """How a message came to us."""

    LIVE = auto()
    """Telegram told of it when it was written."""
    LATE = auto()
    """It was told, or handed over, later: it may have been edited or deleted meanwhile."""
    FOUND = auto()
    """A look at its chat has brought it, or it reads otherwise by now."""


@dataclass(frozen=True, slots=True)
class ReplyPart:
    """What of the message that it replies to a message is about; nothing of it: all of it."""

    text: str = ""
    """The words that its sender marked there."""
    task: int = 0
    """The number of a checklist's task."""
    option: bytes = b""
    """An option of a poll."""
    elsewhere: Quoted | None = None
    """What is known of the message, where it stands in another chat: its number says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedPage:
    """What Telegram attached to an address in a message, as far as it came with the message."""

    address: str
    site: str = ""
    title: str = ""
    description: str = ""
    text: str = ""
    """What the page says, or its beginning; "" where Telegram does not keep it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it arrived, with all that is needed to decide about it."""

    conversation: ConversationId
    message: int
    kind: ChatKind
    title: str
    sender: Person | None
    text: str
    at: datetime
    outgoing: bool = False
    reply_to: int | None = None
    reply_part: ReplyPart = field(default_factory=ReplyPart)
    mentions: frozenset[int | str] = frozenset()
    """Ids and lower-case usernames that entities of the text name."""
    service: bool = False
    by_machine: str = ""
    """What made it, by Telegram's marks, where its sender did not write it himself ("via_bot",
    "via_business_bot", "away", "imported")."""
    post: bool = False
    """A channel's post, or its automatic forward into the discussion group."""
    forwarded: bool = False
    forwarded_from: str = ""
    """Who wrote what was forwarded, if anybody tells."""
    protected: bool = False
    """It must not leave Telegram: protected from copying, or to be seen once."""
    noforwards: bool = False
    """Protected from copying, it or its chat: its words are nobody's question."""
    media: str | None = None
    """What else the message carries, in words ("voice", "document “a.pdf”", …), if anything."""
    shown: str = ""
    """Its text as it stands, where `text` has the addresses of hidden links in it, too."""
    rich: RichText | None = None
    """The same with its formatting; of the owner's replies in Saved Messages alone."""
    voice: Voice | None = None
    """Its sound, if it has any."""
    expires_at: datetime | None = None
    """When the chat deletes it by itself, where it does (auto-delete)."""
    album: int | None = None
    """What marks the messages of one album, if it is of one."""
    picture: bool = False
    """It carries a picture that may be looked at."""
    document: bool = False
    """It carries a file that may be read."""
    pages: tuple[LinkedPage, ...] | None = ()
    """What stands at the address in it; None while Telegram still looks."""
    edited_at: datetime | None = None
    scheduled: bool = False
    """Its sender had it sent later: Telegram sent it when its time came."""
    came: Came = Came.LIVE

    @property
    def writer(self) -> str:
        """Who wrote it, by name: a channel's posts are the channel's."""
        return self.title if self.sender is None else self.sender.name


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

    found: Mapping[int, Message]
    """Its messages as they read now, by their ids."""
    gone: frozenset[int]
    """Those that are not there any more."""
    own: tuple[OwnMessage, ...]
    """The account's messages after the first of them, oldest first."""
    whole: bool
    """Whether this goes up to the newest message."""


@dataclass(frozen=True, slots=True)
class Brought:
    """How far a chat was brought."""

    newest: int
    title: str
    whole: bool
    """Whether that is all there is."""


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
    document: bool = field(default=False, kw_only=True)
    """It carries a file that may be read."""
    ours: bool = field(default=False, kw_only=True)
    """It is an answer of ours."""
    reply_to: int | None = field(default=None, kw_only=True)
    """The message that it replies to."""
    pages: tuple[LinkedPage, ...] = field(default=(), kw_only=True)
    """What stands at the address in it. Not stored."""
    above: tuple[Quoted, ...] = field(default=(), kw_only=True)
    """The chain of messages that it replies to, oldest first."""
    expires_at: datetime | None = field(default=None, kw_only=True)
    """When the chat deletes it by itself, where it does (auto-delete)."""

    @property
    def tells_something(self) -> bool:
        """Whether it can be asked about: more than what kind of thing it carries."""
        told = (self.media or "").replace(" ", "")
        carried = self.voice or self.picture or self.document
        return bool(self.text or carried or (told and not told.isalpha()))
