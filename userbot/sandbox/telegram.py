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

    alice.sends_voice(club, ogg_bytes)            # sending.py: also round, audio, video, photo …
    answer.media.kind, answer.media.duration, answer.media.data, tg.downloads[alice]

    tg.faults.add("messages.sendMessage", "FLOOD_WAIT_3", chat=club)
    tg.calls, tg.unhandled, tg.crashes         # what clients did; the last two should stay empty
    tg.state                                   # all that there is, as plain data
    await tg.stop()

People act through `Account` (accounts.py), what they write is a `Message` (state.py), faults are in
faults.py. What is assumed of the real Telegram rather than seen is in ASSUMPTIONS.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession

from . import logins, tl
from .accounts import Account, add_account
from .dispatch import Address, Dispatcher
from .dispatch import RandomIdBehaviour as RandomIdBehaviour
from .ears import Words
from .faults import TelegramFaults
from .groups import (
    add_group,
    add_supergroup,
    forbid_links,
    hide_prehistory,
    migrate,
    protect,
)
from .messages import forward_post, show_page
from .methods import METHODS
from .persistence import CommandLog
from .scheduled import send_due
from .server import Server
from .state import Group, Message, Supergroup
from .world import World


class Telegram:
    def __init__(self, data: Path | None = None, *, host: str = "127.0.0.1", dc: int = 2) -> None:
        """`data` is a folder for the state; without it everything is gone with the object.

        Raises ValueError if the folder holds something else.
        """
        self._log = CommandLog(data) if data else None
        self._world = self._log.open() if self._log else World()
        self._world.dc = dc
        self._dispatcher = Dispatcher(self._world, METHODS)
        self.faults = TelegramFaults()
        self._server = Server(self._world, self._dispatcher, self.faults)
        self.host = host
        self.port = 0
        self.dc = dc
        self.state = self._world.state
        self.downloads = self.state.downloads
        """Bytes of files that upload.getFile has given to each account."""
        self.calls = self._dispatcher.calls
        """Every request so far: (account, method, request, at)."""
        self.unhandled = self._dispatcher.unhandled
        """Methods that were asked for and are not served."""
        self.crashes = self._dispatcher.crashes
        """Requests whose handler failed: a mistake of the sandbox."""
        self.flood = self._server.flood
        """Limits on writing and searching, none unless set, and the writes that they refused."""

    # -- running --

    async def start(self, port: int = 0) -> None:
        """Listens on loopback; port 0 takes a free one. Raises OSError if the port is taken."""
        self.port = await self._server.start(self.host, port)
        self._dispatcher.address = Address(self.dc, self.host, self.port)

    async def stop(self) -> None:
        """Drops all connections. What people did until then is kept, if there is a folder."""
        await self._server.stop()
        if self._log:
            self._log.close()

    async def restart(self) -> None:
        """Goes down and comes back on the same port: clients lose connections and sessions."""
        await self._server.stop()
        await self.start(self.port)

    def drop_connections(self, account: Account | None = None) -> None:
        """Cuts the line, of everyone or of one account's clients."""
        for client in list(self._server.clients.values()):
            if account is None or client.login.user is account:
                client.connection.drop()

    def deaden_connections(self, account: Account | None = None) -> None:
        """The same, but nobody is told (no FIN): the lines stand, and nothing comes through."""
        for client in list(self._server.clients.values()):
            if account is None or client.login.user is account:
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
        logins.log_in(self._world, logins.new_key(self._world, key), account)
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
        if self.state.by_phone(digits) or (username and self.state.by_username(username)):
            raise ValueError(f"the phone or name of {first_name} is taken")
        return add_account(
            self._world, first_name, last_name, username, digits, code, password, contact_of
        )

    def _free_phone(self) -> str:
        # core.telegram.org/api/auth#test-accounts: 99966, the data centre, any four digits.
        numbers = (f"99966{self.dc}{number}" for number in range(1000, 10_000))
        return next(number for number in numbers if not self.state.by_phone(number))

    def add_group(self, title: str, *, creator: Account, members: Sequence[Account] = ()) -> Group:
        """A basic group."""
        return add_group(self._world, title, creator, members)

    def add_supergroup(
        self,
        title: str,
        *,
        creator: Account,
        members: Sequence[Account] = (),
        username: str | None = None,
    ) -> Supergroup:
        """A supergroup, public if it has a username. Raises ValueError if that is taken."""
        if username and self.state.by_username(username):
            raise ValueError(f"the name of {title} is taken")
        return add_supergroup(self._world, title, creator, members, username=username)

    def add_forum(
        self, title: str, *, creator: Account, members: Sequence[Account] = ()
    ) -> Supergroup:
        """A supergroup with topics; `Account.opens_topic` opens one."""
        return add_supergroup(self._world, title, creator, members, forum=True)

    def add_channel(
        self,
        title: str,
        *,
        creator: Account,
        members: Sequence[Account] = (),
        username: str | None = None,
    ) -> Supergroup:
        """A channel, where its creator alone writes."""
        return add_supergroup(
            self._world, title, creator, members, username=username, broadcast=True
        )

    def post(self, group: Supergroup, text: str, *, channel: str = "News") -> Message:
        """A channel's post, as Telegram forwards it into the channel's discussion group."""
        return forward_post(self._world, group, 1_900_000_001, channel, text)

    def migrate(self, group: Group) -> Supergroup:
        """Makes a supergroup of a basic group, as its creator may."""
        return migrate(self._world, group)

    @property
    def accounts(self) -> list[Account]:
        return [user for user in self.state.users.values() if isinstance(user, Account)]

    @property
    def groups(self) -> list[Group]:
        """Basic groups and supergroups."""
        return list(self.state.groups.values())

    def advance(self, seconds: float) -> None:
        """Moves the world's dates ahead: codes expire, messages grow old, what is due is sent."""
        self._world.skew += seconds
        send_due(self._world)

    def goes_by(self, clock: Callable[[], float]) -> None:
        """Takes the world's dates from another clock, which gives Unix seconds."""
        self._world.clock = clock

    def protect(self, group: Group, on: bool = True) -> None:
        """What is said in a group may not be forwarded or kept (noforwards)."""
        protect(self._world, group, on)

    def hide_prehistory(self, group: Supergroup, on: bool = True) -> None:
        """Members see nothing of a group from before they came."""
        hide_prehistory(self._world, group, on)

    def forbid_links(self, group: Group, on: bool = True) -> None:
        """Members of a group may not embed links."""
        forbid_links(self._world, group, on)

    def shown_token(self) -> bytes | None:
        """What the newest QR code says that a client shows now and nobody has scanned."""
        now = self._world.now()
        shown = [one for one in self.state.tokens if one.expires > now and not one.accepted_by]
        return shown[-1].data if shown else None

    def accept(self, account: Account, token: bytes) -> None:
        """An account scans the QR code that says this. Raises RpcError."""
        logins.accept_token(self._world, account, token)

    def knows_page(
        self,
        address: str,
        *,
        site: str | None = None,
        title: str | None = None,
        description: str | None = None,
        paragraphs: Sequence[str] = (),
    ) -> None:
        """What Telegram attaches to messages with an address, those that stand already, too.

        `paragraphs`: what it keeps of the page.
        """
        blocks = [tl.types.PageBlockParagraph(tl.types.TextPlain(one)) for one in paragraphs]
        page = tl.types.WebPage(
            id=self._next_page(),
            url=address,
            display_url=address.partition("//")[2],
            hash=0,
            type="article",
            site_name=site,
            title=title,
            description=description,
            cached_page=tl.types.Page(address, blocks, [], []) if blocks else None,
        )
        show_page(self._world, page)

    def gives_premium(self, account: Account, on: bool = True) -> None:
        """An account has Premium."""
        account.premium = on

    def boosts(self, group: Supergroup, level: int) -> None:
        """A group is boosted so far."""
        group.level = level

    def hears(
        self,
        recording: bytes,
        text: str,
        *,
        parts: Sequence[str] = (),
        seconds: float = 0.02,
        ends: bool = True,
        told: bool = True,
    ) -> None:
        """From now on this is what Telegram hears in a recording (ears.py)."""
        self._world.ears.learn(recording, Words(text, parts, seconds, ends, told))

    def allows_trials(self, number: int) -> None:
        """So many recordings a week are transcribed for accounts without Premium."""
        self._world.ears.trials = number

    def looks_at(self, address: str) -> None:
        """Telegram does not know yet what stands at an address, until `knows_page` says so."""
        page = tl.types.WebPagePending(self._next_page(), self._world.now(), url=address)
        show_page(self._world, page)

    def _next_page(self) -> int:
        return 9_000_000_000_000_001 + len(self.state.pages)

    def expire_file_references(self) -> None:
        """Every file reference given out so far is answered FILE_REFERENCE_EXPIRED from now on."""
        self._world.references.expire()

    def revoke(
        self, account: Account, *, error: str = "SESSION_REVOKED", tell: bool = True
    ) -> None:
        """Ends every login of an account from elsewhere; requests get `error` (401) from then on.

        With `tell`, clients that are online are made to ask and so learn of it at once.
        """
        for login in self.state.logins_of(account):
            logins.log_out(self._world, login, error)
            if tell:
                self._server.tell_revoked(login)

    def tells_at_most(self, events: int) -> None:
        """From now on a difference of more events is answered as too long, with nothing in it."""
        self._world.longest_difference = events

    def keeps_files_elsewhere(self, dc: int = 4) -> None:
        """Files lie in another data centre, which is this server too, and wants the login taken."""
        self._world.files_dc = dc

    async def lives_elsewhere(self, dc: int = 4) -> None:
        """All accounts live in another data centre, at a port of its own: whoever logs in is sent
        there, and a key made here is not known there."""
        await self._server.open_home(self.host, dc)

    def sends_codes(self, how: str) -> None:
        """What becomes of the next login codes: "app", "email", or "payment" for none."""
        self._world.codes_by = how

    def loses_scans(self) -> None:
        """From now on nobody is told that a QR code was scanned (updateLoginToken)."""
        self._world.tells_scans = False

    def writes_newer(self, part: str) -> None:
        """Part of what is written from now on is of a newer layer (newer.py); "" for none."""
        self._world.newer = part

    def shrugs_at_the_future(self) -> None:
        """A difference from a pts that was not reached yet is answered as empty, not refused."""
        self._world.future_is_refused = False

    @property
    def random_id_behaviour(self) -> RandomIdBehaviour:
        """How a random_id used before is answered."""
        return self._dispatcher.random_id_behaviour

    @random_id_behaviour.setter
    def random_id_behaviour(self, behaviour: RandomIdBehaviour) -> None:
        self._dispatcher.random_id_behaviour = behaviour


def write_session(path: Path, dc: int, host: str, port: int, key: bytes) -> Path:
    """Writes a Telethon session file that is already logged in: no key exchange, no code.

    It is owner-only; adds the suffix if it is missing, and returns the path.

    Raises FileExistsError rather than change a login.
    """
    if path.suffix != ".session":
        path = path.with_name(path.name + ".session")
    path.touch(mode=0o600, exist_ok=False)
    session = SQLiteSession(str(path))
    session.set_dc(dc, host, port)
    session.auth_key = AuthKey(key)
    session.save()
    session.close()
    return path
