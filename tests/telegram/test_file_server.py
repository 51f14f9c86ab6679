"""Files of another data centre: its key is borrowed, and dropped where it is not known any more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness import Stage, listed
from tests.path.voice.notes import EN
from tests.quick_clock import QuickClock
from userbot.telegram.client import Client

LOST = "401 AUTH_KEY_UNREGISTERED"


@pytest.fixture(autouse=True)
def _no_data_centres_of_another_test() -> Iterator[None]:
    Client._config = None  # Telethon keeps them with the class
    yield
    Client._config = None


@pytest.mark.parametrize("error", [LOST, "406 AUTH_KEY_DUPLICATED", "401 SESSION_REVOKED"])
async def test_a_key_that_the_file_server_does_not_know_is_dropped_and_borrowed_anew(
    stage: Stage, error: str
) -> None:
    stage.telegram.keeps_files_elsewhere()
    program = await stage.program([listed(stage.group.id)])
    first = stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, reply_to=first)
    stage.telegram.faults.add("upload.getFile", error)
    second = stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, reply_to=second)
    assert not program.events("failed")
    assert len(stage.writes("auth.exportAuthorization")) == 2


async def test_a_file_server_that_refuses_every_key_never_ends_the_run(stage: Stage) -> None:
    stage.telegram.keeps_files_elsewhere()
    program = await stage.program([listed(stage.group.id)], clock=QuickClock(20))
    refuses = stage.telegram.faults.add("upload.getFile", LOST, times=None)
    stage.max.sends_voice(stage.group, EN)
    failed = await program.tells("failed")
    assert failed.reason == "file_refused"
    assert "login" not in failed.hint
    refuses.cancel()
    later = stage.max.sends_voice(stage.group, EN)
    assert await stage.max.expects(stage.group, reply_to=later)
    assert program.runs
