"""The second stage: what is asked, with all that the model is to see beside the history."""

from __future__ import annotations

from dataclasses import replace

from userbot.ports import Sender
from userbot.rules.above_answer import question_quoted, quotation
from userbot.turn.deliver.typing import Typing
from userbot.turn.requests import Requests
from userbot.turn.turn import Material, Turn
from userbot.turn.understand.attachments import Attachments
from userbot.turn.understand.background import Background
from userbot.turn.understand.words import Words


class Understand:
    """Message → what is asked."""

    def __init__(
        self,
        words: Words,
        background: Background,
        attachments: Attachments,
        requests: Requests,
        sender: Sender,
        typing: Typing,
    ) -> None:
        self._words = words
        self._background = background
        self._attachments = attachments
        self._requests = requests
        self._sender = sender
        self._typing = typing

    async def __call__(self, turn: Turn) -> None:
        """Find out what is asked, if the chat takes an answer at all.

        Raises NothingToAnswerError, TelegramError, AudioError, ModelError, LimitReachedError and
        StorageError.
        """
        self._sender.check(turn.question.conversation)  # before anything is paid for it
        self._requests.begin(turn)
        if turn.question.listen_first:
            # Of a note that is perhaps meant for others, nobody sees that it is listened to.
            await self._words.is_meant_for_us(turn)
        self._typing.begin(turn)
        material = await self._words.of(turn)
        background = await self._background.before(turn.question)
        material = replace(material, background=background, preface=self._preface(material))
        if turn.answer is None:
            material = await self._attachments.add(turn, material)
        turn.material = material

    def _preface(self, material: Material) -> str:
        """What stands before the answer: what was heard, where the chat wants it shown.

        And the question itself, where no reply can point at it.
        """
        question, quoted, spoken = material.question, material.quoted, material.spoken
        if material.only_transcript:
            return ""
        if (
            spoken is not None
            and self._requests.voice_in(question.conversation.chat).show == "both"
        ):
            return quotation(spoken.text)
        if question.replied_to is None:
            return question_quoted(question.text or (quoted.text if quoted else ""))
        return ""
