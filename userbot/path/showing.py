"""What stands before the answer to a spoken question: its transcript, if the chat wants it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from userbot.messages import Answer, Delta, Finish, Transcript, Usage
from userbot.path.hearing import Said
from userbot.rules.shown import quotation
from userbot.settings import Voice

Stream = AsyncGenerator[Delta | Finish, None]


def only_transcript(said: Said, voice: Voice) -> bool:
    """Whether the transcript is all the answer, and the model is not asked."""
    return said.only_spoken and voice.show == "transcript"


def shown(said: Said, voice: Voice, stream: Stream) -> Stream:
    """The stream of an answer as the chat sees it.

    `stream` is left unread where the transcript is all that is wanted.
    """
    if said.spoken is None:
        return stream
    if only_transcript(said, voice):
        return _transcript(said.spoken)
    return _both(said.spoken, stream) if voice.show == "both" else stream


def without_transcript(said: Said, voice: Voice, answer: Answer) -> Answer:
    """The answer as the history keeps it: the transcript is in the question already."""
    if said.spoken is None or voice.show != "both":
        return answer
    return replace(answer, text=answer.text.removeprefix(quotation(said.spoken.text)))


async def _transcript(spoken: Transcript) -> Stream:
    yield Delta(quotation(spoken.text))
    yield Finish("stop", Usage(0, 0), spoken.model)


async def _both(spoken: Transcript, stream: Stream) -> Stream:
    yield Delta(quotation(spoken.text))
    async with aclosing(stream):
        async for event in stream:
            yield event
