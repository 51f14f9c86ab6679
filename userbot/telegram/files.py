"""Files of messages: from Telegram into memory, or into a file, never more than allowed.

Rule 1: a message is fetched by its id before its file is, so that the reference to the file is
fresh, however long the question waited, and so that what was deleted meanwhile is left alone.
Rule 2: what a message says about its size is not relied on: the download itself is bounded.
Rule 3: a wait that Telegram asks for is shown, and the download goes on where it was.
Rule 4: the first bytes are judged before more is fetched.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

from telethon.errors import (
    FileReferenceExpiredError,
    FilerefUpgradeNeededError,
    FloodPremiumWaitError,
    FloodWaitError,
    RPCError,
)
from telethon.tl import types

from userbot.errors import AudioError
from userbot.ports import Judge
from userbot.telegram.client import Client
from userbot.telegram.media import voice_of
from userbot.telegram.reading import INTERRUPTIONS, Reading
from userbot.telegram.refusals import meaning

_PART: Final = 512 * 1024
"""The largest part that upload.getFile gives (core.telegram.org/api/files#downloading-files)."""


class TelegramFiles:
    """`ports.Files` over a client."""

    def __init__(self, client: Client, reading: Reading) -> None:
        self._client = client
        self._reading = reading

    async def fetch(self, chat: int, message: int, limit: int, judge: Judge) -> bytes:
        """The file of a message, in memory; at most `limit` bytes.

        Raises AudioError if it is gone, empty or larger, TelegramError, and what `judge` raises
        about its first bytes.
        """
        async with aclosing(self._parts(chat, message, limit, judge)) as parts:
            return b"".join([part async for part in parts])

    async def save(self, chat: int, message: int, limit: int, path: Path, judge: Judge) -> None:
        """The same into a file; parts are small enough to be written between two breaths."""
        with path.open("wb") as file:
            async with aclosing(self._parts(chat, message, limit, judge)) as parts:
                async for part in parts:
                    file.write(part)

    async def _parts(
        self, chat: int, message: int, limit: int, judge: Judge
    ) -> AsyncGenerator[bytes, None]:
        got = 0
        stumbled = 0
        while True:
            document = await self._document(chat, message)
            before = got
            try:
                # With a document instead of its message, Telethon leaves a reference that
                # expired to us; otherwise it would ask for the message once more by itself.
                async for part in self._client.iter_download(
                    document, offset=got, request_size=_PART, chunk_size=_PART
                ):
                    if part and not got:
                        judge(bytes(part))
                    got += len(part)
                    if got > limit:
                        raise _too_large(limit)
                    yield bytes(part)
                break
            except (FloodWaitError, FloodPremiumWaitError, ConnectionError, TimeoutError) as error:
                stumbled = 0 if got > before else stumbled + 1
                await self._reading.wait(chat, error, stumbled)
            except (FileReferenceExpiredError, FilerefUpgradeNeededError) as error:
                stumbled = 0 if got > before else stumbled + 1
                if stumbled >= INTERRUPTIONS:
                    raise meaning(error) from error
            except RPCError as error:
                raise meaning(error) from error
        if not got:
            raise AudioError("The recording is empty.", reason="audio_empty")

    async def _document(self, chat: int, message: int) -> Any:
        found = await self._reading.message(chat, message)
        voice = voice_of(found) if isinstance(found, types.Message) else None
        if voice is None or voice.sealed:
            raise AudioError("The recording is gone.", reason="audio_gone")
        return found.media.document


def _too_large(limit: int) -> AudioError:
    return AudioError(
        f"The recording is larger than {limit / 1e6:.0f} MB.",
        "Cut it, or send it as a voice note.",
        reason="audio_too_large",
    )
