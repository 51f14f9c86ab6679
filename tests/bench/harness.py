"""What the measurements share: a Telegram and an instant model in this process, and the programs
that are measured in processes of their own.

    async with Ground(people=30) as ground:
        product, bare = ground.product(), ground.bare()
        await product.start()
        asked = await ground.ask(ground.people[0], product)
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Endpoint, Reply
from userbot.sandbox.endpoint_chat import plain_text
from userbot.sandbox.telegram import Telegram

USERBOT = str(Path(sys.executable).with_name("userbot"))
BARE = str(Path(__file__).with_name("bare.py"))
ANSWER = Reply("Take a tent, a flask and a map, and light a fire in the evening.")
PATIENCE = 30.0
"""Seconds after which a program that says nothing is given up."""
PAUSE = 0.005
"""Seconds between two questions in turn, for what a program does after its answer."""
LOOK = 0.001
"""Seconds between two looks at what a starting program has said."""

_CONFIG = """
[telegram]
api_id = 1
api_hash = "hash"
session = "{name}"
[telegram.server]
dc = {dc}
host = "{host}"
port = {port}
public_key = "server.pem"
[openai]
base_url = "{base_url}"
api_key = "{api_key}"
model = "bench"
[trigger]
from = "anyone"
burst_seconds = 0
[history]
database = "{name}.db"
window_tokens = {window_tokens}
[limits]
requests_per_minute = 1000000
tokens_per_day = 1000000000
answers_per_hour = 1000000
[pacing]
writes_per_second = 1000000
burst = 1000000
"""


def arguments(about: str, **counts: tuple[int, int]) -> argparse.Namespace:
    """The command line of a measurement: a number each, full and with --tiny."""
    parser = argparse.ArgumentParser(description=about.partition("\n")[0])
    parser.add_argument("--tiny", action="store_true", help="only see whether it runs")
    for name, (full, tiny) in counts.items():
        parser.add_argument(f"--{name}", type=int, help=f"default: {full}, tiny: {tiny}")
    given = parser.parse_args()
    for name, (full, tiny) in counts.items():
        if getattr(given, name) is None:
            setattr(given, name, tiny if given.tiny else full)
    return given


def run(main: Callable[[], Coroutine[Any, Any, int]]) -> NoReturn:
    """Run a measurement and leave with its exit code."""
    try:
        code = asyncio.run(main())
    except SilentError as error:
        print(error, file=sys.stderr)
        code = 1
    raise SystemExit(code)


class SilentError(Exception):
    """A program that is to be measured did not start or did not answer; says what it said."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How long one question took, in milliseconds from the moment it was sent."""

    to_model: float
    to_answer: float


class Program:
    """A program in a process of its own, answering from the account of `owner`."""

    def __init__(self, owner: Account, folder: Path, command: Sequence[str]) -> None:
        self.owner = owner
        self._folder = folder
        self._errors = folder / f"{owner.first_name}.err"
        self._command = command
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> float:
        """Start it; gives the seconds from there until it says that it listens."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TELEGRAM_", "OPENAI_", "USERBOT_"))
        }
        told = self._folder / f"{self.owner.first_name}.out"
        with told.open("wb") as out, self._errors.open("wb") as errors:
            began = time.perf_counter()
            self._process = await asyncio.create_subprocess_exec(
                *self._command, cwd=self._folder, env=kept, stdout=out, stderr=errors
            )
        while b'"ready"' not in told.read_bytes():
            late = time.perf_counter() - began > PATIENCE
            if late or self._process.returncode is not None:
                raise self.silent("did not start")
            await asyncio.sleep(LOOK)
        return time.perf_counter() - began

    def silent(self, what: str) -> SilentError:
        """The error that says what it did not do, and what it told instead."""
        return SilentError(f"{self.owner.first_name} {what}:\n{self._errors.read_text()}")

    async def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()

    def cpu_seconds(self) -> float | None:
        """The processor time that it has used; None where the system does not tell."""
        assert self._process is not None
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text("ascii")
        except OSError:
            return None
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Ground:
    """The Telegram, the model, the people who ask, and the programs that answer them."""

    def __init__(self, people: int) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="userbot-bench-")
        self.folder = Path(self._scratch.name)
        self.telegram = Telegram()
        self.endpoint = Endpoint(responder=self._answer)
        self.people = [self.telegram.add_account(f"Person{number}") for number in range(people)]
        self._programs: list[Program] = []
        self._numbers = count(1)
        self._reached: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        await self.telegram.start()
        await self.endpoint.start()
        self.telegram.write_public_key(self.folder / "server.pem")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for program in self._programs:
            await program.stop()
        await self.endpoint.stop()
        await self.telegram.stop()
        self._scratch.cleanup()
        if error is None:
            faults = (self.telegram.unhandled, self.telegram.crashes, self.endpoint.crashed)
            assert not any(faults), faults

    def product(self, name: str = "product", window_tokens: int = 8000) -> Program:
        """`userbot run` on an account of its own; its database is `name`.db in `folder`."""
        config = self.folder / f"{name}.toml"
        config.touch(0o600)
        config.write_text(
            _CONFIG.format(
                name=name,
                dc=self.telegram.dc,
                host=self.telegram.host,
                port=self.telegram.port,
                base_url=self.endpoint.base_url,
                api_key=self.endpoint.api_key,
                window_tokens=window_tokens,
            )
        )
        return self._program(name, [USERBOT, "run", "--json", "--config", str(config)])

    def bare(self, name: str = "bare") -> Program:
        """The bare script on an account of its own."""
        assert self.endpoint.api_key is not None
        words = [name, "server.pem", self.endpoint.base_url, self.endpoint.api_key]
        return self._program(name, [sys.executable, BARE, *words])

    def _program(self, name: str, command: Sequence[str]) -> Program:
        owner = self.telegram.add_account(name)
        self.telegram.seed_session(self.folder / name, owner)
        program = Program(owner, self.folder, command)
        self._programs.append(program)
        return program

    async def ask(self, person: Account, program: Program) -> Asked:
        """Send a question to the program's owner and wait until the answer stands."""
        name = f"n{next(self._numbers)}"
        began = time.perf_counter()
        question = person.says(program.owner, f"/gpt What do we take along? {name}")
        try:
            await person.expects(program.owner, reply_to=question, timeout=PATIENCE)
        except TimeoutError:
            raise program.silent("did not answer") from None
        answered = time.perf_counter()
        reached = self._reached.pop(name)
        return Asked((reached - began) * 1000, (answered - began) * 1000)

    async def in_turn(self, programs: Sequence[Program], questions: int) -> list[list[Asked]]:
        """So many questions to each program, one at a time, to the programs in turn."""
        asked: list[list[Asked]] = [[] for _ in programs]
        for number in range(questions):
            person = self.people[number % len(self.people)]
            for results, program in zip(asked, programs, strict=True):
                results.append(await self.ask(person, program))
                await asyncio.sleep(PAUSE)
        return asked

    def _answer(self, request: dict[str, Any]) -> Reply:
        now = time.perf_counter()
        self._reached[plain_text(request["messages"][-1]).rpartition(" ")[2]] = now
        return ANSWER
