"""The third stage: the model's stream becomes messages in place.

`complete` keeps the stream going, `deliver` brings what it says to Telegram beside it. Neither
knows of the other; what was paid is captured before the end of the answer leaves. Where answers
wait for the owner's yes nothing is delivered before it, and then what he has said yes to.
"""

from __future__ import annotations

import asyncio

from userbot.errors import LimitReachedError, MessageGoneError, ModelError
from userbot.storage.approvals import ApprovalStore
from userbot.turn.chat_rules import ChatRules
from userbot.turn.complete import Complete
from userbot.turn.deliver.voice import ByVoice
from userbot.turn.deliver.writing import InWriting
from userbot.turn.endings import unanswered
from userbot.turn.outbound import Outbound
from userbot.turn.turn import Turn, YesNeeded
from userbot.types import Wanted


class AnswerStage:
    """Answers what was understood. `by_voice`: None where nothing is spoken."""

    def __init__(
        self,
        complete: Complete,
        chats: ChatRules,
        outbound: Outbound,
        in_writing: InWriting,
        approvals: ApprovalStore,
        by_voice: ByVoice | None = None,
    ) -> None:
        self._complete = complete
        self._chats = chats
        self._outbound = outbound
        self._in_writing = in_writing
        self._approvals = approvals
        self._by_voice = by_voice

    async def run(self, turn: Turn) -> None:
        """Give a turn its answer.

        Raises ModelError, LimitReachedError, NoSuchChatError and TelegramError when there is none:
        what was shown by then is closed, if it can be. Raises StorageError and Reconsider when it
        is to run again, and YesNeeded.
        """
        if turn.messages or turn.void_writes:
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
        if not self._outbound.needs_yes(turn):  # else what stands stays as it is
            await self._in_writing.close(turn, turn.failure)
        raise turn.failure

    async def _answer(self, turn: Turn) -> None:
        question, speaks = turn.question, self._speaks(turn)
        policy, chat = self._chats.policy, question.conversation.chat
        # What was said to an answer holds, even if none has to wait there by now.
        asks = "answer" in turn.asked_for or policy.needs_yes(chat)
        at_once = speaks or asks or question.rings
        if asks:
            turn.wish = self._approvals.wish(question)
        assert turn.material is not None
        begins = bool(turn.material.preface) and not turn.messages
        if turn.summing is not None and begins and not (asks or question.rings):
            await self._in_writing.announce(turn)
        while True:
            if turn.looked_up.calls:
                await self._call(turn, shows=not at_once)
            await self._complete.open(turn)
            assert turn.stream is not None
            if turn.summing is not None and not turn.summing.is_last:
                with turn.waits("recap"):  # there may be many parts: each has its own time
                    await turn.stream.end()
            elif at_once:
                await turn.stream.end()
            else:
                await self._in_writing.follow(turn)
            if await self._complete.ended(turn):
                break
        if asks:
            self._see_that_it_may_leave(turn)
        if speaks and self._by_voice is not None and turn.own_words is None:
            turn.answer = await self._by_voice.finish(turn)
        if turn.answer is None:
            writes = self._in_writing.schedule if question.rings else self._in_writing.finish
            turn.answer = await writes(turn)

    def _see_that_it_may_leave(self, turn: Turn) -> None:
        """Raise YesNeeded, or NothingToAnswerError where the owner has said no."""
        assert turn.stream is not None
        if turn.own_words is not None:
            return
        wanted = Wanted("answer", turn.stream.shown, self._in_writing.whole(turn))
        said = self._approvals.said(turn.question, wanted)
        if said is None:
            turn.approved = False  # what he has said was to another answer
            if self._outbound.needs_yes(turn):
                raise YesNeeded(wanted)
            return
        if said.word in ("no", "late"):
            raise unanswered("declined" if said.word == "no" else "no_yes")
        turn.approved = True
        turn.asked_for.add("answer")
        if said.word == "text":
            self._in_writing.replaced(turn, said.text)

    async def _call(self, turn: Turn, *, shows: bool) -> None:
        """Carry out what the model has called; `shows`: where that takes long, a line says so."""
        calling = asyncio.ensure_future(self._complete.call(turn))
        try:
            if shows:
                await self._in_writing.meanwhile(turn, calling)
            await calling
        finally:
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)

    def _speaks(self, turn: Turn) -> bool:
        material = turn.material
        assert material is not None
        if self._by_voice is None or material.only_transcript or turn.question.recap is not None:
            return False
        speaks = self._chats.policy.answers_by_voice(turn.question)
        return speaks and self._by_voice.may_speak(turn)

    async def abandon(self, turn: Turn) -> None:
        """The answer is not wanted any more, or given to its end.

        Raises StorageError; it can be begun anew then.
        """
        self._outbound.confirm(turn)
        if turn.answer is None:  # else it is whole, and paid
            await self._complete.abandon(turn)
