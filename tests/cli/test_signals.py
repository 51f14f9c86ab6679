"""Ctrl-C and SIGTERM at any instant of a start: soon taken, and without a word too many."""

from __future__ import annotations

import asyncio
import os
import pty
import random
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.house import House, before_ours
from tests.cli.processes import ROOT, environment
from tests.harness import Stage

SEED = int(os.environ.get("CHAOS_SEED", "1"))
SIGNALS = int(os.environ.get("CHAOS_SIGNALS", "200"))
SECONDS = 30.0
"""So soon it ends, when nothing is being written."""
FIRST = 0.2
"""Before that Python itself is not up, and nobody hears a signal."""
AT_A_TIME = 3
"""Processes. More than there are processors: a start is slow then, as on a busy machine."""


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that answers nothing, not even that somebody wants to connect: its queue is full."""
    sockets = [socket.socket() for _ in range(4)]
    try:
        sockets[0].bind(("127.0.0.1", 0))
        sockets[0].listen(0)
        port: int = sockets[0].getsockname()[1]
        for one in sockets[1:]:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield port
    finally:
        for one in sockets:
            one.close()


@contextmanager
def silence() -> Iterator[int]:
    """A port on which everybody is let in, and nobody is answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[1]


class Trials:
    """Programs that are started, and stopped while they start."""

    def __init__(self, stage: Stage, folder: Path, ports: dict[str, int]) -> None:
        self._stage = stage
        self._folder = folder
        self._ports = ports
        self._turns = asyncio.Semaphore(AT_A_TIME)

    async def faults(self, number: int, *, cold: int) -> list[str]:
        """What was not as it should be, of so many; every `cold`th starts as from a shell."""
        trials = [self._trial(at, cold=at % cold == 0) for at in range(number)]
        return [fault for fault in await asyncio.gather(*trials) if fault]

    async def _trial(self, number: int, *, cold: bool) -> str:
        dice = random.Random(f"{SEED} {number}")
        where = dice.choice(list(self._ports))
        by = dice.choice([signal.SIGINT, signal.SIGTERM])
        seconds = dice.uniform(FIRST, 2.0) if cold else dice.uniform(0.05, 0.8)
        about = f"seed {SEED}, {number}: {by.name} after {seconds:.3f} s, cold {cold}, {where}"
        async with self._turns:
            house = House(self._stage, self._folder / f"{number}")
            house.write_config(port=self._ports[where])
            house.log_in()
            running = await house.start("run", "--json", warm=not cold)
            try:
                await asyncio.sleep(seconds)
                ended = await running.stop(by, SECONDS)
            except AssertionError as printed:
                return "" if before_ours(printed) else f"{about}: {printed}"
            except TimeoutError:
                return f"{about}: not taken in {SECONDS} s; {running.lines}"
            finally:
                await house.close()
        # What had not begun yet ends by SIGTERM itself, as any program does.
        codes = {signal.SIGINT: (130, -signal.SIGINT), signal.SIGTERM: (0, -signal.SIGTERM)}[by]
        said = ended.err.strip()
        return "" if ended.code in codes and not said else f"{about}: {ended.code}: {said}"


@pytest.mark.parametrize(
    ("number", "cold"),
    [
        pytest.param(12, 3, id="a few"),
        pytest.param(SIGNALS, 2, id="many", marks=pytest.mark.slow),
    ],
)
async def test_a_signal_at_any_instant_of_a_start_is_taken_at_once(
    stage: Stage, tmp_path: Path, number: int, cold: int
) -> None:
    print(f"\nCHAOS_SEED={SEED}")
    with black_hole() as nothing, silence() as silent:
        ports = {"answers": stage.telegram.port, "swallows": nothing, "silent": silent}
        trials = Trials(stage, tmp_path / "houses", ports)
        (tmp_path / "houses").mkdir()
        assert await trials.faults(number, cold=cold) == []


DEAF = """
import time
from userbot.signals import leaving_at_once
with leaving_at_once(lambda: print("left", flush=True)):
    print("ready", flush=True)
    while True:
        try:
            time.sleep(0.01)
        except BaseException:  # as a callback of the import system does
            pass
"""
SLOW = """
import asyncio, time
from userbot.signals import leave, run_alone
async def main():
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 600)
    print("ready", flush=True)
    await asyncio.sleep(0.1)
    return 130
print("left", end=" ")
leave(run_alone(main()))
"""


@pytest.mark.parametrize("program", [DEAF, SLOW], ids=["an except for all", "a worker thread"])
async def test_the_end_is_held_up_neither_by_who_swallows_exceptions_nor_by_a_thread(
    program: str,
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    first = await process.stdout.readline()
    if program is DEAF:
        process.send_signal(signal.SIGINT)
    async with asyncio.timeout(SECONDS):
        rest = await process.stdout.read()
        assert await process.wait() == 130
    assert sorted((first + rest).split()) == [b"left", b"ready"]


async def test_what_is_left_at_once_leaves_the_shell_a_line_of_its_own() -> None:
    terminal, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DEAF, stdout=asyncio.subprocess.PIPE, stderr=theirs, cwd=ROOT
    )
    os.close(theirs)
    assert process.stdout is not None
    await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(SECONDS):
        assert await process.wait() == 130
    assert os.read(terminal, 100) == b"\r\n"
    os.close(terminal)


COMMANDS = (
    "run", "init", "login", "logout", "chats", "history", "usage", "doctor", "retry", "talk",
    "demo", "sandbox", "service",
)  # fmt: skip
IMPORTING = """
import os, signal, sys
from userbot import cli
from userbot.__main__ import main

class Swallows:
    def find_spec(self, name, *more):
        if name.startswith("userbot."):
            try:
                os.kill(os.getpid(), signal.SIGINT)
                for _ in range(1000):
                    pass
            except BaseException:  # as a callback of the import system does
                os._exit(1)

sys.meta_path.insert(0, Swallows())
for command in sys.argv[1].split():
    if os.fork() == 0:
        sys.argv = ["userbot", command, *(["status"] if command == "service" else [])]
        main()
        os._exit(2)
    print(command, os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


async def test_a_signal_while_a_command_is_imported_is_taken_whoever_swallows_exceptions(
    house: House,
) -> None:
    house.write_config()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        IMPORTING,
        " ".join(COMMANDS),
        stdout=asyncio.subprocess.PIPE,
        cwd=house.folder,
        env=environment(house.folder),
    )
    said, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    assert said.decode().splitlines() == [f"{command} 130" for command in COMMANDS]
