"""The server: who is connected, what they ask, and who is told what.

Rules (core.telegram.org/api/updates):
1. A session gets pushes once it has made a request that is not wrapped in invokeWithoutUpdates.
2. The session that causes a change learns of it from its result; the user's others get a push.
3. Requests of a session are carried out in order and at once, unless a fault delays one.
4. A session here ends with its connection: what was on its way is lost, as on a bad line.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from . import newer, tl
from .connection import MtprotoConnection
from .dispatch import Dispatcher, Query
from .errors import RpcError
from .faults import FloodLimits, TelegramFault, TelegramFaults
from .logins import drop_key, new_key
from .mtproto.auth_key import AuthKey, PlainMessage
from .mtproto.clock import MessageIds, Salts
from .mtproto.server_key import ServerKey
from .mtproto.session import DestroyKey, DestroySession, DisconnectAfter, Request, Session
from .peers import marked_id
from .scheduled import send_due
from .state import Login, MailboxEvent, User
from .views import View
from .world import World

_WAKING_SECONDS = 0.05
"""How often it is looked whether something scheduled is due, while there is something."""


class OnlineClient:
    """A session with where it is reached."""

    def __init__(self, login: Login, session: Session, connection: MtprotoConnection) -> None:
        self.login = login
        self.session = session
        self.connection = connection
        self.wants_updates = False

    def push(self, updates: bytes) -> None:
        self.session.push(updates)
        self.send()

    def send(self) -> None:
        """Sends what waits in the session; without a connection it is lost, as on a bad line."""
        message = self.session.flush(time.time())
        if message:
            self.connection.write(self.login.key.encrypt(message))


class Server:
    """Listens, and brings the world's news to the clients (it is the world's listener)."""

    def __init__(self, world: World, dispatcher: Dispatcher, faults: TelegramFaults) -> None:
        self.world = world
        self.dispatcher = dispatcher
        self.faults = faults
        self.flood = FloodLimits()
        self.server_key = ServerKey()
        self.msg_ids = MessageIds()
        self.clients: dict[tuple[int, int], OnlineClient] = {}
        self.connections: set[MtprotoConnection] = set()
        self.swallows = False
        """New connections are dead from the beginning."""
        self._timers: set[asyncio.TimerHandle] = set()
        self._waking: asyncio.TimerHandle | None = None
        self._asking: OnlineClient | None = None
        self._listening: asyncio.Server | None = None
        self._home: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens; returns the port. Raises OSError if it is taken."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(lambda: _ClientConnection(self), host, port)
        self.world.listener = self
        self.wake()
        return int(self._listening.sockets[0].getsockname()[1])

    async def open_home(self, host: str, dc: int) -> None:
        """Listens as another data centre too, in which all accounts live from now on."""
        loop = asyncio.get_running_loop()
        self._home = await loop.create_server(lambda: _ClientConnection(self, home=True), host, 0)
        self.world.home = dc, int(self._home.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Drops all connections and forgets the sessions, as a killed server would."""
        if self._listening is None:
            return
        self._listening.close()
        if self._home is not None:
            self._home.close()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._waking = None
        for connection in list(self.connections):
            connection.drop()
        self.clients.clear()
        await self._listening.wait_closed()
        self._listening = None
        await asyncio.sleep(0)  # lets the dropped connections close their sockets

    # -- the world's listener --

    def happened(self, user: User, event: MailboxEvent) -> None:
        updates = None
        for client in self._to_tell(user):
            if updates is None:
                updates = tl.write(View(self.world, user).updates([event]))
            self.faults.deliver(user, updates, client.push)

    def hint(self, user: User, update: tl.Tl) -> None:
        self._push(self._to_tell(user), tl.types.UpdateShort(update, date=self.world.now()))

    def token_accepted(self, login: Login) -> None:
        update = tl.types.UpdateShort(tl.types.UpdateLoginToken(), date=self.world.now())
        self._push(self._of(login), update)

    def wake(self) -> None:
        if self._waking is None and self._listening is not None:
            self._waking = self.later(_WAKING_SECONDS, self._send_due)

    def _send_due(self) -> None:
        """Sends what was scheduled until now. The world's clock may go as it likes: it is asked."""
        self._waking = None
        if send_due(self.world):
            self.wake()

    def tell_revoked(self, login: Login) -> None:
        """Lets the clients of a login ask, so that they learn that it has ended."""
        self._push(self._of(login), tl.types.UpdatesTooLong())

    def _push(self, clients: list[OnlineClient], update: tl.Tl) -> None:
        for client in clients:
            client.push(tl.write(update))

    def _of(self, login: Login) -> list[OnlineClient]:
        return [client for client in self.clients.values() if client.login is login]

    def _to_tell(self, user: User) -> list[OnlineClient]:
        """The clients to tell, without the one that is being answered."""
        return [
            client
            for client in self.clients.values()
            if client.wants_updates and client.login.user is user and client is not self._asking
        ]

    # -- requests --

    def client(self, login: Login, session_id: int, connection: MtprotoConnection) -> OnlineClient:
        """The client behind a message, now reached over this connection."""
        name = (login.key.id, session_id)
        client = self.clients.get(name)
        if client is None:
            session = Session(
                session_id, Salts(self.world.state.secret, login.key.id), self.msg_ids
            )
            client = self.clients[name] = OnlineClient(login, session, connection)
        client.connection = connection
        return client

    def forget(self, connection: MtprotoConnection) -> None:
        """A connection has ended: its sessions get no pushes until they come back."""
        self.connections.discard(connection)
        for name, client in list(self.clients.items()):
            if client.connection is connection:
                del self.clients[name]

    def take(self, client: OnlineClient, request: Request) -> None:
        """Carries a request out, now or later, and answers it."""
        try:
            query = self.dispatcher.open(client.login, request.body)
        except RpcError as error:
            client.session.answer(request.msg_id, tl.write(error.to_tl()))
            return
        client.wants_updates = client.wants_updates or query.wants_updates
        user = client.login.user
        flood = self.flood.take(
            query.method,
            user.id if user else None,
            marked_id(query.request, user),
            asyncio.get_running_loop().time(),
        )
        if flood is not None:
            client.session.answer(request.msg_id, tl.write(flood.to_tl()))
            return
        fault = self.faults.take(query.method, user, query.request)
        if fault and fault.delay:
            client.session.acknowledge(request.msg_id)
            self.later(fault.delay, lambda: self._finish(client, request, query, fault, late=True))
        else:
            self._finish(client, request, query, fault, late=False)

    def later(self, seconds: float, do: Callable[[], None]) -> asyncio.TimerHandle:
        def fire() -> None:
            self._timers.discard(timer)
            do()

        timer = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers.add(timer)
        return timer

    def _finish(
        self,
        client: OnlineClient,
        request: Request,
        query: Query,
        fault: TelegramFault | None,
        *,
        late: bool,
    ) -> None:
        if fault and fault.drop == "before":
            client.connection.drop()
            return
        if fault and fault.error:
            result = tl.write(fault.error.to_tl())
        else:
            self._asking = client
            try:
                result = self.dispatcher.carry_out(client.login, query)
            finally:
                self._asking = None
        if fault and fault.drop == "after":
            client.connection.drop()
            return
        if fault and fault.newer:
            result = bytes(newer.Newer(newer.ANSWER))
        client.session.answer(request.msg_id, result)
        if late:
            client.send()


