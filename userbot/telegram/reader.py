"""Reads from Telegram what the middle wants to know: messages, chats, files, people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from telethon.errors import UsernameInvalidError, UsernameNotOccupiedError
from telethon.tl import functions, types
from telethon.utils import get_display_name, get_peer_id, resolve_id

from userbot.errors import TelegramError
from userbot.telegram.client import Client, dates_in
from userbot.telegram.convert import (
    document_in,
    expires_at,
    is_protected,
    linked_in,
    origin_of,
    picture_in,
    thread_of,
    voice_of,
)
from userbot.telegram.downloads import Downloads
from userbot.telegram.names import read_dialogs
from userbot.telegram.updates import Updates
from userbot.telegram.waits import Tries
from userbot.telegram.words import item, media_in_words, said
from userbot.timings import USUAL
from userbot.types import (
    CHANNELS,
    Brought,
    ChatTop,
    Dialog,
    LinkedPage,
    Message,
    OwnMessage,
    Quoted,
    ReplyPart,
    Since,
)

T = TypeVar("T")

_SECOND = timedelta(seconds=1)
"""Telegram's dates are whole seconds."""
_LOOKED_THROUGH = 500
"""How many messages after a question are looked through; Telegram gives 100 at once."""
_PAGE = 100
"""What Telegram gives, and takes, at once."""
_NEWEST = 2**31 - 2
"""Ids of messages have 32 bits with a sign, and Telethon asks from the one behind."""


