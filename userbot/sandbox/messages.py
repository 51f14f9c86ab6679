"""One message, shared by every mailbox that has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import tl

if TYPE_CHECKING:
    from .accounts import Account
    from .chats import Chat
    from .media import Media


@dataclass(eq=False, slots=True)
class Message:
    """A text, a file with a caption, or a service message.

    In private chats and basic groups every account has its own id for it; in a supergroup the id
    belongs to the group. Dates are Unix seconds of the world's clock.
    """

    uid: int
    """Its number in this Telegram, over all chats."""
    chat: Chat
    sender: Account
    date: int
    text: str
    entities: list[tl.Tl]
    """TL entities, offsets in UTF-16 units: what was sent plus what Telegram adds itself."""
    reply_to: Message | None = None
    link_preview: bool = False
    """Telegram fetched an address in the text, because the sender did not set no_webpage."""
    action: tl.Tl | None = None
    media: Media | None = None
    """What it carries; `text` is its caption then."""
    ttl_seconds: int | None = None
    """How long the media may be looked at; media.VIEW_ONCE for once."""
    noforwards: bool = False
    top: Message | None = None
    """What began its thread: a forum topic, a channel's post, or the first message replied to."""
    origin: Account | str | None = None
    """Who wrote it, where the sender only forwarded it; a name if that person hides."""
    post_of: tuple[int, str] | None = None
    """The number and title of the channel whose post was forwarded here by Telegram itself."""
    album: int | None = None
    """What the messages of one album have in common."""
    edit_date: int | None = None
    edits: list[str] = field(default_factory=list)
    """The texts it had before, oldest first."""
    deleted: bool = False
    """For everyone."""
    ids: dict[int, int] = field(default_factory=dict)
    """Ids by mailbox."""

    def id_for(self, account: Account) -> int:
        """Its id as `account` sees it. Raises KeyError if the account never had it."""
        return self.ids[self.chat.mailbox_of(account).owner_id]

    def is_seen_by(self, account: Account) -> bool:
        """Whether the account has it and has not deleted it."""
        mailbox = self.chat.mailbox_of(account)
        return mailbox.messages.get(self.ids.get(mailbox.owner_id, 0)) is self

    def __repr__(self) -> str:
        what = type(self.action).__name__ if self.action else repr(self.text)
        if self.media:
            what = f"{self.media.kind} {what}"
        return f"<{what} by {self.sender.first_name}>"
