"""Deleting in a channel, without Telethon taking the channel's number for the account's.

The result of `channels.deleteMessages` counts in the channel's own sequence of events
(core.telegram.org/method/channels.deleteMessages). Telethon 1.45 enters every such result into the
account's sequence, where it may stand for the next private message, which is then never brought.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from telethon.tl import functions, types


class DeleteInChannel(functions.channels.DeleteMessagesRequest):  # type: ignore[misc]
    """The request; its result is an update of the channel, which Telethon enters where it belongs.

    The update names no message: what it deleted is known to whoever asked for it.
    """

    def read_result(self, reader: Any) -> Any:
        """Called by Telethon with what came back."""
        affected = reader.tgread_object()
        update = types.UpdateDeleteChannelMessages(
            self.channel.channel_id, [], affected.pts, affected.pts_count
        )
        # The date is not looked at, but without one it would mean that updates are missing.
        return types.UpdateShort(update, datetime.fromtimestamp(0, UTC))
