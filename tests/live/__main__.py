"""`make live`: ten minutes by hand against Telegram's test data centre.

It needs an api_id and api_hash and a test account: any number 99966XYYYY, X the data centre and
YYYY up to you; the code is X five times (core.telegram.org/api/auth, "Test Accounts"). Everything
happens in that account's Saved Messages and is deleted afterwards. It looks at what the sandbox
assumes, says what the real Telegram does, then lets the whole program answer there.

    python -m tests.live [--phone +999662…] [--keep]
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import secrets
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from telethon import TelegramClient
from telethon.errors import RPCError, SessionPasswordNeededError
from telethon.tl import functions, types

from userbot import app
from userbot.console.describe import describe
from userbot.events import Answered, Event
from userbot.sandbox.endpoint import Endpoint
from userbot.settings import (
    ChatConfig,
    HistoryConfig,
    OpenAIConfig,
    ServerConfig,
    Settings,
    TelegramConfig,
)

TEST_DC = (2, "149.154.167.40", 443)
"""core.telegram.org/api/auth, "Test Accounts"; Telethon has its key."""
ANSWER_SECONDS = 180


class Checks:
    """What is looked at, one after the other; a difference is told, not raised."""

    def __init__(self, client: TelegramClient) -> None:
        self._client = client
        self._made: list[int] = []
        self.differences = 0

    async def all(self) -> None:
        """Look at everything that can be seen in Saved Messages."""
        await self._expect("a message can be sent", "an id", self._send)
        await self._expect("a random_id used again", "duplicate or original", self._again)
        await self._expect("an unchanged edit", "MESSAGE_NOT_MODIFIED", self._same_edit)
        await self._expect("4096 units, in emoji", "an id", lambda: self._long("🙂" * 2048))
        await self._expect("4097 units", "MESSAGE_TOO_LONG", lambda: self._long("x" * 4097))
        await self._expect("a blank text", "MESSAGE_EMPTY", lambda: self._long(" \n "))
        await self._expect("an address without preview", "no preview", self._preview)
        await self._expect("separators, bidi marks, controls", "given back", self._given_back)
        await self._expect("a count ahead of Telegram's", "PERSISTENT_TIMESTAMP", self._ahead)
        await self._expect("what was missed long ago", "a difference or too long", self._missed)
        await self._expect("a connected bot in your name", "marked, ours or skipped", self._bot)

    async def clean(self) -> None:
        """Delete what was made."""
        if self._made:
            await self._client.delete_messages("me", self._made)

    async def _expect(self, what: str, expected: str, look: Callable[[], Awaitable[str]]) -> None:
        try:
            seen = await look()
        except RPCError as error:
            seen = str(error.message or type(error).__name__)
        same = seen in expected
        self.differences += not same
        print(f"{'as assumed' if same else 'DIFFERENT '}  {what}: {seen} (assumed: {expected})")

    async def _raw(self, text: str, random_id: int) -> Any:
        request = functions.messages.SendMessageRequest(
            types.InputPeerSelf(), text, random_id=random_id, no_webpage=True
        )
        result = await self._client(request)
        self._made.append(_id(result))
        return result

    async def _send(self) -> str:
        self._random_id = secrets.randbits(62)
        self._first = _id(await self._raw("live check", self._random_id))
        return "an id"

    async def _again(self) -> str:
        try:
            result = await self._raw("live check", self._random_id)
        except RPCError as error:
            if "RANDOM_ID_DUPLICATE" in str(error):
                return "duplicate"
            raise
        return "original" if _id(result) == self._first else "a second message"

    async def _same_edit(self) -> str:
        await self._client(
            functions.messages.EditMessageRequest(
                types.InputPeerSelf(), self._first, message="live check", no_webpage=True
            )
        )
        return "accepted"

    async def _long(self, text: str) -> str:
        await self._raw(text, secrets.randbits(62))
        return "an id"

    async def _given_back(self) -> str:
        sent = "a\u2028b\u2029c\u202ad\u2066e\u200ef\u200dg\x01h"
        message = await self._client.get_messages(
            "me", ids=_id(await self._raw(sent, secrets.randbits(62)))
        )
        dropped = [f"U+{ord(one):04X}" for one in sent if one not in message.message]
        return f"without {', '.join(dropped)}" if dropped else "given back"

    async def _ahead(self) -> str:
        state = await self._client(functions.updates.GetStateRequest())
        return await self._difference(state.pts + 100_000, state)

    async def _missed(self) -> str:
        return await self._difference(1, await self._client(functions.updates.GetStateRequest()))

    async def _difference(self, pts: int, state: types.updates.State) -> str:
        found = await self._client(
            functions.updates.GetDifferenceRequest(pts, state.date, state.qts)
        )
        kinds = {
            types.updates.DifferenceTooLong: "too long",
            types.updates.DifferenceEmpty: "nothing, without a word",
        }
        return kinds.get(type(found), "a difference")

    async def _bot(self) -> str:
        ask = "Let a bot that is connected to the account write somewhere, then Enter (s skips): "
        if (await asyncio.to_thread(input, ask)).strip() == "s":
            return "skipped"
        async for dialog in self._client.iter_dialogs(limit=5):
            message = dialog.message
            if getattr(message, "via_business_bot_id", None):
                return "marked, ours" if message.out else "marked, not ours"
        return "not marked"

    async def _preview(self) -> str:
        sent = _id(await self._raw("https://telegram.org", secrets.randbits(62)))
        await asyncio.sleep(3)
        message = await self._client.get_messages("me", ids=sent)
        return "no preview" if message.media is None else "a preview"


def _id(result: Any) -> int:
    if isinstance(result, types.UpdateShortSentMessage):
        return int(result.id)
    ids = [update.id for update in result.updates if isinstance(update, types.UpdateMessageID)]
    return int(ids[0])


async def log_in(folder: Path, api_id: int, api_hash: str, phone: str) -> TelegramClient:
    """A client of Telethon's own, logged in at the test data centre."""
    client = TelegramClient(str(folder / "me"), api_id, api_hash)
    client.session.set_dc(*TEST_DC)
    await client.connect()
    if not await client.is_user_authorized():
        await client.send_code_request(phone)
        try:
            await client.sign_in(phone, input("Code (22222 for a test number of DC 2): ").strip())
        except SessionPasswordNeededError:
            await client.sign_in(password=getpass.getpass("Password: "))
    return client


