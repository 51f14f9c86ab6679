"""A person with an account, and what the person does from a device that is not one of the clients.

Every act is synchronous: when `says` returns, the message is in all mailboxes and on its way to the
clients that are online. The account's own clients learn of it as of an act by another device (out).
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from . import logins, tl
from .formatting import prepare
from .groups import invite, open_topic, promote, remove
from .media import Media
from .messages import delete, edit
from .reading import mark_read, visible
from .scheduled import scheduled_in
from .sending import SendingUser
from .state import Group, Message, Scheduled, Supergroup, User
from .world import World, command


@command
def add_account(
    world: World,
    first_name: str,
    last_name: str,
    username: str | None,
    phone: str,
    code: str,
    password: str | None,
    contact_of: Sequence[User],
) -> Account:
    # Above 32 bits, as new accounts of the real Telegram are.
    number = 7_000_000_001 + len(world.state.users)
    account = Account(
        id=number,
        first_name=first_name,
        last_name=last_name,
        username=username,
        phone=phone,
        code=code,
        password=password,
        secret=hmac.digest(world.state.secret, str(number).encode(), "sha256"),
        world=world,
    )
    world.state.users[number] = account
    for other in contact_of:
        other.contacts[number] = account
    return account


@command
def know(world: World, by: User, user: User, known: bool) -> None:
    """Takes somebody into the contacts, or out of them."""
    by.contacts.pop(user.id, None)
    if known:
        by.contacts[user.id] = user
    world.hint(by, tl.types.UpdateContactsReset())


@command
def block(world: World, by: User, user: User, blocked: bool) -> None:
    """Blocks somebody, or lets them be heard again."""
    by.blocked.pop(user.id, None)
    if blocked:
        by.blocked[user.id] = user
    peer = tl.types.PeerUser(user.id)
    world.hint(by, tl.types.UpdatePeerBlocked(peer, blocked=blocked or None))


@command
def rename(_world: World, user: User, username: str | None) -> None:
    user.username = username


@dataclass(eq=False, repr=False, kw_only=True)
class Account(SendingUser):
    def opens_topic(self, group: Supergroup, title: str) -> Message:
        """Opens a topic in a forum; gives what stands for it."""
        return open_topic(self.world, self, group, title)

    def edits(
        self,
        message: Message,
        text: str,
        *,
        entities: Sequence[tl.Tl] | None = None,
        media: Media | None = None,
    ) -> None:
        """Changes an own message; `media`: it carries that from now on."""
        if message.sender is not self:
            raise ValueError(f"{message} is not by {self}")
        carries = media is not None or message.media is not None
        ready = prepare(text, entities or (), self.world.state.users, caption=carries)
        edit(self.world, message, ready.text, ready.entities, link_preview=True, media=media)

    def deletes(self, *messages: Message, for_everyone: bool = True) -> None:
        """Deletes messages that this account sees; in a supergroup always for everyone."""
        delete(self.world, self, messages, for_everyone)

    def reads(self, where: User | Group, message: Message | None = None) -> None:
        """Reads a chat on another device, up to a message or all of it."""
        chat = self.chat(where)
        upto = message or chat.mailbox_of(self).last(chat)
        if upto is not None:
            mark_read(self.world, self, chat, upto)

    def promotes(self, user: User, group: Supergroup) -> None:
        """Makes a member an admin."""
        promote(self.world, group, user)

    def invites(self, user: User, group: Group) -> None:
        """Adds somebody to a group."""
        invite(self.world, self, group, [user])

    def knows(self, user: User, known: bool = True) -> None:
        """Takes somebody into the contacts, or out of them."""
        know(self.world, self, user, known)

    def blocks(self, user: User, blocked: bool = True) -> None:
        """Blocks somebody, or lets them be heard again."""
        block(self.world, self, user, blocked)

    def is_renamed(self, username: str | None) -> None:
        """Takes another @name, or none; the old one is free then."""
        rename(self.world, self, username)

    def leaves(self, group: Group) -> None:
        remove(self.world, self, group, self)

    def removes(self, user: User, group: Group) -> None:
        """Puts somebody out of a group."""
        remove(self.world, self, group, user)

    def scans(self, url: str) -> None:
        """Confirms a QR login (tg://login?token=…) from this person's phone."""
        logins.accept_url(self.world, self, url)

    def messages(self, where: User | Group) -> list[Message]:
        """The chat as this account sees it, oldest first, service messages included."""
        chat = self.chat(where)
        if isinstance(chat, Supergroup) and not chat.has(self):
            return []
        return visible(self, chat)

    def scheduled(self, where: User | Group) -> list[Scheduled]:
        """What this account has scheduled in a chat, the latest first."""
        return scheduled_in(self.world, self, self.chat(where))

    async def expects(
        self,
        where: User | Group,
        *,
        reply_to: Message | None = None,
        from_: User | None = None,
        timeout: float = 60,  # noqa: ASYNC109 - the limit is part of what a test says
    ) -> Message:
        """The oldest text in a chat that is from somebody else and that no call has returned yet.

        Waits for one if there is none. Raises TimeoutError, which tells what did arrive.
        """
        chat = self.chat(where)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    self.arrived.clear()
                    for message in self.unread:
                        wrong_reply = reply_to is not None and message.reply_to is not reply_to
                        wrong_sender = from_ is not None and message.sender is not from_
                        if message.chat == chat and not wrong_reply and not wrong_sender:
                            self.unread.remove(message)
                            return message
                    await self.arrived.wait()
        except TimeoutError:
            raise TimeoutError(
                f"{self.first_name} waited {timeout} s in vain; unread: {self.unread}"
            ) from None
