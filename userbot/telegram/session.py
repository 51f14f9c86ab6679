"""The session file: where it lives, opened with every failure in words, and removed.

Rules:
1. A key works only where it was made. Telethon forgets one that a server does not know, so a login
   at the real Telegram is never shown to another server.
2. A server of one's own may move to another port and keep its logins. A login that it sent to
   another of its data centres (PHONE_MIGRATE and the like) stays there, where its key is known.
3. One process a session: Telegram and the session file both break when two use it.
"""

from __future__ import annotations

import ipaddress
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from telethon.sessions import SQLiteSession

from userbot.errors import NotLoggedInError, SessionInUseError, UserbotError
from userbot.settings import ServerConfig, TelegramConfig
from userbot.telegram.refusals import login_ended
from userbot.texts import _

NOT_OURS = frozenset({"foreign_session", "damaged_session"})
"""Reasons of a NotLoggedInError about a file that a new login must not replace."""


def session_file(session: Path) -> Path:
    """Where the session lives: ``sessions/me`` is ``sessions/me.session``."""
    return session if session.suffix == ".session" else session.with_name(session.name + ".session")


def require_session(session: Path) -> None:
    """Raise NotLoggedInError if there is no session file."""
    if not session_file(session).exists():
        raise login_ended("AUTH_KEY_UNREGISTERED")


@contextmanager
def session_lock(session: Path, seconds: float = 0.0) -> Iterator[None]:
    """Hold the session for as long as the block runs.

    `seconds`: how long a process that is just ending, or only looks, is waited for.

    The operating system lets go of the lock when the process ends, however it ends.
    Raises SessionInUseError if another process holds it.
    """
    lock = FileLock(session_file(session).with_suffix(".lock"), timeout=seconds, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise SessionInUseError(
            _("Another process is using this session."),
            _("Stop the other `userbot` first: only one process can use a session."),
            reason="session_in_use",
        ) from None
    try:
        yield
    finally:
        lock.release()


def open_session(settings: TelegramConfig) -> SQLiteSession:
    """The configured session at the configured server, new if there is no file.

    Raises NotLoggedInError if the file holds no session, or one of another Telegram, and
    UserbotError if the system does not let it be used.
    """
    path = session_file(settings.session)
    try:
        session = SQLiteSession(str(path))
        elsewhere = _elsewhere(session, settings.server)
        server = settings.server
        if server is not None and not elsewhere:
            address = (server.dc, server.host, server.port)
            here = (session.dc_id, session.server_address, session.port)
            if here != address and not _moved(session, server):
                session.set_dc(*address)
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    if elsewhere:
        session.close()
        raise NotLoggedInError(
            _(
                "{path} is a login to another Telegram, {elsewhere}.",
                path=path,
                elsewhere=elsewhere,
            ),
            _('Give this config its own session, as in session = "sessions/other".'),
            reason="foreign_session",
        )
    return session


def remove_session(session: Path) -> None:
    """Remove the session file and what SQLite keeps beside it."""
    path = session_file(session)
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _elsewhere(session: SQLiteSession, server: ServerConfig | None) -> str:
    """The address of another Telegram that this session is a login at, or nothing."""
    if not (session.auth_key and session.auth_key.key) or not session.server_address:
        return ""
    here = (server.host, server.port) if server else None
    there = (session.server_address, session.port)
    if there == here or _is_public(there[0]) == (server is None):
        return ""  # the same place, or both are of the same kind: rule 2
    return f"{there[0]}:{there[1]}"


def _moved(session: SQLiteSession, server: ServerConfig) -> bool:
    """Whether this is a login in another data centre than the one that is configured."""
    has_key = bool(session.auth_key and session.auth_key.key)
    at = (session.server_address, session.port)
    return has_key and session.dc_id != server.dc and at != (server.host, server.port)


def _is_public(address: str) -> bool:
    """Whether this is an address of the internet, as those of Telegram's data centres are."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def _unusable(path: Path, error: sqlite3.Error) -> UserbotError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return UserbotError(
            _("The session file {path} cannot be opened for writing.", path=path),
            _("Check who owns it, and that it is a file."),
            reason="session_unusable",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL):
        return UserbotError(
            _("The session file {path} cannot be written ({error}).", path=path, error=error),
            _("Stop other programs that use it, and check whether the disk is full."),
            reason="session_unusable",
        )
    return NotLoggedInError(
        _("{path} is not a session file, or it is damaged.", path=path),
        _("Move it away, then log in with `userbot login`."),
        reason="damaged_session",
    )
