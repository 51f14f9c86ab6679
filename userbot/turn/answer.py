"""The third stage: the model's stream becomes messages in place.

`complete` keeps the stream going, `deliver` brings what it says to Telegram beside it. Neither
knows of the other; what was paid is captured before the end of the answer leaves.
"""

from __future__ import annotations

from userbot.errors import LimitReachedError, MessageGoneError, ModelError
from userbot.rules.voice import answered_by_voice
from userbot.turn.chat_rules import ChatRules
from userbot.turn.complete import Complete
from userbot.turn.deliver.typing import Typing
from userbot.turn.deliver.voice import ByVoice
from userbot.turn.deliver.writing import InWriting
from userbot.turn.endings import rings
from userbot.turn.outbound import Outbound
from userbot.turn.turn import Turn


class AnswerStage:
    """Answers what was understood. `by_voice`: None where nothing is spoken."""

    def __init__(
        self,
        complete: Complete,
        chats: ChatRules,
        outbound: Outbound,
        in_writing: InWriting,
        typing: Typing,
        by_voice: ByVoice | None = None,
    ) -> None:
        self._complete = complete
        self._chats = chats
        self._outbound = outbound
        self._in_writing = in_writing
        self._typing = typing
        self._by_voice = by_voice

    async def run(self, turn: Turn) -> None:
        """Give a turn its answer.

        Raises ModelError, LimitReachedError, NoSuchChatError and TelegramError when there is none:
        what was shown by then is closed, if it can be. Raises StorageError and Reconsider when it
        is to run again.
        """
        self._outbound.confirm(turn)
        if turn.failure is None:
            try:
                await self._answer(turn)
                return
            except MessageGoneError:
                if not turn.messages:
                    raise
                await self._complete.abandon(turn)
                turn.answer = self._in_writing.deleted(turn)
                return
            except (ModelError, LimitReachedError) as error:
                turn.failure = error
        await self._in_writing.close(turn, turn.failure)
        raise turn.failure

    async def _answer(self, turn: Turn) -> None:
        speaks = self._speaks(turn)
        assert turn.material is not None
        begins = bool(turn.material.preface) and not (turn.messages or rings(turn.question))
        if turn.summing is not None and begins:
            await self._in_writing.announce(turn)
        while True:
            await self._complete.open(turn)
            assert turn.stream is not None
            if turn.summing is not None and not turn.summing.is_last:
                with turn.waits("recap"):  # there may be many parts: each has its own time
                    await turn.stream.end()
            elif speaks or rings(turn.question):
                await turn.stream.end()
            else:
                await self._in_writing.follow(turn)
            if await self._complete.ended(turn):
                break
        if speaks and self._by_voice is not None:
            turn.answer = await self._by_voice.finish(turn)
        if turn.answer is None:
            turn.answer = await self._in_writing.finish(turn)

    def _speaks(self, turn: Turn) -> bool:
        material = turn.material
        assert material is not None
        if self._by_voice is None or material.only_transcript or turn.question.recap is not None:
            return False
        voice = self._chats.policy.voice_in(turn.question.conversation.chat)
        return answered_by_voice(voice, turn.question) and self._by_voice.may_speak(turn)

    async def abandon(self, turn: Turn) -> None:
        """The answer is not wanted any more, or given to its end.

        Raises StorageError; it can be begun anew then.
        """
        self._outbound.confirm(turn)
        await self._complete.abandon(turn)

    async def over(self, turn: Turn) -> None:
        """Nothing more of an answer will come."""
        await self._typing.over(turn)
