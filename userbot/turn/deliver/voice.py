"""The answer as a voice note, where it can be one; else as text.

Rule 1: whatever keeps it from being spoken, the answer is written, and the console says why.
Rule 2: as with texts, the message is recorded in the store right before it leaves: not while it
is uploaded, nor while it waits for its permit.
"""

from __future__ import annotations

from dataclasses import dataclass

from userbot.errors import (
    LimitReachedError,
    ModelError,
    UserbotError,
    VoiceRefusedError,
)
from userbot.events import Notice, Report, about
from userbot.ports import Sender, Speaker, Uploaded
from userbot.rules.mark import unmarked
from userbot.rules.markdown import render
from userbot.rules.speech import caption_of, seconds_of, words_of
from userbot.texts import _
from userbot.turn.budget import Budget
from userbot.turn.deliver.writing import InWriting
from userbot.turn.outbound import Outbound, permitted, shielded
from userbot.turn.turn import Standing, Turn
from userbot.types import Answer, RichText, Speech


@dataclass(slots=True)
class _Note:
    """A voice note on its way; what was sent once is gone, even if nobody knows where to."""

    sender: Sender
    turn: Turn
    speech: Speech
    caption: RichText
    random_id: int
    uploaded: Uploaded | None = None

    async def upload(self) -> None:
        conversation = self.turn.question.conversation
        self.uploaded = await self.sender.upload_voice(conversation, self.speech)

    async def permit(self) -> None:
        """The upload comes first: a permit is for what can leave at once."""
        await self.upload()
        question = self.turn.question
        with self.turn.waits("gate"):
            await self.sender.acquire(question.conversation, "send", question.title)

    async def leave(self) -> int:
        if self.uploaded is None:
            await self.upload()
        uploaded, self.uploaded = self.uploaded, None
        assert uploaded is not None
        question = self.turn.question
        return await self.sender.send_voice(
            question.conversation,
            uploaded,
            self.caption,
            reply_to=question.replied_to,
            random_id=self.random_id,
        )


class ByVoice:
    """Speaks answers. What it does not give is for `writing`, whose style holds for captions."""

    def __init__(
        self,
        speaker: Speaker,
        budget: Budget,
        sender: Sender,
        outbound: Outbound,
        report: Report,
        writing: InWriting,
    ) -> None:
        self._speaker = speaker
        self._budget = budget
        self._sender = sender
        self._outbound = outbound
        self._report = report
        self._writing = writing

    def may_speak(self, turn: Turn) -> bool:
        """Whether the answer of a turn can still be spoken."""
        return (
            not turn.written_after_all
            and not turn.messages
            and self._sender.takes_voice(turn.question.conversation)
        )

    async def finish(self, turn: Turn) -> Answer | None:
        """Speak the whole answer; None if it is to be written after all.

        Raises TelegramError, StorageError and Reconsider.
        """
        stream, material = turn.stream, turn.material
        assert stream is not None
        assert material is not None
        words = words_of(render(stream.spoken, inert=None))
        if words is None:
            turn.written_after_all = True
            return None
        caption = self._caption(turn, material.preface, stream.shown)
        if not caption.text:
            caption = self._short_caption(turn, stream.cites_told)
        try:
            speech = turn.speech or await self._speak(turn, words)
            await self._send(turn, speech, caption)
        except (LimitReachedError, ModelError, VoiceRefusedError) as error:
            turn.written_after_all = True
            self._tell(turn, error)
        return turn.answer

    def _short_caption(self, turn: Turn, told: list[str]) -> RichText:
        """What is not spoken of an answer that is too long for a caption: what it cites, as much as
        has room; and what it answers, where no reply can tell."""
        assert turn.material is not None
        preface = turn.material.preface if turn.question.replied_to is None else ""
        while told and not (caption := self._caption(turn, preface, " · ".join(told))).text:
            told.pop()
        return caption if told else self._caption(turn, preface, "")

    def _caption(self, turn: Turn, preface: str, text: str) -> RichText:
        assert turn.material is not None
        named, inert = turn.material.question.own_text, self._writing.style.inert
        return caption_of(render(preface + text, named, inert=inert), turn.mark)

    async def _speak(self, turn: Turn, words: str) -> Speech:
        """Have words spoken; what that costs is captured, paid in vain too."""
        model, seconds = self._speaker.model, seconds_of(words)
        await self._budget.authorize(turn, self._budget.for_speech(model, seconds))
        try:
            speech = await self._speaker.speak(words)
        except ModelError as error:
            self._budget.audio_failed(turn, error, model, seconds)
            raise
        turn.speech = speech  # kept, whatever becomes of this stage
        self._budget.capture_audio(turn, model, speech.seconds)
        return speech

    async def _send(self, turn: Turn, speech: Speech, caption: RichText) -> None:
        random_id = self._outbound.random_id(turn.question, 0)
        note = _Note(self._sender, turn, speech, caption, random_id)
        await permitted(note.permit, lambda: shielded(self._leave(turn, note)))
        self._outbound.confirm(turn)

    async def _leave(self, turn: Turn, note: _Note) -> None:
        sent = await self._outbound.send(turn, 0, note.random_id, note.caption.text, note.leave)
        standing = Standing(sent.message, note.random_id, note.caption, confirmed=False)
        turn.messages.append(standing)
        # It is whole, whatever becomes of this stage.
        stream = turn.stream
        assert stream is not None
        assert stream.finish is not None
        text = stream.shown
        shown = unmarked(note.caption.text, turn.mark) or text
        turn.answer = Answer(text, shown, stream.finish, (sent.message,), stream.cites)

    def _tell(self, turn: Turn, error: UserbotError) -> None:
        self._report(
            Notice(
                **about(turn.question),
                reason="answered_in_writing",
                detail=_("Answered in writing, not by voice. {error}", error=error),
                hint=error.hint,
            )
        )
