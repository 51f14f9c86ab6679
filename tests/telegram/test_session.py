"""One process at a time has a session."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from userbot.errors import SessionInUseError
from userbot.telegram.session import session_lock


def test_who_just_lets_go_of_a_session_is_waited_for_and_who_keeps_it_is_not(
    tmp_path: Path,
) -> None:
    session, held, letting_go = tmp_path / "me", threading.Event(), threading.Event()

    def holds() -> None:
        with session_lock(session):
            held.set()
            letting_go.wait(60)

    other = threading.Thread(target=holds)
    other.start()
    held.wait(60)
    with pytest.raises(SessionInUseError), session_lock(session, 0.1):
        pass
    threading.Timer(0.1, letting_go.set).start()
    with session_lock(session, 60):
        other.join(60)
        assert not other.is_alive()
