"""What a person sends besides text, from a device that is not one of the clients."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict, Unpack

from . import ogg, tl
from .chats import Group
from .formatting import pack, prepare
from .media import VIEW_ONCE, Media, packed_waveform

if TYPE_CHECKING:
    from .accounts import Account
    from .messages import Message
    from .world import World


class How(TypedDict, total=False):
    """What is the same for every kind of file."""

    reply_to: Message | int | None
    """A message, or its id as the sender sees it."""
    caption: str
    entities: Sequence[tl.Tl]
    """Of the caption."""
    view_once: bool
    ttl_seconds: int | None
    """How long it may be looked at, in private chats."""
    noforwards: bool
    """The message is protected: it may not be forwarded or kept."""
    size: int | None
    """What the file claims to be, in bytes, whatever it is."""
    album: int | None
    """The number of the album that it belongs to."""
    endless: bool
    """A download of it never comes to an end by itself."""


class FileKey(NamedTuple):
    """What an account needs to download a file."""

    access_hash: int
    reference: bytes
    dc: int


class Sending:
    """The part of an account that sends files; each call gives the message."""

    id: int
    _world: World

    def sends_voice(
        self,
        where: Account | Group,
        data: bytes | Path,
        *,
        duration: float | None = None,
        waveform: bytes | Sequence[int] | None = None,
        mime: str = "audio/ogg",
        **how: Unpack[How],
    ) -> Message:
        """A voice note. Without a duration the one that an Ogg/Opus file has, else 0.

        `waveform`: packed, or values of 0 to 31; without one the note has none.
        """
        packed = waveform if isinstance(waveform, bytes | None) else packed_waveform(waveform)
        audio = tl.types.DocumentAttributeAudio(
            duration=round(_seconds(data) if duration is None else duration),
            voice=True,
            waveform=packed,
        )
        return self._sends(where, data, mime, [audio], how)

    def sends_round(
        self,
        where: Account | Group,
        data: bytes | Path,
        *,
        duration: float = 0,
        side: int = 384,
        **how: Unpack[How],
    ) -> Message:
        """A round video note."""
        video = tl.types.DocumentAttributeVideo(float(duration), side, side, round_message=True)
        return self._sends(where, data, "video/mp4", [video], how)

    def sends_audio(
        self,
        where: Account | Group,
        data: bytes | Path,
        *,
        file_name: str = "song.mp3",
        mime: str = "audio/mpeg",
        duration: float | None = None,
        title: str | None = None,
        performer: str | None = None,
        **how: Unpack[How],
    ) -> Message:
        """Music, or anything else that is shown with a player."""
        seconds = round(_seconds(data) if duration is None else duration)
        audio = tl.types.DocumentAttributeAudio(seconds, title=title, performer=performer)
        return self._sends(where, data, mime, [audio, _named(file_name)], how)

    def sends_video(
        self,
        where: Account | Group,
        data: bytes | Path,
        *,
        file_name: str = "video.mp4",
        mime: str = "video/mp4",
        duration: float = 0,
        width: int = 640,
        height: int = 360,
        silent: bool = False,
        **how: Unpack[How],
    ) -> Message:
        video = tl.types.DocumentAttributeVideo(
            float(duration), width, height, supports_streaming=True, nosound=silent or None
        )
        return self._sends(where, data, mime, [video, _named(file_name)], how)

    def sends_document(
        self,
        where: Account | Group,
        data: bytes | Path,
        *,
        file_name: str = "file.bin",
        mime: str = "application/octet-stream",
        pixels: tuple[int, int] | None = None,
        **how: Unpack[How],
    ) -> Message:
        """Any file; `pixels`: width and height of a picture."""
        size = [tl.types.DocumentAttributeImageSize(*pixels)] if pixels else []
        return self._sends(where, data, mime, [*size, _named(file_name)], how)

    def sends_photo(
        self,
        where: Account | Group,
        data: bytes | Path,
        *,
        width: int = 800,
        height: int = 600,
        **how: Unpack[How],
    ) -> Message:
        size = tl.types.DocumentAttributeImageSize(width, height)
        return self._sends(where, data, "image/jpeg", [size], how, photo=True)

    def key_to(self, media: Media) -> FileKey:
        """How this account, and for how long, may download a file."""
        world = self._world
        me = world.accounts[self.id]
        reference = world.references.new(media.id, world.now())
        return FileKey(me.access_hash(media.id), reference, world.dc)

    def _sends(
        self,
        where: Account | Group,
        data: bytes | Path,
        mime: str,
        attributes: list[tl.Tl],
        how: How,
        *,
        photo: bool = False,
    ) -> Message:
        world = self._world
        me = world.accounts[self.id]
        chat = world.chat_with(me, where)
        if isinstance(chat, Group) and not chat.has(me):
            raise ValueError(f"{me} is not in {chat.title!r}")
        reply_to = how.get("reply_to")
        if isinstance(reply_to, int):
            reply_to = chat.mailbox_of(me).messages[reply_to]
        text = how.get("caption", "")
        ready = prepare(text, how.get("entities", ()), world.accounts, caption=True)
        blob = world.blobs.put(data)
        claimed = how.get("size")
        media = world.add_media(
            blob.digest,
            blob.size if claimed is None else claimed,
            mime,
            pack(attributes),
            world.now(),
            photo=photo,
            endless=how.get("endless", False),
        )
        return world.post(
            me.id,
            world.chat_id(me, chat),
            ready.text,
            ready.packed_entities(),
            reply_to.uid if reply_to else None,
            False,
            world.now(),
            media=media.id,
            ttl_seconds=VIEW_ONCE if how.get("view_once") else how.get("ttl_seconds"),
            noforwards=how.get("noforwards", False),
            album=how.get("album"),
        )


def _named(file_name: str) -> tl.Tl:
    return tl.types.DocumentAttributeFilename(file_name)


def _seconds(data: bytes | Path) -> float:
    content = data.read_bytes() if isinstance(data, Path) else data
    return ogg.duration(content) or 0.0
