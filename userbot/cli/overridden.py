"""What commands in chats have set, laid over what the config says."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from userbot.settings import ChatConfig, Override, Settings


def overridden(
    settings: Settings, selected: dict[int, ChatConfig]
) -> tuple[dict[int, ChatConfig], dict[int, list[str]]]:
    """The blocks as they hold, by chat, and which keys commands have set in which chat.

    Raises StorageError if the history cannot be read.
    """
    from userbot.errors import StorageError
    from userbot.rules.overriding import block
    from userbot.storage.archive import Archive

    try:
        with Archive.reading(settings.history.database) as archive:
            said = {} if archive is None else archive.overrides()
    except StorageError as error:
        if error.reason != "storage_older":
            raise
        said = {}  # a history that old knows no commands yet
    effective = dict(selected)
    for chat, override in said.items():
        found = block(chat, selected.get(chat), override, settings.trigger.from_)
        if found is not None:
            effective[chat] = found
    return effective, {chat: _keys(override) for chat, override in said.items()}


def _keys(override: Override) -> list[str]:
    return [name.rstrip("_") for name, value in asdict(override).items() if value is not None]
