"""One TCP connection, and the clients (sessions) that are reached over it.

Rules:
1. Everything runs in the event loop without tasks: bytes in, handlers, bytes out, in one go.
2. An unknown auth key, or a broken key exchange, is answered with transport error 404; broken
   framing or a message that cannot be decrypted ends the connection without a word.
3. A session here ends with its connection: what was on its way is lost, as on a bad line.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from . import tl
from .mtproto.auth_key import InvalidMessageError
from .mtproto.handshake import Handshake, HandshakeError
from .mtproto.session import DestroyKey, DestroySession, DisconnectAfter, Request
from .mtproto.transport import Transport, TransportError

if TYPE_CHECKING:
    from .logins import Login
    from .mtproto.session import Session
    from .server import Server


class Client:
    """A session with where it is reached."""

    def __init__(self, login: Login, session: Session, connection: Connection) -> None:
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


class Connection(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport = Transport()
        self._socket: asyncio.Transport | None = None
        self._handshake: Handshake | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._dead = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._socket = transport
        self._server.connections.add(self)
        if self._server.swallows:
            self.go_dead()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._socket = None
        self._server.forget(self)

    def data_received(self, data: bytes) -> None:
        try:
            for payload in self._transport.receive(data):
                if self._socket is None:
                    return
                self._take(payload)
        except (TransportError, InvalidMessageError):
            self.drop()
        except HandshakeError:
            self._refuse()

    def write(self, payload: bytes) -> None:
        if self._socket and not self._dead and not self._socket.is_closing():
            self._socket.write(self._transport.encode(payload))

    def drop(self) -> None:
        """Ends the connection without a word."""
        if self._socket:
            self._socket.abort()
            self._socket = None

    def go_dead(self) -> None:
        """From now on nothing comes through in either direction, and neither side is told."""
        self._dead = True
        if self._socket:
            self._socket.pause_reading()

    def _refuse(self) -> None:
        """Ends the connection with error 404: no such key."""
        if self._socket:
            self._socket.write(self._transport.error(404))
            self._socket.close()

    def _take(self, payload: bytes) -> None:
        key_id = int.from_bytes(payload[:8], "little")
        if key_id == 0:
            self._shake_hands(payload)
            return
        login = self._server.world.logins.by_key_id.get(key_id)
        if login is None:
            self._refuse()
            return
        message = login.key.decrypt(payload)
        client = self._server.client(login, message.session_id, self)
        for event in client.session.receive(message, time.time()):
            if self._socket is None:
                return  # an earlier request of the same message ran into a fault
            match event:
                case Request():
                    self._server.take(client, event)
                case DisconnectAfter(seconds):
                    self._expect_silence(seconds)
                case DestroySession(_, session_id):
                    gone = self._server.clients.pop((key_id, session_id), None)
                    kinds = tl.types.DestroySessionOk, tl.types.DestroySessionNone
                    client.session.reply(kinds[gone is None](session_id=session_id))
                case DestroyKey():
                    self._server.world.drop_key(key_id)
                    client.session.reply(tl.types.DestroyAuthKeyOk())
        client.send()

    def _shake_hands(self, payload: bytes) -> None:
        if self._handshake is None:
            server = self._server
            self._handshake = Handshake(server.server_key, server.msg_ids.next, int(time.time()))
        answer = self._handshake.receive(payload)
        if self._handshake.key:
            self._server.world.new_key(self._handshake.key.data.hex())
            self._handshake = None
        self.write(answer)

    def _expect_silence(self, seconds: int) -> None:
        if self._silence:
            self._silence.cancel()
        self._silence = self._server.later(seconds, self.drop)
