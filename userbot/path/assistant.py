"""What happens to a question, stop by stop."""

from __future__ import annotations

from contextlib import aclosing

from userbot.path.aftermath import Aftermath
from userbot.path.asking import Asking, Inquiry
from userbot.path.background import Background
from userbot.path.hearing import Ears
from userbot.path.house_rules import HouseRules
from userbot.path.memory import Memory
from userbot.path.replying import Answers
from userbot.path.seeing import Seeing
from userbot.path.settlement import Settlement
from userbot.path.storing import Storing
from userbot.path.typing import Typing
from userbot.ports import Clock, Sender
from userbot.rules.request import request, system_text
from userbot.settings import OpenAIConfig
from userbot.storage.store import Store
from userbot.types import ChatRequest, Question


class Assistant:
    """Answers questions."""

    def __init__(
        self,
        *,
        settings: OpenAIConfig,
        rules: HouseRules,
        aftermath: Aftermath,
        hearing: Ears,
        seeing: Seeing,
        background: Background,
        memory: Memory,
        inquiry: Inquiry,
        sender: Sender,
        typing: Typing,
        replying: Answers,
        settlement: Settlement,
        store: Store,
        storing: Storing,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._aftermath = aftermath
        self._hearing = hearing
        self._seeing = seeing
        self._background = background
        self._memory = memory
        self._inquiry = inquiry
        self._sender = sender
        self._typing = typing
        self._replying = replying
        self._settlement = settlement
        self._store = store
        self._storing = storing
        self._clock = clock

    async def handle(self, ask: Question) -> None:
        """Take a stored question to its end; a failure is settled, never raised."""
        began = self._clock.monotonic()
        ask = self._rules.at_home(ask)
        chat = self._rules.get(ask.chat)
        try:
            if not await self._storing.done(lambda: self._begin(ask), ask):
                self._settlement.skipped(ask, "deleted", "It was deleted before its answer.")
                return
            self._sender.check(ask.conversation)  # before a model is paid for what cannot be said
            ask, stands = await self._storing.through(lambda: self._aftermath.look(ask), ask)
            # Of a note that is perhaps meant for others, nobody sees that it is listened to.
            overheard = await self._hearing.hear(ask) if ask.listen_first else None
            async with self._typing.during(ask.conversation) as text_stands:
                said = overheard or await self._hearing.hear(ask)
                if stands is not None:
                    await self._settlement.answered(said.ask, said.quoted, stands, 0.0)
                    return
                said = await self._seeing.see(said)
                voice = self._hearing.voice_in(ask.chat)
                background = await self._storing.through(lambda: self._background.before(ask), ask)
                system = system_text(self._settings, chat)

                def build(tight: bool) -> ChatRequest:
                    around = "" if tight else background
                    messages = self._memory.messages(system, said.ask, said.quoted, around)
                    return request(self._settings, chat, messages, said.pictures)

                asking = await self._storing.done(lambda: Asking(ask, build, self._inquiry), ask)
                counted = self._inquiry.allowance.until_given(ask, self._settlement.broken_off)
                with counted:
                    async with aclosing(asking.stream()) as stream:
                        answer = await self._replying.write(
                            said, voice, asking.request, stream, text_stands
                        )
            seconds = self._clock.monotonic() - began
            turn = await self._settlement.answered(said.ask, said.quoted, answer, seconds)
            self._memory.remember(ask.conversation, turn, answer.finish.usage, asking.estimated)
        except Exception as error:
            # Whatever it is, it must not silence the rest of the conversation.
            await self._aftermath.follow(ask, error)
            self._settlement.given_up(ask, error)
        finally:
            self._seeing.forget(ask)

    def _begin(self, ask: Question) -> bool:
        """Take it up, unless its words are gone."""
        if self._store.questions.erased(ask):
            return False
        self._store.questions.mark(ask, "answering", "", self._clock.now())
        self._memory.begin(ask)
        return True
