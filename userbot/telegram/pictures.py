"""Pictures of messages, in a size that costs little; never one that must not leave Telegram."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from telethon.errors import (
    FloodPremiumWaitError,
    FloodWaitError,
    RPCError,
)
from telethon.tl import types

from userbot.errors import TelegramError
from userbot.rules import pictures
from userbot.rules.pictures import Copy
from userbot.telegram.client import Client
from userbot.telegram.origin import is_protected
from userbot.telegram.reading import Reading
from userbot.telegram.refusals import meaning
from userbot.types import Picture

_ALBUM = 9
"""An album has ten messages at most, whose ids follow each other."""
_PART = 512 * 1024


def has_picture(message: Any) -> bool:
    """Whether a message carries a picture that may be looked at."""
    return _picture_in(message) is not None


class TelegramPictures:
    """`ports.Pictures` over a client."""

    def __init__(self, client: Client, reading: Reading) -> None:
        self._client = client
        self._reading = reading

    async def fetch(self, chat: int, message: int, *, several: bool = False) -> list[Picture]:
        """The picture of a message, with the others of its album, in order; none if it is gone.

        `several`: there are others beside it. Raises TelegramError, with the reason
        "picture_too_large" or "picture_unknown" for what is not fit to be shown.
        """
        found = await self._reading.message(chat, message)
        if not isinstance(found, types.Message):
            return []
        album = [found]
        if found.grouped_id is not None:
            near = range(max(1, message - _ALBUM), message + _ALBUM + 1)
            read = await self._reading.messages(chat, list(near))
            album = [one for one in read if getattr(one, "grouped_id", None) == found.grouped_id]
        shown = [one for one in album if has_picture(one)][: pictures.MOST]
        fetched, room = [], pictures.MOST_TOGETHER
        for one in shown:
            fetched.append(await self._one(chat, one.id, one, several=several or len(shown) > 1))
            room -= len(fetched[-1].data)
            if room < 0:
                break  # the others have no place in the request
        return fetched

    async def _one(self, chat: int, number: int, message: Any, *, several: bool) -> Picture:
        picture = _picture_in(message)
        copy = pictures.best_copy(list(_copies(picture)), several=several)
        if copy is None:
            raise TelegramError(
                "The picture is too large, and Telegram has no smaller one of it.",
                "Send it as a photo instead of a file.",
                reason="picture_too_large",
            )
        data = await self._bytes(chat, picture, copy)
        mime = pictures.type_of(data)
        if mime is None:
            raise TelegramError(
                "The picture is of a kind that models do not take.",
                "Send it as a photo instead of a file.",
                reason="picture_unknown",
            )
        return Picture(number, data, mime)

    async def _bytes(self, chat: int, picture: Any, copy: Copy) -> bytes:
        photo = isinstance(picture, types.Photo)
        kind = types.InputPhotoFileLocation if photo else types.InputDocumentFileLocation
        location = kind(picture.id, picture.access_hash, picture.file_reference, copy.letter)
        stumbled = 0
        while True:
            data = bytearray()
            try:
                async for part in self._client.iter_download(
                    location, dc_id=picture.dc_id, request_size=_PART, chunk_size=_PART
                ):
                    data += part
                    if len(data) > pictures.MOST_BYTES:  # whatever it claimed to have
                        raise TelegramError("The picture is too large.", reason="picture_too_large")
                return bytes(data)
            except (FloodWaitError, FloodPremiumWaitError, ConnectionError, TimeoutError) as error:
                stumbled += 1
                await self._reading.wait(chat, error, stumbled)
            except RPCError as error:
                raise meaning(error) from error


def _picture_in(message: Any) -> Any:
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


def _copies(picture: Any) -> Iterator[Copy]:
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
