"""The last messages of chats whose owner set `context_messages`.

Rule 1: in memory only, and only of those chats.
Rule 2: fetched once, with a conversation's first question, then kept up from updates.
Rule 3: nothing that may not be read: protected or view-once messages, people who are forgotten,
what the chat has deleted by itself meanwhile.
Rule 4: questions to us and our answers are the history's; they are not background.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

from userbot.errors import NotLoggedInError, StorageError, TelegramError
from userbot.events import Notice, Report
from userbot.ports import Clock, Reader
from userbot.rules import background
from userbot.rules.background import Remark
from userbot.texts import _
from userbot.turn.chat_rules import ChatRules
from userbot.types import Message, Question, may_be_deleted_in

CHATS = 256
"""Of so many chats messages are held at once."""
KEPT = 200
"""Messages of one chat; more than any question shows, so that deletions leave enough."""
FETCHED = 100
"""Messages of one fetch, the most that Telegram gives at once (messages.getHistory)."""


class _Chat:
    def __init__(self) -> None:
        self.heard: OrderedDict[int, Remark] = OrderedDict()
        self.gone: set[int] = set()
        """What was deleted, or became a question, while the past was fetched."""
        self.fetching: asyncio.Task[None] | None = None

    def add(self, one: Remark) -> None:
        self.heard[one.message] = one
        if len(self.heard) > KEPT:
            self.heard.popitem(last=False)

    def remove(self, messages: Iterable[int]) -> None:
        for message in messages:
            self.heard.pop(message, None)
            if self.fetching is not None:
                self.gone.add(message)


class Background:
    """What was said in chats around the questions. `window_tokens` are those of a request."""

    def __init__(
        self,
        reader: Reader,
        chats: ChatRules,
        window_tokens: int,
        clock: Clock,
        report: Report,
    ) -> None:
        self._reader = reader
        self._rules = chats
        self._budget = window_tokens
        self._clock = clock
        self._report = report
        self._chats: OrderedDict[int, _Chat] = OrderedDict()

    async def before(self, question: Question, count: int) -> str:
        """The block of the last `count` messages that were said before a question, at most.

        Raises StorageError; it can be begun anew then.
        """
        where = question.stood_in.chat
        if question.source != where:  # what was said before stands elsewhere
            return ""
        chat = self._chats.get(where)
        if chat is None:
            chat = self._chats[where] = _Chat()
            chat.fetching = asyncio.create_task(self._fetch(question, chat))
            if len(self._chats) > CHATS:
                self._chats.popitem(last=False)
        self._chats.move_to_end(where)
        if chat.fetching is not None:
            # Another question of the chat may be stopped meanwhile; the fetch is for all.
            await asyncio.shield(chat.fetching)
        heard = background.newest(
            (one for one in chat.heard.values() if not self._rules.forgets(one.person)),
            topic=question.stood_in.topic,
            before=question.message,
            count=count,
            now=self._clock.now(),
        )
        return background.block(heard, self._budget)

    def heard(self, incoming: Message) -> None:
        """A message that is neither question, answer nor command was said somewhere."""
        where = incoming.conversation.chat
        chat = self._chats.get(where)
        if chat is None:
            return
        if self._rules.context_messages(where):
            self._take(chat, incoming)
        else:  # not kept up: once it is wanted again, it is fetched anew
            del self._chats[where]

    def edited(self, incoming: Message) -> None:
        """A message has another text now. Raises StorageError; then nothing was done."""
        chat = self._chats.get(incoming.conversation.chat)
        if chat is None or (incoming.message not in chat.heard and chat.fetching is None):
            return
        still = self._is_background(incoming)
        chat.remove([incoming.message])
        if still:
            self._take(chat, incoming)

    def deleted(self, chat: int | None, messages: Iterable[int]) -> None:
        """Messages are gone; `chat` is None for private chats and basic groups."""
        gone = list(messages)
        for number, held in self._chats.items():
            if may_be_deleted_in(number, chat):
                held.remove(gone)

    def clear(self) -> None:
        """Forget all of it: it is fetched anew. Something may have been missed."""
        self._chats.clear()

    async def _fetch(self, question: Question, chat: _Chat) -> None:
        try:
            latest = await self._reader.latest(question.source, question.message, FETCHED)
        except NotLoggedInError:
            raise
        except TelegramError as error:
            self._chats.pop(question.source, None)  # the next question tries again
            self._report(
                Notice(
                    chat=question.source,
                    title=question.about_name if question.quiet else question.title,
                    reason="no_background",
                    detail=_("The chat's last messages could not be read: {error}", error=error),
                    hint=error.hint,
                )
            )
        else:
            try:
                found = [incoming for incoming in latest if self._is_background(incoming)]
            except StorageError:
                self._chats.pop(question.source, None)
                raise
            since, chat.heard = chat.heard, OrderedDict()
            for incoming in sorted(found, key=lambda one: one.message):
                if incoming.message not in chat.gone:
                    self._take(chat, incoming)
            for one in since.values():
                chat.add(one)
        finally:
            chat.fetching = None
            chat.gone.clear()

    def _is_background(self, incoming: Message) -> bool:
        return not self._rules.wrote(incoming) and not self._rules.asked(incoming)

    def _take(self, chat: _Chat, incoming: Message) -> None:
        if not self._rules.may_be_read(incoming, self._clock.now()):
            return
        sender = incoming.sender
        chat.add(
            Remark(
                message=incoming.message,
                topic=incoming.conversation.topic,
                person=0 if sender is None else sender.id,
                name="" if sender is None else sender.name,
                text=incoming.text,
                origin=incoming.forwarded_from,
                media=incoming.media,
                expires_at=incoming.expires_at,
            )
        )
