"""What arrives is taken in order, once; what was not taken, a look at its chat brings.

A chat is *behind* until a look has passed it: all are after a start and a reconnection, since
something may have been missed there, and one is after the store did not take a message of it.

Rule 1: a message is taken in one transaction, together with how far its chat was seen. If that
fails, nothing has happened, and nothing live is taken there any more: a look (`CatchUp`) brings it,
oldest first. So order, bursts, edits and deletions hold by themselves, however long that takes.
Rule 2: while all chats are behind, what arrives is taken, and does not count as seen.
Rule 3: a chat without a mark begins right before the first message that arrives in it.
Rule 4: a look counts a chat as seen up to what it handed over itself, if all of that was taken.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from userbot.errors import StorageError
from userbot.intake.receiver import Receiver
from userbot.ports import Clock
from userbot.storage.chats import Watermark
from userbot.storage.store import Store
from userbot.turn.chat_rules import ChatRules
from userbot.turn.store_back import StoreBack
from userbot.types import Brought, Came, ChatKind, Message

_SECOND = timedelta(seconds=1)
"""What Telegram dates messages by."""
SILENT_SECONDS = 120.0
"""A selected supergroup that was silent for so long is looked at; if all chats were, all are."""


class _Behind:
    """A chat of which the store did not take a message."""

    def __init__(self, seen: int) -> None:
        self.seen = seen
        """The last message before that one."""
        self.left = 0
        """The newest message that was left for the look since this one asked for the history."""
        self.failed = False
        """A message that the look brought was not taken either."""


class Arrivals:
    """Takes what Telegram brings, and what a look finds; knows which chats are behind.

    `began` is the first start of all, None if this is it: Telegram tells what came since.
    """

    def __init__(
        self,
        receiver: Receiver,
        chats: ChatRules,
        store: Store,
        store_back: StoreBack,
        clock: Clock,
        began: datetime | None,
    ) -> None:
        self._receiver = receiver
        self._chats = chats
        self._store = store
        self._store_back = store_back
        self._clock = clock
        self._began = began
        self.wanted = asyncio.Event()
        """A look is wanted at once."""
        self._last_look: datetime | None = None
        """When the look before the present one began."""
        self._behind: dict[int, _Behind] = {}
        self._taken: set[tuple[int, int]] = set()
        """What was taken while all chats were behind: it is found once more, or told late."""
        self.missed: Counter[int] = Counter()
        """How many messages of each chat were written while nothing was heard, or only found."""
        self._all_behind_since: datetime | None = clock.now()
        """None: they are not. What is older than this was missed, however it comes."""
        self._last_heard = clock.monotonic()
        self._heard: dict[int, float] = {}
        self._groups: set[int] = set()

    def receive(self, message: Message) -> None:
        """Take a message. What cannot be taken now is brought by a look."""
        chat = message.conversation.chat
        if message.came is not Came.FOUND:
            self._last_heard = self._clock.monotonic()
        if chat in self._chats.policy.chats:
            self.heard(chat, supergroup=message.kind is ChatKind.SUPERGROUP)
        if message.came is Came.LIVE and message.outgoing and message.reply_to is not None:
            self._store_back.soon(partial(self._note_what_was_typed_elsewhere, message))
        behind = self._behind.get(chat)
        if behind is not None and (behind.failed or message.came is not Came.FOUND):
            behind.left = max(behind.left, message.message)
            return
        if (chat, message.message) in self._taken:
            return
        try:
            self._receiver.receive(message, self._mark(message), self._clock.now())
        except StorageError as error:
            self._falls_behind(message, error)
        else:
            if self._all_behind_since is not None:
                self._taken.add((chat, message.message))
                found = message.came is Came.FOUND or message.at < self._all_behind_since - _SECOND
                self.missed[chat] += found and not message.outgoing  # what we wrote is not missed

    def receive_again(self, message: Message) -> None:
        """Take a message that was no question and reads otherwise now; its chat's mark stays."""
        self._taken.discard((message.conversation.chat, message.message))
        self.receive(replace(message, came=Came.FOUND))

    def wake(self) -> None:
        """Something may have been missed: look at once."""
        if self._all_behind_since is None:
            self._all_behind_since = self._clock.now()
        self.wanted.set()

    # -- for the look; those that are awaited wait for the store, and raise StorageError at last

    @property
    def look_due(self) -> bool:
        """Whether chats are behind, or silence lasts for too long."""
        if self.wanted.is_set() or self._all_behind_since is not None or self._behind:
            return True
        now, selected = self._clock.monotonic(), self._chats.policy.chats.keys()
        return now - self._last_heard >= SILENT_SECONDS or any(
            now - self._heard.get(chat, 0.0) >= SILENT_SECONDS for chat in self._groups & selected
        )

    @property
    def behind(self) -> list[int]:
        """Chats of which nothing is taken before a look has passed them."""
        return list(self._behind)

    def heard(self, chat: int, *, supergroup: bool) -> None:
        """Something is known of a selected chat up to now."""
        self._heard[chat] = self._clock.monotonic()
        if supergroup:
            self._groups.add(chat)

    def unmarked(self) -> list[int]:
        """The chats that were selected since the last look. Raises StorageError."""
        marks = self._store.watermarks
        if marks.last_look() is None and self._began is not None:
            return []  # they begin with the first start, which came to no look
        return [chat for chat in self._chats.policy.chats if marks.seen(chat) is None]

    def untitled(self) -> list[int]:
        """The selected chats of which nobody knows how they are called. Raises StorageError."""
        title = self._store.conversations.title
        return [chat for chat in self._chats.policy.chats if not title(chat)]

    @property
    def last_look(self) -> datetime | None:
        """The date that all chats share which are not selected."""
        return self._last_look or self._began

    async def looked(self, at: datetime) -> None:
        """All chats were looked at; their date stands still while one of them is behind."""
        if not self.wanted.is_set() and not self._behind:
            await self._store_back.done(partial(self._store.watermarks.looked, at))

    async def look_begins(self) -> None:
        """A look begins once the store takes something."""
        if self._all_behind_since is None:
            self._all_behind_since = self._clock.now()
            self._taken.clear()
        if self._behind:
            await self._store_back.done(self._store.probe)
        self._last_look = await self._store_back.done(self._store.watermarks.last_look)
        self.wanted.clear()

    async def seen(self, chat: int) -> int | datetime | None:
        """Up to what message or moment a chat was seen; None if it was not."""
        if self._began is not None and self._last_look is None:
            return self._began
        seen = await self._store_back.done(partial(self._store.watermarks.seen, chat))
        behind = self._behind.get(chat)
        return behind.seen if seen is None and behind is not None else seen

    def history_asked(self, chat: int) -> None:
        """What is left for the look from now on, the answer to this request may not hold."""
        if (behind := self._behind.get(chat)) is not None:
            behind.left, behind.failed = 0, False

    def has_more(self, chat: int, brought: Brought) -> bool:
        """Whether a look that has brought this has to bring more of a chat, and can."""
        behind = self._behind.get(chat)
        if behind is None or not behind.failed:
            return not brought.whole or (behind is not None and behind.left > brought.newest)
        return False

    async def see(self, chat: int, newest: int) -> None:
        """A look has handed over a chat up to this message: so far it is seen, if it was taken."""
        behind = self._behind.get(chat)
        if behind is not None and behind.failed:
            return
        self._behind.pop(chat, None)
        if newest and chat in self._chats.policy.chats:
            await self._store_back.done(partial(self._store.watermarks.see, chat, newest))

    async def begins(self, chat: int, newest: int) -> None:
        """A selected chat that was never looked at begins after this message; 0: it has none."""
        mark = Watermark(chat, newest, begins=True)
        await self._store_back.done(partial(self._store.watermarks.put, mark))
        await self.see(chat, newest)

    async def read_out(self, old: int) -> None:
        """A look has handed over all of a group that is closed."""
        if old not in self._behind:
            await self._store_back.done(partial(self._store.watermarks.forget, old))

    def out_of_reach(self, chat: int) -> None:
        """No look can bring anything of a chat: what arrives there is taken."""
        self._behind.pop(chat, None)

    async def look_ended(self) -> None:
        """All chats were looked at. Woken meanwhile, the next look begins where this one did."""
        if self.wanted.is_set():
            return
        self._all_behind_since = None
        self.missed.clear()
        self._last_heard = self._clock.monotonic()
        newest: dict[int, int] = {}
        for chat, message in self._taken:
            if chat in self._chats.policy.chats and chat not in self._behind:
                newest[chat] = max(message, newest.get(chat, 0))
        for chat, message in newest.items():
            await self._store_back.done(partial(self._store.watermarks.see, chat, message))

    # -- inside

    def _mark(self, message: Message) -> Watermark | None:
        """How far the chat is seen with this message, which is stored together with it."""
        chat = message.conversation.chat
        if chat not in self._chats.policy.chats or message.came is Came.FOUND:
            return None  # all others share one date, and what a look brings counts at its end
        if self._all_behind_since is not None:
            return Watermark(chat, message.message - 1, begins=True)
        return Watermark(chat, message.message)

    def _falls_behind(self, message: Message, error: StorageError) -> None:
        behind = self._behind.setdefault(
            message.conversation.chat, _Behind(seen=message.message - 1)
        )
        behind.failed = message.came is Came.FOUND
        if error.passing:
            self.wanted.set()
        else:
            self._store_back.gave_up(error)  # it ends the program; the next start finds the message

    def _note_what_was_typed_elsewhere(self, message: Message) -> None:
        """Telegram does not tell us of what we send ourselves: this is from another device.

        Unless it left over a connection that is lost by now, and was carried out after that: then
        it has the words of a write that nobody has confirmed.
        """
        chat, reply_to = message.conversation.chat, message.reply_to
        assert reply_to is not None
        asked = self._store.questions.asked_by(chat, reply_to) is not None
        shown = message.shown or message.text
        if asked and not self._store.outbound.owns(chat, message.message, shown):
            self._store.outbound.typed_elsewhere(chat, message.message)
