"""The program as people start it: a process of its own, beside the stage in the test's process.

    house.write_config()
    ended = await house.run("chats")                    # ended.code, ended.out, ended.err
    running = await house.start("run", "--json")        # until running.stop(signal.SIGINT)
    screen = await house.terminal("run")                # in a pseudo-terminal

Whatever a process prints is looked through for secrets and tracebacks when it has ended.
"""

from __future__ import annotations

import asyncio
import codecs
import fcntl
import json
import os
import pty
import re
import signal
import struct
import termios
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.processes import Process, cold, environment
from tests.harness import LOGIN_CODE, Stage

API_HASH = "b18441a1ff607e10a989891a5462e627"
MODEL_KEY = "sandbox-key"
PASSWORD = "correct horse"
PHONE = "+9996620001"
SECRETS = (API_HASH, MODEL_KEY, PASSWORD, PHONE.removeprefix("+"), LOGIN_CODE)
"""What no output may hold: hash, key, password, the owner's phone and login code.

Each is long enough that nothing else is ever written so.
"""


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    code: int
    out: str
    err: str

    @property
    def sentences(self) -> list[str]:
        """The lines on standard error that are no hints."""
        return [line for line in self.err.splitlines() if line and not line.startswith("  →")]

    @property
    def hints(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("  →")]


def look_through(text: str) -> None:
    """No secret and no traceback may stand in what a process printed."""
    assert "Traceback" not in text, text
    assert "Internal error" not in text, text
    shown = [secret for secret in SECRETS if secret in text]
    assert not shown, f"{shown} in {text}"


def before_ours(printed: object) -> bool:
    """Whether a traceback is Python's own, of a signal that came before the program began."""
    return "Traceback" in str(printed) and "/userbot/" not in str(printed)


class Running:
    """A process with pipes; the lines it prints come by and by."""

    def __init__(self, process: Process | asyncio.subprocess.Process, *, tells_all: bool) -> None:
        """`tells_all`: it is its job to print phones and codes."""
        self.process = process
        self._tells_all = tells_all
        self.lines: list[str] = []

    async def line(self, timeout: float = 60) -> str:
        """The next line of its standard output."""
        assert self.process.stdout is not None
        line = (await asyncio.wait_for(self.process.stdout.readline(), timeout)).decode()
        if not line:
            raise AssertionError(f"it has ended: {await self.ends()}")
        self.lines.append(line.rstrip("\n"))
        return self.lines[-1]

    async def event(self, kind: str) -> dict[str, Any]:
        """The next JSON line of a kind."""
        while True:
            row: dict[str, Any] = json.loads(await self.line())
            if row["event"] == kind:
                return row

    async def ends(self, timeout: float = 60, lines: bytes = b"") -> Ended:
        """Give it the rest of its input, and wait until it ends by itself."""
        async with asyncio.timeout(timeout):
            out, err = await self.process.communicate(lines)
        assert self.process.returncode is not None
        printed = "".join(f"{line}\n" for line in self.lines) + out.decode()
        if not self._tells_all:
            look_through(printed + err.decode())
        return Ended(self.process.returncode, printed, err.decode())

    async def stop(self, number: signal.Signals, timeout: float = 60) -> Ended:
        """Send it a signal and wait until it ends."""
        self.process.send_signal(number)
        return await self.ends(timeout)

    async def kill(self) -> None:
        """Make sure that nothing is left of it."""
        if isinstance(self.process, Process):
            await self.process.close()
        elif self.process.returncode is None:
            self.process.kill()
            await self.process.communicate()


