"""The state with its clock, and how it is changed: by commands, which can be carried out again.

Rules:
1. A command is a function of the world, marked with `@command`; nothing else changes what a restart
   brings back. It is synchronous, and takes parts of the state, TL objects and plain values: the
   state on disk is the list of commands (persistence.py).
2. Who may do what is decided by whoever calls a command.
3. Commands tell `listener` what changed in whose mailbox; what changed in the mailboxes of whoever
   asked for it is also collected for the result (core.telegram.org/api/updates).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from . import tl
from .ears import Ears
from .files import Blobs, FileReferences, Uploads
from .state import Login, MailboxEvent, State, User

P = ParamSpec("P")
R = TypeVar("R")


class Listener(Protocol):
    """Who brings news to the clients that are online."""

    def happened(self, user: User, event: MailboxEvent) -> None:
        """Something new in a mailbox that `user` reads."""

    def hint(self, user: User, update: tl.Tl) -> None:
        """An update without pts: whoever is offline never learns of it."""

    def token_accepted(self, login: Login) -> None:
        """A QR login can be finished."""

    def wake(self) -> None:
        """Something is to be sent when its time has come."""


class World:
    def __init__(
        self, secret: bytes | None = None, blobs: Blobs | None = None, dc: int = 2
    ) -> None:
        self.state = State(secret or secrets.token_bytes(32))
        self.blobs = blobs or Blobs()
        self.uploads = Uploads()
        self.references = FileReferences(self.state.secret)
        self.ears = Ears()
        self.dc = dc
        """Where files are said to lie."""
        self.longest_difference = 10**9
        """A difference of more events than this is too long: nothing of it is told."""
        self.files_dc: int | None = None
        """Another data centre in which files are said to lie; it answers at the same address."""
        self.home: tuple[int, int] | None = None
        """Data centre and port of another one, in which all accounts live: logins move there."""
        self.home_keys: set[int] = set()
        """The keys that were agreed upon there; others are known here alone."""
        self.moving: dict[bytes, User] = {}
        """Who scanned the QR code with this token, which has to be imported there."""
        self.exported: dict[bytes, User] = {}
        """Whose login may be taken to another data centre."""
        self.codes_by = "app"
        """How login codes reach people: "app", "email", or "payment" for not at all."""
        self.tells_scans = True
        self.newer = ""
        """Which part of what is written from now on is of a newer layer (newer.py)."""
        self.future_is_refused = True
        """How a difference from a number that was not reached yet is answered; else as empty."""
        self.listener: Listener | None = None
        self.record: Callable[[str, int, Sequence[Any], dict[str, Any]], None] | None = None
        """Takes every command that was carried out: name, date, arguments, keywords."""
        self.clock: Callable[[], float] = time.time
        """What the world's dates are read from, in Unix seconds."""
        self.skew = 0.0
        """Seconds by which they are ahead of it."""
        self._moment: int | None = None
        self._asking: User | None = None
        self._news: list[MailboxEvent] = []

    def now(self) -> int:
        """The date; within a command always the same."""
        return int(self.clock() + self.skew) if self._moment is None else self._moment

    def perform(
        self, run: Callable[..., R], args: Sequence[Any], kwargs: dict[str, Any], at: int
    ) -> R:
        """Carries a command out at this date and records it, unless it is part of another one."""
        if self._moment is not None:
            return run(self, *args, **kwargs)
        self._moment = at
        try:
            result = run(self, *args, **kwargs)
        finally:
            self._moment = None
        if self.record:
            self.record(run.__name__, at, args, kwargs)
        return result

    @contextmanager
    def asked_by(self, user: User | None) -> Iterator[list[MailboxEvent]]:
        """Within, news for `user` is collected in the list as well."""
        before = self._asking, self._news
        self._asking, self._news = user, []
        try:
            yield self._news
        finally:
            self._asking, self._news = before

    def tell(self, users: Sequence[User], event: MailboxEvent) -> None:
        """Brings an event to whoever reads the mailbox."""
        for user in users:
            if user is self._asking:
                self._news.append(event)
            if self.listener:
                self.listener.happened(user, event)

    def hint(self, user: User, update: tl.Tl) -> None:
        if self.listener:
            self.listener.hint(user, update)

    def wake(self) -> None:
        """Something is to be sent when its time has come."""
        if self.listener:
            self.listener.wake()


COMMANDS: dict[str, Callable[..., Any]] = {}
"""Every command by its name, as the file on disk knows it."""


def command(run: Callable[Concatenate[World, P], R]) -> Callable[Concatenate[World, P], R]:
    """Makes a function a command."""
    COMMANDS[run.__name__] = run

    @wraps(run)
    def performed(world: World, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return world.perform(run, args, kwargs, world.now())

    return performed