class _ClientConnection(MtprotoConnection):
    """A connection with the server behind it."""

    def __init__(self, server: Server, *, home: bool = False) -> None:
        super().__init__(server.server_key, server.msg_ids)
        self._server = server
        self._at_home = home
        self._silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._server.connections.add(self)
        if self._server.swallows:
            self.go_dead()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._server.forget(self)

    def login_of(self, key_id: int) -> Login | None:
        world = self._server.world
        here = self._at_home == (key_id in world.home_keys)
        return world.state.logins.get(key_id) if here else None

    def key_made(self, key: AuthKey) -> None:
        if self._at_home:
            self._server.world.home_keys.add(key.id)
        new_key(self._server.world, key.data)

    def message_received(self, login: Login, message: PlainMessage) -> None:
        server = self._server
        client = server.client(login, message.session_id, self)
        for event in client.session.receive(message, time.time()):
            if not self.is_open:
                return  # an earlier request of the same message ran into a fault
            match event:
                case Request():
                    server.take(client, event)
                case DisconnectAfter(seconds):
                    self._expect_silence(seconds)
                case DestroySession(_, session_id):
                    gone = server.clients.pop((login.key.id, session_id), None)
                    kinds = tl.types.DestroySessionOk, tl.types.DestroySessionNone
                    client.session.reply(kinds[gone is None](session_id=session_id))
                case DestroyKey():
                    drop_key(server.world, login)
                    client.session.reply(tl.types.DestroyAuthKeyOk())
        client.send()

    def _expect_silence(self, seconds: int) -> None:
        if self._silence:
            self._silence.cancel()
        self._silence = self._server.later(seconds, self.drop)
