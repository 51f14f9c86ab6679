"""How an answer is given: written or spoken, with the transcript before it, or only that."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import replace
from typing import Protocol

from userbot.path.hearing import Said
from userbot.path.live_reply import LiveReply
from userbot.path.voice_reply import VoiceReply, preceded
from userbot.rules.shown import question_quoted, quotation
from userbot.rules.spoken import answered_by_voice
from userbot.settings import VoiceConfig
from userbot.types import Answer, ChatRequest, Delta, Finish, StartOver, Transcript, Usage


class Answers(Protocol):
    """A way to give the model's stream as an answer."""

    async def write(
        self,
        said: Said,
        voice: VoiceConfig,
        request: ChatRequest,
        stream: AsyncIterator[Delta | Finish | StartOver],
        on_text: Callable[[], None],
    ) -> Answer: ...


class Written:
    """Gives every answer in writing."""

    def __init__(self, in_writing: LiveReply) -> None:
        self._in_writing = in_writing

    async def write(
        self,
        said: Said,
        voice: VoiceConfig,
        request: ChatRequest,
        stream: AsyncIterator[Delta | Finish | StartOver],
        on_text: Callable[[], None],
    ) -> Answer:
        """Take the model's stream to its end. Raises ModelError."""
        del voice
        return await self._in_writing.write(said.ask, request, stream, on_text)


class Replying:
    """Chooses between the two ways to answer."""

    def __init__(self, in_writing: LiveReply, by_voice: VoiceReply) -> None:
        self._in_writing = in_writing
        self._by_voice = by_voice

    async def write(
        self,
        said: Said,
        voice: VoiceConfig,
        request: ChatRequest,
        stream: AsyncIterator[Delta | Finish | StartOver],
        on_text: Callable[[], None],
    ) -> Answer:
        """Take the model's stream to its end and give the answer, as the chat wants it.

        Where only the transcript is wanted, `stream` is left unread. The answer's text is that
        of the model: a transcript shown before it is in the question already. `on_text`: the
        first of it stands. Raises ModelError, TelegramError.
        """
        ask = said.ask
        if said.spoken is not None and only_transcript(said, voice):
            return await self._in_writing.write(ask, request, _transcript(said.spoken), on_text)
        both = said.spoken is not None and voice.show == "both"
        before = quotation(said.spoken.text) if said.spoken and both else ""
        if ask.replied_to is None and not before:
            before = question_quoted(ask.text or (said.quoted.text if said.quoted else ""))
        if answered_by_voice(voice, ask):
            return await self._by_voice.write(ask, request, stream, on_text, before=before)
        answer = await self._in_writing.write(ask, request, preceded(before, stream), on_text)
        return replace(answer, text=answer.text.removeprefix(before))


def only_transcript(said: Said, voice: VoiceConfig) -> bool:
    """Whether the transcript is all the answer, and the model is not asked."""
    return said.only_spoken and voice.show == "transcript"


async def _transcript(spoken: Transcript) -> AsyncGenerator[Delta | Finish, None]:
    yield Delta(quotation(spoken.text))
    yield Finish("stop", Usage(0, 0), spoken.model)