async def run_program(folder: Path, api_id: int, api_hash: str) -> bool:
    """Let the program answer in Saved Messages; whether it did."""
    endpoint = Endpoint()
    await endpoint.start()
    answered = asyncio.Event()
    end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def report(event: Event) -> None:
        print("   ", describe(event, "en").plain())
        if isinstance(event, Answered):
            answered.set()

    settings = Settings(
        telegram=TelegramConfig(
            api_id=api_id,
            api_hash=api_hash,
            session=folder / "me",
            server=ServerConfig(dc=TEST_DC[0], host=TEST_DC[1], port=TEST_DC[2]),
        ),
        openai=OpenAIConfig(base_url=endpoint.base_url, api_key="sandbox-key", model="echo"),
        chats=(ChatConfig(id="saved", respond="all", from_="me"),),
        history=HistoryConfig(database=folder / "history.db"),
    )
    program = asyncio.create_task(app.run(settings, report, began=time.monotonic(), end=end))
    print(
        "Now write /gpt hello in Saved Messages of this account, from an app on the test servers."
    )
    print("(In Telegram Desktop: Shift+Alt+right click on “Add account” → Test Server.)")
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await answered.wait()
    except TimeoutError:
        print(f"Nothing was answered within {ANSWER_SECONDS} s.")
    finally:
        end.set_result("interrupted")
        await program
        await endpoint.stop()
    return answered.is_set()


async def main() -> int:
    """Do all of it; 0 if everything was as assumed and the program answered."""
    parser = argparse.ArgumentParser(prog="make live", description="Telegram's test data centre")
    parser.add_argument("--phone", help="a test number such as +9996621234")
    parser.add_argument("--keep", action="store_true", help="leave the messages in place")
    arguments = parser.parse_args()
    api_id = input("api_id: ").strip()
    if not api_id.isdigit():
        print("The api_id is a number; get yours at https://my.telegram.org.", file=sys.stderr)
        return 2
    api_hash = getpass.getpass("api_hash: ").strip()
    phone = arguments.phone or input("Test phone number: ").strip()
    with tempfile.TemporaryDirectory(prefix="userbot-live-") as name:
        folder = Path(name)
        client = await log_in(folder, int(api_id), api_hash, phone)
        checks = Checks(client)
        try:
            await checks.all()
        finally:
            if not arguments.keep:
                await checks.clean()
            await client.disconnect()
        answered = await run_program(folder, int(api_id), api_hash)
    return 0 if answered and not checks.differences else 1


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except (KeyboardInterrupt, EOFError):
        sys.exit(130)
