"""The message that a question replies to, and the chain above it.

What the history shows anyway is not brought again; nor is what may not be read.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

from userbot.errors import NotLoggedInError, TelegramError
from userbot.ports import Reader
from userbot.rules.mark import unmarked
from userbot.rules.prompt import MOST_QUOTED, chain_that_fits
from userbot.storage.store import Store
from userbot.turn.chat_rules import ChatRules
from userbot.turn.history import History
from userbot.types import Question, Quoted, ReplyPart

T = TypeVar("T")


class Replied:
    """Follows replies upwards."""

    def __init__(
        self,
        reader: Reader,
        store: Store,
        history: History,
        chats: ChatRules,
        window_tokens: int,
    ) -> None:
        self._reader = reader
        self._store = store
        self._history = history
        self._chats = chats
        self._budget = window_tokens

    async def quoted(self, question: Question) -> Quoted | None:
        """The message that the question replies to, with the chain above it.

        None if there is none, if it may not be read, and if it is an answer that the history
        shows, unless it alone is the question. Raises TelegramError where it alone is, and
        StorageError.
        """
        alone = question.is_reply_alone
        part = await self._part(question, alone=alone)
        if part is not None and part.elsewhere is not None:
            return None if self._chats.forgets(part.elsewhere.person) else part.elsewhere
        if question.reply_to is None:
            return None
        of_it = part is not None and part != ReplyPart()
        answered = self._store.outbound.answered_by(question.source, question.reply_to)
        if (
            answered is not None
            and not (alone or of_it)
            and self._history.holds(question.conversation, answered)
        ):
            return None
        looking = self._look(question, question.reply_to, part)
        quoted = await _unless_refused(looking, needed=alone)
        if quoted is None or self._chats.forgets(quoted.person):
            return None
        by_itself = question.switches.by_itself
        if by_itself or (answered is not None and (alone or of_it)):
            return quoted
        return replace(quoted, above=await self._above(question, quoted))

    async def _part(self, question: Question, *, alone: bool) -> ReplyPart | None:
        """What of a message is replied to; None if nobody knows.

        It is not stored: after a restart the question itself is asked, also one without a number,
        which may reply into another chat.
        """
        if question.reply_part is not None or question.quiet:
            return question.reply_part
        asking = self._reader.reply_part(question.source, question.message)
        return await _unless_refused(asking, needed=alone)

    async def _above(self, question: Question, quoted: Quoted) -> tuple[Quoted, ...]:
        above: list[Quoted] = []
        at = quoted.reply_to
        while at is not None and len(above) < MOST_QUOTED - 1:
            if self._in_history(question, at):
                break
            try:
                found = await self._look(question, at)
            except TelegramError:
                break
            if found is None:
                break
            if not self._chats.forgets(found.person):
                above.insert(0, found)
            at = found.reply_to
        return chain_that_fits(above, self._budget)

    def _in_history(self, question: Question, message: int) -> bool:
        turn = self._store.outbound.answered_by(question.source, message)
        if turn is None:
            turn = self._store.questions.asked_by(question.source, message)
        return turn is not None and self._history.holds(question.conversation, turn)

    async def _look(
        self, question: Question, message: int, part: ReplyPart | None = None
    ) -> Quoted | None:
        found = await self._reader.quoted(question.source, message, part)
        if (
            found is not None
            and self._store.outbound.answered_by(question.source, message) is not None
        ):
            words = unmarked(found.text, self._chats.policy.mark)
            return replace(found, text=words, ours=True)
        return found


async def _unless_refused(asked: Awaitable[T], *, needed: bool) -> T | None:
    """What Telegram says; None where it refuses and the question can be asked without it."""
    try:
        return await asked
    except NotLoggedInError:
        raise
    except TelegramError:
        if needed:
            raise
        return None
