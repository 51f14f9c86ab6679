"""What starts the program for the tests."""

from __future__ import annotations

import os
from pathlib import Path

from tests.cli.processes import Process, environment


async def test_a_signal_to_a_program_that_ended_just_now_is_no_error(tmp_path: Path) -> None:
    process = await Process().start(("--version",), tmp_path, environment(tmp_path))
    while runs(process.pid):
        pass  # what it ended with is not read meanwhile
    process.kill()
    assert await process.wait() == 0
    await process.close()


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