class Screen:
    """A process in a pseudo-terminal of its own, with Ctrl-C and all."""

    def __init__(self, columns: int) -> None:
        self.text = ""
        self.columns = columns
        self._news = asyncio.Event()
        self._closed = asyncio.Event()
        self._process = Process()
        self._master = -1
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    async def open(self, arguments: tuple[str, ...], folder: Path, env: dict[str, str]) -> Screen:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, self.columns, 0, 0))
        await self._process.start(arguments, folder, env, terminal=slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._read)
        return self

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except BlockingIOError:
            return
        except OSError:  # Linux says so when the other end is closed
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._master)
            self._closed.set()
        # A letter may come in two reads.
        self.text += self._decoder.decode(data).replace("\r\n", "\n")
        self._news.set()

    @property
    def plain(self) -> str:
        """What was printed, without colours and movements."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text)

    async def shows(self, pattern: str, timeout: float = 60) -> re.Match[str]:
        """Wait until it shows something."""
        try:
            async with asyncio.timeout(timeout):
                while not (found := re.search(pattern, self.plain)):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"no {pattern!r} in {timeout} s:\n{self.plain}") from None
        return found

    def types(self, text: str) -> None:
        """Type something; "\x03" is Ctrl-C."""
        os.write(self._master, text.encode())

    def send_signal(self, number: signal.Signals) -> None:
        """Send the process a signal that no key gives."""
        self._process.send_signal(number)

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    async def ends(self, timeout: float = 60) -> int:
        """Wait until it ends; gives the exit code."""
        code = await asyncio.wait_for(self._process.wait(), timeout)
        # The last words come through the terminal a moment after the end.
        await asyncio.wait_for(self._closed.wait(), 60)
        look_through(self.plain)
        return code

    async def close(self) -> None:
        await self._process.close()
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)


class House:
    """A folder with a config, and processes in it that talk to the stage."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.folder = folder
        self.folder.mkdir(mode=0o700)
        self._running: list[Running] = []
        self._screens: list[Screen] = []

    @property
    def session(self) -> Path:
        return self.folder / "sessions" / "me.session"

    def log_in(self) -> None:
        """Put a session file there that is already Olga's login."""
        self.session.parent.mkdir(mode=0o700, exist_ok=True)
        self.stage.telegram.seed_session(self.session, self.stage.olga)

    def write_config(self, more: str = "", *, telegram: str = "", port: int = 0) -> Path:
        """A config for the stage; `telegram` adds keys to its table, `more` adds tables."""
        path = self.folder / "config.toml"
        server = self.stage.telegram
        path.write_text(
            f'[telegram]\napi_id = 2040817\napi_hash = "{API_HASH}"\n{telegram}\n'
            f"[telegram.server]\ndc = {server.dc}\nhost = {json.dumps(server.host)}\n"
            f'port = {port or server.port}\npublic_key = "{self.stage.folder / "server.pem"}"\n'
            f'[openai]\nbase_url = "{self.stage.endpoint.base_url}"\napi_key = "{MODEL_KEY}"\n'
            'model = "sandbox"\n'
            f"{more}\n",
            encoding="utf-8",
        )
        path.chmod(0o600)
        return path

    async def run(
        self,
        *arguments: str,
        lines: str | bytes = "",
        timeout: float = 60,
        warm: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run a command to its end; `lines` is its standard input, `env` adds variables."""
        running = await self.start(*arguments, warm=warm, env=env)
        return await running.ends(timeout, lines.encode() if isinstance(lines, str) else lines)

    async def start(
        self, *arguments: str, warm: bool = True, env: Mapping[str, str] | None = None
    ) -> Running:
        """Start a command with pipes; not `warm`: as a shell does, with all its imports."""
        variables = environment(self.folder, **(env or {}))
        process = (
            await Process().start(arguments, self.folder, variables)
            if warm
            else await cold(*arguments, folder=self.folder, env=variables)
        )
        running = Running(process, tells_all="sandbox" in arguments)
        self._running.append(running)
        return running

    async def terminal(self, *arguments: str, columns: int = 80) -> Screen:
        """Start a command in a pseudo-terminal so many columns wide."""
        screen = Screen(columns)
        self._screens.append(screen)
        return await screen.open(arguments, self.folder, environment(self.folder))

    async def close(self) -> None:
        for running in self._running:
            await running.kill()
        for screen in self._screens:
            await screen.close()
