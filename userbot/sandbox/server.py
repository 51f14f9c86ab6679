"""The server: who is connected, what they ask, and who is told what.

Rules (core.telegram.org/api/updates):
1. A session gets pushes once it has made a request that is not wrapped in invokeWithoutUpdates.
2. The session that causes a change learns of it from its result; the account's others get a push.
3. Requests of a session are carried out in order and at once, unless a fault delays one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from . import tl, views
from .accounts import Account
from .connection import Client, Connection
from .dispatch import Dispatcher, Query
from .errors import RpcError
from .faults import Fault, Faults, marked_id
from .flood import FloodLimits
from .logins import Login
from .mailbox import Event
from .mtproto.clock import MessageIds, Salts
from .mtproto.server_key import ServerKey
from .mtproto.session import Request, Session
from .world import World


class Server:
    """Listens, and brings the world's news to the clients (it is the world's listener)."""

    def __init__(self, world: World, dispatcher: Dispatcher, faults: Faults) -> None:
        self.world = world
        self.dispatcher = dispatcher
        self.faults = faults
        self.flood = FloodLimits()
        self.server_key = ServerKey()
        self.msg_ids = MessageIds()
        self.clients: dict[tuple[int, int], Client] = {}
        self.connections: set[Connection] = set()
        self.swallows = False
        """New connections are dead from the beginning."""
        self.timers: set[asyncio.TimerHandle] = set()
        self._asking: Client | None = None
        self._listening: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens; returns the port. Raises OSError if it is taken."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(lambda: Connection(self), host, port)
        self.world.listener = self
        return int(self._listening.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Drops all connections and forgets the sessions, as a killed server would."""
        if self._listening is None:
            return
        self._listening.close()
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()
        for connection in list(self.connections):
            connection.drop()
        self.clients.clear()
        await self._listening.wait_closed()
        self._listening = None
        await asyncio.sleep(0)  # lets the dropped connections close their sockets

    # -- the world's listener --

    def happened(self, account: Account, event: Event) -> None:
        updates = None
        for client in self._to_tell(account):
            if updates is None:
                updates = tl.write(views.updates(account, [event], self.world.now()))
            self.faults.deliver(account, updates, client.push)

    def hint(self, account: Account, make: Callable[[], tl.Tl]) -> None:
        for client in self._to_tell(account):
            client.push(tl.write(tl.types.UpdateShort(make(), date=self.world.now())))

    def token_accepted(self, login: Login) -> None:
        update = tl.types.UpdateShort(tl.types.UpdateLoginToken(), date=self.world.now())
        for client in self._of(login):
            client.push(tl.write(update))

    def tell_revoked(self, login: Login) -> None:
        """Lets the clients of a login ask, so that they learn that it has ended."""
        for client in self._of(login):
            client.push(tl.write(tl.types.UpdatesTooLong()))

    def _of(self, login: Login) -> list[Client]:
        return [client for client in self.clients.values() if client.login is login]

    def _to_tell(self, account: Account) -> list[Client]:
        """The clients to tell, without the one that is being answered."""
        return [
            client
            for client in self.clients.values()
            if client.wants_updates
            and client.login.account is account
            and client is not self._asking
        ]

    # -- requests --

    def client(self, login: Login, session_id: int, connection: Connection) -> Client:
        """The client behind a message, now reached over this connection."""
        name = (login.key.id, session_id)
        client = self.clients.get(name)
        if client is None:
            session = Session(session_id, Salts(self.world.secret, login.key.id), self.msg_ids)
            client = self.clients[name] = Client(login, session, connection)
        client.connection = connection
        return client

    def forget(self, connection: Connection) -> None:
        """A connection has ended: its sessions get no pushes until they come back."""
        self.connections.discard(connection)
        for name, client in list(self.clients.items()):
            if client.connection is connection:
                del self.clients[name]

    def take(self, client: Client, request: Request) -> None:
        """Carries a request out, now or later, and answers it."""
        try:
            query = self.dispatcher.open(client.login, request.body)
        except RpcError as error:
            client.session.answer(request.msg_id, tl.write(error.to_tl()))
            return
        client.wants_updates = client.wants_updates or query.wants_updates
        account = client.login.account
        flood = self.flood.take(
            query.method,
            account.id if account else None,
            marked_id(query.request, account),
            asyncio.get_running_loop().time(),
        )
        if flood is not None:
            client.session.answer(request.msg_id, tl.write(flood.to_tl()))
            return
        fault = self.faults.take(query.method, client.login.account, query.request)
        if fault and fault.delay:
            client.session.acknowledge(request.msg_id)
            self.later(fault.delay, lambda: self._finish(client, request, query, fault, late=True))
        else:
            self._finish(client, request, query, fault, late=False)

    def later(self, seconds: float, do: Callable[[], None]) -> asyncio.TimerHandle:
        def fire() -> None:
            self.timers.discard(timer)
            do()

        timer = asyncio.get_running_loop().call_later(seconds, fire)
        self.timers.add(timer)
        return timer

    def _finish(
        self, client: Client, request: Request, query: Query, fault: Fault | None, *, late: bool
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
        client.session.answer(request.msg_id, result)
        if late:
            client.send()
