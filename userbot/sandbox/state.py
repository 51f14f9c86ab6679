"""Everything that this Telegram knows, as plain data: people, chats, messages, files, logins.

Rules:
1. Nothing here changes anything: that is for commands (world.py), which stand above.
2. Ids are marked as clients mark them: a user's is positive, a basic group's negative, a channel's
   starts with -100. `number` is the id without the mark, as TL has it.
3. Every user has a mailbox for its private chats and basic groups; a supergroup has one of its own
   that all members share (core.telegram.org/api/updates#message-related-event-sequences).
4. Dates are Unix seconds of the world's clock.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from . import tl
from .media import Media
from .mtproto.auth_key import AuthKey
from .password import Challenge

CHANNEL_MARK = 1_000_000_000_000


@dataclass(eq=False, repr=False, kw_only=True)
class User:
    """A person with an account; `accounts.Account` is the same with what the person can do."""

    id: int
    first_name: str
    last_name: str
    username: str | None
    phone: str
    """Digits only, as TL has it."""
    code: str
    """The login code that Telegram sends this user, always the same."""
    password: str | None
    """The 2FA password, if any."""
    secret: bytes
    """What the access hashes are derived from under which this user, and no other, knows things."""
    premium: bool = False
    contacts: dict[int, User] = field(default_factory=dict)
    blocked: dict[int, User] = field(default_factory=dict)
    mailbox: Mailbox = field(init=False)
    read_marks: dict[Chat, int] = field(default_factory=dict)
    """Up to which message this user has read a chat, on whatever device."""
    unread: list[Message] = field(default_factory=list)
    """What others have written and `Account.expects` has not yet returned."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something new is unread."""

    def __post_init__(self) -> None:
        self.mailbox = Mailbox(self.id)

    def __repr__(self) -> str:
        return f"<{self.name} {self.id}>"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".rstrip()


@dataclass(frozen=True, slots=True)
class Private:
    """The chat of two users, or of one with itself (Saved Messages)."""

    first: User
    second: User

    def other(self, user: User) -> User:
        return self.second if user is self.first else self.first

    @property
    def to_self(self) -> bool:
        return self.first is self.second

    def people(self) -> list[User]:
        return [self.first] if self.to_self else [self.first, self.second]

    def mailbox_of(self, user: User) -> Mailbox:
        return user.mailbox


@dataclass(eq=False, slots=True)
class Member:
    user: User
    inviter: User
    date: int
    after: int = 0
    """The newest message of the supergroup when this member came."""


@dataclass(eq=False, slots=True)
class Group:
    """A basic group: every member's mailbox has its own copy of each message."""

    number: int
    title: str
    creator: User
    date: int
    members: dict[int, Member] = field(default_factory=dict)
    left: dict[int, User] = field(default_factory=dict)
    """Who was a member and is not any more."""
    version: int = 1
    migrated_to: Supergroup | None = None
    auto_delete: int | None = None
    """Seconds after which messages are said to go (`ttl_period`); the sandbox keeps them."""
    noforwards: bool = False
    """What is said here may not be forwarded or kept."""
    no_links: bool = False
    """Its members may not embed links."""

    @property
    def id(self) -> int:
        return -self.number

    @property
    def kind(self) -> str:
        return "group"

    def people(self) -> list[User]:
        return [member.user for member in self.members.values()]

    def mailbox_of(self, user: User) -> Mailbox:
        return user.mailbox

    def has(self, user: User) -> bool:
        return user.id in self.members


@dataclass(eq=False, slots=True)
class Supergroup(Group):
    """A group that is a channel: one mailbox for all members."""

    username: str | None = None
    forum: bool = False
    broadcast: bool = False
    """It is a channel, where its creator alone writes."""
    has_link: bool = False
    """It is a channel's discussion group."""
    level: int = 0
    """How far it is boosted."""
    hidden_prehistory: bool = False
    """Members see nothing from before they came; its creator sees everything."""
    admins: set[int] = field(default_factory=set)
    """Who else was made an admin."""
    migrated_from: Group | None = None
    """The basic group that it was before."""
    mailbox: Mailbox = field(init=False)

    def __post_init__(self) -> None:
        self.mailbox = Mailbox(self.id)

    def begins_for(self, user: User) -> int:
        """The id below or at which a user sees nothing of it; 0 who sees everything."""
        member = self.members.get(user.id)
        hidden = self.hidden_prehistory and user is not self.creator and member is not None
        return member.after if hidden and member else 0

    @property
    def id(self) -> int:
        return -(CHANNEL_MARK + self.number)

    @property
    def kind(self) -> str:
        return "channel" if self.broadcast else "supergroup"

    def mailbox_of(self, _user: User) -> Mailbox:
        return self.mailbox


