"""The test language: a Telegram, an endpoint and the program between them, over real sockets.

The program is reached as a user reaches it: a config file goes in, `--json` objects come out; the
history and the spending are read by the commands that people have. `stage.program` answers as
Olga; Max, Lena and Vera are people in the sandbox.

    program = await stage.program([listed(stage.group.id)], trigger={"edits": True})
    question = stage.max.says(stage.group, "hello")
    answer = await stage.max.expects(stage.group, reply_to=question)
    assert (await program.tells("answered")).answers == (answer.id_for(stage.olga),)
    assert [row.text for row in stage.history()] == ["hello"]
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from telethon import TelegramClient, events

from tests.cli.processes import Process, environment
from userbot import app, cli, config
from userbot.cli.run import Reporter, log_file_for
from userbot.console.lines import JsonLines
from userbot.controls import Controls
from userbot.errors import UserbotError
from userbot.ports import Clock
from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Endpoint
from userbot.sandbox.state import Group, Message
from userbot.sandbox.telegram import Telegram
from userbot.settings import Settings
from userbot.storage.store import Store
from userbot.timings import USUAL, Timings
from userbot.types import ToolCall, Usage

__all__ = [
    "DEFAULT_PACING",
    "LOGIN_CODE",
    "Config",
    "Event",
    "Killed",
    "Program",
    "ProgramError",
    "Sight",
    "Stage",
    "Timings",
    "Told",
    "ToolCall",
    "Usage",
    "Window",
    "listed",
    "toml",
]

LOGIN_CODE = "7041399826517"
"""Olga's. Five digits are met by chance: in an id, in a time, in a port."""
Config = Mapping[str, Any]
"""Sections of a config file by their names, each with its keys."""


class Event:
    """One `--json` object: its fields as attributes, None for what it does not tell."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = {
            name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
        }

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.row.get(name)

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self.row.items() if name != "at")
        return f"Event({', '.join(shown)})"


class ProgramError(Exception):
    """The program ended with an error: what it says to people, with its hint and exit code."""

    def __init__(self, error: UserbotError) -> None:
        faults = [fault.message for fault in getattr(error, "faults", ())]
        super().__init__("\n".join(faults) or str(error))
        self.hint = error.hint
        self.reason = error.reason
        self.code = error.exit_code


class Told:
    """What a program has told so far, as events; is waited for."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self._more = asyncio.Event()

    def events(self, kind: str, **having: Any) -> list[Event]:
        """All that was told of a kind so far, with these fields."""
        return [event for event in self.told if event.event == kind and _has(event, having)]

    async def tells(self, kind: str, timeout: float = 60, **having: Any) -> Event:
        """The first event of a kind with these fields, waiting for it if need be."""
        try:
            async with asyncio.timeout(timeout):
                while not (found := self.events(kind, **having)):
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"no {kind} {having} in {timeout} s; told: {self.told}") from None
        return found[0]

    def write(self, text: str) -> int:
        """Take a line as the standard output does."""
        if text.strip():
            self.told.append(Event(json.loads(text)))
            self._more.set()
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


