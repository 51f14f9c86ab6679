"""What the path reads from Telegram."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from userbot.types import Brought, ChatTop, Picture, Quoted, Since

Judge = Callable[[bytes], object]


class Lookup(Protocol):
    """Reads single messages from Telegram."""

    async def quoted(self, chat: int, message: int) -> Quoted | None:
        """The message with its speaker, or None if it is gone or may not be used."""
        ...


class History(Protocol):
    """Looks up in Telegram what became of a question while nobody listened."""

    async def since(self, chat: int, messages: Sequence[int]) -> Since:
        """A question's messages as they stand, and the account's after them.

        Raises TelegramError.
        """
        ...

    async def lately(self, chat: int, at: datetime) -> Since:
        """The account's messages since a moment of Telegram's. Raises TelegramError."""
        ...


class Groups(Protocol):
    """What became of basic groups."""

    async def moved(self, chats: Sequence[int]) -> list[tuple[int, int, str]]:
        """Which are supergroups by now: old id, new id, title. Raises TelegramError."""
        ...


class Past(Protocol):
    """What chats hold that never arrived. All raise TelegramError."""

    async def tops(self) -> list[ChatTop]:
        """The newest chats with their newest message."""
        ...

    async def bring(
        self, chat: int, *, after: int = 0, since: datetime | None = None, own: bool = False
    ) -> Brought:
        """Let arrive what is newer than a message, or than a date; `own`: what is our own."""
        ...

    @property
    def waits(self) -> bool:
        """Whether something waits for Telegram to say who sent it, or for a connection to come."""
        ...


class Files(Protocol):
    """Files of messages. All raise AudioError if there is none, TelegramError if Telegram fails.

    `judge` sees the first bytes before more is fetched; what it raises ends the download.
    """

    async def fetch(self, chat: int, message: int, limit: int, judge: Judge) -> bytes:
        """The file in memory; AudioError if it has more than `limit` bytes."""
        ...

    async def save(self, chat: int, message: int, limit: int, path: Path, judge: Judge) -> None:
        """The file as `path`, part by part."""
        ...


class Pictures(Protocol):
    """Pictures of messages."""

    async def fetch(self, chat: int, message: int, *, several: bool = False) -> list[Picture]:
        """The picture of a message, with those of its album; `several`: there are others beside.

        Raises TelegramError.
        """
        ...
