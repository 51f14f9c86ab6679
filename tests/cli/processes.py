"""Starting the program: from the nursery, or cold as a shell does."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-m", "userbot")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a process of ours sees of the world: little, and nothing of the machine's own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONPATH": str(ROOT),
        "HTTPS_PROXY": "http://127.0.0.1:9",  # whatever is tried, nothing leaves this machine
        **more,
    }


class Process:
    """A program from the nursery, with what of `asyncio.subprocess.Process` is used here."""

    def __init__(self) -> None:
        self.pid = 0
        self.returncode: int | None = None
        self.stdout = asyncio.StreamReader(limit=2**20)
        self.stderr = asyncio.StreamReader(limit=2**20)
        self._stdin = -1
        self._pipes: list[asyncio.ReadTransport] = []
        self._ending: asyncio.Task[None] | None = None

    async def start(
        self, arguments: tuple[str, ...], folder: Path, env: dict[str, str], terminal: int = -1
    ) -> Process:
        """`terminal`: the other end of a pseudo-terminal instead of three pipes."""
        theirs = [terminal] * 3
        if terminal < 0:
            stdin, self._stdin = os.pipe()
            theirs = [stdin]
            for reader in (self.stdout, self.stderr):
                here, there = os.pipe()
                theirs.append(there)
                await self._listen(here, reader)
        request = {
            "arguments": arguments,
            "folder": str(folder),
            "environment": env,
            "terminal": terminal >= 0,
        }
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(_nursery())
        socket.send_fds(connection, [json.dumps(request).encode()], theirs)
        for stream in theirs if terminal < 0 else []:
            os.close(stream)
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        self.pid = int(await reader.readline())
        self._ending = asyncio.create_task(self._end(reader, writer))
        return self

    async def _listen(self, pipe: int, reader: asyncio.StreamReader) -> None:
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb", 0)
        )
        self._pipes.append(transport)

    async def _end(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.returncode = int(await reader.readline())
        writer.close()

    async def wait(self) -> int:
        assert self._ending is not None
        await asyncio.shield(self._ending)
        assert self.returncode is not None
        return self.returncode

    def types(self, data: bytes) -> None:
        """Give it some of its input."""
        os.write(self._stdin, data)

    async def communicate(self, data: bytes = b"") -> tuple[bytes, bytes]:
        """Give it all of its input, and take all of its output."""
        if self._stdin >= 0:
            os.set_blocking(self._stdin, False)  # what is given here always fits into a pipe
            if data:
                with contextlib.suppress(BrokenPipeError):  # it may end without reading
                    os.write(self._stdin, data)
            os.close(self._stdin)
            self._stdin = -1
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return out, err

    def send_signal(self, number: signal.Signals) -> None:
        if self.pid and self.returncode is None:  # 0 would be all of these tests
            # It may have ended, and its code be on its way.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def close_output(self) -> None:
        """Go away as the reader of its standard output."""
        self._pipes[0].close()

    async def close(self) -> None:
        """Make sure that nothing is left of it."""
        if self._ending is not None:
            self.kill()
            await self.wait()
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1
        for pipe in self._pipes:
            pipe.close()
        await asyncio.sleep(0)


async def cold(*arguments: str, folder: Path, env: dict[str, str]) -> asyncio.subprocess.Process:
    """Start it as a shell does."""
    return await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env=env,
    )


NURSERY = "TESTS_NURSERY"
"""The variable that tells workers the socket of the nursery that they share."""


def share_nursery() -> None:
    """Start the nursery of every process that is started from here on."""
    os.environ[NURSERY] = _nursery()


@cache
def _nursery() -> str:
    """The nursery's socket; it is started once and ends with the process that started it."""
    if address := os.environ.get(NURSERY):
        return address
    folder: Any = tempfile.TemporaryDirectory(prefix="nursery-")
    address = os.path.join(folder.name, "socket")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.nursery", address],
        cwd=ROOT,
        env=environment(Path(folder.name)),
        stdin=subprocess.PIPE,  # it ends with this
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None

    def end() -> None:
        process.kill()
        process.communicate()
        folder.cleanup()

    atexit.register(end)
    assert process.stdout.readline() == b"ready\n"
    return address
