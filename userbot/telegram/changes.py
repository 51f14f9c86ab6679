"""From Telegram's updates to what became of messages and chats: edited, moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telethon import events
from telethon.tl import types
from telethon.utils import get_peer_id

from userbot.telegram.client import Client
from userbot.telegram.inbox import Inbox, Receive

Moved = Callable[[int, int, str], None]
"""Told the marked ids of a basic group and of the supergroup that it became, and its title."""

_NEW = (types.UpdateNewMessage, types.UpdateNewChannelMessage)


class Changes:
    """Listens on a client until it is closed."""

    def __init__(self, client: Client, inbox: Inbox, edited: Receive, moved: Moved) -> None:
        self._client = client
        self._moved = moved
        self._inbox = inbox
        self._edited = edited
        client.add_event_handler(self._on_edited, events.MessageEdited())
        client.add_event_handler(self._on_service, events.Raw(_NEW))

    def close(self) -> None:
        """Stop listening."""
        self._client.remove_event_handler(self._on_edited)
        self._client.remove_event_handler(self._on_service)

    async def _on_edited(self, event: events.MessageEdited.Event) -> None:
        self._edited(await self._inbox.read(event.message))

    async def _on_service(self, update: Any) -> None:
        # Both groups tell of a move; whichever comes first is enough.
        message = update.message
        action = getattr(message, "action", None)
        if isinstance(action, types.MessageActionChatMigrateTo):
            old, new = message.peer_id, types.PeerChannel(action.channel_id)
        elif isinstance(action, types.MessageActionChannelMigrateFrom):
            old, new = types.PeerChat(action.chat_id), message.peer_id
        else:
            return
        self._moved(get_peer_id(old), get_peer_id(new), self._inbox.title(get_peer_id(old)))