Chat = Private | Group


@dataclass(eq=False, slots=True)
class Message:
    """A text, a file with a caption, or a service message, shared by every mailbox that has it.

    In private chats and basic groups every user has its own id for it; in a supergroup the id
    belongs to the group.
    """

    uid: int
    """Its number in this Telegram, over all chats."""
    chat: Chat
    sender: User
    date: int
    text: str = ""
    entities: list[tl.Tl] = field(default_factory=list)
    """TL entities, offsets in UTF-16 units: what was sent plus what Telegram adds itself."""
    reply_to: Message | None = None
    link_preview: bool = False
    """Telegram fetches an address in the text, because the sender did not set no_webpage."""
    action: tl.Tl | None = None
    media: Media | None = None
    """What it carries; `text` is its caption then."""
    ttl_seconds: int | None = None
    """How long the media may be looked at; media.VIEW_ONCE for once."""
    noforwards: bool = False
    top: Message | None = None
    """What began its thread: a forum topic, a channel's post, or the first message replied to."""
    origin: User | str | None = None
    """Who wrote it, where the sender only forwarded it; a name if that person hides."""
    post_of: tuple[int, str] | None = None
    """The number and title of the channel whose post was forwarded here by Telegram itself."""
    album: int | None = None
    """What the messages of one album have in common."""
    newer: str = ""
    """Which part of it is of a newer layer (newer.py); "" for none."""
    marks: dict[str, tl.Tl] = field(default_factory=dict)
    """Fields of its TL that nothing here makes: who made it, a poll that it carries, a quote."""
    edit_date: int | None = None
    edits: list[str] = field(default_factory=list)
    """The texts it had before, oldest first."""
    deleted: bool = False
    """For everyone."""
    from_scheduled: bool = False
    """Its sender wrote it before, and Telegram sent it when its time came."""
    ids: dict[int, int] = field(default_factory=dict)
    """Ids by mailbox."""

    @property
    def address(self) -> str:
        """The first address in it, which Telegram makes a preview of; "" for none."""
        links = [one for one in self.entities if isinstance(one, tl.types.MessageEntityUrl)]
        hidden = [one for one in self.entities if isinstance(one, tl.types.MessageEntityTextUrl)]
        if not self.link_preview or self.media or not (links or hidden):
            return ""
        if not links:
            return str(hidden[0].url)
        return self.covered(links[0])

    def covered(self, entity: tl.Tl) -> str:
        """The words that one of its entities covers."""
        start, end = entity.offset * 2, (entity.offset + entity.length) * 2
        return self.text.encode("utf-16-le")[start:end].decode("utf-16-le")

    def id_for(self, user: User) -> int:
        """Its id as `user` sees it. Raises KeyError if the user never had it."""
        return self.ids[self.chat.mailbox_of(user).owner_id]

    @property
    def subscriber(self) -> int | None:
        """Who writes to the channel, if it stands in a channel's direct messages."""
        return getattr(self.marks.get("saved_peer_id"), "user_id", None)

    def is_in(self, mailbox: Mailbox) -> bool:
        """Whether it is there, and not deleted."""
        return mailbox.messages.get(self.ids.get(mailbox.owner_id, 0)) is self

    def is_seen_by(self, user: User) -> bool:
        """Whether the user has it and has not deleted it."""
        return self.is_in(self.chat.mailbox_of(user))

    def __repr__(self) -> str:
        what = type(self.action).__name__ if self.action else repr(self.text)
        if self.media:
            what = f"{self.media.kind} {what}"
        return f"<{what} by {self.sender.first_name}>"


class Kind(Enum):
    NEW = auto()
    EDIT = auto()
    DELETE = auto()
    PAGE = auto()
    """Telegram has looked at the address in it, and shows what stands there."""
    READ = auto()
    """Everything up to the message was read, on another of the reader's devices."""


@dataclass(frozen=True, slots=True)
class MailboxEvent:
    """What happened in a mailbox; one message each, but for deletions."""

    mailbox: Mailbox
    kind: Kind
    pts: int
    """After the event; it moves by one a message."""
    date: int
    messages: tuple[Message, ...]


