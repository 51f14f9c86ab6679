"""What was said in the chat before a question, as far as it is for the model: its last messages,
and where more may be looked up.

Rule 1: where an answer may look is fixed before a model is asked, by who asks and where: the
conversation that the question stands in, or the one that the owner names.
Rule 2: where nobody may look, nothing is asked of Telegram for that.
Rule 3: a question by itself (`-n`) has no past, but that of the chat that the owner names.
"""

from __future__ import annotations

from dataclasses import replace

from userbot.errors import NoSuchChatError, TelegramError
from userbot.events import Notice, Report, about
from userbot.ports import Lookups, Reader
from userbot.storage.store import Store
from userbot.texts import _
from userbot.turn.chat_rules import ChatRules
from userbot.turn.named_chats import named_chat
from userbot.turn.turn import Material, Turn
from userbot.turn.understand.background import Background
from userbot.types import ConversationId, Question, Scope


class Past:
    """Adds a chat's past to what is asked there."""

    def __init__(
        self,
        background: Background,
        lookups: Lookups,
        reader: Reader,
        chats: ChatRules,
        store: Store,
        report: Report,
    ) -> None:
        self._background = background
        self._lookups = lookups
        self._reader = reader
        self._chats = chats
        self._store = store
        self._report = report

    async def locate(self, turn: Turn) -> None:
        """Find the chat that the owner names, before anything is paid.

        Raises NoSuchChatError, TelegramError and StorageError.
        """
        question = turn.question
        if question.about is not None:
            return  # found already
        chat = await named_chat(self._reader, question.about_name)
        if self._chats.may_search(chat.id) == "off":
            raise NoSuchChatError(
                _("Nothing may be looked up in “{title}”.", title=chat.title),
                _('Allow it: search = "me" under [reading], or in the chat\'s block.'),
            )
        located = replace(question, about=ConversationId(chat.id))
        self._store.questions.locate(located)
        turn.question = located

    async def add(self, turn: Turn, material: Material) -> Material:
        """The material of a question with its past. Raises NoSuchChatError and StorageError."""
        question = turn.question
        by_itself, where = question.switches.by_itself, question.stood_in
        background, scope = "", None
        if not by_itself and (count := self._chats.context_messages(where.chat)):
            background = await self._background.before(question, count)
        asked = turn.answer is None and not material.only_transcript
        names_chat = question.about is not None and question.about != where
        if asked and (names_chat or not by_itself):
            scope = await self._scope(question, named=names_chat)
        return replace(material, background=background, scope=scope)

    async def _scope(self, question: Question, *, named: bool) -> Scope | None:
        """Where a question may look things up; `named`: in a chat that the owner has named."""
        where = question.about or question.conversation
        may = self._chats.may_search(where.chat)
        if may == "off" or (may == "me" and not question.by_owner):
            return None
        person = None if question.by_owner else question.sender.id
        try:
            scope = await self._lookups.scope_of(where, person)
        except TelegramError as error:
            if named:
                raise
            self._report(
                Notice(
                    **about(question),
                    reason="not_looked_up",
                    detail=_("The chat's past could not be read: {error}", error=error),
                    hint=error.hint,
                )
            )
            return None
        if scope is None and named:
            raise NoSuchChatError(
                _("Nothing may be looked up in “{title}”.", title=question.about_name),
                _("Its messages are protected from copying."),
            )
        return scope
