"""What was deleted in Telegram. In private chats and basic groups Telegram does not say where,
since the ids of their messages are numbered over the whole account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from telethon import events
from telethon.tl import types
from telethon.utils import get_peer_id

from userbot.telegram.client import Client

Deleted = Callable[[Sequence[int], int | None], None]
"""Takes message ids and the marked id of their chat, None where it is not told."""


class Deletions:
    """Listens on a client; what comes before `open` is held."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._deleted: Deleted | None = None
        self._held: list[tuple[Sequence[int], int | None]] = []
        kinds = (types.UpdateDeleteMessages, types.UpdateDeleteChannelMessages)
        client.add_event_handler(self._on_update, events.Raw(types=kinds))

    def open(self, deleted: Deleted) -> None:
        """Hand over what was held, then every deletion as it comes."""
        self._deleted = deleted
        held, self._held = self._held, []
        for messages, chat in held:
            deleted(messages, chat)

    async def _on_update(self, update: Any) -> None:
        chat = None
        if isinstance(update, types.UpdateDeleteChannelMessages):
            if not _is_id(update.channel_id):
                return
            chat = get_peer_id(types.PeerChannel(update.channel_id))
        messages = [number for number in update.messages or () if _is_id(number)]
        if self._deleted is None:
            self._held.append((messages, chat))
        else:
            self._deleted(messages, chat)

    def close(self) -> None:
        """Stop listening."""
        self._client.remove_event_handler(self._on_update)


def _is_id(number: Any) -> bool:
    """Whether this can be an id at all: the store takes no larger ones."""
    return isinstance(number, int) and 0 < number < 2**53
