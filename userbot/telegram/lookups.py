"""Looks up what was said in a chat, for one answer: by words, by date, around a message.

Rule 1: nothing is asked for but inside the scope, which the gate holds it to.
Rule 2: what comes back is looked at again: Telegram ignores some of what it is asked for.
Rule 3: nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from telethon.tl import functions, types

from userbot.telegram.client import Client
from userbot.telegram.gate import LOOKUP_SECONDS, QUESTION_SECONDS
from userbot.telegram.scopes import Scopes
from userbot.telegram.updates import Updates
from userbot.telegram.waits import Tries
from userbot.types import ConversationId, Message, Scope, Search

_PAGE: Final = 100
"""What Telegram gives at once."""
_MOST_BY_DATE: Final = 500
_MOST_BESIDE: Final = 49
"""Before a message, and after it: with it they are a page."""
_SECOND: Final = timedelta(seconds=1)


class TelegramLookups:
    """`ports.Lookups` over a client; `updates` can read a message."""

    def __init__(self, client: Client, updates: Updates) -> None:
        self._client = client
        self._updates = updates
        self._scopes = scopes = Scopes(client)
        self.scope_of = scopes.of
        self.link = scopes.link

    async def search(self, scope: Scope, wanted: Search, limit: int) -> list[Message]:
        wanted = replace(wanted, since=_later(scope.since, wanted.since))
        words = list(dict.fromkeys(word.strip() for word in wanted.words if word.strip()))
        found: dict[tuple[int, int], Message] = {}
        if not words:
            pages = self._pages(scope, 0, wanted, min(limit, _MOST_BY_DATE), LOOKUP_SECONDS)
            found = {_key(one): one async for page in pages for one in page}
        for chat in _chats(scope) if words else ():
            for word in words:
                for one in await self._search(scope, chat, word, wanted, limit):
                    found[_key(one)] = one
        newest = sorted(found.values(), key=lambda one: (one.at, one.message), reverse=True)
        return newest[:limit]

    async def around(
        self, scope: Scope, message: int, before: int, after: int, *, chat: int | None = None
    ) -> list[Message]:
        chat = scope.conversation.chat if chat is None else chat
        if chat not in _chats(scope):
            return []
        before, after = (max(0, min(one, _MOST_BESIDE)) for one in (before, after))
        fields = {"offset_id": message, "add_offset": -after - 1, "limit": before + after + 1}
        with self._client.gate.within(scope):
            page = await self._history(scope, chat, **fields)
            found = await self._read(scope, chat, page, Search(since=scope.since))
        if all(one.message != message for one in found):
            return []
        return found[::-1]

    async def span(
        self, scope: Scope, *, after: int = 0, most: int = _MOST_BY_DATE
    ) -> AsyncGenerator[list[Message], None]:
        wanted = Search(since=scope.since)
        async for page in self._pages(scope, after, wanted, most, QUESTION_SECONDS):
            yield page

    async def _pages(
        self, scope: Scope, after: int, wanted: Search, most: int, seconds: float
    ) -> AsyncGenerator[list[Message], None]:
        """Pages of what was said, the newest first; so many messages are looked at.

        The former group stands below the supergroup; `after` is a message of the latter.
        """
        gate, chats = self._client.gate, _chats(scope)
        for chat in chats if not after else chats[:1]:
            offset = 0
            while most > 0:
                with gate.within(scope, seconds):
                    await gate.pace_reading()
                    page = await self._history(
                        scope,
                        chat,
                        offset_id=offset,
                        offset_date=None if offset else wanted.until,
                        limit=_PAGE,
                    )
                    lowest = page.messages[-1] if page.messages else None
                    page.messages = [one for one in page.messages if one.id > after][:most]
                    found = await self._read(scope, chat, page, wanted)
                most -= len(page.messages)
                if found:
                    yield found
                whole = isinstance(page, types.messages.Messages)
                if whole or lowest is None or lowest.id <= after or _is_below(lowest, wanted):
                    break
                offset = lowest.id

    async def _search(
        self, scope: Scope, chat: int, word: str, wanted: Search, limit: int
    ) -> list[Message]:
        """What Telegram finds for one spelling. Both of its dates are excluded."""
        where = scope.conversation
        fields: dict[str, Any] = {"top_msg_id": where.thread}
        with self._client.gate.within(scope):
            if where.subscriber is not None:
                fields["saved_peer_id"] = await self._peer(where.subscriber)
            # In private chats Telegram ignores who is named (Telethon 1.45).
            if wanted.person is not None and chat < 0:
                fields["from_id"] = await self._known(wanted.person)
            request = functions.messages.SearchRequest(
                peer=await self._peer(chat),
                q=word,
                filter=types.InputMessagesFilterEmpty(),
                min_date=wanted.since and wanted.since - _SECOND,
                max_date=wanted.until,
                offset_id=0,
                add_offset=0,
                limit=min(limit, _PAGE),
                max_id=0,
                min_id=0,
                hash=0,
                **fields,
            )
            return await self._read(scope, chat, await self._client.asked(request, chat), wanted)

    async def _history(self, scope: Scope, chat: int, **page: Any) -> Any:
        """A page of a chat as Telegram gives it, of its topic or subscriber alone."""
        where, peer = scope.conversation, await self._peer(chat)
        fields = {
            "offset_id": 0,
            "offset_date": None,
            "add_offset": 0,
            "max_id": 0,
            "min_id": 0,
            "hash": 0,
        } | page
        if where.subscriber is not None:
            subscriber = await self._peer(where.subscriber)
            request = functions.messages.GetSavedHistoryRequest(
                peer=subscriber, parent_peer=peer, **fields
            )
        elif where.thread is not None:
            request = functions.messages.GetRepliesRequest(peer, msg_id=where.thread, **fields)
        else:
            request = functions.messages.GetHistoryRequest(peer, **fields)
        return await self._client.asked(request, chat)

    async def _read(self, scope: Scope, chat: int, page: Any, wanted: Search) -> list[Message]:
        """What of a page is wanted, and may be seen."""
        found = await self._updates.read_page(chat, self._client.finished(page))
        where = ConversationId(chat, scope.conversation.topic)
        return [one for one in found if is_wanted(one, where, wanted)]

    async def _peer(self, chat: int) -> Any:
        return await Tries(self._client.gate.waits, chat).ask(partial(self._client.reach, chat))

    async def _known(self, person: int) -> Any:
        """What requests name a person by; None for somebody whom the account has never met."""
        try:
            return await self._client.get_input_entity(person)
        except ValueError:
            return None


def _chats(scope: Scope) -> list[int]:
    """The chats of a scope, the present one first."""
    former = scope.former if scope.conversation.topic is None else None
    return [scope.conversation.chat, *([former] if former is not None else [])]


def is_wanted(message: Message, where: ConversationId, wanted: Search) -> bool:
    """Whether a message is what was looked for, where that was."""
    here = message.conversation
    if here.chat != where.chat or where.topic not in (None, here.topic):
        return False
    if wanted.since is not None and message.at < wanted.since:
        return False
    if wanted.until is not None and message.at >= wanted.until:
        return False
    sender = message.sender.id if message.sender is not None else None
    return wanted.person in (None, sender)


def _is_below(message: Any, wanted: Search) -> bool:
    date = getattr(message, "date", None)
    return wanted.since is not None and date is not None and bool(date < wanted.since)


def _later(*dates: datetime | None) -> datetime | None:
    known: Iterable[datetime] = filter(None, dates)
    return max(known, default=None)


def _key(message: Message) -> tuple[int, int]:
    return message.conversation.chat, message.message
