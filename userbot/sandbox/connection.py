"""One TCP connection: bytes in, decrypted messages out.

Rules:
1. Everything runs in the event loop without tasks: bytes in, handlers, bytes out, in one go.
2. An unknown auth key, or a broken key exchange, is answered with transport error 404; broken
   framing or a message that cannot be decrypted ends the connection without a word.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod

from .mtproto.auth_key import AuthKey, InvalidMessageError, PlainMessage
from .mtproto.clock import MessageIds
from .mtproto.handshake import Handshake, HandshakeError
from .mtproto.server_key import ServerKey
from .mtproto.transport import Transport, TransportError
from .state import Login


class MtprotoConnection(asyncio.Protocol, ABC):
    """What comes out of it is for whoever derives from it."""

    def __init__(self, server_key: ServerKey, msg_ids: MessageIds) -> None:
        self._server_key = server_key
        self._msg_ids = msg_ids
        self._transport = Transport()
        self._socket: asyncio.Transport | None = None
        self._handshake: Handshake | None = None
        self._dead = False

    @abstractmethod
    def login_of(self, key_id: int) -> Login | None:
        """Who is behind an auth key."""

    @abstractmethod
    def key_made(self, key: AuthKey) -> None:
        """The client has agreed upon a key."""

    @abstractmethod
    def message_received(self, login: Login, message: PlainMessage) -> None:
        """A message has come, encrypted with the login's key."""

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._socket = transport

    def connection_lost(self, _exc: Exception | None) -> None:
        self._socket = None

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
        elif login := self.login_of(key_id):
            self.message_received(login, login.key.decrypt(payload))
        else:
            self._refuse()

    def _shake_hands(self, payload: bytes) -> None:
        if self._handshake is None:
            self._handshake = Handshake(self._server_key, self._msg_ids.next, int(time.time()))
        answer = self._handshake.receive(payload)
        if self._handshake.key:
            self.key_made(self._handshake.key)
            self._handshake = None
        self.write(answer)
