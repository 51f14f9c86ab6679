"""From a request to its result: wrappers, logins, handlers, and what was asked of this server.

Rules:
1. invokeWithLayer and initConnection set up the auth key, once and for all its connections
   (core.telegram.org/api/invoking). Another layer than Telethon's is refused: nothing here could
   speak it.
2. Without a login only a few methods work; the others are answered 401.
3. What is not served is answered 400 and counted; a handler's mistake is answered 500 and kept.
"""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Literal, NamedTuple

from . import tl
from .accounts import Account
from .errors import NotServedError, RpcError, bad_request
from .logins import Login
from .methods import METHODS, Call
from .methods.registry import ConversationId
from .world import World


class Asked(NamedTuple):
    """A request that a client has made; `at`: when, in seconds of `time.monotonic`."""

    account: Account | None
    method: str
    request: tl.Tl
    at: float


class Crash(NamedTuple):
    method: str
    request: tl.Tl
    error: Exception


@dataclass(frozen=True, slots=True)
class Query:
    """A request without its wrappers."""

    request: tl.Tl
    method: str
    wants_updates: bool


class Dispatcher:
    def __init__(self, world: World) -> None:
        self._world = world
        self.place = ConversationId(2, "127.0.0.1", 0)
        self.random_id_behaviour: Literal["duplicate", "original", "silent", "forget"] = "duplicate"
        self.calls: list[Asked] = []
        self.unhandled: Counter[str] = Counter()
        self.crashes: list[Crash] = []

    def open(self, login: Login, body: tl.Tl) -> Query:
        """Takes the wrappers off and notes the call. Raises RpcError."""
        wants_updates, functions = True, tl.functions
        while True:
            match body:
                case functions.InvokeWithLayerRequest():
                    if body.layer != tl.LAYER:
                        raise bad_request("CONNECTION_LAYER_INVALID")
                    if login.layer != body.layer:
                        self._world.set_layer(login.key.id, body.layer)
                case functions.InitConnectionRequest():
                    if body.api_id <= 0:
                        raise bad_request("CONNECTION_API_ID_INVALID")
                case functions.InvokeWithoutUpdatesRequest():
                    wants_updates = False
                case functions.InvokeAfterMsgRequest() | functions.InvokeAfterMsgsRequest():
                    pass  # requests of a session are carried out in order anyway
                case _:
                    break
            body = body.query
        method = tl.name_of(body)
        self.calls.append(Asked(login.account, method, body, time.monotonic()))
        if login.layer is None:
            raise bad_request("CONNECTION_NOT_INITED")
        return Query(body, method, wants_updates)

    def carry_out(self, login: Login, query: Query) -> bytes:
        """The result or the RpcError, as TL bytes."""
        try:
            return self._result(login, query)
        except NotServedError as error:
            self.unhandled[f"{query.method} {error.what}".rstrip()] += 1
            return tl.write(error.to_tl())
        except RpcError as error:
            return tl.write(error.to_tl())
        except Exception as error:  # a mistake of ours: the client sees what Telegram would say
            self.crashes.append(Crash(query.method, query.request, error))
            return tl.write(RpcError(500, "INTERNAL").to_tl())

    def _result(self, login: Login, query: Query) -> bytes:
        method = METHODS.get(type(query.request))
        if method is None:
            raise NotServedError
        with self._world.acting_for(login.account) as news:
            call = Call(self._world, login, self.place, news, self.random_id_behaviour)
            if not method.before_login:
                _ = call.me
            return tl.write(method.handler(call, query.request))
