"""The answer as a voice note, where it can be one; else as text.

Rule 1: whatever keeps it from being spoken, the answer is written, and the console says why.
Rule 2: as with texts, the message is recorded in the store right before it leaves: not while it
is uploaded, nor while it waits for its turn.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace

from userbot.errors import (
    LimitReachedError,
    ModelError,
    PauseAskedError,
    UserbotError,
    VoiceRefusedError,
)
from userbot.events import Notice, Report, about
from userbot.path.allowance import Allowance
from userbot.path.first_text import FirstText
from userbot.path.live_reply import LiveReply
from userbot.path.parts import to_its_end
from userbot.path.writes import Writes
from userbot.ports import Sender, Speaker
from userbot.rules.markdown import render
from userbot.rules.random_id import of_answer
from userbot.rules.spoken import caption_of, words_of
from userbot.rules.window import estimated_usage
from userbot.types import (
    Answer,
    ChatRequest,
    Delta,
    Finish,
    Question,
    RichText,
    Speech,
    StartOver,
    Usage,
)


class VoiceReply:
    """Speaks answers in place; `in_writing` writes those that cannot be spoken."""

    def __init__(
        self,
        speaker: Speaker,
        allowance: Allowance,
        sender: Sender,
        in_writing: LiveReply,
        writes: Writes,
        report: Report,
        secret: bytes,
        first_text: FirstText,
    ) -> None:
        self._first_text = first_text
        self._speaker = speaker
        self._allowance = allowance
        self._sender = sender
        self._in_writing = in_writing
        self._writes = writes
        self._report = report
        self._secret = secret

    async def write(
        self,
        ask: Question,
        request: ChatRequest,
        stream: AsyncIterator[Delta | Finish | StartOver],
        on_text: Callable[[], None],
        *,
        before: str = "",
    ) -> Answer:
        """Take the model's stream to its end and speak it. Raises ModelError, TelegramError.

        `on_text`: the first of it stands. `before`: Markdown that is shown and not spoken.
        """
        if not self._sender.takes_voice(ask.conversation) or await self._in_writing.begun(ask):
            written = await self._in_writing.write(ask, request, preceded(before, stream), on_text)
            return replace(written, text=written.text.removeprefix(before))
        pieces: list[str] = []
        finish: Finish | None = None
        async for event in stream:
            if isinstance(event, Delta):
                pieces.append(event.text)
            elif isinstance(event, StartOver):
                pieces.clear()
            else:
                finish = event
        text = "".join(pieces)
        if finish is None:
            raise ModelError("The model's answer is empty.", "Ask again.", reason="empty_answer")
        if finish.usage is None:
            finish = replace(finish, usage=estimated_usage(request.messages, text))
        answer = await self._spoken(ask, text, before, finish)
        if answer is None:
            answer = await self._in_writing.write(
                ask, request, _again(before + text, finish), on_text
            )
        return replace(answer, text=answer.text.removeprefix(before))

    async def _spoken(self, ask: Question, text: str, before: str, finish: Finish) -> Answer | None:
        words = words_of(render(text))
        if words is None:
            return None
        try:
            usage = finish.usage or Usage(0, 0)
            speech = await self._allowance.speech(ask, usage, words, self._speaker)
            caption = caption_of(render(before + text))
            if not caption.text and ask.replied_to is None:
                caption = caption_of(render(before))  # nothing else tells what it answers
            return await self._sent(ask, text, caption, speech, finish)
        except (LimitReachedError, ModelError, VoiceRefusedError) as error:
            self._tell(ask, error)
            return None

    async def _sent(
        self, ask: Question, text: str, caption: RichText, speech: Speech, finish: Finish
    ) -> Answer:
        identity = of_answer(self._secret, ask, 0)

        async def leave() -> int:
            # What was sent once is gone, even if nobody knows where to.
            uploaded = (
                ready.pop() if ready else await self._sender.upload_voice(ask.conversation, speech)
            )
            return await self._sender.send_voice(
                ask.conversation, uploaded, caption, reply_to=ask.replied_to, random_id=identity
            )

        while True:
            ready = [await self._sender.upload_voice(ask.conversation, speech)]
            await self._sender.acquire(ask.conversation, "send", ask.title)
            await self._first_text.leaves(ask)
            # The next turn comes after the pause, which is shown.
            with suppress(PauseAskedError):
                write = self._writes.send(ask, 0, identity, caption.text, leave)
                sent = await to_its_end(write)
                return Answer(text, caption.text or text, finish, (sent.message,))

    def _tell(self, ask: Question, error: UserbotError) -> None:
        self._report(
            Notice(
                **about(ask),
                reason="answered_in_writing",
                detail=f"Answered in writing instead of by voice. {error}",
                hint=error.hint,
            )
        )


async def preceded(
    before: str, stream: AsyncIterator[Delta | Finish | StartOver]
) -> AsyncGenerator[Delta | Finish | StartOver, None]:
    """The stream with a text before it, if there is one; closing it is up to its owner."""
    if before:
        yield Delta(before)
    async for event in stream:
        yield event
        if before and isinstance(event, StartOver):
            yield Delta(before)


async def _again(text: str, finish: Finish) -> AsyncGenerator[Delta | Finish, None]:
    yield Delta(text)
    yield finish
