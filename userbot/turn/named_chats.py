"""Finds the chat that the owner names in a question or a command."""

from __future__ import annotations

from userbot.errors import NoSuchChatError
from userbot.ports import Reader
from userbot.rules.chat_names import meant
from userbot.texts import _
from userbot.types import Dialog

_MOST_TOLD = 5


async def named_chat(reader: Reader, typed: str) -> Dialog:
    """The one of the account's chats that `typed` means: an id, an @name or a title.

    Raises NoSuchChatError if that is none of them or several, and TelegramError.
    """
    found = meant(typed, await reader.dialogs())
    if len(found) == 1:
        return found[0]
    if not found:
        raise NoSuchChatError(
            _("None of your chats is called “{name}”.", name=typed),
            _("Write its @name, its id, or its title in quotation marks."),
        )
    titles = ", ".join(f"“{one.title}” ({one.id})" for one in found[:_MOST_TOLD])
    raise NoSuchChatError(
        _("“{name}” may be several of your chats: {titles}.", name=typed, titles=titles),
        _("Write its @name or its id."),
    )
