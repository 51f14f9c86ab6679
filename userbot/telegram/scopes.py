"""Who may see what of a chat: where an answer may look things up, and how its messages are linked.

Rule 1: nobody learns more than he could read himself. Where a supergroup hides its past, and in
basic groups, that begins when he came; whoever made the group sees all of it.
Rule 2: what cannot be found out is nothing.
Rule 3: what Telegram has told is believed for a few minutes, but not of whoever is new: he may
have come since a chat hides its past.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from telethon.tl import functions, types
from telethon.utils import resolve_id

from userbot.errors import TelegramError
from userbot.telegram.believed import Believed
from userbot.telegram.client import Client
from userbot.telegram.gate import LOOKUP_SECONDS
from userbot.telegram.waits import Tries
from userbot.types import ConversationId, Scope, is_basic_group

T = TypeVar("T")

_EVER: Final = datetime.min.replace(tzinfo=UTC)
"""From then on somebody sees a chat who sees all of it."""
_SECOND: Final = timedelta(seconds=1)
"""Telegram's dates are whole seconds: what came in the same one may have come before."""


@dataclass(frozen=True, slots=True)
class _Channel:
    """What is known of a supergroup or channel; `address`: of its messages, "" for none."""

    hidden: bool
    protected: bool
    former: int | None
    address: str


class Scopes:
    """Asks over a client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._gate = client.gate
        self._channels = Believed[int, _Channel](client.gate.time)
        self._came = Believed[tuple[int, int], datetime](client.gate.time)

    async def of(self, conversation: ConversationId, person: int | None = None) -> Scope | None:
        """As `ports.Lookups.scope_of`. May raise NotLoggedInError and PostponedError."""
        chat = conversation.chat
        if person == self._gate.saved:
            person = None
        if chat > 0:
            return Scope(conversation) if person in (None, chat) else None
        if conversation.subscriber is not None:
            return Scope(conversation)  # whoever writes there reads all of it
        try:
            with self._gate.for_a_question(chat, LOOKUP_SECONDS):
                if is_basic_group(chat):
                    return await self._of_group(conversation, person)
                return await self._of_channel(conversation, person)
        except TelegramError:
            # The owner sees whatever this account can; what else there is stays out.
            return Scope(conversation) if person is None else None

    def link(self, scope: Scope, message: int, *, chat: int | None = None) -> str:
        """As `ports.Lookups.link`."""
        where = scope.conversation
        known = self._channels.last(where.chat)
        if chat not in (None, where.chat) or where.subscriber is not None or known is None:
            return ""
        address = known.address
        if where.thread is not None and address.startswith(_PRIVATE):
            address = f"{address}{where.thread}/"
        return f"{address}{message}" if address else ""

    async def _of_group(self, conversation: ConversationId, person: int | None) -> Scope | None:
        if person is None:
            return Scope(conversation)
        since = await self._since(conversation.chat, person)
        return _from(conversation, since)

    async def _of_channel(self, conversation: ConversationId, person: int | None) -> Scope | None:
        chat = conversation.chat
        if person is None:
            channel = await self._channel(chat)
            former = channel.former if conversation.topic is None else None
            return None if channel.protected else Scope(conversation, former=former)
        is_new = self._came.get((chat, person)) is None
        channel = await self._channel(chat, anew=is_new)
        if channel.protected:
            return None
        if channel.hidden:
            return _from(conversation, await self._since(chat, person))
        if is_new:
            self._came.keep((chat, person), _EVER)
        return Scope(conversation)

    async def _channel(self, chat: int, *, anew: bool = False) -> _Channel:
        """What is known of it. Raises TelegramError."""
        known = None if anew else self._channels.get(chat)
        if known is not None:
            return known
        full = await self._asked(chat, partial(self._full_channel, chat))
        found = _channel_of(chat, full)
        self._channels.keep(chat, found)
        return found

    async def _since(self, chat: int, person: int) -> datetime | None:
        """From when on somebody sees a chat; None if that is not known. Raises TelegramError."""
        known = self._came.get((chat, person))
        if known is not None:
            return known
        ask = self._in_group if is_basic_group(chat) else self._in_channel
        came = await self._asked(chat, partial(ask, chat, person))
        if came is not None:
            self._came.keep((chat, person), came)
        return came

    async def _in_group(self, chat: int, person: int) -> datetime | None:
        full = await self._client(functions.messages.GetFullChatRequest(resolve_id(chat)[0]))
        listed = getattr(full.full_chat.participants, "participants", ())
        return next((_came(one) for one in listed if one.user_id == person), None)

    async def _in_channel(self, chat: int, person: int) -> datetime | None:
        channel = await self._client.reach(chat)
        # Somebody who was never met is not looked for among the dialogs: it would take long.
        who = await self._client.get_input_entity(person)
        found = await self._client(functions.channels.GetParticipantRequest(channel, who))
        return _came(found.participant)

    async def _full_channel(self, chat: int) -> Any:
        peer = await self._client.reach(chat)
        return await self._client(functions.channels.GetFullChannelRequest(peer))

    async def _asked(self, chat: int, question: Callable[[], Awaitable[T]]) -> T:
        return await Tries(self._gate.waits, chat).ask(question)


_PRIVATE: Final = "https://t.me/c/"


def _channel_of(chat: int, full: Any) -> _Channel:
    number, _kind = resolve_id(chat)
    entity = next(one for one in full.chats if one.id == number)
    old = full.full_chat.migrated_from_chat_id
    return _Channel(
        hidden=bool(full.full_chat.hidden_prehistory),
        protected=bool(entity.noforwards),
        former=-old if old else None,
        address="" if _links_forbidden(entity) else _address(entity),
    )


def _address(entity: Any) -> str:
    """What stands before a message's number in its link (core.telegram.org/api/links)."""
    names = [entity.username, *(one.username for one in entity.usernames or () if one.active)]
    name = next(filter(None, names), "")
    return f"https://t.me/{name}/" if name else f"{_PRIVATE}{entity.id}/"


def _links_forbidden(entity: Any) -> bool:
    """Whether this account may not embed links there."""
    if entity.creator or entity.admin_rights is not None:
        return False
    rights = (entity.banned_rights, entity.default_banned_rights)
    return any(one is not None and one.embed_links for one in rights)


def _came(participant: Any) -> datetime | None:
    """From when on a participant sees a group; None for who is not there any more."""
    if isinstance(participant, types.ChannelParticipantCreator | types.ChatParticipantCreator):
        return _EVER
    if getattr(participant, "left", False):
        return None
    date: datetime | None = getattr(participant, "date", None)
    return None if date is None else date + _SECOND


def _from(conversation: ConversationId, since: datetime | None) -> Scope | None:
    if since is None:
        return None
    return Scope(conversation, since=None if since == _EVER else since)
