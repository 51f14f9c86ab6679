"""From Telegram's updates to what became of messages: edited, deleted.

Telegram does not say in which private chat or basic group something was deleted, since the ids of
their messages are numbered over the whole account (updateDeleteMessages in the API's schema).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from telethon import events

from userbot.telegram.client import Client
from userbot.telegram.inbox import Inbox, Receive

Deleted = Callable[[int | None, Sequence[int]], None]
"""Told the marked id of a channel or supergroup, else None, and the messages."""


class Changes:
    """Listens on a client until it is closed."""

    def __init__(self, client: Client, inbox: Inbox, edited: Receive, deleted: Deleted) -> None:
        self._client = client
        self._inbox = inbox
        self._edited = edited
        self._deleted = deleted
        client.add_event_handler(self._on_edited, events.MessageEdited())
        client.add_event_handler(self._on_deleted, events.MessageDeleted())

    def close(self) -> None:
        """Stop listening."""
        self._client.remove_event_handler(self._on_edited)
        self._client.remove_event_handler(self._on_deleted)

    async def _on_edited(self, event: events.MessageEdited.Event) -> None:
        self._edited(await self._inbox.read(event.message))

    async def _on_deleted(self, event: events.MessageDeleted.Event) -> None:
        self._deleted(event.chat_id, event.deleted_ids)
