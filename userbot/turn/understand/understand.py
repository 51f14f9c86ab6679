"""The second stage: what is asked, with all that the model is to see beside the history."""

from __future__ import annotations

from userbot.errors import NoSuchChatError, SwitchError
from userbot.ports import Sender
from userbot.turn.deliver.typing import Typing
from userbot.turn.history import History
from userbot.turn.turn import Material, Turn
from userbot.turn.understand.attachments import Attachments
from userbot.turn.understand.past import Past
from userbot.turn.understand.words import Words


class Understand:
    """Message → what is asked."""

    def __init__(
        self,
        words: Words,
        past: Past,
        attachments: Attachments,
        history: History,
        sender: Sender,
        typing: Typing,
    ) -> None:
        self._words = words
        self._past = past
        self._attachments = attachments
        self._history = history
        self._sender = sender
        self._typing = typing

    async def __call__(self, turn: Turn) -> None:
        """Find out what is asked, if the chat takes an answer at all.

        Raises NothingToAnswerError, TelegramError, AudioError, DocumentError, ModelError,
        LimitReachedError and StorageError. A chat that the owner names and that is none of his, and
        a switch that he has mistaken, are the turn's failure.
        """
        self._sender.check(turn.question.conversation)  # before anything is paid for it
        self._history.begin(turn.question)
        try:
            await self._understand(turn)
        except (NoSuchChatError, SwitchError) as error:  # told where the answer would stand
            turn.material, turn.failure = Material(turn.question), error

    async def _understand(self, turn: Turn) -> None:
        if turn.question.about_name:
            await self._past.locate(turn)
        quietly = turn.question.listen_first
        if not quietly:
            self._typing.begin(turn)
        material = await self._words.of(turn)
        if quietly:  # of a note that is perhaps meant for others, nobody saw that it was heard
            self._typing.begin(turn)
        material = await self._past.add(turn, material)
        if turn.answer is None:
            material = await self._attachments.add(turn, material)
        turn.material = material
