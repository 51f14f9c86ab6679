"""The test language: a Telegram, an endpoint and the program between them, over real sockets.

stage.program answers as Olga; Max, Lena and Vera are people in the sandbox.

question = stage.max.says(stage.group, "/gpt hello")
answer = await stage.max.expects(stage.group, reply_to=question)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from telethon import TelegramClient, events

from userbot import app
from userbot.events import Event, Ready
from userbot.ports import Clock
from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Endpoint
from userbot.sandbox.telegram import Telegram
from userbot.settings import (
    ChatConfig,
    HistoryConfig,
    LimitsConfig,
    OpenAIConfig,
    PacingConfig,
    ServerConfig,
    Settings,
    TelegramConfig,
    TriggerConfig,
)
from userbot.storage.spending import Spending, spending

A = TypeVar("A", bound=Event)


class Program:
    """`userbot run` in this process, with what it told."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock
        self.told: list[Event] = []
        self._news = asyncio.Condition()
        self._end: asyncio.Future[str] | None = None
        self._task: asyncio.Task[str] | None = None
        self._wakers: set[asyncio.Task[None]] = set()

    async def start(self) -> Program:
        """Start and wait until it listens; raises what the program raises."""
        self._end = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(
            app.run(
                self.settings,
                self._report,
                began=time.monotonic(),
                end=self._end,
                clock=self.clock,
            )
        )
        ready = asyncio.create_task(self.tells(Ready))
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            ready.cancel()
            self._task.result()
        await ready
        return self

    async def stop(self) -> str:
        """Stop as on Ctrl-C; gives the reason it ended with, or raises what it ended with."""
        assert self._task is not None
        assert self._end is not None
        if not self._end.done():
            self._end.set_result("interrupted")
        return await self._task

    async def ends(self, timeout: float = 60) -> str:
        """Wait until it ends by itself; gives the reason or raises its error."""
        assert self._task is not None
        return await asyncio.wait_for(asyncio.shield(self._task), timeout)

    def events(self, kind: type[A]) -> list[A]:
        """All that was told of a kind so far."""
        return [event for event in self.told if isinstance(event, kind)]

    async def tells(self, kind: type[A], timeout: float = 60, **having: Any) -> A:
        """The first event of a kind with these fields, waiting for it if need be."""
        try:
            async with asyncio.timeout(timeout), self._news:
                while True:
                    for event in self.events(kind):
                        if all(getattr(event, name) == value for name, value in having.items()):
                            return event
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(
                f"no {kind.__name__} {having} in {timeout} s; told: {self.told}"
            ) from None

    def _report(self, event: Event) -> None:
        self.told.append(event)
        waker = asyncio.get_running_loop().create_task(self._wake())
        self._wakers.add(waker)
        waker.add_done_callback(self._wakers.discard)

    async def _wake(self) -> None:
        async with self._news:
            self._news.notify_all()


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
    """Olga owns the account that the program answers from; the others are her friends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.telegram = Telegram()
        self.endpoint = Endpoint()
        self.olga = self.telegram.add_account("Olga", username="olga", phone="+9996620001")
        self.max = self.telegram.add_account("Max", username="max_m", phone="+9996620002")
        self.lena = self.telegram.add_account("Lena", username="lena_l", phone="+9996620003")
        self.vera = self.telegram.add_account("Vera", username="vera_v", phone="+9996620004")
        everybody = [self.olga, self.max, self.lena, self.vera]
        self.group = self.telegram.add_group("Weekend", creator=self.max, members=everybody)
        self.club = self.telegram.add_supergroup("Club", creator=self.olga, members=everybody)
        self.programs: list[Program] = []
        self.clients: list[TelegramClient] = []

    async def open(self) -> None:
        """Bring both servers up."""
        await self.telegram.start()
        await self.endpoint.start()
        self.telegram.write_public_key(self.folder / "server.pem")
        self.telegram.seed_session(self.folder / "me.session", self.olga)

    async def close(self) -> None:
        """Stop everything that still runs, and check that the sandbox understood all of it."""
        for program in self.programs:
            if program._task is not None and not program._task.done():
                await program.stop()
        for client in self.clients:
            await client.disconnect()
        await self.endpoint.stop()
        await self.telegram.stop()
        assert not self.telegram.unhandled
        assert not self.telegram.crashes
        assert not self.endpoint.unhandled

    def settings(self, chats: Sequence[ChatConfig] = (), **sections: Any) -> Settings:
        """Settings for Olga's program: the governor opened wide, each message a question by
        itself, all else as by default.
        """
        plain = Settings(
            telegram=TelegramConfig(
                api_id=1,
                api_hash="hash",
                session=self.folder / "me",
                server=ServerConfig(
                    dc=self.telegram.dc,
                    host=self.telegram.host,
                    port=self.telegram.port,
                    public_key=self.folder / "server.pem",
                ),
            ),
            openai=OpenAIConfig(
                base_url=self.endpoint.base_url, api_key="sandbox-key", model="test"
            ),
            trigger=TriggerConfig(from_="anyone", burst_seconds=0),
            chats=tuple(chats),
            history=HistoryConfig(database=self.folder / "history.db"),
            limits=LimitsConfig(requests_per_minute=1000, answers_per_hour=1000),
            pacing=PacingConfig(writes_per_second=1000, burst=1000),
        )
        return replace(plain, **sections)

    async def program(
        self, chats: Sequence[ChatConfig] = (), *, clock: Clock | None = None, **sections: Any
    ) -> Program:
        """Start the program; a second call after `stop` is a restart on the same files."""
        program = Program(self.settings(chats, **sections), clock)
        self.programs.append(program)
        return await program.start()

    async def window(self, account: Account) -> Window:
        """Log an account in with a client of its own, to see what it sees. Olga's program first."""
        path = self.folder / f"{account.first_name}.session"
        self.telegram.seed_session(path, account)
        client = TelegramClient(str(path), 1, "hash")
        self.clients.append(client)
        await client.connect()
        await client.get_dialogs()
        return Window(client)

    def writes(self, method: str) -> list[Any]:
        """The requests of one kind ("sendMessage", …) that the program made, in order."""
        return [call.request for call in self.telegram.calls if call.method.endswith(method)]

    def spent(self) -> list[Spending]:
        """What was spent so far, a row a day."""
        return spending(self.folder / "history.db", "day", datetime(2000, 1, 1, tzinfo=UTC), "UTC")

    def asked(self) -> list[list[dict[str, str]]]:
        """The messages of every request that the model got, in order."""
        return [request["messages"] for request in self.endpoint.requests]


def listed(chat: str | int, respond: str = "all", from_: Any = "anyone", **more: Any) -> ChatConfig:
    """A block of [[chats]]."""
    return ChatConfig(id=chat, respond=respond, from_=from_, **more)  # type: ignore[arg-type]
