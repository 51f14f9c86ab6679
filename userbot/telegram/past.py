"""Brings what a chat holds that never arrived: into the inbox, as if it had just come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from telethon.tl import types
from telethon.utils import get_peer_id

from userbot.events import Report
from userbot.ports import Clock
from userbot.telegram.client import Client
from userbot.telegram.history import patiently
from userbot.telegram.inbox import Inbox
from userbot.types import Brought, ChatTop

_PAGE = 100
"""What Telegram gives at once."""
_PAGES = 20
_PAUSE_SECONDS = 0.2
"""Between two pages: reading is counted too."""


class TelegramPast:
    """`ports.Past` over a client; `inbox` takes what is found."""

    def __init__(self, client: Client, inbox: Inbox, clock: Clock, report: Report) -> None:
        self._client = client
        self._inbox = inbox
        self._clock = clock
        self._report = report

    @property
    def waits(self) -> bool:
        """Whether something waits for Telegram to say who sent it, or for a connection to come."""
        return self._inbox.waits or not self._client.stands()

    async def tops(self) -> list[ChatTop]:
        """The newest chats with their newest message. Raises TelegramError."""

        found = await patiently(self._client.newest_dialogs, None, self._clock, self._report)
        dates = {(get_peer_id(one.peer_id), one.id): one.date for one in found.messages}
        groups = {
            get_peer_id(one)
            for one in found.chats
            if isinstance(one, types.Channel) and not one.broadcast
        }
        tops = []
        for dialog in found.dialogs:
            chat = get_peer_id(dialog.peer)
            if at := dates.get((chat, dialog.top_message)):
                tops.append(ChatTop(chat, dialog.top_message, at, chat in groups))
        return tops

    async def bring(
        self,
        chat: int,
        *,
        after: int = 0,
        since: datetime | None = None,
        own: bool = False,
    ) -> Brought:
        """Hand the inbox what is newer than a message, or than a date; `own`: what is our own.

        Oldest first, 2000 at most. Raises TelegramError.
        """
        count, newest, whole = 0, after, False
        for _ in range(_PAGES):
            page = await self._page(chat, newest, since)
            for message in page:
                newest = max(newest, message.id)
                if isinstance(message, types.Message) and (message.out or not own):
                    self._inbox.bring(message)
                    count += 1
            whole = len(page) < _PAGE
            if whole:
                break
            await self._clock.sleep(_PAUSE_SECONDS)
        # What the inbox asks Telegram about is decided a moment later; it is not lost by then.
        await self._inbox.settled(chat)
        return Brought(count, newest, self._inbox.title(chat), whole)

    async def _page(self, chat: int, after: int, since: datetime | None) -> list[Any]:
        dated = {"offset_date": since} if since is not None and not after else {}

        async def read() -> list[Any]:
            where = await self._client.reach(chat)
            return list(
                await self._client.get_messages(
                    where, limit=_PAGE, min_id=after, reverse=True, **dated
                )
            )

        return await patiently(read, chat, self._clock, self._report)