class Program(Told):
    """`userbot run --json -v` in this process, with what it told."""

    def __init__(self, file: Path, clock: Clock | None, timings: Timings) -> None:
        super().__init__()
        self._file = file
        self._clock = clock
        self._timings = timings
        self.controls = Controls()
        """What whoever sits at its console has: `await program.controls.take_up(stage.settings())`
        is a changed config."""
        self._end: asyncio.Future[str] | None = None
        self._task: asyncio.Task[str] | None = None

    async def start(self) -> Program:
        """Start and wait until it listens; raises ProgramError if it does not come to that."""
        self._end = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(self._end))
        ready = asyncio.create_task(self.tells("ready"))
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            ready.cancel()
            self._task.result()
        await ready
        return self

    async def stop(self) -> str:
        """Stop as on Ctrl-C; gives the reason it ended with, or raises ProgramError."""
        assert self._task is not None
        assert self._end is not None
        if not self._end.done():
            self._end.set_result("interrupted")
        return await self._task

    async def ends(self, timeout: float = 60) -> str:
        """Wait until it ends by itself; gives the reason, or raises ProgramError."""
        assert self._task is not None
        return await asyncio.wait_for(asyncio.shield(self._task), timeout)

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self._task is not None and not self._task.done()

    async def crash(self) -> None:
        """Cut it off where it stands: nobody is waited for, nothing is finished."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self, end: asyncio.Future[str]) -> str:
        log: Any = None
        try:
            settings = config.load(self._file, None, {}).settings
            log = log_file_for(settings.console)
            console = JsonLines(self, verbose=True)  # type: ignore[arg-type]
            return await app.run(
                settings,
                Reporter(console, end, log),
                began=time.monotonic(),
                end=end,
                clock=self._clock,
                timings=self._timings,
                controls=self.controls,
            )
        except UserbotError as error:
            raise ProgramError(error) from error
        finally:
            if log is not None:
                log.close()


class Killed(Told):
    """`userbot run --json -v` in a process of its own, which can be killed at any instant."""

    def __init__(self) -> None:
        super().__init__()
        self._process = Process()
        self._reading: asyncio.Task[None] | None = None

    async def start(self, file: Path, fault: str = "") -> Killed:
        """Start and wait until it listens. `fault`: as in `tests.faults.install`."""
        flags = ("run", "--json", "-v", "--config", str(file))
        variables = environment(file.parent, **({"FAULT": fault} if fault else {}))
        await self._process.start(flags, file.parent, variables)
        self._reading = asyncio.create_task(self._read())
        ready = asyncio.create_task(self.tells("ready"))
        await asyncio.wait({ready, self._reading}, return_when=asyncio.FIRST_COMPLETED)
        if self._reading.done() and not self.events("ready"):
            ready.cancel()
            said = (await self._process.stderr.read()).decode()
            raise AssertionError(f"it ended with {await self.ends()}: {said}")
        await ready
        return self

    async def ends(self) -> int:
        """Wait until it has ended; gives its exit code."""
        return await self._process.wait()

    async def kill(self) -> None:
        """Kill it as nobody can help: SIGKILL."""
        await self._process.close()
        if self._reading is not None:
            await self._reading

    async def _read(self) -> None:
        while line := await self._process.stdout.readline():
            self.write(line.decode())


@dataclass(frozen=True, slots=True)
class Sight:
    """What an account saw of a message at one moment, in seconds of `time.monotonic`."""

    at: float
    event: str
    """"new" or "edit"."""
    message: int
    text: str
    entities: tuple[Any, ...]


class Window:
    """What an account's own app shows, as a client of its own is told."""

    def __init__(self, client: TelegramClient) -> None:
        self.client = client
        self.sights: list[Sight] = []
        client.add_event_handler(self._new, events.NewMessage(incoming=True))
        client.add_event_handler(self._edit, events.MessageEdited(incoming=True))

    def of(self, message: int) -> list[Sight]:
        """All that was seen of one message, in order."""
        return [sight for sight in self.sights if sight.message == message]

    async def _new(self, event: Any) -> None:
        self._note("new", event.message)

    async def _edit(self, event: Any) -> None:
        self._note("edit", event.message)

    def _note(self, event: str, message: Any) -> None:
        entities = tuple(message.entities or ())
        self.sights.append(Sight(time.monotonic(), event, message.id, message.message, entities))


