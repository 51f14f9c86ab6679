"""What a message of Telegram carries, in the program's own words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from telethon.tl import types

from userbot.rules import pictures
from userbot.rules.pictures import Copy
from userbot.rules.waveform import unpacked
from userbot.types import Voice


def is_protected(message: Any) -> bool:
    """Whether it must not leave Telegram: protected from copying, or to be seen once."""
    chat = getattr(message, "chat", None)
    once = getattr(message.media, "ttl_seconds", None)
    return bool(message.noforwards or getattr(chat, "noforwards", False) or once)


def media_of(message: Any) -> str | None:
    """What a message carries beside its text, as a slug; None if nothing."""
    media = message.media
    if media is None or isinstance(media, types.MessageMediaWebPage):
        return None
    if message.voice:
        return "voice"
    if message.video_note:
        return "video_note"
    return type(media).__name__.removeprefix("MessageMedia").lower()


def media_word(message: Any) -> str | None:
    """What a message carries besides its text, in a word; None if nothing that matters."""
    media = message.media
    if media is None or isinstance(media, types.MessageMediaWebPage):
        return None
    for kind in ("voice", "video_note", "sticker", "gif", "audio", "video", "photo"):
        if getattr(message, kind, None):
            return kind.replace("_", " ")
    return type(media).__name__.removeprefix("MessageMedia").lower()


def voice_of(message: Any) -> Voice | None:
    """The sound that a message carries; None if it has none, or is gone."""
    media = message.media
    if not isinstance(media, types.MessageMediaDocument):
        return None
    document = media.document
    if not isinstance(document, types.Document):
        return None
    attributes = {type(each): each for each in document.attributes}
    kind = _kind(attributes, document.mime_type or "")
    if kind is None:
        return None
    audio = attributes.get(types.DocumentAttributeAudio)
    video = attributes.get(types.DocumentAttributeVideo)
    name = attributes.get(types.DocumentAttributeFilename)
    return Voice(
        kind=kind,
        size=document.size,
        seconds=_seconds(getattr(audio or video, "duration", 0)),
        mime=document.mime_type or "",
        file_name=name.file_name if name else "",
        waveform=unpacked(audio.waveform) if audio and audio.waveform else b"",
        sealed=_sealed(message),
    )


def picture_in(message: Any) -> Any:
    """The photo, or the document that is a picture; None if there is none to be looked at."""
    media = message.media
    if is_protected(message):
        return None
    if isinstance(media, types.MessageMediaPhoto) and isinstance(media.photo, types.Photo):
        return media.photo
    if not isinstance(media, types.MessageMediaDocument):
        return None
    document = media.document
    if not isinstance(document, types.Document) or document.mime_type not in pictures.TYPES:
        return None
    sticker = any(isinstance(one, types.DocumentAttributeSticker) for one in document.attributes)
    return None if sticker else document


def copies_of(picture: Any) -> Iterator[Copy]:
    """The sizes in which Telegram keeps a picture, that itself among them if it is small."""
    if isinstance(picture, types.Document):
        if picture.size <= pictures.MOST_FILE_BYTES:
            yield Copy("", 0, 0, picture.size)
            return
        sizes = picture.thumbs or ()
    else:
        sizes = picture.sizes
    for size in sizes:
        if isinstance(size, types.PhotoSize):
            yield Copy(size.type, size.w, size.h, size.size)
        elif isinstance(size, types.PhotoSizeProgressive):
            yield Copy(size.type, size.w, size.h, max(size.sizes))


def _seconds(duration: Any) -> float:
    """A length as its sender tells it; 0 for one that is none, such as NaN."""
    seconds = float(duration or 0)
    return seconds if 0 < seconds < math.inf else 0.0


def _kind(attributes: dict[type, Any], mime: str) -> str | None:
    if types.DocumentAttributeSticker in attributes:
        return None
    if audio := attributes.get(types.DocumentAttributeAudio):
        return "voice" if audio.voice else "audio"
    if video := attributes.get(types.DocumentAttributeVideo):
        if video.round_message:
            return "video_note"
        # What people call a GIF is a film without sound.
        silent = video.nosound or types.DocumentAttributeAnimated in attributes
        return None if silent else "video"
    return "document" if mime.startswith(("audio/", "video/")) else None


def _sealed(message: Any) -> str:
    # A lifetime of any length begins when it is opened, and opening it is the receiver's to do:
    # core.telegram.org/constructor/messageMediaDocument. (`ttl_period` is the chat's own timer.)
    if message.media.ttl_seconds:
        return "view_once"
    return "protected" if is_protected(message) else ""
