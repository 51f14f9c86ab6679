"""What the tests hold in their hands: stock Telethon clients of the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from telethon import TelegramClient, events
from telethon.crypto import rsa
from telethon.errors import RPCError
from telethon.errors.rpcerrorlist import rpc_errors_dict
from telethon.network import ConnectionTcpFull
from telethon.sessions import SQLiteSession
from telethon.tl import functions, types

from userbot.sandbox.accounts import Account
from userbot.sandbox.telegram import Telegram

_NAMES = {kind: name for name, kind in rpc_errors_dict.items()}

API_ID, API_HASH = 1, "0123456789abcdef0123456789abcdef"


class Device:
    """A client and the updates that it was handed."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.updates: asyncio.Queue[Any] = asyncio.Queue()
        client.add_event_handler(self.updates.put, events.Raw())

    @property
    def file(self) -> Path:
        return Path(self.client.session.filename)

    async def gets(self, *kinds: type, timeout: float = 60) -> Any:
        """The next update of these kinds; others are passed over."""
        async with asyncio.timeout(timeout):
            while True:
                update = await self.updates.get()
                if isinstance(update, kinds):
                    return update

    async def hears(self, timeout: float = 60) -> Any:
        """The next new message."""
        kinds = types.UpdateNewMessage, types.UpdateNewChannelMessage
        update = await self.gets(*kinds, timeout=timeout)
        return update.message

    async def settled(self) -> None:
        """After this, what the server has pushed so far has been handed over."""
        await self.client(functions.help.GetNearestDcRequest())
        while not self.client._updates_queue.empty():
            await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)


class Devices:
    """Makes clients of one sandbox and disconnects them in the end."""

    def __init__(self, tg: Telegram, folder: Path, stack: AsyncExitStack) -> None:
        self.tg = tg
        self.folder = folder
        self._stack = stack
        self._made = 0

    def file(self) -> Path:
        self._made += 1
        return self.folder / f"{self._made}.session"

    def copy(self, device: Device) -> Path:
        """A second session file with the same key."""
        copy = self.file()
        copy.write_bytes(device.file.read_bytes())
        return copy

    async def of(self, account: Account, **options: Any) -> Device:
        """A connected client that is logged in as `account` and knows its chats."""
        device = await self.open(self.tg.seed_session(self.file(), account), **options)
        await device.client.get_dialogs()
        return device

    async def new(self, **options: Any) -> Device:
        """A connected client that nobody is logged in with."""
        path = self.file()
        session = SQLiteSession(str(path))
        session.set_dc(self.tg.dc, self.tg.host, self.tg.port)
        session.close()
        return await self.open(path, **options)

    async def open(self, path: Path, **options: Any) -> Device:
        """A connected client of a session file."""
        defaults: dict[str, Any] = {
            "connection": ConnectionTcpFull,
            "flood_sleep_threshold": 0,
            "retry_delay": 0,
            "raise_last_call_error": True,
        }
        TelegramClient._config = None
        client = TelegramClient(str(path), API_ID, API_HASH, **(defaults | options))
        self._stack.push_async_callback(client.disconnect)
        device = Device(client)
        await client.connect()
        return device


def trust(tg: Telegram) -> None:
    """Lets Telethon take this process's sandbox for a Telegram."""
    rsa.add_key(tg.public_key, old=False)


async def refusal(request: Awaitable[Any]) -> str:
    """The name of the error that a request is answered with; `nothing` if it is not refused."""
    try:
        await request
    except RPCError as error:
        return str(_NAMES.get(type(error), error.message))
    return "nothing"


async def until(condition: Callable[[], object], timeout: float = 60) -> None:
    """Waits until a condition holds."""
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.002)
