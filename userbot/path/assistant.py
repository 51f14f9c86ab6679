"""What happens to a question, stop by stop."""

from __future__ import annotations

from contextlib import aclosing

from userbot.errors import UserbotError
from userbot.messages import Ask
from userbot.path.background import Background
from userbot.path.hearing import Hearing
from userbot.path.house_rules import HouseRules
from userbot.path.live_reply import LiveReply
from userbot.path.memory import Memory
from userbot.path.settlement import Settlement
from userbot.path.typing import Typing
from userbot.ports import ChatModel, Clock, Outbox, Store
from userbot.rules.request import request, system_text
from userbot.rules.window import estimate_messages
from userbot.settings import OpenAI


class Assistant:
    """Answers questions."""

    def __init__(
        self,
        *,
        settings: OpenAI,
        rules: HouseRules,
        hearing: Hearing,
        background: Background,
        memory: Memory,
        model: ChatModel,
        outbox: Outbox,
        typing: Typing,
        live_reply: LiveReply,
        settlement: Settlement,
        store: Store,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._hearing = hearing
        self._background = background
        self._memory = memory
        self._model = model
        self._outbox = outbox
        self._typing = typing
        self._live_reply = live_reply
        self._settlement = settlement
        self._store = store
        self._clock = clock

    async def handle(self, ask: Ask) -> None:
        """Take a stored question to its end; a failure is settled, never raised."""
        began = self._clock.monotonic()
        chat = self._rules.get(ask.chat)
        try:
            self._store.mark(ask, "answering", "", self._clock.now())
            self._outbox.check(ask.place)  # before a model is paid for what cannot be said
            async with self._typing.during(ask.place) as text_stands:
                quoted = await self._hearing.quoted(ask)
                background = await self._background.before(ask)
                system = system_text(self._settings, chat)
                messages = self._memory.messages(system, ask, quoted, background)
                asking = request(self._settings, chat, messages)
                self._settlement.asking(ask, asking)
                async with aclosing(self._model.stream(asking)) as stream:
                    answer = await self._live_reply.write(ask, asking, stream, text_stands)
            seconds = self._clock.monotonic() - began
            turn = self._settlement.answered(ask, quoted, answer, seconds)
            usage = answer.finish.usage
            self._memory.remember(ask.place, turn, usage, estimate_messages(messages))
        except UserbotError as error:
            self._settlement.given_up(ask, error)
