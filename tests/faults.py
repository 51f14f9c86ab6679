"""Trouble at any position of a run: before the n-th statement of the store, or the n-th request.

`sqlite3.connect` and the client's `_call` are wrapped, so that nobody has to list by hand what a
question does to either. What stands at a position is told to a hook, which may count, raise, or
kill the process.

    with watched(trouble.before):        # trouble: Callable[[Call], None]
        program = await stage.program()
"""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from unittest.mock import patch

from userbot.telegram.client import Client

HISTORY = "history.db"
E = TypeVar("E", bound=sqlite3.Error)


@dataclass(frozen=True, slots=True)
class Call:
    """Something is about to leave the program: a statement to its store, or a request."""

    where: str
    """"store" or "telegram"."""
    what: str
    """The statement, or the request's name."""
    connection: sqlite3.Connection | None = None
    """The store's, if it is a statement."""
    client: Any = None
    """The account's, if it is a request."""

    @property
    def writes(self) -> bool:
        """Whether it changes something there."""
        return self.where == "store" and not self.what.startswith(("SELECT", "WITH", "PRAGMA"))


Hook = Callable[[Call], None]


@contextlib.contextmanager
def watched(before: Hook) -> Iterator[None]:
    """Meanwhile each call of a program in this process is told to a hook before it is made."""
    connect, call = sqlite3.connect, Client._call

    class Connection(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            before(Call("store", " ".join(statement.split()), self))
            return super().execute(statement, *values)

        def executemany(self, statement: str, *values: Any) -> sqlite3.Cursor:
            before(Call("store", " ".join(statement.split()), self))
            return super().executemany(statement, *values)

    def connected(where: Any, *more: Any, **how: Any) -> sqlite3.Connection:
        if str(where).endswith(HISTORY):
            how["factory"] = Connection
        opened: sqlite3.Connection = connect(where, *more, **how)
        return opened

    async def called(client: Any, sender: Any, request: Any, *more: Any, **how: Any) -> Any:
        if isinstance(client, Client):
            before(Call("telegram", type(request).__name__, client=client))
        return await call(client, sender, request, *more, **how)

    with patch.object(sqlite3, "connect", connected), patch.object(Client, "_call", called):
        yield


def busy_at(begin: str) -> Hook:
    """The database is busy whenever a statement begins so."""

    def before(call: Call) -> None:
        if call.where == "store" and call.what.startswith(begin):
            raise busy()

    return before


def install(fault: str) -> None:
    """Let this process be killed: "kill 12" right before the 12th call after it was ready.

    A program is ready when it has told so on its standard output.
    """
    word, number = fault.split()
    assert word == "kill"
    left, ready, write = int(number), False, sys.stdout.write

    def written(text: str) -> int:
        nonlocal ready
        ready = ready or '"event": "ready"' in text or '"event":"ready"' in text
        return write(text)

    def before(_: Call) -> None:
        nonlocal left
        if ready:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.stdout.write = written  # type: ignore[method-assign]
    _installed.enter_context(watched(before))


_installed = contextlib.ExitStack()
"""Until the process ends."""


def busy() -> sqlite3.OperationalError:
    """What SQLite says while another process has the database to itself."""
    return _error(sqlite3.OperationalError("database is locked"), sqlite3.SQLITE_BUSY)


def full() -> sqlite3.OperationalError:
    """What SQLite says when there is no room on the disk."""
    return _error(sqlite3.OperationalError("database or disk is full"), sqlite3.SQLITE_FULL)


def damaged() -> sqlite3.DatabaseError:
    """What SQLite says of a file that a broken disk wrote over."""
    error = sqlite3.DatabaseError("database disk image is malformed")
    return _error(error, sqlite3.SQLITE_CORRUPT)


def _error(error: E, code: int) -> E:
    error.sqlite_errorcode = code
    error.sqlite_errorname = ""
    return error
