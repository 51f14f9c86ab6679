"""What was said in the chat before a question, as far as it is for the model: its last messages,
and where more may be looked up.
"""

from __future__ import annotations

from dataclasses import replace

from userbot.errors import TelegramError
from userbot.events import Notice, Report, about
from userbot.ports import Lookups
from userbot.texts import _
from userbot.turn.chat_rules import ChatRules
from userbot.turn.turn import Material
from userbot.turn.understand.background import Background
from userbot.types import Question, Scope


class Past:
    """Adds it to what is asked. `lookups`: None where nothing can be looked up."""

    def __init__(
        self, background: Background, chats: ChatRules, lookups: Lookups | None, report: Report
    ) -> None:
        self._background = background
        self._chats = chats
        self._lookups = lookups
        self._report = report

    async def add(self, question: Question, material: Material) -> Material:
        """The material of a question with its past. Raises StorageError."""
        background = await self._background.before(question)
        scope = None if material.only_transcript else await self._scope(question)
        return replace(material, background=background, scope=scope)

    async def _scope(self, question: Question) -> Scope | None:
        """Where the answer may look things up: decided here, before a model is asked.

        That is where the question stands, or the chat that the owner has named.
        """
        if self._lookups is None or (question.about_name and question.about is None):
            return None
        where = question.about or question.conversation
        may = self._chats.may_search(where.chat)
        if may == "off" or (may == "me" and not question.by_owner):
            return None
        try:
            return await self._lookups.scope_of(
                where, None if question.by_owner else question.sender.id
            )
        except TelegramError as error:
            self._report(
                Notice(
                    **about(question),
                    reason="not_looked_up",
                    detail=_("The chat's past could not be read: {error}", error=error),
                    hint=error.hint,
                )
            )
            return None
