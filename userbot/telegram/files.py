"""Files of messages: from Telegram into memory, or into a file, never more than allowed.

Rule 1: a message is fetched by its id before its file is, so that the reference to the file is
fresh, however long the question waited, and so that what was deleted meanwhile is left alone.
Rule 2: what a message says about its size is not relied on: the download itself is bounded.
Rule 3: a wait that Telegram asks for is shown, and the download goes on where it was.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
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

from userbot.activity import Report, Waiting
from userbot.errors import AudioError, TelegramError
from userbot.ports import Clock
from userbot.telegram.client import Client
from userbot.telegram.media import voice_of
from userbot.telegram.refusals import meaning

_PART: Final = 512 * 1024
"""The largest part that upload.getFile gives (core.telegram.org/api/files#downloading-files)."""
_INTERRUPTIONS: Final = 5
"""How often a download without progress is taken up again."""
_AGAIN_SECONDS: Final = 2.0


class TelegramFiles:
    """`ports.Files` over a client."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        report: Report,
        title: Callable[[int], str] = lambda _chat: "",
    ) -> None:
        """`title`: how a chat is called, "" if nobody knows; for the waits that are shown."""
        self._client = client
        self._clock = clock
        self._report = report
        self._title = title

    async def fetch(self, chat: int, message: int, limit: int) -> bytes:
        """The file of a message, in memory; at most `limit` bytes.

        Raises AudioError if it is gone, empty or larger, else TelegramError.
        """
        data = bytearray()
        async with aclosing(self._parts(chat, message, limit)) as parts:
            async for part in parts:
                data += part
        return bytes(data)

    async def save(self, chat: int, message: int, limit: int, path: Path) -> None:
        """The same into a file; parts are small enough to be written between two breaths."""
        with path.open("wb") as file:
            async with aclosing(self._parts(chat, message, limit)) as parts:
                async for part in parts:
                    file.write(part)

    async def _parts(self, chat: int, message: int, limit: int) -> AsyncGenerator[bytes, None]:
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
                    got += len(part)
                    if got > limit:
                        raise _too_large(limit)
                    yield bytes(part)
                break
            except (FloodWaitError, FloodPremiumWaitError) as error:
                await self._wait(chat, error.seconds + 1.0, "flood_wait")
            except (FileReferenceExpiredError, FilerefUpgradeNeededError) as error:
                stumbled = 0 if got > before else stumbled + 1
                if stumbled >= _INTERRUPTIONS:
                    raise meaning(error) from error
            except RPCError as error:
                raise meaning(error) from error
            except (ConnectionError, TimeoutError) as error:
                stumbled = 0 if got > before else stumbled + 1
                if stumbled >= _INTERRUPTIONS:
                    raise TelegramError(
                        "The connection to Telegram was lost while downloading.",
                        "Ask again by replying to the recording.",
                        reason="disconnected",
                    ) from error
                await self._wait(chat, _AGAIN_SECONDS, "network")
        if not got:
            raise AudioError("The recording is empty.", reason="audio_empty")

    async def _document(self, chat: int, message: int) -> Any:
        try:
            found = await self._client.get_messages(chat, ids=message)
        except RPCError as error:
            raise meaning(error) from error
        except ValueError as error:
            raise TelegramError(
                "Telegram did not tell this session how to reach that chat.",
                reason="unknown_peer",
            ) from error
        voice = voice_of(found) if isinstance(found, types.Message) else None
        if voice is None or voice.sealed:
            raise AudioError("The recording is gone.", reason="audio_gone")
        return found.media.document

    async def _wait(self, chat: int, seconds: float, reason: str) -> None:
        title = self._title(chat)
        self._report(Waiting(chat=chat, title=title, reason=reason, seconds=seconds))
        await self._clock.sleep(seconds)


def _too_large(limit: int) -> AudioError:
    return AudioError(
        f"The recording is larger than {limit / 1e6:.0f} MB.",
        "Cut it, or send it as a voice note.",
        reason="audio_too_large",
    )
