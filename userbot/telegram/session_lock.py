"""One process a session: Telegram and the session file both break when two use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from userbot.errors import SessionInUseError
from userbot.telegram.session import session_file


@contextmanager
def session_lock(session: Path) -> Iterator[None]:
    """Hold the session for as long as the block runs.

    The operating system lets go of the lock when the process ends, however it ends.
    Raises SessionInUseError if another process holds it.
    """
    lock = FileLock(session_file(session).with_suffix(".lock"), timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise SessionInUseError(
            "Another process is using this session.",
            "Stop the other `userbot` first; one session serves one process.",
            reason="session_in_use",
        ) from None
    try:
        yield
    finally:
        lock.release()
