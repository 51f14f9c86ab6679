"""A person with an account, and what the person does from a device that is not one of the clients.

Every act is synchronous: when `says` returns, the message is in all mailboxes and on its way to the
clients that are online. The account's own clients learn of it as of an act by another device (out).
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import tl
from .chats import Group, Supergroup
from .formatting import pack, prepare
from .mailbox import Mailbox
from .messages import Message
from .password import Password
from .sends import Sending

if TYPE_CHECKING:
    from .world import World


class Account(Sending):
    def __init__(
        self,
        world: World,
        number: int,
        first_name: str,
        last_name: str,
        username: str | None,
        phone: str,
        code: str,
        password: str | None,
    ) -> None:
        self.id = number
        self.first_name = first_name
        self.last_name = last_name
        self.username = username
        self.phone = phone
        """Digits only, as TL has it."""
        self.code = code
        """The login code that Telegram sends this account, always the same."""
        self.password = password
        """The 2FA password, if any."""
        self.srp = None if password is None else Password(password)
        self.contacts: dict[int, Account] = {}
        self.blocked: dict[int, Account] = {}
        self.mailbox = Mailbox(number)
        self._world = world
        self._hashes: dict[int, int] = {}
        self._unread: list[Message] = []
        self._waiting: list[asyncio.Future[None]] = []

    def __repr__(self) -> str:
        return f"<{self.name} {self.id}>"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".rstrip()

    def says(
        self,
        where: Account | Group,
        text: str,
        *,
        reply_to: Message | int | None = None,
        entities: Sequence[tl.Tl] | None = None,
        noforwards: bool = False,
        topic: Message | None = None,
    ) -> Message:
        """Sends a text; `reply_to` is a message or its id as this account sees it.

        `topic` is a forum topic, as `opens_topic` gives it.

        Raises RpcError for a text that Telegram would not take, ValueError outside a group.
        """
        chat = self._world.chat_with(self, where)
        if isinstance(chat, Group) and not chat.has(self):
            raise ValueError(f"{self} is not in {chat.title!r}")
        if isinstance(reply_to, int):
            reply_to = chat.mailbox_of(self).messages[reply_to]
        ready = prepare(text, entities or (), self._world.accounts)
        return self._world.post(
            self.id,
            self._world.chat_id(self, chat),
            ready.text,
            ready.packed_entities(),
            reply_to.uid if reply_to else None,
            False,
            self._world.now(),
            noforwards=noforwards,
            top=topic.uid if topic else None,
        )

    def forwards(self, message: Message, where: Account | Group, *, hidden: str = "") -> Message:
        """Forwards a text; with `hidden` its writer is told by that name alone."""
        chat = self._world.chat_with(self, where)
        return self._world.post(
            self.id,
            self._world.chat_id(self, chat),
            message.text,
            pack(message.entities),
            None,
            False,
            self._world.now(),
            origin=hidden or message.sender.id,
        )

    def opens_topic(self, group: Supergroup, title: str) -> Message:
        """Opens a topic in a forum; gives what stands for it."""
        return self._world.open_topic(self.id, group.id, title, self._world.now())

    def edits(
        self, message: Message, text: str, *, entities: Sequence[tl.Tl] | None = None
    ) -> None:
        """Changes an own message."""
        if message.sender is not self:
            raise ValueError(f"{message} is not by {self}")
        carries = message.media is not None
        ready = prepare(text, entities or (), self._world.accounts, caption=carries)
        self._world.edit(message.uid, ready.text, ready.packed_entities(), False, self._world.now())

    def deletes(self, *messages: Message, for_everyone: bool = True) -> None:
        """Deletes messages that this account sees; in a supergroup always for everyone."""
        self._world.delete(
            self.id, [message.uid for message in messages], for_everyone, self._world.now()
        )

    def invites(self, account: Account, group: Group) -> None:
        """Adds somebody to a group."""
        self._world.invite(self.id, group.id, [account.id], self._world.now())

    def knows(self, account: Account, known: bool = True) -> None:
        """Takes somebody into the contacts, or out of them."""
        self._world.know(self.id, account.id, known)

    def blocks(self, account: Account, blocked: bool = True) -> None:
        """Blocks somebody, or lets them be heard again."""
        self._world.block(self.id, account.id, blocked)

    def is_renamed(self, username: str | None) -> None:
        """Takes another @name, or none; the old one is free then."""
        self._world.rename(self.id, username)

    def leaves(self, group: Group) -> None:
        self._world.remove(self.id, group.id, self.id, self._world.now())

    def removes(self, account: Account, group: Group) -> None:
        """Puts somebody out of a group."""
        self._world.remove(self.id, group.id, account.id, self._world.now())

    def scans(self, url: str) -> None:
        """Confirms a QR login (tg://login?token=…) from this person's phone."""
        self._world.logins.accept_url(self, url)

    def messages(self, where: Account | Group) -> list[Message]:
        """The chat as this account sees it, oldest first, service messages included."""
        chat = self._world.chat_with(self, where)
        if (
            isinstance(chat, Group)
            and not chat.has(self)
            and chat.mailbox_of(self) is not self.mailbox
        ):
            return []
        return chat.mailbox_of(self).history(chat)

    async def expects(
        self,
        where: Account | Group,
        *,
        reply_to: Message | None = None,
        from_: Account | None = None,
        timeout: float = 5,  # noqa: ASYNC109 - the limit is part of what a test says
    ) -> Message:
        """The oldest text in a chat that is from somebody else and that no call has returned yet.

        Waits for one if there is none. Raises TimeoutError, which tells what did arrive.
        """
        chat = self._world.chat_with(self, where)
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            for message in self._unread:
                wrong_reply = reply_to is not None and message.reply_to is not reply_to
                wrong_sender = from_ is not None and message.sender is not from_
                if message.chat == chat and not wrong_reply and not wrong_sender:
                    self._unread.remove(message)
                    return message
            arrived = asyncio.get_running_loop().create_future()
            self._waiting.append(arrived)
            try:
                async with asyncio.timeout_at(deadline):
                    await arrived
            except TimeoutError:
                raise TimeoutError(
                    f"{self.first_name} waited {timeout} s in vain; unread: {self._unread}"
                ) from None
            finally:
                if arrived in self._waiting:
                    self._waiting.remove(arrived)

    def arrived(self, message: Message) -> None:
        """The world tells that a message is new in this account's chats."""
        if message.sender is self or message.action:
            return
        self._unread.append(message)
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def access_hash(self, target: int) -> int:
        """The access hash under which this account, and no other, knows a user or channel."""
        if target not in self._hashes:
            data = f"{self.id} {target}".encode()
            digest = hmac.digest(self._world.secret, data, "sha256")
            self._hashes[target] = int.from_bytes(digest[:8], "little", signed=True) or 1
        return self._hashes[target]
