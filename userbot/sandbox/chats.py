"""Where people talk: private chats, basic groups, supergroups.

Ids are marked as clients mark them: an account's is positive, a basic group's negative, a channel's
starts with -100. `number` is the id without the mark, as TL has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .mailbox import Mailbox

if TYPE_CHECKING:
    from .accounts import Account

CHANNEL_MARK = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class Private:
    """The chat of two accounts, or of one with itself (Saved Messages)."""

    first: Account
    second: Account

    def other(self, account: Account) -> Account:
        return self.second if account is self.first else self.first

    def people(self) -> list[Account]:
        return [self.first] if self.first is self.second else [self.first, self.second]

    def mailbox_of(self, account: Account) -> Mailbox:
        return account.mailbox


@dataclass(eq=False, slots=True)
class Member:
    account: Account
    inviter: Account
    date: int


@dataclass(eq=False, slots=True)
class Group:
    """A basic group: every member's mailbox has its own copy of each message."""

    number: int
    title: str
    creator: Account
    date: int
    members: dict[int, Member] = field(default_factory=dict)
    left: dict[int, Account] = field(default_factory=dict)
    """Who was a member and is not any more."""
    version: int = 1
    migrated_to: Supergroup | None = None
    auto_delete: int | None = None
    """Seconds after which messages are said to go (`ttl_period`); the sandbox keeps them."""
    noforwards: bool = False
    """What is said here may not be forwarded or kept."""

    @property
    def id(self) -> int:
        return -self.number

    @property
    def kind(self) -> str:
        return "group"

    def people(self) -> list[Account]:
        return [member.account for member in self.members.values()]

    def mailbox_of(self, account: Account) -> Mailbox:
        return account.mailbox

    def has(self, account: Account) -> bool:
        return account.id in self.members

    def join(self, account: Account, inviter: Account, date: int) -> None:
        self.members[account.id] = Member(account, inviter, date)
        self.left.pop(account.id, None)
        self.version += 1

    def leave(self, account: Account) -> None:
        del self.members[account.id]
        self.left[account.id] = account
        self.version += 1


@dataclass(eq=False, slots=True)
class Supergroup(Group):
    """A group that is a channel: one mailbox for all members."""

    username: str | None = None
    forum: bool = False
    has_link: bool = False
    """It is a channel's discussion group."""
    mailbox: Mailbox = field(init=False)

    def __post_init__(self) -> None:
        self.mailbox = Mailbox(self.id)

    @property
    def id(self) -> int:
        return -(CHANNEL_MARK + self.number)

    @property
    def kind(self) -> str:
        return "supergroup"

    def mailbox_of(self, _account: Account) -> Mailbox:
        return self.mailbox


Chat = Private | Group
