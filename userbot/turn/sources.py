"""What was read for an answer, so that the answer can cite it."""

from __future__ import annotations

from datetime import tzinfo

from userbot.ports import Lookups
from userbot.types import Message, Scope, Source


def source_of(
    message: Message, scope: Scope, lookups: Lookups, *, links: bool, zone: tzinfo | None
) -> Source:
    """A message that was read in a scope, as it is cited; `zone`: whose days are named, if any."""
    chat = message.conversation.chat
    return Source(
        chat=chat,
        message=message.message,
        person=0 if message.sender is None else message.sender.id,
        name=message.writer,
        at=message.at.astimezone(zone),
        link=lookups.link(scope, message.message, chat=chat) if links else "",
    )
