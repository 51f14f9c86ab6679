"""From a request to its result: wrappers, logins, the table of handlers, and what was asked.

Rules:
1. invokeWithLayer and initConnection set up the auth key, once and for all its connections
   (core.telegram.org/api/invoking). Another layer than Telethon's is refused: nothing here could
   speak it.
2. Without a login only a few methods work; the others are answered 401.
3. What is not served is answered 400 and counted; a handler's mistake is answered 500 and kept.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from . import tl
from .errors import NotServedError, RpcError, bad_request, unauthorized
from .logins import set_layer
from .state import Login, MailboxEvent, State, User
from .views import View
from .world import World

RandomIdBehaviour = Literal["duplicate", "original", "silent", "forget"]
"""How a random_id used before is answered.

By an error, by the original, by updates that name no message, or as if it were new.
"""


@dataclass(frozen=True, slots=True)
class Address:
    """Where this server is, as its clients reach it."""

    dc: int
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through a handler."""

    world: World
    login: Login
    address: Address
    news: list[MailboxEvent]
    """What the handler has changed in the caller's mailboxes so far: it belongs in the result."""
    random_id_behaviour: RandomIdBehaviour

    @property
    def me(self) -> User:
        """Who asks. Raises RpcError without a login."""
        if self.login.user is None:
            raise unauthorized(self.login.revoked or "AUTH_KEY_UNREGISTERED")
        return self.login.user

    @property
    def state(self) -> State:
        return self.world.state

    @property
    def view(self) -> View:
        """What who asks is shown."""
        return View(self.world, self.me)


Handler = Callable[[Call, tl.Tl], tl.Tl]


@dataclass(frozen=True, slots=True)
class Method:
    handler: Handler
    before_login: bool


METHODS: dict[type, Method] = {}


def method(request: type, *, before_login: bool = False) -> Callable[[Handler], Handler]:
    """Registers a request's handler, which returns TL, a bool or a Vector, or raises RpcError."""

    def register(handler: Handler) -> Handler:
        METHODS[request] = Method(handler, before_login)
        return handler

    return register


class Asked(NamedTuple):
    """A request that a client has made; `at`: when, in seconds of `time.monotonic`."""

    account: User | None
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
    def __init__(self, world: World, methods: Mapping[type, Method]) -> None:
        self._world = world
        self._methods = methods
        self.address = Address(world.dc, "127.0.0.1", 0)
        self.random_id_behaviour: RandomIdBehaviour = "duplicate"
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
                        set_layer(self._world, login, body.layer)
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
        self.calls.append(Asked(login.user, method, body, time.monotonic()))
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
        method = self._methods.get(type(query.request))
        if method is None:
            raise NotServedError
        with self._world.asked_by(login.user) as news:
            call = Call(self._world, login, self.address, news, self.random_id_behaviour)
            if not method.before_login:
                _ = call.me
            return tl.write(method.handler(call, query.request))
