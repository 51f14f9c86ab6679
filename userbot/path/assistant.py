"""What happens to a question, stop by stop."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing

from userbot.activity import Answering, Report
from userbot.messages import Ask, Turn
from userbot.path.allowance import Allowance
from userbot.path.hearing import Hearing
from userbot.path.live_reply import LiveReply
from userbot.path.memory import Memory
from userbot.path.settlement import Settlement
from userbot.ports import ChatModel, Clock, Eraser, Store
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
        live_reply: LiveReply,
        allowance: Allowance,
        eraser: Eraser,
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
        self._live_reply = live_reply
        self._allowance = allowance
        self._eraser = eraser
        self._settlement = settlement
        self._store = store
        self._clock = clock
        self._report = report

    async def handle(self, ask: Ask) -> None:
        """Take a stored question to its end; a failure is settled, never raised."""
        began = self._clock.monotonic()
        chat = self._chats.get(ask.chat)
        try:
            if self._eraser.gone(ask):
                self._settlement.skipped(ask, "deleted", "It was deleted before its answer.")
                return
            self._store.mark(ask, "answering", "", self._clock.now())
            quoted = await self._hearing.quoted(ask)
            messages = self._memory.messages(system_text(self._settings, chat), ask, quoted)
            asking = request(self._settings, chat, messages)
            self._allowance.before_request(ask, asking)
            self._tell_answering(ask, asking.model)
            paid = self._allowance.metered(ask, asking, self._model.stream(asking))
            async with aclosing(paid) as stream:
                answer = await self._live_reply.write(ask, asking, stream)
            question = asked(ask, quoted)
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