class TelegramReader:
    """`ports.Reader` over a client; `updates` can read a message, and takes what is brought;
    `pages`: so many of a chat are brought at once.

    Every method may raise TelegramError, and NotLoggedInError.
    """

    def __init__(self, client: Client, updates: Updates, pages: int = USUAL.page_limit) -> None:
        self._pages = pages
        self._client = client
        self._updates = updates
        self._waits = client.gate.waits
        self._downloads = downloads = Downloads(client)
        self.fetch_file = downloads.fetch
        self.save_file = downloads.save
        self.fetch_pictures = downloads.pictures
        self.documents = downloads.documents
        self.fetch_document = downloads.document

    @property
    def waits(self) -> bool:
        """Whether something waits for Telegram to say who sent it, or for a connection to come."""
        return self._updates.waits or not self._client.stands()

    # Messages.

    async def quoted(self, chat: int, message: int, part: ReplyPart | None = None) -> Quoted | None:
        """As the port says; None for one that is empty, too."""
        with self._client.gate.for_a_question(chat):
            found = await Tries(self._waits, chat).ask(partial(self._with_sender, chat, message))
            if not isinstance(found, types.Message) or is_protected(found):
                return None
            text, media = said(found), media_in_words(found.media)
            if found.grouped_id is not None:
                text = await self._with_captions(chat, found)
        if not text and media is None:
            return None
        meant = "" if part is None else part.text
        if part is not None and not meant:
            meant = item(found, part.task, part.option)
            media = f"of the {media}" if meant and media else media
        elif meant:
            media = None
        sender = found.sender
        _, reply_to = thread_of(found)
        return Quoted(
            get_display_name(sender) if sender else "",
            meant or text,
            None if meant else voice_of(found),
            message=found.id,
            person=found.sender_id or 0,
            origin=origin_of(found),
            media=media,
            picture=not meant and picture_in(found) is not None,
            document=not meant and document_in(found) is not None,
            reply_to=reply_to,
            pages=() if meant else linked_in(found) or (),
            expires_at=expires_at(found),
        )

    async def reply_part(self, chat: int, message: int) -> ReplyPart:
        with self._client.gate.for_a_question(chat):
            (found,) = await self._history(chat, ids=[message])
        if not isinstance(found, types.Message):
            return ReplyPart()
        return (await self._updates.read(found)).reply_part

    async def pages(self, chat: int, message: int) -> tuple[LinkedPage, ...] | None:
        with self._client.gate.for_a_question(chat):
            (found,) = await self._history(chat, ids=[message])
        return linked_in(found) if isinstance(found, types.Message) else ()

    async def _with_captions(self, chat: int, found: Any) -> str:
        """All that is written in an album, of which this is one message."""
        read = await self._downloads.album(chat, found)
        album = [one for one in read if isinstance(one, types.Message) and not is_protected(one)]
        return "\n\n".join(filter(None, map(said, album or [found])))

    async def since(self, chat: int, messages: Sequence[int]) -> Since:
        """A question's messages as they stand, and the account's after the first of them.

        All in one look, however many they are.
        """
        return await self._since(chat, messages, min_id=min(messages) - 1)

    async def lately(self, chat: int, at: datetime) -> Since:
        """The account's messages since a moment of Telegram's."""
        return await self._since(chat, (), offset_date=at - _SECOND)

    async def latest(self, chat: int, before: int, count: int) -> list[Message]:
        """The messages before that one, the newest first."""
        with self._client.gate.for_a_question(chat):
            found = await self._history(chat, limit=count, offset_id=before)
        return [await self._updates.read(one) for one in found if isinstance(one, types.Message)]

    async def bring(
        self, chat: int, *, after: int = 0, since: datetime | None = None, own: bool = False
    ) -> Brought:
        """Let arrive what is newer than a message, or than a date; `own`: what is our own.

        Oldest first, so many pages at most, as if it had just come.
        """
        newest, whole = after, False
        for _ in range(self._pages):
            await self._client.gate.pace_reading()
            dated = {"offset_date": since} if since is not None and not newest else {}
            page = await self._history(
                chat, limit=_PAGE, min_id=min(newest, _NEWEST), reverse=True, **dated
            )
            for message in page:
                newest = max(newest, message.id)
                if isinstance(message, types.Message) and (message.out or not own):
                    self._updates.bring(message)
            whole = len(page) < _PAGE
            if whole:
                break
        # What Telegram is asked about is decided a moment later; it is not lost by then.
        await self._updates.settled(chat)
        return Brought(newest, self._waits.titles.get(chat, ""), whole)

    async def scheduled(self, chat: int) -> list[tuple[int, str]]:
        """What the account has scheduled in a chat: its ids so far, and texts."""

        async def ask() -> Any:
            peer = await self._client.reach(chat)
            return await self._client(functions.messages.GetScheduledHistoryRequest(peer, 0))

        found = await Tries(self._waits, chat).ask(ask)
        return [(one.id, one.message or "") for one in getattr(found, "messages", ())]

    async def _since(self, chat: int, messages: Sequence[int], **begin: Any) -> Since:
        found = await self._history(chat, limit=_LOOKED_THROUGH, reverse=True, **begin)
        asked: dict[int, Message] = {}
        own: list[OwnMessage] = []
        for one in found:
            if not isinstance(one, types.Message):
                continue
            if one.id in messages:
                asked[one.id] = await self._updates.read(one)
            elif one.out:
                _, reply_to = thread_of(one)
                sound = voice_of(one)
                spoken = sound is not None and sound.kind == "voice"
                own.append(OwnMessage(one.id, one.message or "", reply_to, spoken))
        whole = len(found) < _LOOKED_THROUGH
        read_to = found[-1].id if found else 0
        gone = {one for one in messages if one not in asked and (whole or one <= read_to)}
        return Since(asked, frozenset(gone), tuple(own), whole)

    async def _history(self, chat: int, **which: Any) -> list[Any]:
        return await Tries(self._waits, chat).ask(partial(self._client.messages, chat, **which))

    async def _with_sender(self, chat: int, message: int) -> Any:
        (found,) = await self._client.messages(chat, ids=[message])
        if found is not None:
            await found.get_sender()
        return found

    # Chats and people.

    async def tops(self, chats: Sequence[int]) -> list[ChatTop]:
        """These chats with their newest message; without those that refuse to be looked at."""
        return [top for page in await self._by_pages(chats, self._tops_of) for top in page]

    async def dialogs(self) -> list[Dialog]:
        read = partial(read_dialogs, self._client, self._client.gate.saved)
        return await Tries(self._waits).ask(read)

    async def newest_tops(self) -> list[ChatTop]:
        """The newest chats with their newest message."""
        return list(_tops(await Tries(self._waits).ask(self._client.newest_dialogs)))

    async def migrated(self, chats: Sequence[int]) -> list[tuple[int, int, str]]:
        """Those of these basic groups that are supergroups by now: old id, new id, title.

        From then on the session can reach the supergroups.
        """
        moved = []
        for found in await self._by_pages(chats, self._groups):
            for one in found.chats:
                if isinstance(new := getattr(one, "migrated_to", None), types.InputChannel):
                    there = get_peer_id(types.PeerChannel(new.channel_id))
                    self._client.learn(there, new.access_hash, one.title)
                    moved.append((get_peer_id(one), there, str(one.title)))
        return moved

    async def find_person(self, name: str) -> int | None:
        """The id of the person with this @name; None if nobody has it."""
        try:
            found = await Tries(self._waits).ask(partial(self._client.resolve, name))
        except TelegramError as error:
            if isinstance(error.__cause__, UsernameNotOccupiedError | UsernameInvalidError):
                return None
            raise
        return int(found.peer.user_id) if isinstance(found.peer, types.PeerUser) else None

    async def _by_pages(
        self, chats: Sequence[int], ask: Callable[[Sequence[int]], Awaitable[T]]
    ) -> list[T]:
        found = []
        for at in range(0, len(chats), _PAGE):
            page = chats[at : at + _PAGE]
            try:
                found.append(await Tries(self._waits).ask(partial(ask, page)))
            except TelegramError as error:
                if error.reason == "disconnected":
                    raise
                # One that this account has never met, or may not see, refuses all of them.
                for chat in page if len(page) > 1 else ():
                    with suppress(TelegramError):
                        found.append(await Tries(self._waits).ask(partial(ask, [chat])))
        return found

    async def _tops_of(self, chats: Sequence[int]) -> list[ChatTop]:
        """As `tops`. With who never wrote there is no dialog; a group that has none is not ours."""
        peers, nothing = [], []
        for chat in chats:
            try:
                peers.append(types.InputDialogPeer(await self._client.reach(chat)))
            except ValueError:
                if chat > 0:
                    nothing.append(chat)
        tops: list[ChatTop] = []
        left: set[int] = set()
        if peers:
            found = await self._client(functions.messages.GetPeerDialogsRequest(peers))
            self._client.agree_on(found.dialogs)
            for one in (*found.users, *found.chats):
                self._waits.titles.setdefault(get_peer_id(one), get_display_name(one) or "")
            tops, left = _tops(found), _left(found)
        known = {top.chat for top in tops}
        asked = (get_peer_id(one.peer) for one in peers)
        nothing += [chat for chat in asked if chat not in known]
        return [
            *tops,
            *(ChatTop(chat, 0, None, chat < CHANNELS, joined=chat not in left) for chat in nothing),
        ]

    async def _groups(self, chats: Sequence[int]) -> Any:
        numbers = [resolve_id(chat)[0] for chat in chats]
        return await self._client(functions.messages.GetChatsRequest(numbers))


def _left(found: Any) -> set[int]:
    """The groups and channels that the account is not in."""
    return {get_peer_id(one) for one in found.chats if getattr(one, "left", False)}


def _tops(found: Any) -> list[ChatTop]:
    """The chats of dialogs that Telegram gave, with their newest messages."""
    dates = dates_in(found)
    groups = {
        get_peer_id(one)
        for one in found.chats
        if isinstance(one, types.Channel) and not one.broadcast
    }
    left = _left(found)
    tops = []
    for dialog in found.dialogs:
        chat = get_peer_id(dialog.peer)
        tops.append(
            ChatTop(
                chat,
                dialog.top_message,
                dates.get((chat, dialog.top_message)),
                chat in groups,
                joined=chat not in left,
                read=dialog.read_inbox_max_id,
            )
        )
    return tops
