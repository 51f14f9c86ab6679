"""Where a forwarded message comes from, and what of a message may never be read."""

from __future__ import annotations

from typing import Any

from telethon.tl import types
from telethon.utils import get_display_name


def origin_of(message: Any) -> str:
    """The name of who wrote what was forwarded; "" if it was not forwarded or nobody tells.

    People may hide behind a name without an account (`from_name`).
    """
    header = message.fwd_from
    if header is None:
        return ""
    forward = message.forward
    # A channel's author signs beside the channel; the channel is where it comes from.
    for entity in (forward.chat, forward.sender) if forward is not None else ():
        if entity is not None and (name := get_display_name(entity)):
            return str(name)
    return header.from_name or header.post_author or "somebody else"


def is_protected(message: Any) -> bool:
    """Whether it must not leave Telegram: protected from copying, or to be seen once."""
    chat = getattr(message, "chat", None)
    once = getattr(message.media, "ttl_seconds", None)
    return bool(message.noforwards or getattr(chat, "noforwards", False) or once)


def media_word(message: Any) -> str | None:
    """What a message carries besides its text, in a word; None if nothing that matters."""
    media = message.media
    if media is None or isinstance(media, types.MessageMediaWebPage):
        return None
    for kind in ("voice", "video_note", "sticker", "gif", "audio", "video", "photo"):
        if getattr(message, kind, None):
            return kind.replace("_", " ")
    return type(media).__name__.removeprefix("MessageMedia").lower()
