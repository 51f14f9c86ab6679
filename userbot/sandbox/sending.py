"""What a person sends, from a device that is not one of the clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, Unpack

from . import ogg, tl
from .formatting import prepare
from .media import VIEW_ONCE, packed_waveform
from .messages import add_media, post
from .state import Chat, Group, Message, User
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
    marks: dict[str, tl.Tl] | None
    """Fields of the message's TL that Telegram sets and no client."""
    endless: bool
    """A download of it never comes to an end by itself."""


@dataclass(eq=False, repr=False, kw_only=True)
class SendingUser(User):
    """The part of an account that sends; each call gives the message."""

    world: World

    def says(
        self,
        where: User | Group,
        text: str,
        *,
        reply_to: Message | int | None = None,
        entities: Sequence[tl.Tl] | None = None,
        noforwards: bool = False,
        topic: Message | None = None,
        marks: dict[str, tl.Tl] | None = None,
        preview: bool = True,
    ) -> Message:
        """Sends a text; `reply_to` is a message or its id as this account sees it.

        `preview`: Telegram may attach what it knows of an address in it.
        `topic` is a forum topic, as `opens_topic` gives it; `marks` are fields of the message's TL
        that Telegram sets and no client, such as `via_business_bot_id`.

        Raises RpcError for a text that Telegram would not take, ValueError outside a group.
        """
        ready = prepare(text, entities or (), self.world.state.users)
        chat = self._writable(where)
        return self._post(
            chat,
            ready.text,
            ready.entities,
            reply_to,
            noforwards=noforwards,
            top=topic,
            marks=marks,
            link_preview=preview,
        )

    def forwards(self, message: Message, where: User | Group, *, hidden: str = "") -> Message:
        """Forwards a text; with `hidden` its writer is told by that name alone."""
        chat = self.chat(where)
        return self._post(chat, message.text, message.entities, origin=hidden or message.sender)

    def sends_voice(
        self,
        where: User | Group,
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
        where: User | Group,
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
        where: User | Group,
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
        where: User | Group,
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
        where: User | Group,
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
        where: User | Group,
        data: bytes | Path,
        *,
        width: int = 800,
        height: int = 600,
        **how: Unpack[How],
    ) -> Message:
        size = tl.types.DocumentAttributeImageSize(width, height)
        return self._sends(where, data, "image/jpeg", [size], how, photo=True)

    def chat(self, where: User | Group) -> Chat:
        """The chat that `where` is to this account."""
        return self.world.state.chat_of(self, where)

    def _writable(self, where: User | Group) -> Chat:
        chat = self.chat(where)
        if isinstance(chat, Group) and not chat.has(self):
            raise ValueError(f"{self} is not in {chat.title!r}")
        return chat

    def _post(
        self,
        chat: Chat,
        text: str,
        entities: Sequence[tl.Tl],
        reply_to: Message | int | None = None,
        **more: Any,
    ) -> Message:
        if isinstance(reply_to, int):
            reply_to = chat.mailbox_of(self).messages[reply_to]
        return post(self.world, self, chat, text, entities, reply_to=reply_to, **more)

    def _sends(
        self,
        where: User | Group,
        data: bytes | Path,
        mime: str,
        attributes: list[tl.Tl],
        how: How,
        *,
        photo: bool = False,
    ) -> Message:
        world, chat = self.world, self._writable(where)
        caption, entities = how.get("caption", ""), how.get("entities", ())
        ready = prepare(caption, entities, world.state.users, caption=True)
        media = add_media(
            world,
            world.blobs.put(data),
            mime,
            attributes,
            photo=photo,
            size=how.get("size"),
            endless=how.get("endless", False),
        )
        return self._post(
            chat,
            ready.text,
            ready.entities,
            how.get("reply_to"),
            media=media,
            ttl_seconds=VIEW_ONCE if how.get("view_once") else how.get("ttl_seconds"),
            noforwards=how.get("noforwards", False),
            album=how.get("album"),
            marks=how.get("marks"),
        )


def _named(file_name: str) -> tl.Tl:
    return tl.types.DocumentAttributeFilename(file_name)


def _seconds(data: bytes | Path) -> float:
    content = data.read_bytes() if isinstance(data, Path) else data
    return ogg.duration(content) or 0.0
