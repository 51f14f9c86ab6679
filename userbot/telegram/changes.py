"""From Telegram's updates to what became of messages: deleted.

Telegram does not say in which private chat or basic group something was deleted, since the ids of
their messages are numbered over the whole account (updateDeleteMessages in the API's schema).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from telethon import events

from userbot.telegram.client import Client

Deleted = Callable[[int | None, Sequence[int]], None]
"""Told the marked id of a channel or supergroup, else None, and the messages."""


class Changes:
    """Listens on a client until it is closed."""

    def __init__(self, client: Client, deleted: Deleted) -> None:
        self._client = client
        self._deleted = deleted
        client.add_event_handler(self._on_deleted, events.MessageDeleted())

    def close(self) -> None:
        """Stop listening."""
        self._client.remove_event_handler(self._on_deleted)

    async def _on_deleted(self, event: events.MessageDeleted.Event) -> None:
        self._deleted(event.chat_id, event.deleted_ids)
