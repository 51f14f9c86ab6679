"""What happens to a question, stop by stop."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing

from userbot.activity import Answering, Report
from userbot.messages import Ask, Turn
from userbot.path.hearing import Hearing
from userbot.path.memory import Memory
from userbot.path.replying import Replying, only_transcript
from userbot.path.settlement import Settlement
from userbot.path.typing import Typing
from userbot.ports import ChatModel, Clock, Outbox, Store
from userbot.rules.prompt import asked
from userbot.rules.request import request, system_text
from userbot.rules.window import estimate_messages
from userbot.settings import Chat, OpenAI


class Assistant:
    """Answers questions. `chats`: what [[chats]] says about each chat, by its id."""

    def __init__(
        self,
        *,
        settings: OpenAI,
        chats: Mapping[int, Chat],
        hearing: Hearing,
        memory: Memory,
        model: ChatModel,
        outbox: Outbox,
        typing: Typing,
        replying: Replying,
        settlement: Settlement,
        store: Store,
        clock: Clock,
        report: Report,
    ) -> None:
        self._settings = settings
        self._chats = chats
        self._hearing = hearing
        self._memory = memory
        self._model = model
        self._outbox = outbox
        self._typing = typing
        self._replying = replying
        self._settlement = settlement
        self._store = store
        self._clock = clock
        self._report = report

    async def handle(self, ask: Ask) -> None:
        """Take a stored question to its end; a failure is settled, never raised."""
        began = self._clock.monotonic()
        chat = self._chats.get(ask.chat)
        try:
            self._store.mark(ask, "answering", "", self._clock.now())
            self._outbox.check(ask.place)  # before a model is paid for what cannot be said
            async with self._typing.during(ask.place) as text_stands:
                said = await self._hearing.hear(ask)
                voice = self._hearing.voice_in(ask.chat)
                system = system_text(self._settings, chat)
                messages = self._memory.messages(system, said.ask, said.quoted)
                asking = request(self._settings, chat, messages)
                if not only_transcript(said, voice):
                    self._tell_answering(ask, asking.model)
                async with aclosing(self._model.stream(asking)) as stream:
                    answer = await self._replying.write(said, voice, asking, stream, text_stands)
            question = asked(said.ask, said.quoted)
            self._settlement.answered(ask, question, answer, self._clock.monotonic() - began)
            self._memory.remember(
                ask.place,
                Turn(ask.sender.name, question, answer.text),
                answer.finish.usage,
                estimate_messages(messages),
            )
        except Exception as error:
            # Whatever it is, it must not silence the rest of the conversation.
            self._settlement.given_up(ask, error)

    def _tell_answering(self, ask: Ask, model: str) -> None:
        self._report(
            Answering(
                chat=ask.chat,
                title=ask.title,
                message=ask.message,
                person=ask.sender,
                model=model,
            )
        )