class Stage:
    """Olga owns the account that the program answers from; the others are her friends.

    `timings` hold for the programs that are started from then on.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.telegram = Telegram()
        self.endpoint = Endpoint()
        self.olga = self.telegram.add_account(
            "Olga", username="olga", phone="+9996620001", code=LOGIN_CODE
        )
        self.max = self.telegram.add_account("Max", username="max_m", phone="+9996620002")
        self.lena = self.telegram.add_account("Lena", username="lena_l", phone="+9996620003")
        self.vera = self.telegram.add_account("Vera", username="vera_v", phone="+9996620004")
        everybody = [self.olga, self.max, self.lena, self.vera]
        self.group = self.telegram.add_group("Weekend", creator=self.max, members=everybody)
        self.club = self.telegram.add_supergroup("Club", creator=self.olga, members=everybody)
        self.timings = USUAL
        self.programs: list[Program] = []
        self._killed: list[Killed] = []
        self._clients: list[TelegramClient] = []

    async def open(self) -> None:
        """Bring both servers up."""
        await self.telegram.start()
        await self.endpoint.start()
        self.telegram.write_public_key(self.folder / "server.pem")
        self.telegram.seed_session(self.folder / "me.session", self.olga)

    async def close(self) -> None:
        """Stop everything that still runs, and check that the sandbox understood all of it."""
        for program in self.programs:
            if program.runs:
                await program.stop()
        for killed in self._killed:
            await killed.kill()
        for client in self._clients:
            await client.disconnect()
        await self.endpoint.stop()
        await self.telegram.stop()
        assert not self.telegram.unhandled
        assert not self.telegram.crashes
        assert not self.endpoint.unhandled

    @contextlib.asynccontextmanager
    async def down(self, server: Telegram | Endpoint) -> AsyncIterator[None]:
        """Meanwhile one of the servers is not there: who connects is refused.

        Its port is kept, since on a busy machine somebody else would be given it.
        """
        await server.stop()
        with socket.socket() as kept:
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            kept.bind(("127.0.0.1", server.port))
            yield
            await server.start(server.port)

    # -- the program --

    def write_config(
        self, chats: Sequence[Config] = (), *, account: Account | None = None, **sections: Any
    ) -> Path:
        """A config for Olga's program: the rate limiter opened wide, each message a question by
        itself, all else as by default. `sections` add keys, and replace those that stand here.
        `account`: another's program, in a folder of its own.
        """
        telegram, folder = self.telegram, self.folder
        if account is not None:
            folder = self.folder / account.first_name
            folder.mkdir(exist_ok=True)
            telegram.seed_session(folder / "me.session", account)
        server = {
            "dc": telegram.dc,
            "host": telegram.host,
            "port": telegram.port,
            "public_key": self.folder / "server.pem",
        }
        openai = {"base_url": self.endpoint.base_url, "api_key": "sandbox-key", "model": "test"}
        plain: dict[str, Config] = {
            "telegram": {"api_id": 1, "api_hash": "hash", "session": "me", "server": server},
            "openai": openai,
            "trigger": {"from": "anyone", "burst_seconds": 0},
            "history": {"database": "history.db"},
            "limits": {"requests_per_minute": 1000, "answers_per_hour": 1000},
            "pacing": {"writes_per_second": 1000, "burst": 1000},
        }
        tools = sections.pop("tools", ())
        names = dict.fromkeys([*plain, *sections])
        merged = {name: {**plain.get(name, {}), **sections.get(name, {})} for name in names}
        file = folder / "config.toml"
        file.write_text(toml(merged, chats, tools), encoding="utf-8")
        file.chmod(0o600)
        return file

    def settings(self, chats: Sequence[Config] = (), **sections: Any) -> Settings:
        """Such a config, as the commands of `userbot.cli` load it."""
        return config.load(self.write_config(chats, **sections), None, {}).settings

    async def program(
        self,
        chats: Sequence[Config] = (),
        *,
        clock: Clock | None = None,
        account: Account | None = None,
        **sections: Any,
    ) -> Program:
        """Start the program; a second call after `stop` is a restart on the same files.

        An `edit_seconds` shorter than people may set it goes into the timings.
        """
        timings, pacing = self.timings, dict(sections.get("pacing", {}))
        if pacing.get("edit_seconds", 1) < 0.5:
            timings = replace(timings, preview_seconds=pacing.pop("edit_seconds"))
            sections["pacing"] = pacing
        file = self.write_config(chats, account=account, **sections)
        database = file.with_name("history.db")
        if not database.exists():
            database.touch(0o600)
            database.write_bytes(_empty_database())
        program = Program(file, clock, timings)
        self.programs.append(program)
        return await program.start()

    async def process(
        self, chats: Sequence[Config] = (), *, fault: str = "", **sections: Any
    ) -> Killed:
        """Start the program in a process of its own, to be killed. `fault`: where by itself."""
        killed = Killed()
        self._killed.append(killed)
        return await killed.start(self.write_config(chats, **sections), fault)

    async def window(self, account: Account) -> Window:
        """Log an account in with a client of its own, to see what it sees. Olga's program first."""
        path = self.folder / f"{account.first_name} {len(self._clients)}.session"
        self.telegram.seed_session(path, account)
        client = TelegramClient(str(path), 1, "hash")
        self._clients.append(client)
        await client.connect()
        await client.get_dialogs()
        return Window(client)

    async def all_arrives(self) -> None:
        """Come back when the programs here have been told what the sandbox has sent.

        Both ends share this event loop, and what one has written the other reads in its next turn.
        """
        for _ in range(200):
            await asyncio.sleep(0)

    # -- what is seen of it --

    def history(self, *arguments: str) -> list[Event]:
        """What was asked and answered, oldest first, as `userbot history --json` tells it."""
        return self.command("history", *(arguments or ("--search", "", "--limit", "100000")))

    def pending(self) -> list[Event]:
        """Those of them that are not at their end."""
        return [row for row in self.history() if row.state in ("pending", "answering")]

    def spent(self, by: str = "day") -> list[Event]:
        """What was spent so far, a row a day, as `userbot usage --json` tells it."""
        return self.command("usage", "--by", by)

    def writes(self, method: str) -> list[Any]:
        """The requests of one kind ("sendMessage", …) that the program made, in order."""
        return [call.request for call in self.telegram.calls if call.method.endswith(method)]

    def asked(self) -> list[list[dict[str, Any]]]:
        """The messages of every request that the model got, in order."""
        return [request["messages"] for request in self.endpoint.requests]

    def answers(self, question: Message) -> list[Message]:
        """What the program's account has written under a question, as it stands."""
        chat = question.chat if isinstance(question.chat, Group) else question.sender
        return [
            one
            for one in self.olga.messages(chat)
            if one.sender is self.olga and one.reply_to is question
        ]

    def command(self, *arguments: str, file: Path | None = None) -> list[Event]:
        """The rows that a command shows with `--json`, beside the program that may be running.

        `file`: another config than the one that was written here last.
        """
        file = file or self.folder / "config.toml"
        shown = io.StringIO()
        nothing = {name: "" for name in os.environ if name.startswith(("USERBOT", "OPENAI"))}
        with (
            patch.dict(os.environ, nothing),
            contextlib.redirect_stdout(shown),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            cli.command()(["--config", str(file), "--json", *arguments], standalone_mode=False)
        return [Event(json.loads(line)) for line in shown.getvalue().splitlines()]


@cache
def _empty_database() -> bytes:
    """A database as each program's first start makes it, which takes a tenth of a test's time."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "history.db")
        Store.open(file).close()
        return file.read_bytes()


DEFAULT_PACING: Config = {"writes_per_second": 1, "burst": 20}
"""As it is for people who set nothing."""


def listed(chat: str | int, respond: str = "all", from_: Any = "anyone", **more: Any) -> Config:
    """A block of [[chats]]."""
    return {"id": chat, "respond": respond, "from": from_, **more}


def toml(sections: Config, chats: Sequence[Config] = (), tools: Sequence[Config] = ()) -> str:
    """The text of a config file; a key whose value is None is left out."""
    tables = [(f"[{name}]", keys) for name, keys in sections.items() if name]
    tables += [("[[chats]]", block) for block in chats]
    tables += [("[[tools]]", block) for block in tools]
    return "\n".join(line for head, keys in tables for line in (head, *_lines(keys), ""))


def _lines(keys: Config) -> Iterator[str]:
    for name, value in keys.items():
        if value is not None:
            yield f"{json.dumps(name)} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_lines(value)) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str | Path):
        return json.dumps(str(value), ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _has(event: Event, having: Mapping[str, Any]) -> bool:
    return all(getattr(event, name) == value for name, value in having.items())