@dataclass(eq=False, slots=True)
class Mailbox:
    """Messages under its own ids, and the numbered log of what happened to them.

    The events after a client's `pts`, in order, are the difference that it has missed.
    """

    owner_id: int
    """The user, or the supergroup, as a marked id."""
    pts: int = 1
    messages: dict[int, Message] = field(default_factory=dict)
    by_chat: dict[Chat, dict[int, Message]] = field(default_factory=dict)
    """The same, for each chat that has had a message here."""
    events: list[MailboxEvent] = field(default_factory=list)
    last_id: int = 0

    def history(self, chat: Chat) -> list[Message]:
        """What is left of a chat, oldest first."""
        return list(self.by_chat.get(chat, {}).values())

    def numbered(self, chat: Chat) -> list[tuple[int, Message]]:
        """The same with their ids here."""
        return list(self.by_chat.get(chat, {}).items())

    def find(self, chat: Chat, number: int) -> Message | None:
        """The message that is `number` here, if it is in this chat."""
        return self.by_chat.get(chat, {}).get(number)

    def last(self, chat: Chat) -> Message | None:
        return next(reversed(self.by_chat.get(chat, {}).values()), None)

    def since(self, pts: int) -> list[MailboxEvent]:
        """The events that a client at `pts` has missed."""
        return self.events[bisect_right(self.events, pts, key=lambda event: event.pts) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A text that Telegram will send when its `date` has come.

    `number`: its id until then, which is of no other message's kind; of its sender's alone.
    """

    number: int
    chat: Chat
    sender: User
    date: int
    text: str
    entities: Sequence[tl.Tl]
    reply_to: Message | None
    random_id: int


@dataclass(eq=False, slots=True)
class Login:
    """What the server knows of one auth key."""

    key: AuthKey
    layer: int | None = None
    user: User | None = None
    revoked: str | None = None
    """The error that requests get since the login was ended from elsewhere."""
    half: User | None = None
    """Who has given the code or scanned the QR, and still has to give the password."""
    challenge: Challenge | None = None


@dataclass(frozen=True, slots=True)
class SentCode:
    """A login code on its way to a phone."""

    login: Login
    phone: str
    expires: int


@dataclass(eq=False, slots=True)
class LoginToken:
    """A QR login on its way."""

    login: Login
    data: bytes
    expires: int
    accepted_by: User | None = None


@dataclass(eq=False, slots=True)
class State:
    """All of it. What is not rebuilt from the commands on disk is at the end."""

    secret: bytes
    """What users' secrets, file references and salts are derived from."""
    users: dict[int, User] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    private: dict[tuple[int, int], Private] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    scheduled: dict[tuple[int, int], Scheduled] = field(default_factory=dict)
    """By the sender's id and their numbers, in the order in which they were written."""
    last_scheduled: int = 0
    by_random_id: dict[tuple[int, int], Message] = field(default_factory=dict)
    """By the sender's id and the random_id it was sent with."""
    media: dict[int, Media] = field(default_factory=dict)
    pages: dict[str, tl.Tl] = field(default_factory=dict)
    """What stands at addresses of the web, as far as Telegram knows."""
    logins: dict[int, Login] = field(default_factory=dict)
    """By the key's id."""
    codes: dict[str, SentCode] = field(default_factory=dict)
    """By phone_code_hash."""
    tokens: list[LoginToken] = field(default_factory=list)
    downloads: Counter[User] = field(default_factory=Counter)
    """Bytes of files that each user's clients have been given."""

    def by_phone(self, phone: str) -> User | None:
        return next((user for user in self.users.values() if user.phone == phone), None)

    def by_username(self, username: str) -> User | Supergroup | None:
        wanted = username.lower()
        for found in (*self.users.values(), *self.groups.values()):
            if isinstance(found, User | Supergroup) and (found.username or "").lower() == wanted:
                return found
        return None

    def chat_of(self, user: User, where: User | Group) -> Chat:
        """The chat that `where` is to `user`."""
        if isinstance(where, Group):
            return where
        first, second = sorted((user, where), key=lambda one: one.id)
        return self.private.setdefault((first.id, second.id), Private(first, second))

    def logins_of(self, user: User) -> list[Login]:
        return [login for login in self.logins.values() if login.user is user]
