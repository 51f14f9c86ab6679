"""A small Telegram on loopback that any MTProto client can log in to.

    tg = Telegram()                       # Telegram(data=folder) keeps its state there
    alice = tg.add_account("Alice", username="alice", phone="+9996621111", code="22222")
    bob = tg.add_account("Bob", contact_of=[alice])
    club = tg.add_supergroup("Python club", creator=alice, members=[bob])
    await tg.start()
    tg.host, tg.port, tg.dc, tg.public_key                # where clients find it
    tg.seed_session("alice.session", alice)               # already logged in

    question = alice.says(club, "hello")                  # by another device of Alice's
    answer = await bob.expects(club, from_=alice)
    answer.id_for(bob), answer.text, answer.sender, answer.reply_to, answer.edits, answer.deleted

    alice.sends_voice(club, ogg_bytes)            # sends.py: also round, audio, video, photo …
    answer.media.kind, answer.media.duration, answer.media.data, tg.downloads[alice]

    tg.faults.add("messages.sendMessage", "FLOOD_WAIT_3", chat=club)
    tg.calls, tg.unhandled, tg.crashes         # what clients did; the last two should stay empty
    await tg.stop()

People act through `Account` (accounts.py), what they write is a `Message` (messages.py), faults are
in faults.py. What is assumed of the real Telegram rather than seen is in ASSUMPTIONS.md.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from .accounts import Account
from .chats import Group, Supergroup
from .dispatch import Asked, Crash, Dispatcher
from .faults import Faults
from .flood import FloodLimits
from .keeping import Keeper
from .messages import Message
from .methods.registry import ConversationId
from .server import Server
from .session_file import write_session
from .world import World

RandomIdBehaviour = Literal["duplicate", "original", "silent", "forget"]


class Telegram:
    def __init__(self, data: Path | None = None, *, host: str = "127.0.0.1", dc: int = 2) -> None:
        """`data` is a folder for the state; without it everything is gone with the object.

        Raises ValueError if the folder holds something else.
        """
        self._keeper = Keeper(data) if data else None
        self._world = self._keeper.open() if self._keeper else World()
        self._world.dc = dc
        self._dispatcher = Dispatcher(self._world)
        self.faults = Faults()
        self._server = Server(self._world, self._dispatcher, self.faults)
        self.host = host
        self.port = 0
        self.dc = dc

    # -- running --

    async def start(self, port: int = 0) -> None:
        """Listens on loopback; port 0 takes a free one. Raises OSError if the port is taken."""
        self.port = await self._server.start(self.host, port)
        self._dispatcher.place = ConversationId(self.dc, self.host, self.port)

    async def stop(self) -> None:
        """Drops all connections. What people did until then is kept, if there is a folder."""
        await self._server.stop()
        if self._keeper:
            self._keeper.close()

    async def restart(self) -> None:
        """Goes down and comes back on the same port: clients lose connections and sessions."""
        await self._server.stop()
        await self.start(self.port)

    def drop_connections(self, account: Account | None = None) -> None:
        """Cuts the line, of everyone or of one account's clients."""
        for client in list(self._server.clients.values()):
            if account is None or client.login.account is account:
                client.connection.drop()

    def deaden_connections(self, account: Account | None = None) -> None:
        """The same, but nobody is told (no FIN): the lines stand, and nothing comes through."""
        for client in list(self._server.clients.values()):
            if account is None or client.login.account is account:
                client.connection.go_dead()

    def swallow(self, on: bool = True) -> None:
        """Kills every line without a word, and each new one: they stand, and nothing comes through.

        Those that were made meanwhile stay dead.
        """
        self._server.swallows = on
        if on:
            self.deaden_connections()

    @property
    def public_key(self) -> str:
        """The server's RSA key as PKCS#1 PEM."""
        return self._server.server_key.pem

    def write_public_key(self, path: Path | str) -> None:
        Path(path).write_text(self.public_key)

    def seed_session(self, path: Path | str, account: Account) -> Path:
        """Writes a Telethon session file that is already logged in, and returns its path.

        Raises ValueError before `start`, FileExistsError if there is a file.
        """
        if not self.port:
            raise ValueError("start the sandbox first: a session file names its port")
        key = secrets.token_bytes(256)
        login = self._world.new_key(key.hex())
        self._world.login(login.key.id, account.id)
        return write_session(Path(path), self.dc, self.host, self.port, key)

    # -- the world --

    def add_account(
        self,
        first_name: str,
        *,
        last_name: str = "",
        username: str | None = None,
        phone: str | None = None,
        code: str = "22222",
        password: str | None = None,
        contact_of: Sequence[Account] = (),
    ) -> Account:
        """A person; without a phone one of Telegram's test numbers. Raises ValueError if taken."""
        digits = (phone or self._free_phone()).removeprefix("+")
        if self._world.by_phone(digits) or (username and self._world.by_username(username)):
            raise ValueError(f"the phone or name of {first_name} is taken")
        known_by = [other.id for other in contact_of]
        return self._world.add_account(
            first_name, last_name, username, digits, code, password, known_by
        )

    def _free_phone(self) -> str:
        # core.telegram.org/api/auth#test-accounts: 99966, the data centre, any four digits.
        numbers = (f"99966{self.dc}{number}" for number in range(1000, 10_000))
        return next(number for number in numbers if not self._world.by_phone(number))

    def add_group(self, title: str, *, creator: Account, members: Sequence[Account] = ()) -> Group:
        """A basic group."""
        people = [account.id for account in members]
        return self._world.add_group(title, creator.id, people, self._world.now())

    def add_supergroup(
        self,
        title: str,
        *,
        creator: Account,
        members: Sequence[Account] = (),
        username: str | None = None,
    ) -> Supergroup:
        """A supergroup, public if it has a username. Raises ValueError if that is taken."""
        if username and self._world.by_username(username):
            raise ValueError(f"the name of {title} is taken")
        people = [account.id for account in members]
        return self._world.add_supergroup(title, creator.id, people, username, self._world.now())

    def add_forum(
        self, title: str, *, creator: Account, members: Sequence[Account] = ()
    ) -> Supergroup:
        """A supergroup with topics; `Account.opens_topic` opens one."""
        group = self.add_supergroup(title, creator=creator, members=members)
        self._world.make_forum(group.id)
        return group

    def post(self, group: Supergroup, text: str, *, channel: str = "News") -> Message:
        """A channel's post, as Telegram forwards it into the channel's discussion group."""
        return self._world.forward_post(group.id, 1_900_000_001, channel, text, self._world.now())

    def migrate(self, group: Group) -> Supergroup:
        """Makes a supergroup of a basic group, as its creator may."""
        return self._world.migrate(group.id, self._world.now())

    @property
    def accounts(self) -> list[Account]:
        return list(self._world.accounts.values())

    @property
    def groups(self) -> list[Group]:
        """Basic groups and supergroups."""
        return list(self._world.groups.values())

    def advance(self, seconds: float) -> None:
        """Moves the world's dates ahead: codes expire, messages grow old."""
        self._world.skew += seconds

    def goes_by(self, clock: Callable[[], float]) -> None:
        """Takes the world's dates from another clock, which gives Unix seconds."""
        self._world.clock = clock

    def protect(self, group: Group, on: bool = True) -> None:
        """What is said in a group may not be forwarded or kept (noforwards)."""
        self._world.protect(group.id, on)

    def expire_file_references(self) -> None:
        """Every file reference given out so far is answered FILE_REFERENCE_EXPIRED from now on."""
        self._world.references.expire()

    def revoke(
        self, account: Account, *, error: str = "SESSION_REVOKED", tell: bool = True
    ) -> None:
        """Ends every login of an account from elsewhere; requests get `error` (401) from then on.

        With `tell`, clients that are online are made to ask and so learn of it at once.
        """
        for login in self._world.logins.of(account):
            self._world.logout(login.key.id, error)
            if tell:
                self._server.tell_revoked(login)

    def tells_at_most(self, events: int) -> None:
        """From now on a difference of more events is answered as too long, with nothing in it."""
        self._world.longest_difference = events

    # -- what clients did --

    @property
    def calls(self) -> list[Asked]:
        """Every request so far: (account, method, request, at)."""
        return self._dispatcher.calls

    @property
    def downloads(self) -> Counter[Account]:
        """Bytes of files that upload.getFile has given to each account."""
        return self._world.downloads

    @property
    def unhandled(self) -> Counter[str]:
        """Methods that were asked for and are not served."""
        return self._dispatcher.unhandled

    @property
    def crashes(self) -> list[Crash]:
        """Requests whose handler failed: a mistake of the sandbox."""
        return self._dispatcher.crashes

    @property
    def flood(self) -> FloodLimits:
        """Limits on writing, none unless set, and the writes that they refused."""
        return self._server.flood

    @property
    def random_id_behaviour(self) -> RandomIdBehaviour:
        """How a random_id used before is answered.

        By an error, by the original, by updates that name no message, or as if it were new.
        """
        return self._dispatcher.random_id_behaviour

    @random_id_behaviour.setter
    def random_id_behaviour(self, behaviour: RandomIdBehaviour) -> None:
        self._dispatcher.random_id_behaviour = behaviour
