"""The account's chats, as a list to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from telethon.errors import RPCError
from telethon.tl import types

from userbot.telegram.client import Client
from userbot.telegram.refusals import meaning
from userbot.types import SAVED_TITLE, ChatKind


@dataclass(frozen=True, slots=True)
class Dialog:
    """One chat; `username` without the @, None if it has no public name."""

    id: int
    kind: ChatKind
    title: str
    username: str | None


async def dialogs(client: Client, owner: int) -> list[Dialog]:
    """All chats of the account, the most recent first. Raises TelegramError."""
    try:
        return [
            Dialog(
                id=dialog.id,
                kind=_kind(dialog.entity, owner),
                title=SAVED_TITLE if dialog.id == owner else dialog.name,
                username=getattr(dialog.entity, "username", None),
            )
            async for dialog in client.iter_dialogs()
        ]
    except RPCError as error:
        raise meaning(error) from error


def _kind(entity: Any, owner: int) -> ChatKind:
    if isinstance(entity, types.User):
        return ChatKind.SAVED if entity.id == owner else ChatKind.PRIVATE
    if isinstance(entity, types.Channel):
        return ChatKind.CHANNEL if entity.broadcast else ChatKind.SUPERGROUP
    return ChatKind.GROUP
