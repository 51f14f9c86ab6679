"""Files of messages: from Telegram into memory, or into a file, never more than allowed.

Rule 1: a message is fetched by its id before its file is, so that the reference to the file is
fresh, however long the question waited, and so that what was deleted meanwhile is left alone.
Rule 2: what a message says about its size is not relied on: the download itself is bounded.
Rule 3: a download that was interrupted goes on where it was.
Rule 4: the first bytes are judged before more is fetched.
Rule 5: a file's data centre that does not know our key any more gives us another, once a file; it
says nothing about the account's login.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from telethon.errors import AuthKeyError, RPCError, UnauthorizedError
from telethon.tl import types
from telethon.utils import get_display_name

from userbot.errors import AudioError, DocumentError, TelegramError, UserbotError
from userbot.ports import Judge
from userbot.rules import pictures
from userbot.rules.pictures import Copy
from userbot.telegram.client import Client
from userbot.telegram.convert import document_in, expires_at, name_of, picture_in, voice_of
from userbot.telegram.refusals import error_name, meaning
from userbot.telegram.waits import Tries
from userbot.texts import _
from userbot.types import Document, Picture

_PART: Final = 512 * 1024
"""The largest part that upload.getFile gives (core.telegram.org/api/files#downloading-files)."""
_ALBUM: Final = 9
"""An album has ten messages at most, whose ids follow each other."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where Telegram keeps a file, and in which of its data centres."""

    location: Any
    dc: int
    size: int | None
    """How many bytes are asked for at most: a server may go on without an end."""


class Downloads:
    """Fetches files over a client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._gate = client.gate

    async def fetch(self, chat: int, message: int, limit: int, judge: Judge) -> bytes:
        """The sound or film of a message, in memory.

        Raises AudioError if it is gone, empty or larger than `limit` bytes, TelegramError, and
        what `judge` raises about its first bytes.
        """
        with self._gate.for_a_question(chat):
            async with aclosing(self._file(chat, message, limit, judge)) as parts:
                return b"".join([part async for part in parts])

    async def save(self, chat: int, message: int, limit: int, path: Path, judge: Judge) -> None:
        """The same into a file; parts are small enough to be written between two breaths."""
        with path.open("wb") as file, self._gate.for_a_question(chat):
            async with aclosing(self._file(chat, message, limit, judge)) as parts:
                async for part in parts:
                    file.write(part)

    async def _file(
        self, chat: int, message: int, limit: int, judge: Judge
    ) -> AsyncGenerator[bytes, None]:
        got = 0
        async with aclosing(self._parts(chat, message, None, _recording)) as parts:
            async for part in parts:
                if part and not got:
                    judge(part)
                got += len(part)
                if got > limit:
                    raise _too_large(limit)
                yield part
        if not got:
            raise AudioError(_("The recording is empty."), reason="audio_empty")

    async def pictures(self, chat: int, message: int, *, several: bool = False) -> list[Picture]:
        """The picture of a message, with the others of its album, in order; none if it is gone.

        `several`: there are others beside it. Raises TelegramError, with the reason
        "picture_too_large" or "picture_unknown" for what is not fit to be shown.
        """
        with self._gate.for_a_question(chat):
            return await self._pictures(chat, message, several)

    async def documents(self, chat: int, message: int) -> list[Document]:
        """The file of a message that may be read, with those of its album, in order."""
        with self._gate.for_a_question(chat):
            album = await self._with_album(chat, message)
            return [await self._told(chat, one) for one in album if document_in(one) is not None]

    async def _told(self, chat: int, message: Any) -> Document:
        sender = await Tries(self._gate.waits, chat).ask(message.get_sender)
        document = document_in(message)
        return Document(
            message=message.id,
            person=message.sender_id or 0,
            writer=get_display_name(sender) if sender else "",
            name=name_of(document),
            size=document.size,
            at=message.date,
            expires_at=expires_at(message),
        )

    async def document(self, chat: int, message: int, limit: int) -> bytes:
        """Such a file, in memory. Raises DocumentError if it is gone or has more bytes."""
        too_large = DocumentError(
            _("The document is larger than it claims to be."),
            _("Send it again."),
            reason="document_too_large",
        )
        with self._gate.for_a_question(chat):
            return await _whole(self._parts(chat, message, None, _document), limit, too_large)

    async def _with_album(self, chat: int, message: int) -> list[Any]:
        """A message with the others of its album, in order; none if it is gone."""
        (found,) = await self._messages(chat, [message])
        return await self.album(chat, found) if isinstance(found, types.Message) else []

    async def album(self, chat: int, found: Any) -> list[Any]:
        """What is left of a message's album, in order; itself if it is in none."""
        if found.grouped_id is None:
            return [found]
        near = range(max(1, found.id - _ALBUM), found.id + _ALBUM + 1)
        read = await self._messages(chat, list(near))
        return [one for one in read if getattr(one, "grouped_id", None) == found.grouped_id]

    async def _pictures(self, chat: int, message: int, several: bool) -> list[Picture]:
        album = await self._with_album(chat, message)
        shown = [one for one in album if picture_in(one) is not None][: pictures.MOST]
        place = partial(_picture, several=several or len(shown) > 1)
        fetched: list[Picture] = []
        for one in shown:
            fetched.append(await self._picture(chat, one, place))
            if sum(len(picture.data) for picture in fetched) > pictures.MOST_TOGETHER:
                break  # the others have no place in the request
        return fetched

    async def _picture(self, chat: int, message: Any, place: Callable[[Any], _Place]) -> Picture:
        too_large = TelegramError(_("The picture is too large."), reason="picture_too_large")
        parts = self._parts(chat, message.id, message, place)
        data = await _whole(parts, pictures.MOST_BYTES, too_large)
        mime = pictures.type_of(data)
        if mime is None:
            raise TelegramError(
                _("Models do not support this picture format."),
                _("Send it as a photo instead of a file."),
                reason="picture_unknown",
            )
        return Picture(message.id, data, mime)

    async def _parts(
        self, chat: int, number: int, message: Any, place: Callable[[Any], _Place]
    ) -> AsyncGenerator[bytes, None]:
        """What a message carries, part by part; it is read anew for each try."""
        tries, got = Tries(self._gate.waits, chat), 0
        borrowed_anew = False
        while True:
            try:
                if message is None:
                    (message,) = await self._client.messages(chat, ids=[number])
                file = place(message)
                message = None
                if file.size == got:  # Telethon divides by the parts of a file without a byte
                    return
                async for part in self._client.iter_download(
                    file.location,
                    dc_id=file.dc,
                    file_size=file.size,
                    offset=got,
                    request_size=_PART,
                    chunk_size=_PART,
                ):
                    got += len(part)
                    tries.progressed()
                    yield bytes(part)
                return
            except (UnauthorizedError, AuthKeyError) as error:
                if self._gate.stopped is not None:
                    raise meaning(error) from error  # it is the account's own key
                if borrowed_anew:
                    raise _refused(error) from error
                borrowed_anew = True
                await self._client.give_key_back(file.dc)
            except Exception as error:
                await tries.wait(error)

    async def _messages(self, chat: int, numbers: list[int]) -> list[Any]:
        return await Tries(self._gate.waits, chat).ask(
            partial(self._client.messages, chat, ids=numbers)
        )


async def _whole(parts: AsyncGenerator[bytes, None], limit: int, too_large: UserbotError) -> bytes:
    """All of a file, in memory; raises `too_large` at more bytes, whatever it claimed to have."""
    data = bytearray()
    async with aclosing(parts):
        async for part in parts:
            data += part
            if len(data) > limit:
                raise too_large
    return bytes(data)


def _recording(message: Any) -> _Place:
    voice = voice_of(message) if isinstance(message, types.Message) else None
    if voice is None or voice.sealed:
        raise AudioError(_("The recording is gone."), reason="audio_gone")
    return _place_of(message.media.document)


def _document(message: Any) -> _Place:
    document = document_in(message) if isinstance(message, types.Message) else None
    if document is None:
        raise DocumentError(_("The document is gone."), _("Send it again."), reason="document_gone")
    return _place_of(document)


def _picture(message: Any, *, several: bool) -> _Place:
    picture = picture_in(message) if isinstance(message, types.Message) else None
    copy = picture and pictures.best_copy(list(_copies_of(picture)), several=several)
    if copy is None:
        raise TelegramError(
            _("The picture is too large, and Telegram has no smaller version."),
            _("Send it as a photo instead of a file."),
            reason="picture_too_large",
        )
    return _place_of(picture, copy.letter)


def _copies_of(picture: Any) -> Iterator[Copy]:
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


def _place_of(file: Any, copy: str = "") -> _Place:
    photo = isinstance(file, types.Photo)
    kind = types.InputPhotoFileLocation if photo else types.InputDocumentFileLocation
    location = kind(file.id, file.access_hash, file.file_reference, copy)
    return _Place(location, file.dc_id, None if copy or photo else file.size)


def _refused(error: RPCError) -> TelegramError:
    return TelegramError(
        _("Telegram's file server does not let this login in ({name}).", name=error_name(error)),
        _("Ask again later."),
        reason="file_refused",
    )


def _too_large(limit: int) -> AudioError:
    return AudioError(
        _("The recording is larger than {size:.0f} MB.", size=limit / 1000000.0),
        _("Shorten it, or send it as a voice note."),
        reason="audio_too_large",
    )
