"""The whole program as its user runs it, with a real model: two commands and a stock client.

`userbot sandbox` is the Telegram, llama.cpp the model, `userbot run` the program, and an unchanged
Telethon client the person who asks. Between the program and the model stands an endpoint that
only hands on, and writes down what was asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from telethon import TelegramClient, events
from telethon.crypto import rsa
from telethon.sessions import MemorySession

from tests.real.llama_server import MODEL, missing, running
from userbot.sandbox.endpoint import Endpoint, Reply

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing()), reason=missing() or "everything is here"),
]

ANSWER_SECONDS = 90


@pytest.fixture
def llama() -> Iterator[str]:
    with running() as base_url:
        yield base_url


@contextlib.asynccontextmanager
async def started(*words: str, cwd: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command of ours, ended by Ctrl-C when the block is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "userbot", *words, cwd=cwd, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()


async def row(process: asyncio.subprocess.Process, event: str | None = None) -> dict[str, Any]:
    """The next JSON row, or the next of an event."""
    assert process.stdout is not None
    async with asyncio.timeout(ANSWER_SECONDS):
        while line := await process.stdout.readline():
            found: dict[str, Any] = json.loads(line)
            if event is None or found.get("event") == event:
                return found
    raise AssertionError(f"it ended without {event}")


async def log_in(card: dict[str, Any], account: dict[str, Any]) -> TelegramClient:
    """A stock client, logged in by phone and code."""
    server = card["telegram"]
    rsa.add_key(Path(server["public_key"]).read_text(), old=False)
    session = MemorySession()
    session.set_dc(server["dc"], server["host"], server["port"])
    client = TelegramClient(session, 1, "hash")
    await client.connect()
    await client.send_code_request(account["phone"])
    await client.sign_in(account["phone"], account["code"])
    return client


async def ask(client: TelegramClient, chat: int, text: str) -> tuple[Any, Any]:
    """Say something and wait for the reply to exactly that message."""
    answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    said: Any = None

    async def on_message(event: Any) -> None:
        if said is not None and event.message.reply_to_msg_id == said.id and not answered.done():
            answered.set_result(event.message)

    client.add_event_handler(on_message, events.NewMessage(chats=chat, incoming=True))
    said = await client.send_message(chat, text)
    answer = await asyncio.wait_for(answered, ANSWER_SECONDS)
    client.remove_event_handler(on_message)
    return said, answer


def hands_on(base_url: str) -> Any:
    """A responder that asks the real model and gives its words."""

    async def respond(request: dict[str, Any]) -> Reply:
        import openai

        async with openai.AsyncOpenAI(api_key="none", base_url=base_url) as model:
            answer = await model.chat.completions.create(
                model=MODEL, messages=request["messages"], max_tokens=24
            )
        return Reply(answer.choices[0].message.content or "…")

    return respond


async def test_a_stock_client_asks_in_a_group_and_the_memory_outlives_a_restart(
    tmp_path: Path, llama: str
) -> None:
    endpoint = Endpoint(api_key=None, responder=hands_on(llama))
    await endpoint.start()
    async with started("sandbox", "--json", cwd=tmp_path) as sandbox:
        card = await row(sandbox)
        olga, max_, lena, *_ = card["accounts"]
        group = card["chats"][0]
        write_config(tmp_path, card, endpoint.base_url, group["id"])
        await log_in_program(tmp_path, olga)
        asking = await log_in(card, max_)
        await asking.get_dialogs()
        other = await log_in(card, lena)
        await other.get_dialogs()

        async with started("run", "--json", cwd=tmp_path) as program:
            await row(program, "ready")
            said, answer = await ask(asking, group["id"], "/gpt My favourite colour is teal.")
            assert answer.reply_to_msg_id == said.id
            assert answer.sender_id == olga["id"]
            first = await row(program, "answered")
        async with started("run", "--json", cwd=tmp_path) as program:
            await row(program, "ready")
            await ask(other, group["id"], "/gpt Which colour does he like?")
            second = await row(program, "answered")
        await asking.disconnect()
        await other.disconnect()
    await endpoint.stop()
    asked = [message["content"] for message in endpoint.requests[1]["messages"]]
    assert f"{max_['name']}: My favourite colour is teal." in asked
    assert asked[-1] == f"{lena['name']}: Which colour does he like?"
    assert second["prompt_tokens"] > first["prompt_tokens"]


async def test_the_program_streams_from_the_real_model_itself(tmp_path: Path, llama: str) -> None:
    async with started("sandbox", "--json", cwd=tmp_path) as sandbox:
        card = await row(sandbox)
        olga, max_, *_ = card["accounts"]
        group = card["chats"][0]
        write_config(tmp_path, card, llama, group["id"])
        await log_in_program(tmp_path, olga)
        asking = await log_in(card, max_)
        await asking.get_dialogs()
        async with started("run", "--json", cwd=tmp_path) as program:
            await row(program, "ready")
            said, answer = await ask(asking, group["id"], "/gpt Say hello.")
            assert answer.reply_to_msg_id == said.id
            answered = await row(program, "answered")
        await asking.disconnect()
    assert answered["prompt_tokens"] > 0
    assert not answered.get("estimated")


def write_config(folder: Path, card: dict[str, Any], base_url: str, group: int) -> None:
    server = card["telegram"]
    (folder / "config.toml").write_text(
        f"""
[telegram]
api_id = 4242
api_hash = "5f1c7e0a9b3d4e6f8a2c1d0b7e9f3a5c"
[telegram.server]
dc = {server["dc"]}
host = "{server["host"]}"
port = {server["port"]}
public_key = "{server["public_key"]}"
[openai]
base_url = "{base_url}"
model = "{MODEL}"
max_completion_tokens = 24
[[chats]]
id = {group}
respond = "mention"
from = "anyone"
""",
        encoding="utf-8",
    )


async def log_in_program(folder: Path, account: dict[str, Any]) -> None:
    login = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "userbot",
        "login",
        "--phone",
        account["phone"],
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await login.communicate(f"{account['code']}\n".encode())
    assert login.returncode == 0, err.decode()
    assert account["name"] in out.decode()
