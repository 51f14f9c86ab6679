"""How a method is carried out: the table of handlers and what a handler is given."""

from collections.abc import Callable
from dataclasses import dataclass

from userbot.sandbox import tl
from userbot.sandbox.accounts import Account
from userbot.sandbox.errors import unauthorized
from userbot.sandbox.logins import Login
from userbot.sandbox.mailbox import Event
from userbot.sandbox.world import World


@dataclass(frozen=True, slots=True)
class ConversationId:
    """Where this server is, as its clients reach it."""

    dc: int
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through a handler."""

    world: World
    login: Login
    place: ConversationId
    news: list[Event]
    """What the handler has changed in the caller's mailboxes so far: it belongs in the result."""
    random_id_behaviour: str

    @property
    def me(self) -> Account:
        """Who asks. Raises RpcError without a login."""
        if self.login.account is None:
            raise unauthorized(self.login.revoked or "AUTH_KEY_UNREGISTERED")
        return self.login.account


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
