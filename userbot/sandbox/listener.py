"""Who hears what happens in the world."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from . import tl

if TYPE_CHECKING:
    from .accounts import Account
    from .logins import Login
    from .mailbox import Event


class Listener(Protocol):
    """Who brings news to the clients that are online."""

    def happened(self, account: "Account", event: "Event") -> None:
        """Something new in a mailbox that `account` reads."""

    def hint(self, account: "Account", make: Callable[[], tl.Tl]) -> None:
        """An update without pts: whoever is offline never learns of it."""

    def token_accepted(self, login: "Login") -> None:
        """A QR login can be finished."""


class Nobody:
    """The listener while no server is running."""

    def happened(self, account: "Account", event: "Event") -> None: ...
    def hint(self, account: "Account", make: Callable[[], tl.Tl]) -> None: ...
    def token_accepted(self, login: "Login") -> None: ...
