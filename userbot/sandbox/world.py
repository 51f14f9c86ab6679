"""The state of this Telegram and every act that changes it.

Rules:
1. An act is synchronous and takes only numbers and texts, so that it can be recorded and carried
   out again: the state on disk is the list of acts (keeping.py).
2. Who may do what is decided by whoever calls an act.
3. Acts tell `listener` what changed in whose mailbox; what changed in the mailboxes of whoever
   asked for the act is also collected for the result (core.telegram.org/api/updates).
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from . import threads, tl
from .accounts import Account
from .acts import act
from .blobs import Blobs
from .chats import Chat, Group, Private, Supergroup
from .formatting import unpack
from .listener import Listener, Nobody
from .logins import Login, Logins
from .mailbox import Event
from .media import Media, References, kind_of
from .messages import Message
from .mtproto.auth_key import AuthKey
from .threads import Threads
from .uploads import Uploads


class World(Threads):
    def __init__(self, secret: bytes | None = None, blobs: Blobs | None = None) -> None:
        super().__init__()
        self.secret = secret or secrets.token_bytes(32)
        """What access hashes and salts are derived from."""
        self.accounts: dict[int, Account] = {}
        self.groups: dict[int, Group] = {}
        self.messages: list[Message] = []
        self.media: dict[int, Media] = {}
        self.blobs = blobs or Blobs()
        self.uploads = Uploads()
        self.references = References(self.secret)
        self.downloads: Counter[Account] = Counter()
        """Bytes of files that each account's clients have been given."""
        self.dc = 2
        """Where files are said to lie."""
        self.logins = Logins(self)
        self.longest_difference = 10**9
        """A difference of more events than this is too long: nothing of it is told."""
        self.listener: Listener = Nobody()
        self.clock: Callable[[], float] = time.time
        """What the world's dates are read from, in Unix seconds."""
        self.skew = 0.0
        """Seconds by which they are ahead of it."""
        self._origin: Account | None = None
        self._origin_events: list[Event] = []
        self._private: dict[tuple[int, int], Private] = {}
        self._by_random_id: dict[tuple[int, int], Message] = {}

    # -- what is --

    def now(self) -> int:
        return int(self.clock() + self.skew)

    def by_phone(self, phone: str) -> Account | None:
        return next((a for a in self.accounts.values() if a.phone == phone), None)

    def by_username(self, username: str) -> Account | Supergroup | None:
        wanted = username.lower()
        for found in (*self.accounts.values(), *self.groups.values()):
            if isinstance(found, Account | Supergroup) and (found.username or "").lower() == wanted:
                return found
        return None

    def chat_with(self, account: Account, where: Account | Group) -> Chat:
        """The chat that `where` is to `account`."""
        if isinstance(where, Group):
            return where
        pair = (min(account.id, where.id), max(account.id, where.id))
        if pair not in self._private:
            self._private[pair] = Private(self.accounts[pair[0]], self.accounts[pair[1]])
        return self._private[pair]

    def chat_id(self, account: Account, chat: Chat) -> int:
        """The marked id of a chat as `account` sees it."""
        return chat.id if isinstance(chat, Group) else chat.other(account).id

    def sent_with(self, account: Account, random_id: int) -> Message | None:
        return self._by_random_id.get((account.id, random_id))

    @contextmanager
    def acting_for(self, account: Account | None) -> Iterator[list[Event]]:
        """Within, news for `account` is collected in the list as well."""
        before = self._origin, self._origin_events
        self._origin, self._origin_events = account, []
        try:
            yield self._origin_events
        finally:
            self._origin, self._origin_events = before

    # -- acts --

    @act
    def add_account(
        self,
        first_name: str,
        last_name: str,
        username: str | None,
        phone: str,
        code: str,
        password: str | None,
        contact_of: Sequence[int],
    ) -> Account:
        # Above 32 bits, as new accounts of the real Telegram are.
        number = 7_000_000_001 + len(self.accounts)
        account = Account(self, number, first_name, last_name, username, phone, code, password)
        self.accounts[number] = account
        for other in contact_of:
            self.accounts[other].contacts[number] = account
        return account

    @act
    def know(self, by: int, person: int, known: bool) -> None:
        account, other = self.accounts[by], self.accounts[person]
        if known:
            account.contacts[person] = other
        else:
            account.contacts.pop(person, None)
        self.listener.hint(account, tl.types.UpdateContactsReset)

    @act
    def block(self, by: int, person: int, blocked: bool) -> None:
        account, other = self.accounts[by], self.accounts[person]
        if blocked:
            account.blocked[person] = other
        else:
            account.blocked.pop(person, None)
        update = tl.types.UpdatePeerBlocked(tl.types.PeerUser(person), blocked=blocked or None)
        self.listener.hint(account, lambda: update)

    @act
    def rename(self, person: int, username: str | None) -> None:
        self.accounts[person].username = username

    @act
    def add_group(self, title: str, creator: int, members: Sequence[int], date: int) -> Group:
        group = Group(4_000_001 + len(self.groups), title, self.accounts[creator], date)
        self._gather(group, members, date)
        action = tl.types.MessageActionChatCreate(title=title, users=list(group.members))
        self._serve(group, group.creator, action, date)
        return group

    @act
    def add_supergroup(
        self, title: str, creator: int, members: Sequence[int], username: str | None, date: int
    ) -> Supergroup:
        group = Supergroup(
            2_000_000_001 + len(self.groups),
            title,
            self.accounts[creator],
            date,
            username=username,
        )
        self._gather(group, members, date)
        action = tl.types.MessageActionChannelCreate(title=title)
        self._serve(group, group.creator, action, date)
        return group

    @act
    def invite(self, by: int, group_id: int, people: Sequence[int], date: int) -> None:
        group, inviter = self.groups[group_id], self.accounts[by]
        for number in people:
            group.join(self.accounts[number], inviter, date)
        self._serve(group, inviter, tl.types.MessageActionChatAddUser(users=list(people)), date)

    @act
    def remove(self, by: int, group_id: int, person: int, date: int) -> None:
        group = self.groups[group_id]
        action = tl.types.MessageActionChatDeleteUser(user_id=person)
        if isinstance(group, Supergroup):
            # Whoever is out of a channel is told only that the channel has changed.
            group.leave(self.accounts[person])
            self._serve(group, self.accounts[by], action, date)
            update = tl.types.UpdateChannel(channel_id=group.number)
            self.listener.hint(self.accounts[person], lambda: update)
        else:
            self._serve(group, self.accounts[by], action, date)
            group.leave(self.accounts[person])

    @act
    def post(
        self,
        sender: int,
        chat_id: int,
        text: str,
        entities: str,
        reply_to: int | None,
        link_preview: bool,
        date: int,
        random_id: int | None = None,
        *,
        media: int | None = None,
        ttl_seconds: int | None = None,
        noforwards: bool = False,
        top: int | None = None,
        origin: int | str | None = None,
        album: int | None = None,
    ) -> Message:
        """`reply_to` is the uid of a message, `entities` packed by formatting.pack."""
        account = self.accounts[sender]
        chat = self.chat_with(account, self.groups.get(chat_id) or self.accounts[chat_id])
        reply = None if reply_to is None else self.messages[reply_to]
        message = Message(
            len(self.messages), chat, account, date, text, unpack(entities), reply, link_preview
        )
        if media is not None:
            message.media, message.ttl_seconds = self.media[media], ttl_seconds
        message.noforwards, message.album = noforwards, album
        message.origin = self.accounts[origin] if isinstance(origin, int) else origin
        threads.place(message, None if top is None else self.messages[top])
        if random_id:
            self._by_random_id[sender, random_id] = message
        self._deliver(message)
        return message

    @act
    def add_media(
        self,
        digest: str,
        size: int,
        mime: str,
        attributes: str,
        date: int,
        *,
        photo: bool = False,
        endless: bool = False,
    ) -> Media:
        """`digest` names a file in `blobs`, `attributes` are packed by formatting.pack."""
        number = 5_000_000_000_000_001 + len(self.media)
        about = tuple(unpack(attributes))
        kind = "photo" if photo else kind_of(about)
        media = Media(number, kind, mime, size, date, about, self.blobs.get(digest), endless)
        self.media[number] = media
        return media

    @act
    def protect(self, group_id: int, on: bool) -> None:
        self.groups[group_id].noforwards = on

    @act
    def edit(self, uid: int, text: str, entities: str, link_preview: bool, date: int) -> None:
        message = self.messages[uid]
        message.edits.append(message.text)
        message.text, message.entities = text, unpack(entities)
        message.link_preview, message.edit_date = link_preview, date
        if isinstance(message.chat, Supergroup):
            self._tell(message.chat.people(), message.chat.mailbox.edit(message, date))
        else:
            for account in message.chat.people():
                if message.is_seen_by(account):
                    self._tell([account], account.mailbox.edit(message, date))

    @act
    def delete(self, by: int, uids: Sequence[int], for_everyone: bool, date: int) -> None:
        """Deletes from the mailbox of `by`, and from all where it is `for_everyone` or shared."""
        messages = [self.messages[uid] for uid in uids]
        actor = self.accounts[by]
        for chat in {message.chat: None for message in messages}:
            here = [message for message in messages if message.chat == chat]
            if isinstance(chat, Supergroup):
                self._tell(chat.people(), chat.mailbox.delete(here, date))
                readers = []
            else:
                readers = chat.people() if for_everyone else [actor]
            for account in readers:
                seen = [message for message in here if message.is_seen_by(account)]
                if seen:
                    self._tell([account], account.mailbox.delete(seen, date))
            for message in here:
                message.deleted = for_everyone or isinstance(chat, Supergroup)

    @act
    def new_key(self, data: str, layer: int | None = None) -> Login:
        login = Login(AuthKey(bytes.fromhex(data)), layer)
        self.logins.by_key_id[login.key.id] = login
        return login

    @act
    def drop_key(self, key_id: int) -> None:
        self.logins.by_key_id.pop(key_id, None)

    @act
    def set_layer(self, key_id: int, layer: int) -> None:
        self.logins.by_key_id[key_id].layer = layer

    @act
    def login(self, key_id: int, account: int) -> None:
        login = self.logins.by_key_id[key_id]
        login.account, login.half, login.revoked = self.accounts[account], None, None

    @act
    def logout(self, key_id: int, error: str | None = None) -> None:
        login = self.logins.by_key_id[key_id]
        login.account, login.half, login.revoked = None, None, error

    # -- within acts --

    def _gather(self, group: Group, members: Sequence[int], date: int) -> None:
        for number in dict.fromkeys([group.creator.id, *members]):
            group.join(self.accounts[number], group.creator, date)
        self.groups[group.id] = group

    def _serve(self, group: Group, sender: Account, action: tl.Tl, date: int) -> Message:
        message = Message(len(self.messages), group, sender, date, "", [], action=action)
        self._deliver(message)
        return message

    def _deliver(self, message: Message) -> None:
        self.messages.append(message)
        chat = message.chat
        if isinstance(chat, Supergroup):
            self._tell(chat.people(), chat.mailbox.add(message))
        else:
            for account in chat.people():
                self._tell([account], account.mailbox.add(message))
        for account in chat.people():
            account.arrived(message)

    def _tell(self, accounts: Sequence[Account], event: Event) -> None:
        for account in accounts:
            if account is self._origin:
                self._origin_events.append(event)
            self.listener.happened(account, event)
