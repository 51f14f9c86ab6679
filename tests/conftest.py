"""What every test may ask for."""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.cli.processes import share_nursery
from tests.tool_servers import Served, over_http
from userbot.__main__ import NEW_OBJECTS

if TYPE_CHECKING:
    from tests.harness import Stage

# Whether a change may land must not hang on chance: there the examples are the same each time.
# Elsewhere they are new ones, and a failing one is printed with how to see it again.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile("steady" if os.environ.get("CI") else "searching")

# A job in the background is deaf to these, and so would be each program that a test starts.
for heard, handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(heard) is signal.SIG_IGN:
        signal.signal(heard, handler)


# Each test writes databases, and each of their commits waits for the disk: in memory a start of the
# program takes two thirds of the processor time, and no wait. What passed is removed at once.
MEMORY = Path("/dev/shm")
ROOM = 2 * 2**30
"""Bytes: a whole run writes a tenth of that, the slow tests more."""
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """One nursery for all workers: two seconds of the processor's for each that has its own."""
    share_nursery()


# What is imported and collected stays to the end: to look through it for garbage again and again
# takes a fifth of the time until the first test, and two seconds after the last. Then it is looked
# for as seldom as in the program.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with some of what takes long: begun last, all others wait for its end."""
    long = [item for item in items if item.get_closest_marker("long")]
    others = [item for item in items if not item.get_closest_marker("long")]
    items.clear()
    # `--dist worksteal` hands one stretch to each, in this order and of these lengths.
    for left in range(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), 0, -1):
        first, more = len(long) // left, (len(long) + len(others)) // left
        items += long[:first] + others[: more - first]
        del long[:first], others[: more - first]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of tools over HTTP: it starts slowly, so there is one for all tests of a worker."""
    with over_http(tmp_path_factory.mktemp("tools") / "log.jsonl") as served:
        yield served


@pytest.fixture
def notes(served: Served) -> Served:
    """The same, with nothing carried out yet."""
    served.clear()
    return served


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A Telegram and an endpoint with Olga, Max, Lena and Vera, a group and a supergroup."""
    from tests.harness import Stage  # not above: who only hands tests out needs nothing of it

    stage = Stage(tmp_path)
    await stage.open()
    yield stage
    await stage.close()
